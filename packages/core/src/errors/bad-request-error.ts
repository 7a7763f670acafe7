import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The service refused the request as malformed (400, 422). */
export class BadRequestError extends ShlyuzError {
  override readonly name = 'BadRequestError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'response.bad_request', message, facts)
  }
}
