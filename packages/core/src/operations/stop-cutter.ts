/**
 * Cuts a text that comes in pieces before the first `stop` string. What may be the beginning of one is held back
 * until it is known; never more than the longest stop string less one character.
 */
export class StopCutter {
  /** A stop string was met: nothing more comes out. */
  met = false
  readonly #stops: readonly string[]
  readonly #longest: number
  #held = ''

  constructor(stops: readonly string[]) {
    this.#stops = stops
    this.#longest = Math.max(0, ...stops.map((stop) => stop.length))
  }

  push(text: string): string {
    if (this.met) return ''
    if (this.#longest === 0) return text
    const all = this.#held + text
    const cut = this.#firstStop(all)
    if (cut >= 0) {
      this.met = true
      this.#held = ''
      return all.slice(0, cut)
    }
    const keep = this.#possibleStart(all)
    this.#held = all.slice(all.length - keep)
    return all.slice(0, all.length - keep)
  }

  /** The answer is over: what was held back belongs to it. */
  end(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }

  #firstStop(text: string): number {
    let first = -1
    for (const stop of this.#stops) {
      const index = text.indexOf(stop)
      if (index >= 0 && (first < 0 || index < first)) first = index
    }
    return first
  }

  #possibleStart(text: string): number {
    for (let length = Math.min(this.#longest - 1, text.length); length > 0; length--) {
      const tail = text.slice(text.length - length)
      if (this.#stops.some((stop) => stop.startsWith(tail))) return length
    }
    return 0
  }
}
