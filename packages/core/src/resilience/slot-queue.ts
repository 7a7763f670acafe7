import { QueueFullError } from '../errors/queue-full-error.ts'
import type { Cancellable, CallScope } from '../transport/call-scope.ts'

export interface SlotQueueOptions {
  /** Calls at the same time. */
  readonly limit: number
  /** Calls that may wait. */
  readonly length: number
  /** For messages: whose slots. */
  readonly name: string
}

/** Gives a slot back; once. */
export type Release = () => void

/** A priority gains one step by waiting so long: nobody starves. */
const agingMs = 5_000

/** Share of the newest holding time in the average. */
const smoothing = 0.2

/** Answers in a row without a 429 after which a lowered limit rises again by one. */
const recoveryCount = 20

interface Waiter extends Cancellable {
  readonly priority: number
  readonly since: number
  readonly grant: (release: Release) => void
}

/**
 * Slots for calls at the same time, in the order of priority and arrival. Lowers its limit when the service says that
 * there are too many, and raises it again; a call that cannot be served before its deadline is refused at once.
 */
export class SlotQueue {
  readonly #options: SlotQueueOptions
  readonly #waiting: Waiter[] = []
  #limit: number
  #held = 0
  #good = 0
  #loweredAt = -Infinity
  #averageMs = 0

  constructor(options: SlotQueueOptions) {
    this.#options = options
    this.#limit = options.limit
  }

  /** Calls that hold a slot. */
  get held(): number {
    return this.#held
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** What the service was seen to take; at most what was configured. */
  get limit(): number {
    return this.#limit
  }

  /** A slot that is free now; `undefined` when one has to be waited for. */
  takeFree(): Release | undefined {
    return this.#held < this.#limit && this.#waiting.length === 0 ? this.#hold() : undefined
  }

  /**
   * Waits for a slot.
   * @throws QueueFullError when too many wait, or when the call would be over before it is served
   */
  take(scope: CallScope, priority: number, patienceMs = Infinity): Promise<Release> {
    if (scope.over) return Promise.reject(scope.reason)
    const free = this.takeFree()
    if (free) return Promise.resolve(free)
    const { name, length } = this.#options
    if (this.#waiting.length >= length) {
      return Promise.reject(
        new QueueFullError(`${this.#waiting.length} calls wait for one of ${this.#limit} slots of '${name}' already`, {
          hint: `Очередь Shlyuz к '${name}' полна (${length}): уменьшите поток, увеличьте limits.queueLength или число слотов.`,
        }),
      )
    }
    const expected = this.#expectedWaitMs(priority)
    if (expected > Math.min(scope.remainingMs, patienceMs)) {
      return Promise.reject(
        new QueueFullError(
          `a slot of '${name}' is expected in ${Math.round(expected)} ms, later than the call can wait`,
          {
            code: 'limit.too_late',
            retryAfterMs: Math.round(expected),
            hint: `До срока вызова слот '${name}' не освободится: увеличьте timeout.totalMs или уменьшите поток.`,
          },
        ),
      )
    }
    return this.#wait(scope, priority)
  }

  /**
   * The service says that too many calls run at the same time. A burst of refusals is one event: calls that began before
   * the limit was lowered do not lower it again. @param since `performance.now()` when the refused call got its slot
   */
  refused(since: number): void {
    if (since < this.#loweredAt) return
    this.#loweredAt = performance.now()
    this.#good = 0
    this.#limit = Math.max(1, Math.min(this.#limit, this.#held - 1))
  }

  /** The service took a call. */
  accepted(): void {
    if (this.#limit >= this.#options.limit || ++this.#good < recoveryCount) return
    this.#good = 0
    this.#limit++
    this.#next()
  }

  #wait(scope: CallScope, priority: number): Promise<Release> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        priority,
        since: performance.now(),
        grant: (release) => {
          scope.remove(waiter)
          resolve(release)
        },
        fail: (reason) => {
          this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
          reject(reason)
        },
      }
      this.#waiting.push(waiter)
      scope.add(waiter)
    })
  }

  #hold(): Release {
    const since = performance.now()
    let isHeld = true
    this.#held++
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#held--
      const ms = performance.now() - since
      this.#averageMs = this.#averageMs === 0 ? ms : this.#averageMs + smoothing * (ms - this.#averageMs)
      this.#next()
    }
  }

  #next(): void {
    while (this.#held < this.#limit && this.#waiting.length > 0) {
      const [waiter] = this.#waiting.splice(this.#first(), 1) as [Waiter]
      waiter.grant(this.#hold())
    }
  }

  /** The place of the most urgent one; of two alike, the one that came first. */
  #first(): number {
    const now = performance.now()
    let best = 0
    let bestUrgency = -Infinity
    for (const [index, { priority, since }] of this.#waiting.entries()) {
      const urgency = priority + Math.floor((now - since) / agingMs)
      if (urgency > bestUrgency) {
        best = index
        bestUrgency = urgency
      }
    }
    return best
  }

  /** By the average time a slot is held; 0 while nothing is known. */
  #expectedWaitMs(priority: number): number {
    const before = this.#waiting.filter((waiter) => waiter.priority >= priority).length
    return ((before + 1) / this.#limit) * this.#averageMs
  }
}
