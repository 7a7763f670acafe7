import {
  CircuitOpenError,
  ConnectionError,
  QueueFullError,
  QuotaError,
  RateLimitError,
  ServerError,
  StreamInterruptedError,
  TimeoutError,
} from '../errors/index.ts'

/** A wait the service asks for up to this is shorter than starting over elsewhere. */
export const worthWaitingMs = 2_000

/**
 * True when another target may do better: the way there broke, the service failed, or the account is used up. Never
 * after a refusal of the request, the credential, the certificate or the policy, nor after an abort.
 */
export function movesOn(error: unknown): boolean {
  if (StreamInterruptedError.isInstance(error)) return error.partial.content.length === 0
  if (RateLimitError.isInstance(error)) return error.retryAfterMs === undefined || error.retryAfterMs > worthWaitingMs
  return [ConnectionError, TimeoutError, ServerError, QuotaError, CircuitOpenError, QueueFullError].some((type) =>
    type.isInstance(error),
  )
}
