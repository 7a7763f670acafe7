import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The output does not fit its schema. */
export class OutputValidationError extends ShlyuzError {
  override readonly name = 'OutputValidationError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'output.invalid', message, facts)
  }
}
