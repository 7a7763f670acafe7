import { CircuitOpenError } from '../errors/circuit-open-error.ts'
import { ConnectionError } from '../errors/connection-error.ts'
import { ServerError } from '../errors/server-error.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import { StreamInterruptedError } from '../errors/stream-interrupted-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'

export interface BreakerOptions {
  /** Failures in a row after which an endpoint is left alone, from 1. @default 5 */
  readonly failures?: number
  /** How long, in ms, before one trial call. @default 10_000 */
  readonly openMs?: number
}

/**
 * A breaker for one endpoint: after some failures in a row calls fail fast, until one trial has passed. Only failures of
 * the way there and of the service count. An abort, the policy's word and limits of ours say nothing of an endpoint: a
 * trial that ends so decides nothing. (cockatiel takes such a trial for a success, and cannot share its state.)
 */
export class Breaker {
  readonly #origin: string
  readonly #failures: number
  readonly #openMs: number
  readonly #onChange: (openUntil: number) => void
  #inRow = 0
  /** Unix time in ms at which a trial may pass; 0 while calls pass. */
  #openUntil = 0
  #isTrying = false

  /** @param onChange told until when the endpoint is left alone, and 0 when it is not any more */
  constructor(
    origin: string,
    { failures = 5, openMs = 10_000 }: BreakerOptions,
    onChange: (openUntil: number) => void,
  ) {
    this.#origin = origin
    this.#failures = failures
    this.#openMs = openMs
    this.#onChange = onChange
  }

  /** @throws CircuitOpenError while the endpoint is left alone, or another call is the trial */
  check(): void {
    if (this.#openUntil === 0) return
    const waitMs = this.#openUntil - Date.now()
    if (waitMs > 0 || this.#isTrying) throw createOpenError(this.#origin, Math.max(0, waitMs))
  }

  /** Another process found the endpoint broken. */
  openUntil(until: number): void {
    this.#openUntil = Math.max(this.#openUntil, until)
  }

  /**
   * Begins an attempt, which then tells of its end: {@link passed} or {@link failed}, and {@link ended} in any case.
   * @returns true for the trial
   * @throws CircuitOpenError as {@link check}
   */
  enter(): boolean {
    this.check()
    const isTrial = this.#openUntil > 0
    if (isTrial) this.#isTrying = true
    return isTrial
  }

  /** The service answers well: said at the end, or earlier, so that others need not wait for a trial that is a long stream. */
  passed(isTrial: boolean): void {
    // What began before the breaker opened is no trial.
    if (this.#openUntil > 0 && !isTrial) return
    this.#inRow = 0
    if (this.#openUntil === 0) return
    this.#openUntil = 0
    this.#onChange(0)
  }

  failed(isTrial: boolean, error: unknown): void {
    if (countsAgainst(error)) this.#fail(isTrial)
    // A refusal is an answer.
    else if (ShlyuzError.isInstance(error) && error.status !== undefined) this.passed(isTrial)
  }

  ended(isTrial: boolean): void {
    if (isTrial) this.#isTrying = false
  }

  #fail(isTrial: boolean): void {
    if (!isTrial && ++this.#inRow < this.#failures) return
    this.#inRow = 0
    this.#openUntil = Date.now() + this.#openMs
    this.#onChange(this.#openUntil)
  }
}

/** The way there broke, or the service failed. */
export function countsAgainst(error: unknown): boolean {
  if (StreamInterruptedError.isInstance(error)) return error.cause === undefined || countsAgainst(error.cause)
  // The total and a target's share of it are limits of the call, not of the endpoint.
  if (TimeoutError.isInstance(error)) return error.phase !== 'total' && error.phase !== 'attempt'
  if (ServerError.isInstance(error)) return error.status === undefined || error.status >= 500
  return ConnectionError.isInstance(error)
}

function createOpenError(origin: string, waitMs: number): CircuitOpenError {
  const waits = waitMs > 0 ? `for ${Math.ceil(waitMs)} ms more` : 'while one call tries it'
  return new CircuitOpenError(`${origin} failed repeatedly and is left alone ${waits}; it was not asked`, {
    retryAfterMs: Math.ceil(waitMs),
    hint: `Shlyuz сам не обращается к ${origin}: подряд было несколько сбоев. Подождите ${Math.max(1, Math.ceil(waitMs / 1_000))} с или используйте client.fallback([…]).`,
  })
}
