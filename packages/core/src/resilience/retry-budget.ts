/** Retries that a client may make whatever its traffic, and how quickly they come back. */
const floor = 20
const perSecond = 1

/** Retries that each call earns; and most that are kept. */
const share = 0.2
const cap = 200

/**
 * Bounds the retries of a client to a share of its calls, with a small floor, so that a service that is down is not
 * asked three times as often by everybody at once.
 */
export class RetryBudget {
  #left = floor
  #at = performance.now()

  /** A call begins. */
  earn(): void {
    this.#left = Math.min(cap, this.#left + share)
  }

  /** True when a retry may be made; it is taken then. */
  take(): boolean {
    const now = performance.now()
    if (this.#left < floor) this.#left = Math.min(floor, this.#left + ((now - this.#at) / 1_000) * perSecond)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
