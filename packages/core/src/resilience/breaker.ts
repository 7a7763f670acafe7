import type { CircuitBreakerPolicy } from 'cockatiel'
import { CircuitOpenError } from '../errors/circuit-open-error.ts'
import { ConnectionError } from '../errors/connection-error.ts'
import { ServerError } from '../errors/server-error.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import { StreamInterruptedError } from '../errors/stream-interrupted-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'

export interface BreakerOptions {
  /** Failures in a row after which an endpoint is left alone. @default 5 */
  readonly failures?: number
  /** How long, in ms, before one trial call. @default 10_000 */
  readonly openMs?: number
}

/**
 * A breaker for one endpoint: after some failures in a row calls fail fast, until one trial has passed. Only failures of
 * the way there and of the service count; refusals, aborts and the policy's word say nothing about an endpoint.
 */
export class Breaker {
  readonly #origin: string
  readonly #failures: number
  readonly #openMs: number
  readonly #onOpen: (until: number) => void
  #policy: Promise<CircuitBreakerPolicy> | undefined
  /** `Date.now()` at which a trial may pass; 0 while calls pass. */
  #openUntil = 0
  #isTrying = false

  constructor(origin: string, { failures = 5, openMs = 10_000 }: BreakerOptions, onOpen: (until: number) => void) {
    this.#origin = origin
    this.#failures = failures
    this.#openMs = openMs
    this.#onOpen = onOpen
  }

  /** @throws CircuitOpenError while the endpoint is left alone, or another call is the trial */
  check(): void {
    if (this.#openUntil === 0) return
    const wait = this.#openUntil - Date.now()
    if (wait <= 0 && !this.#isTrying) return
    throw createOpenError(this.#origin, Math.max(0, wait))
  }

  /** Another process found the endpoint broken. */
  openUntil(until: number): void {
    this.#openUntil = Math.max(this.#openUntil, until)
  }

  /** @throws CircuitOpenError, or what the attempt throws */
  async run<T>(attempt: () => Promise<T>): Promise<T> {
    this.check()
    const isTrial = this.#openUntil > 0
    if (isTrial) this.#isTrying = true
    try {
      this.#policy ??= this.#create()
      return await (await this.#policy).execute(attempt)
    } catch (error) {
      if (!ShlyuzError.isInstance(error) && (error as Error).name === 'BrokenCircuitError') {
        throw createOpenError(this.#origin, Math.max(0, this.#openUntil - Date.now()))
      }
      throw error
    } finally {
      if (isTrial) this.#isTrying = false
    }
  }

  /** Loaded at the first call: importing costs. */
  async #create(): Promise<CircuitBreakerPolicy> {
    const { circuitBreaker, ConsecutiveBreaker, handleWhen } = await import('cockatiel')
    const policy = circuitBreaker(handleWhen(countsAgainst), {
      halfOpenAfter: this.#openMs,
      breaker: new ConsecutiveBreaker(this.#failures),
    })
    policy.onBreak(() => {
      this.#openUntil = Date.now() + this.#openMs
      this.#onOpen(this.#openUntil)
    })
    policy.onReset(() => {
      this.#openUntil = 0
      this.#onOpen(0)
    })
    return policy
  }
}

/** The way there broke, or the service failed. */
export function countsAgainst(error: unknown): boolean {
  if (StreamInterruptedError.isInstance(error)) return error.cause === undefined || countsAgainst(error.cause)
  if (TimeoutError.isInstance(error)) return error.phase !== 'total'
  if (ServerError.isInstance(error)) return error.status === undefined || error.status >= 500
  return ConnectionError.isInstance(error)
}

function createOpenError(origin: string, waitMs: number): CircuitOpenError {
  return new CircuitOpenError(`${origin} failed repeatedly and is left alone for ${waitMs} ms more; it was not asked`, {
    retryAfterMs: waitMs,
    hint: `Shlyuz сам не обращается к ${origin}: подряд было несколько сбоев. Подождите ${Math.ceil(waitMs / 1000)} с или используйте client.fallback([…]).`,
  })
}
