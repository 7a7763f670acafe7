import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The answer passed a size limit and was cut off. */
export class ResponseTooLargeError extends ShlyuzError {
  override readonly name = 'ResponseTooLargeError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'response.too_large', message, facts)
  }
}
