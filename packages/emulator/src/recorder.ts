import type { Operation, Service } from './service.ts'

/** One request that reached a service, as it came. */
export interface RecordedRequest {
  readonly service: Service
  readonly operation: Operation
  /** The true origin that was addressed, such as `https://api.giga.chat`. */
  readonly origin: string
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** Names in lower case. Secrets are not hidden: they are the emulator's own. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Parsed JSON, or the text when it is none (bytes that are not UTF-8, such as those of an uploaded file, read as
   * Latin-1); the empty string when there is no body.
   */
  readonly body: unknown
  /** Size of the body. */
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** Number of the connection within the emulator; `undefined` when a handler was called directly. */
  readonly connection?: number
  /** Common name of the client certificate that was shown. */
  readonly clientCertificate?: string
  /** Status of the answer; `undefined` before it, and when there was none. */
  readonly status?: number
  /** Why the request was refused, in the emulator's own words. */
  readonly reason?: string
  /** Whether the client went away before the answer was complete. */
  readonly closedByClient: boolean | 'pending'
}

/** The same, while the exchange goes on. */
export type OpenRecord = { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] }
