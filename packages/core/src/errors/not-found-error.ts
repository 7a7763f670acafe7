import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** No such model or object (404). */
export class NotFoundError extends ShlyuzError {
  override readonly name = 'NotFoundError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'response.not_found', message, facts)
  }
}
