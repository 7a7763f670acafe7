/** Share of the newest answer in the average. */
const smoothing = 0.3

/** What a failure counts as, in ms: long enough to be avoided for a while. */
const failureMs = 10_000

/** What was seen counts half after so long: a target that was slow once is asked again. */
const halfLifeMs = 30_000

interface Seen {
  averageMs: number
  /** `performance.now()` of the newest figure. */
  at: number
  running: number
}

/** A target that is being asked. */
export class LatencyWatch {
  readonly #seen: Seen
  readonly #since = performance.now()
  #isOver = false

  constructor(seen: Seen) {
    this.#seen = seen
    seen.running++
  }

  /**
   * The answer begins, or the attempt has ended; what is said first holds. `left`: that says nothing of the target, as
   * with an abort or a refusal.
   */
  end(outcome: 'answered' | 'failed' | 'left'): void {
    if (this.#isOver) return
    this.#isOver = true
    const seen = this.#seen
    seen.running--
    if (outcome === 'left') return
    const now = performance.now()
    const ms = outcome === 'failed' ? failureMs : now - this.#since
    seen.averageMs = seen.averageMs === 0 ? ms : seen.averageMs + smoothing * (ms - seen.averageMs)
    seen.at = now
  }
}

/** How quickly targets answer, as this client has seen it. */
export class Latencies {
  readonly #seen = new Map<string, Seen>()

  /** Begins to watch one that is asked now. */
  watch(target: string): LatencyWatch {
    return new LatencyWatch(this.#of(target))
  }

  /** What one more call would find, relative to others; 0 for a target that was never asked. */
  expected(target: string): number {
    const { averageMs, at, running } = this.#of(target)
    return averageMs * 0.5 ** ((performance.now() - at) / halfLifeMs) * (running + 1)
  }

  #of(target: string): Seen {
    let seen = this.#seen.get(target)
    if (!seen) this.#seen.set(target, (seen = { averageMs: 0, at: 0, running: 0 }))
    return seen
  }
}
