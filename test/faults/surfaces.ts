/** How one surface frames a stream: what the raw server sends in place of the service. */
export interface StreamSurface {
  readonly name: string
  /** The same call for both verbs. */
  readonly call: { readonly model: string; readonly providerOptions?: object }
  readonly contentType: string
  /** A stream of these pieces of text, an element each event, the end mark last. */
  frame(pieces: readonly string[]): readonly string[]
  /** A whole answer with this text. */
  whole(text: string): string
  /** An event that reports an error. */
  readonly errorEvent: string
}

const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }

function event(value: unknown, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`
}

function chatCompletion(call: StreamSurface['call'], name: string, model: string): StreamSurface {
  const choice = (delta: object, reason: string | null = null) =>
    event({ object: 'chat.completion.chunk', model, choices: [{ index: 0, delta, finish_reason: reason }] })
  return {
    name,
    call,
    contentType: 'text/event-stream',
    frame: (pieces) => [
      ...pieces.map((content) => choice({ role: 'assistant', content })),
      choice({}, 'stop'),
      event({ object: 'chat.completion.chunk', model, choices: [], usage }),
      'data: [DONE]\n\n',
    ],
    whole: (content) =>
      JSON.stringify({
        object: 'chat.completion',
        model,
        choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
        usage,
      }),
    errorEvent: event({ error: { message: 'the engine is overloaded', code: 503 } }),
  }
}

const shared = { created: 1_790_000_000, model: 'GigaChat-2:2.0.31.4', object: 'chat.completion' }
const gigachatV1: StreamSurface = {
  name: 'GigaChat v1',
  call: { model: 'gigachat/GigaChat-2' },
  contentType: 'text/event-stream',
  frame: (pieces) => [
    ...pieces.map((content) => event({ choices: [{ index: 0, delta: { role: 'assistant', content } }], ...shared })),
    event({ choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }], ...shared, usage }),
    'data: [DONE]\n\n',
  ],
  whole: (content) =>
    JSON.stringify({
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      ...shared,
      usage,
    }),
  errorEvent: event({ status: 503, message: 'Service is unavailable' }),
}

const v2Shared = { model: 'GigaChat-2:2.0.31.4', created_at: 1_790_000_000 }
const gigachatV2: StreamSurface = {
  name: 'GigaChat v2',
  call: { model: 'gigachat/GigaChat-2', providerOptions: { gigachat: { api: 'v2' } } },
  contentType: 'text/event-stream',
  frame: (pieces) => [
    ...pieces.map((text) =>
      event({ ...v2Shared, messages: [{ role: 'assistant', content: [{ text }] }] }, 'response.message.delta'),
    ),
    event(
      {
        ...v2Shared,
        finish_reason: 'stop',
        usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
      },
      'response.message.done',
    ),
  ],
  whole: (text) =>
    JSON.stringify({
      ...v2Shared,
      messages: [{ role: 'assistant', content: [{ text }] }],
      finish_reason: 'stop',
      usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
    }),
  errorEvent: event({ status: 503, message: 'Service is unavailable' }, 'response.error'),
}

const yandexAnswer = (text: string, status: string) =>
  JSON.stringify({
    result: {
      alternatives: [{ message: { role: 'assistant', text }, status }],
      usage: { inputTextTokens: '3', completionTokens: '4', totalTokens: '7' },
      modelVersion: '09.02.2025',
    },
  })
const yandexgptNative: StreamSurface = {
  name: 'YandexGPT native',
  call: { model: 'yandexgpt/yandexgpt' },
  contentType: 'application/json',
  frame: (pieces) => [
    ...pieces.map((_piece, at) => `${yandexAnswer(pieces.slice(0, at + 1).join(''), 'ALTERNATIVE_STATUS_PARTIAL')}\n`),
    `${yandexAnswer(pieces.join(''), 'ALTERNATIVE_STATUS_FINAL')}\n`,
  ],
  whole: (text) => yandexAnswer(text, 'ALTERNATIVE_STATUS_FINAL'),
  errorEvent: `${JSON.stringify({ error: { grpcCode: 14, httpCode: 503, message: 'unavailable', httpStatus: 'Service Unavailable' } })}\n`,
}

export const openAi = chatCompletion({ model: 'stand/any' }, 'OpenAI-compatible', 'any')

/** The ways the services are spoken to that differ on the wire. */
export const surfaces: readonly StreamSurface[] = [gigachatV1, gigachatV2, yandexgptNative, openAi]

export { gigachatV1, yandexgptNative }
