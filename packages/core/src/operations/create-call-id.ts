import { randomUUID } from 'node:crypto'

/** From here to `last` a count has eight digits, and is a small integer to V8. */
const first = 0x1000_0000
const last = 0x7fff_ffff

let prefix = ''
let count = last

/**
 * Tells a call from others, in the form of a UUID: what the process drew by lot, and its count of calls. A UUID of Node
 * for each call takes five times as long, and is put together of twenty pieces, which live as long as the call.
 */
export function createCallId(): string {
  if (count === last) {
    prefix = randomUUID().slice(0, 28)
    count = first
  }
  return prefix + (count++).toString(16)
}
