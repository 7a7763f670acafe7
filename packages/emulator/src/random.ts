import { createHash } from 'node:crypto'

/** Numbers from 0 up to 1, the same for the same seed. */
export type Random = () => number

/** A seeded generator (mulberry32): small and stable, not for secrets. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A stable 32-bit number made from text. */
export function hashText(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0)
}
