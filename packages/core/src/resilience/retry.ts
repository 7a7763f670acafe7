import pRetry from 'p-retry'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import type { CallScope } from '../transport/call-scope.ts'

/** Longest wait a service may ask for; beyond it the call ends and the error states the wait. */
export const serverWaitCapMs = 60_000

export interface RetryOptions {
  /** After the first attempt. */
  readonly retries: number
  /** A longer wait is not started. */
  readonly longestWaitMs: number
}

const backoffBaseMs = 500
const backoffCapMs = 8_000

export interface Repeatable<T> {
  attempt(): Promise<T>
  /** Asked after each failure. */
  mayRetry(error: ShlyuzError): boolean
}

/**
 * The only retry loop: p-retry repeats, `mayRetry` decides, and every wait ends with the call's scope. It begins when the
 * first attempt has failed: around each attempt that succeeds p-retry costs three turns and its options.
 */
export async function repeat<T>(
  scope: CallScope,
  { retries, longestWaitMs }: RetryOptions,
  failure: unknown,
  repeatable: Repeatable<T>,
): Promise<T> {
  try {
    return await pRetry((number) => (number === 1 ? Promise.reject(failure) : repeatable.attempt()), {
      retries,
      // p-retry's own delays know no server's wait and no scope: ours happen inside `shouldRetry`.
      minTimeout: 0,
      shouldRetry: async ({ error, retriesConsumed }) => {
        if (scope.over || !ShlyuzError.isInstance(error)) return false
        const wait = waitBefore(error, retriesConsumed)
        if (wait > longestWaitMs || wait >= scope.remainingMs || !repeatable.mayRetry(error)) return false
        await scope.wait(wait)
        return true
      },
    })
  } catch (error) {
    // p-retry wraps reasons that are no Error; the caller's own reason comes back as it was given.
    if (!ShlyuzError.isInstance(error)) scope.throwIfOver()
    throw error
  }
}

/** The service's wait wins; else exponential with full jitter, so that clients do not wake together. */
function waitBefore(error: ShlyuzError, retriesConsumed: number): number {
  if (error.retryAfterMs !== undefined) return error.retryAfterMs
  return Math.random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** retriesConsumed)
}
