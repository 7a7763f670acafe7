import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** Our own breaker is open after repeated failures of this endpoint. The service was not asked. */
export class CircuitOpenError extends ShlyuzError {
  override readonly name = 'CircuitOpenError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'limit.circuit_open', message, { isRetryable: true, ...facts })
  }
}
