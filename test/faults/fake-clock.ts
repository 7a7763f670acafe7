import { setImmediate as nextTurn } from 'node:timers/promises'
import { vi } from 'vitest'

/** Time that passes when the test says so, beside sockets that are real. */
export interface FakeClock extends Disposable {
  /** Milliseconds that have passed. */
  readonly passed: number
  /**
   * Lets time pass in steps until the promise is settled; gives how long that took.
   * @throws when it takes longer than the limit
   */
  passUntil(promise: Promise<unknown>, limitMs: number): Promise<number>
  pass(ms: number): Promise<void>
}

/** Real turns of the event loop, and a real pause, in which sockets may bring something between two steps of time. */
const turns = 20
const pauseMs = 1
const { setTimeout: realTimeout } = globalThis
const stepMs = 50

export function startFakeClock(): FakeClock {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  })
  let passed = 0
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= stepMs) {
      const step = Math.min(stepMs, left)
      await vi.advanceTimersByTimeAsync(step)
      passed += step
      await nextTurn()
    }
  }
  return {
    get passed() {
      return passed
    },
    pass,
    async passUntil(promise, limitMs) {
      const begun = passed
      const state = { settled: false }
      const settle = (): void => {
        state.settled = true
      }
      promise.then(settle, settle)
      for (;;) {
        // Sockets first: what they bring now did not take time.
        for (let turn = 0; turn < turns && !state.settled; turn++) await nextTurn()
        if (!state.settled) await new Promise((resolve) => realTimeout(resolve, pauseMs))
        if (state.settled) return passed - begun
        if (passed - begun > limitMs) throw new Error(`it was not over after ${limitMs} ms`)
        await pass(stepMs)
      }
    },
    [Symbol.dispose]() {
      vi.useRealTimers()
    },
  }
}
