import type { WireRequest } from '../provider.ts'

const json: readonly string[] = Object.freeze(['application/json'])
const serverSentEvents: readonly string[] = Object.freeze(['text/event-stream'])

/**
 * A `POST` of a chat: it may be repeated, and is answered by JSON or, where asked, by a stream. A class: what a call holds
 * on to while it waits is none of a literal, which V8 would make among its old objects.
 */
export class ChatRequest implements WireRequest {
  readonly endpoint: string
  readonly operation = 'chat'
  readonly method = 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly repeat = 'safe'
  readonly accept: readonly string[]

  /** `isStream`: server-sent events are awaited. `accept`: content types where they are others. */
  constructor(
    endpoint: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: object,
    isStream: boolean,
    accept: readonly string[] = isStream ? serverSentEvents : json,
  ) {
    this.endpoint = endpoint
    this.path = path
    this.headers = headers
    this.body = JSON.stringify(body)
    this.accept = accept
  }
}
