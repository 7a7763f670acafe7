import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The prompt is longer than the context of the model (413, or the service says so). */
export class ContextLengthError extends ShlyuzError {
  override readonly name = 'ContextLengthError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'response.context_length', message, facts)
  }
}
