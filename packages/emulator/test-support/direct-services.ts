import { randomUUID } from 'node:crypto'
import { getResponse } from 'msw'
import { createHandlers } from '../src/handlers.ts'
import type { EmulatorOptions } from '../src/options.ts'
import { gigachatOrigins, yandexgptOrigins } from '../src/origins.ts'
import { createState, type EmulatorState } from '../src/state.ts'

/** What a test sends. */
export interface DirectRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is; anything else as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** The handlers without a server. */
export interface DirectServices {
  readonly state: EmulatorState
  readonly send: (url: string, request?: DirectRequest) => Promise<Response>
  /** GigaChat's OAuth with a good request, changed where the test says so. */
  readonly oauth: (change?: {
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }) => Promise<Response>
  /** GigaChat's chat with a good request, changed where the test says so. */
  readonly chat: (
    change?: object,
    headers?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ) => Promise<Response>
  /** YandexGPT's completion with a good request, changed where the test says so. */
  readonly complete: (
    change?: object,
    headers?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ) => Promise<Response>
}

/** Both services, called through msw's `getResponse`; answers come without pauses. */
export function directServices(options: EmulatorOptions = {}): DirectServices {
  const state = createState({ pace: 'instant', ...options })
  const handlers = createHandlers(state)
  const send = async (url: string, { method = 'POST', headers = {}, body, signal }: DirectRequest = {}) => {
    const response = await getResponse(
      handlers,
      new Request(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      }),
    )
    if (response === undefined) throw new Error(`No handler for ${url}`)
    return response
  }
  const { gigachat, yandexgpt } = state.credentials
  return {
    state,
    send,
    oauth: ({ headers = {}, body = 'scope=GIGACHAT_API_PERS' } = {}) =>
      send(`${gigachatOrigins.oauth}/api/v2/oauth`, {
        headers: {
          authorization: `Basic ${gigachat.credentials}`,
          rquid: randomUUID(),
          'content-type': 'application/x-www-form-urlencoded',
          ...headers,
        },
        body,
      }),
    chat: (change = {}, headers = {}, signal) =>
      send(`${gigachatOrigins.api}/v1/chat/completions`, {
        headers: { authorization: `Bearer ${gigachat.accessToken}`, 'content-type': 'application/json', ...headers },
        body: { model: 'GigaChat-2', messages: [{ role: 'user', content: 'Привет' }], ...change },
        ...(signal === undefined ? {} : { signal }),
      }),
    complete: (change = {}, headers = {}, signal) =>
      send(`${yandexgptOrigins.llm}/foundationModels/v1/completion`, {
        headers: { authorization: `Api-Key ${yandexgpt.apiKey}`, 'content-type': 'application/json', ...headers },
        body: {
          modelUri: `gpt://${state.options.yandexgpt.folderId}/yandexgpt-5.1`,
          messages: [{ role: 'user', text: 'Привет' }],
          ...change,
        },
        ...(signal === undefined ? {} : { signal }),
      }),
  }
}
