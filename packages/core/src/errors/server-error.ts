import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The service failed (5xx, 408, 409, 425), or said so inside a 200. */
export class ServerError extends ShlyuzError {
  override readonly name = 'ServerError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'response.server', message, { isRetryable: true, ...facts })
  }
}
