/** Share of the newest answer in the average. */
const smoothing = 0.3

/** What a failure counts as, in ms: long enough to be avoided, and forgotten with the next answers. */
const failureMs = 10_000

interface Seen {
  averageMs: number
  running: number
}

/** How quickly targets answer, as this client has seen it. */
export class Latencies {
  readonly #seen = new Map<string, Seen>()

  /** Begins to watch; call the result once, when the answer begins or the attempt has failed. */
  watch(target: string): (outcome: 'answered' | 'failed') => void {
    const seen = this.#of(target)
    const since = performance.now()
    seen.running++
    let isOver = false
    return (outcome) => {
      if (isOver) return
      isOver = true
      seen.running--
      const ms = outcome === 'failed' ? failureMs : performance.now() - since
      seen.averageMs = seen.averageMs === 0 ? ms : seen.averageMs + smoothing * (ms - seen.averageMs)
    }
  }

  /** What one more call would find, relative to others; 0 for a target that was never asked. */
  expected(target: string): number {
    const { averageMs, running } = this.#of(target)
    return averageMs * (running + 1)
  }

  #of(target: string): Seen {
    let seen = this.#seen.get(target)
    if (!seen) this.#seen.set(target, (seen = { averageMs: 0, running: 0 }))
    return seen
  }
}
