import { createHandlers, createState, type EmulatorState } from '@shlyuz/emulator'
import { getResponse } from 'msw'
import type { PlainAnswer } from './soak-messages.ts'

/** A request as it came, to be put once more. */
export interface SeenRequest {
  readonly url: string
  readonly headers: readonly [string, string][]
  readonly body: string
}

type Json = Readonly<Record<string, unknown>>

/**
 * What the services answer when nothing goes wrong: each request is put once more, whole instead of streamed, to a
 * second emulator without sockets and faults, and its answer is read without any code of an adapter.
 */
export class ReferenceAnswers {
  readonly #state: EmulatorState = createState({ pace: 'instant', gigachat: { parallelStreams: 1_000 } })
  readonly #handlers = createHandlers(this.#state)

  async answer({ url, headers, body }: SeenRequest): Promise<PlainAnswer> {
    const { gigachat, yandexgpt } = this.#state.credentials
    const isGigachat = url.includes('giga')
    const request = new Request(url, {
      method: 'POST',
      headers: [
        ...headers.filter(([name]) => !['authorization', 'content-length', 'accept'].includes(name)),
        ['authorization', isGigachat ? `Bearer ${gigachat.accessToken}` : `Api-Key ${yandexgpt.apiKey}`],
      ],
      body: JSON.stringify(whole(JSON.parse(body) as Json)),
    })
    const response = await getResponse(this.#handlers, request)
    this.#state.requests.length = 0
    if (response?.status !== 200) throw new Error(`the reference refused ${new URL(url).pathname}: ${response?.status}`)
    return readAnswer((await response.json()) as Json)
  }
}

function whole(body: Json): Json {
  const { completionOptions, stream_options: _options, ...rest } = body
  return {
    ...rest,
    ...(body['stream'] !== undefined && { stream: false }),
    ...(completionOptions !== undefined && { completionOptions: { ...(completionOptions as Json), stream: false } }),
  }
}

interface Wire {
  /** GigaChat v1, and the OpenAI-compatible addresses of YandexGPT. */
  readonly choices?: readonly {
    readonly message: {
      readonly content: string | null
      readonly function_call?: WireCall
      readonly tool_calls?: readonly { readonly function: WireCall }[]
    }
  }[]
  /** GigaChat v2. */
  readonly messages?: readonly {
    readonly role: string
    readonly content: readonly { readonly text?: string; readonly function_call?: WireCall }[]
  }[]
  /** YandexGPT. */
  readonly result?: {
    readonly alternatives: readonly {
      readonly message: {
        readonly text?: string
        readonly toolCallList?: { readonly toolCalls: readonly { readonly functionCall: WireCall }[] }
      }
    }[]
  }
}

interface WireCall {
  readonly name: string
  readonly arguments: unknown
}

function readAnswer({ choices, messages, result }: Wire): PlainAnswer {
  const message = choices?.[0]?.message
  const native = result?.alternatives[0]?.message
  const parts = messages?.filter(({ role }) => role === 'assistant').flatMap(({ content }) => content) ?? []
  const calls = [
    message?.function_call,
    ...(message?.tool_calls ?? []).map((call) => call.function),
    ...(native?.toolCallList?.toolCalls ?? []).map(({ functionCall }) => functionCall),
    ...parts.map((part) => part.function_call),
  ]
  return {
    text: message?.content ?? native?.text ?? parts.map(({ text = '' }) => text).join(''),
    calls: calls
      .filter((call) => call !== undefined)
      .map(({ name, arguments: given }) => ({
        name,
        input: typeof given === 'string' ? (JSON.parse(given) as unknown) : given,
      })),
  }
}
