import type { OpenRecord } from './recorder.ts'
import type { EmulatorState } from './state.ts'

/** One request on its way through a service. */
export interface Exchange {
  readonly state: EmulatorState
  readonly url: URL
  readonly headers: Headers
  /** Body as it came. */
  readonly bytes: Uint8Array
  /** Body as text (Latin-1 where the bytes are not UTF-8), and as parsed JSON, `undefined` when it is none. */
  readonly text: string
  readonly json: unknown
  readonly record: OpenRecord
  /** Aborts when the client goes away or the emulator closes. */
  readonly signal: AbortSignal
  /** Milliseconds to wait, drawn from the seed and the request. */
  draw(bounds: readonly [number, number]): number
  /** Another model that the answer shall name, by a fault. */
  readonly answeringModel?: string
}

/** True for a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** JSON, or `undefined` when the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
