import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** No connection, or it broke before the answer. */
export class ConnectionError extends ShlyuzError {
  override readonly name = 'ConnectionError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'connection.failed', message, { isRetryable: true, ...facts })
  }
}
