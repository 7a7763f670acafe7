import { RateLimitError } from '../errors/rate-limit-error.ts'
import type { Breaker } from './breaker.ts'
import type { Release, SlotQueue } from './slot-queue.ts'

/** What a refused attempt teaches. @param since `performance.now()` when it got its slot */
export type LearnOfRefusal = (
  account: string,
  queue: SlotQueue | undefined,
  since: number,
  error: RateLimitError,
) => void

/** One attempt that was let in. Ends once: {@link succeeded} or {@link failed}. */
export class Admission {
  readonly #account: string
  readonly #breaker: Breaker | undefined
  readonly #isTrial: boolean
  readonly #queue: SlotQueue | undefined
  readonly #release: Release | undefined
  readonly #since: number
  readonly #learn: LearnOfRefusal

  /** @throws CircuitOpenError when the breaker has opened meanwhile */
  constructor(
    account: string,
    breaker: Breaker | undefined,
    queue: SlotQueue | undefined,
    release: Release | undefined,
    since: number,
    learn: LearnOfRefusal,
  ) {
    this.#account = account
    this.#breaker = breaker
    this.#isTrial = breaker?.enter() ?? false
    this.#queue = queue
    this.#release = release
    this.#since = since
    this.#learn = learn
  }

  /** The service has begun to answer well. */
  answered(): void {
    this.#breaker?.passed(this.#isTrial)
  }

  succeeded(): void {
    this.#breaker?.passed(this.#isTrial)
    this.#breaker?.ended(this.#isTrial)
    this.#queue?.accepted()
    this.#release?.()
  }

  failed(error: unknown): void {
    this.#breaker?.failed(this.#isTrial, error)
    this.#breaker?.ended(this.#isTrial)
    if (RateLimitError.isInstance(error)) this.#learn(this.#account, this.#queue, this.#since, error)
    this.#release?.()
  }
}
