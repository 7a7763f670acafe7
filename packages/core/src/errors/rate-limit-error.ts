import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** Too many requests at once or in a time (429). `retryAfterMs` says how long the service asked to wait. */
export class RateLimitError extends ShlyuzError {
  override readonly name = 'RateLimitError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'response.rate_limit', message, { isRetryable: true, ...facts })
  }
}
