import type { Emulator } from '../src/start-emulator.ts'
import { call, type Call, type CallAnswer } from './call.ts'

/** A request to YandexGPT's OpenAI-compatible addresses. */
export interface OpenAiCall {
  /** Behind `/v1`, such as `/models`. */
  readonly path: string
  /** @default 'POST' with a body, else 'GET' */
  readonly method?: string
  /** Text as it is; anything else as JSON. */
  readonly body?: unknown
  /** Beside the good API key as a bearer token; `undefined` leaves a header out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** @default 'https://ai.api.cloud.yandex.net' */
  readonly origin?: string
  /** Called at the first piece of the body; may destroy the request. */
  readonly onFirstPiece?: Call['onFirstPiece']
}

/** Sends it over a real socket. */
export function openAiCall(
  emulator: Emulator,
  { path, body, method = body === undefined ? 'GET' : 'POST', headers = {}, origin, onFirstPiece }: OpenAiCall,
): Promise<CallAnswer> {
  const all = {
    authorization: `Bearer ${emulator.yandexgpt.apiKey}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  }
  return call(emulator, {
    origin: origin ?? 'https://ai.api.cloud.yandex.net',
    path: `/v1${path}`,
    method,
    headers: Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    ...(onFirstPiece === undefined ? {} : { onFirstPiece }),
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

/** The data of a stream of server-sent events: JSON read, `[DONE]` as text. Throws on any other line. */
export function readEvents(text: string): unknown[] {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const data = /^(?:event: (?<name>[\w.]+)\n)?data: (?<data>.*)$/.exec(event)?.groups?.['data']
      if (data === undefined) throw new Error(`Not an event: ${event}`)
      return data === '[DONE]' ? data : (JSON.parse(data) as unknown)
    })
}
