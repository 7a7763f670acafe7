/** Something with a limit of time. */
export interface WheelEntry {
  /** Place in the wheel; owned by the wheel. */
  wheelIndex: number
  /** Called at each tick. May leave the wheel. */
  tick(now: number): void
  /** The machine slept for so long: time that the monotonic clock did not count. */
  wake?(sleptMs: number): void
}

const tickMs = 100
/** Idle ticks before the interval stops: starting it per call would be a timer per call again. */
const idleTicks = 20
/** The wall clock may be set by less than this; more is taken for a sleep of the machine. */
const sleepMs = 1_000

/**
 * All limits of time of a client on one interval: a timer per call costs more than the walk. Limits fire up to two
 * ticks late, never early. The interval does not keep the process alive.
 */
export class DeadlineWheel {
  /** Monotonic time of the last tick, in ms: good enough for moving a limit, and free. */
  now = performance.now()
  readonly #entries: WheelEntry[] = []
  #interval: NodeJS.Timeout | undefined
  #idle = 0
  /** The two clocks when they were last compared. */
  #wall = 0
  #monotonic = 0

  /** More than one call is under way. */
  get isBusy(): boolean {
    return this.#entries.length > 1
  }

  add(entry: WheelEntry): void {
    // What has happened before concerns none that begins now.
    if (entry.wake && this.#interval !== undefined) this.notice()
    entry.wheelIndex = this.#entries.length
    this.#entries.push(entry)
    if (this.#interval !== undefined) return
    this.now = this.#monotonic = performance.now()
    this.#wall = Date.now()
    this.#idle = 0
    this.#interval = setInterval(() => this.#tick(), tickMs)
    this.#interval.unref()
  }

  /** Harmless for an entry that is not in the wheel. */
  remove(entry: WheelEntry): void {
    const index = entry.wheelIndex
    if (this.#entries[index] !== entry) return
    const last = this.#entries.pop() as WheelEntry
    if (last !== entry) {
      this.#entries[index] = last
      last.wheelIndex = index
    }
    entry.wheelIndex = -1
  }

  /** Finds out that the machine slept, before what happens after it is taken for something that happened before. */
  notice(): void {
    const wall = Date.now()
    if (wall - this.#wall < sleepMs) return
    const monotonic = performance.now()
    const sleptMs = wall - this.#wall - (monotonic - this.#monotonic)
    this.#wall = wall
    this.#monotonic = monotonic
    if (sleptMs > sleepMs) for (const entry of this.#entries) entry.wake?.(sleptMs)
  }

  stop(): void {
    clearInterval(this.#interval)
    this.#interval = undefined
  }

  #tick(): void {
    this.notice()
    this.now = performance.now()
    this.#idle = this.#entries.length === 0 ? this.#idle + 1 : 0
    if (this.#idle > idleTicks) return this.stop()
    // Backwards, because an entry that leaves is replaced by the last one, which was looked at already.
    for (let index = this.#entries.length - 1; index >= 0; index--) this.#entries[index]?.tick(this.now)
  }
}
