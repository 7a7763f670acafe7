import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** Our own queue is full: too many calls wait for a slot. The service was not asked. */
export class QueueFullError extends ShlyuzError {
  override readonly name = 'QueueFullError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'limit.queue_full', message, { isRetryable: true, ...facts })
  }
}
