import { randomUUID } from 'node:crypto'

let prefix: string | undefined
let count = 0

/**
 * Tells a call from others, in the form of a UUID: what the process drew by lot, and its count of calls. A UUID of Node
 * for each call takes five times as long, and is put together of twenty pieces, which live as long as the call.
 */
export function createCallId(): string {
  prefix ??= randomUUID().slice(0, 24)
  return prefix + (++count).toString(16).padStart(12, '0')
}
