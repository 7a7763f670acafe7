import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.ts'

/** How quickly the emulator answers. Bounds are in milliseconds; the pause in between is drawn from the seed. */
export interface Pace {
  /** Service time before a short answer: tokens, lists, counts. */
  readonly serviceMs: readonly [least: number, most: number]
  /** From the request to the first piece of an answer. */
  readonly firstPieceMs: readonly [least: number, most: number]
  /** Between two pieces. */
  readonly pieceMs: readonly [least: number, most: number]
}

/** Named paces: `realistic` feels like the services, `instant` sets no timers at all. */
export type PaceName = 'realistic' | 'instant'

const paces: Readonly<Record<PaceName, Pace>> = {
  realistic: { serviceMs: [15, 40], firstPieceMs: [250, 400], pieceMs: [20, 60] },
  instant: { serviceMs: [0, 0], firstPieceMs: [0, 0], pieceMs: [0, 0] },
}

/** The pace behind a name; a pace of the caller's own passes through. */
export function resolvePace(pace: PaceName | Pace): Pace {
  return typeof pace === 'string' ? paces[pace] : pace
}

/** A whole number of milliseconds between two bounds. */
export function drawMs([least, most]: readonly [number, number], random: Random): number {
  return Math.round(least + (most - least) * random())
}

/** Waits, or ends early without an error when the signal aborts: the caller looks at the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** Waits until the signal aborts, without a timer. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
