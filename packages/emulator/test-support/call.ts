import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { Emulator } from '../src/start-emulator.ts'

/** A request over a real socket. */
export interface Call {
  readonly origin: string
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Further settings of node:https: `ca`, `cert`, `key`, `agent`. */
  readonly options?: RequestOptions
  /** Called at the first piece of the body; may destroy the request. */
  readonly onFirstPiece?: (hangUp: () => void) => void
}

/** What came back. */
export interface CallAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as the reads brought it. */
  readonly pieces: readonly Buffer[]
}

/** A failed call: the cause, and what had come before. */
export class CallError extends Error {
  readonly code: string
  readonly status: number | undefined
  readonly text: string

  constructor(cause: NodeJS.ErrnoException, status: number | undefined, text: string) {
    super(cause.message, { cause })
    this.code = cause.code ?? 'no code'
    this.status = status
    this.text = text
  }
}

/** Sends a request to the listener of an origin, under the origin's name, with a connection of its own. */
export function call(
  emulator: Emulator,
  { origin, path, method = 'POST', headers = {}, body, options, onFirstPiece }: Call,
) {
  const { hostname, host, protocol } = new URL(origin)
  const local = emulator.origins.find((entry) => entry.origin === origin)?.local
  if (local === undefined) throw new Error(`The emulator has no ${origin}`)
  const send = protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise<CallAnswer>((resolve, reject) => {
    let status: number | undefined
    const pieces: Buffer[] = []
    const fail = (cause: NodeJS.ErrnoException): void =>
      reject(new CallError(cause, status, Buffer.concat(pieces).toString()))
    const request = send({
      host: '127.0.0.1',
      port: new URL(local).port,
      servername: hostname,
      path,
      method,
      headers: { host, ...headers },
      ca: [emulator.ca.public, emulator.ca.state, emulator.ca.corporate],
      agent: false,
      ...options,
    })
    request.on('error', fail)
    request.on('response', (response) => {
      status = response.statusCode
      response.on('error', fail)
      response.on('data', (piece: Buffer) => {
        pieces.push(piece)
        if (pieces.length === 1) onFirstPiece?.(() => request.destroy(new Error('hung up')))
      })
      response.on('end', () =>
        resolve({ status: status ?? 0, headers: response.headers, text: Buffer.concat(pieces).toString(), pieces }),
      )
    })
    request.end(body)
  })
}

/** A good streamed request to GigaChat's chat. */
export function chatCall(emulator: Emulator, change: object = {}): Call {
  return {
    origin: 'https://api.giga.chat',
    path: '/v1/chat/completions',
    headers: {
      authorization: `Bearer ${emulator.credentials.gigachat.accessToken}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      model: 'GigaChat-2-Max',
      stream: true,
      messages: [{ role: 'user', content: 'Назови три реки Сибири' }],
      ...change,
    }),
  }
}

/** A good streamed request to YandexGPT's completion. */
export function completionCall(emulator: Emulator): Call {
  return {
    origin: 'https://llm.api.cloud.yandex.net',
    path: '/foundationModels/v1/completion',
    headers: { authorization: `Api-Key ${emulator.yandexgpt.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      modelUri: `gpt://${emulator.yandexgpt.folderId}/yandexgpt-5.1`,
      completionOptions: { stream: true },
      messages: [{ role: 'user', text: 'Назови три реки Сибири' }],
    }),
  }
}
