import { describe, expect, it } from 'vitest'
import { ProtocolError, ServerError } from '@shlyuz/core'
import type { Effect, Operation, PartMessage, TextCall, WireRequest } from '@shlyuz/core'
import { checkGigachatCall, converse } from './gigachat-chat.ts'
import { parseGigachatModel } from './gigachat-models.ts'
import type { GigachatOptions } from './gigachat-options.ts'

const model = parseGigachatModel('gigachat-2-max')

function text(role: PartMessage['role'], ...texts: string[]): PartMessage {
  return { role, content: texts.map((part) => ({ type: 'text', text: part })) }
}

function call(more: Partial<TextCall> & { readonly options?: GigachatOptions } = {}): TextCall {
  return { messages: [text('user', 'Назови реку')], settings: {}, stream: false, options: {}, ...more }
}

/** Runs an operation of one effect, and answers that with what `answer` gives. */
function run<R>(operation: Operation<R>, answer: (effect: Effect) => unknown): R {
  const first = operation.next()
  if (first.done) return first.value
  const second = operation.next(answer(first.value))
  if (!second.done) throw new Error('a second effect')
  return second.value
}

/** The request of a call, its body parsed. */
function requestOf(asked: TextCall): Omit<WireRequest, 'body'> & { readonly body: unknown } {
  const effect = converse(asked, model).next().value as Extract<Effect, { request: WireRequest }>
  return { ...effect.request, body: JSON.parse(effect.request.body as string) as unknown }
}

function answerOf(body: unknown): ReturnType<typeof run<unknown>> {
  return run(converse(call(), model), () => ({ status: 200, headers: {}, body }))
}

describe('the request', () => {
  it('is the documented one', () => {
    expect(requestOf(call())).toEqual({
      endpoint: 'api',
      operation: 'chat',
      method: 'POST',
      path: '/chat/completions',
      headers: {},
      body: { model: 'GigaChat-2-Max', messages: [{ role: 'user', content: 'Назови реку' }] },
      repeat: 'safe',
      accept: ['application/json'],
    })
  })

  it('asks for a stream with its content type', () => {
    const { body, accept } = requestOf(call({ stream: true }))
    expect(accept).toEqual(['text/event-stream'])
    expect(body).toEqual({
      model: 'GigaChat-2-Max',
      messages: [{ role: 'user', content: 'Назови реку' }],
      stream: true,
    })
  })

  it('carries settings and options in the words of the wire', () => {
    const { body, headers } = requestOf(
      call({
        settings: {
          temperature: 0.7,
          topP: 0.9,
          maxOutputTokens: 100,
          seed: 1,
          frequencyPenalty: 1,
          presencePenalty: 1,
        },
        options: {
          repetitionPenalty: 1.2,
          profanityCheck: true,
          updateInterval: 0.5,
          flags: ['preprocess'],
          sessionId: 'session',
          clientId: 'client',
          extraBody: { storage: { is_stateful: false } },
          extraHeaders: { 'X-Trace-ID': 'trace' },
        },
      }),
    )
    expect(body).toEqual({
      model: 'GigaChat-2-Max',
      messages: [{ role: 'user', content: 'Назови реку' }],
      temperature: 0.7,
      top_p: 0.9,
      max_tokens: 100,
      repetition_penalty: 1.2,
      profanity_check: true,
      update_interval: 0.5,
      flags: ['preprocess'],
      storage: { is_stateful: false },
    })
    expect(headers).toEqual({ 'X-Trace-ID': 'trace', 'x-session-id': 'session', 'x-client-id': 'client' })
  })

  it('sends temperature 0 as top_p 0', () => {
    expect(requestOf(call({ settings: { temperature: 0, topP: 0.5 } })).body).toEqual({
      model: 'GigaChat-2-Max',
      messages: [{ role: 'user', content: 'Назови реку' }],
      top_p: 0,
    })
  })

  it('joins system messages in front, and the text parts of a message', () => {
    const messages = [
      text('system', 'Отвечай кратко.'),
      text('system', 'Отвечай стихами.'),
      text('user', 'Назови ', 'реку'),
      text('assistant', 'Обь'),
      text('user', 'Ещё'),
    ]
    expect(requestOf(call({ messages })).body).toEqual({
      model: 'GigaChat-2-Max',
      messages: [
        { role: 'system', content: 'Отвечай кратко.\n\nОтвечай стихами.' },
        { role: 'user', content: 'Назови реку' },
        { role: 'assistant', content: 'Обь' },
        { role: 'user', content: 'Ещё' },
      ],
    })
  })
})

describe('the answer', () => {
  const body = {
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Обь' } }],
    created: 1_790_000_000,
    model: 'GigaChat-2-Max:2.0.31.4',
    object: 'chat.completion',
    usage: { prompt_tokens: 12, completion_tokens: 2, total_tokens: 14, precached_prompt_tokens: 3 },
  }

  it('comes out in neutral words', () => {
    expect(answerOf(body)).toEqual({
      content: [{ type: 'text', text: 'Обь' }],
      finishReason: 'stop',
      rawFinishReason: 'stop',
      usage: { inputTokens: 12, cachedInputTokens: 3, outputTokens: 2, totalTokens: 14 },
      modelId: 'GigaChat-2-Max',
      rawModel: 'GigaChat-2-Max:2.0.31.4',
    })
  })

  it('states nothing that the service did not', () => {
    const choices = [{ message: { role: 'assistant', content: null } }]
    expect(answerOf({ choices, usage: { prompt_tokens: -1, completion_tokens: '2' }, model: 'no name' })).toEqual({
      content: [],
      finishReason: 'other',
      usage: {},
      rawModel: 'no name',
    })
  })

  it.each([
    ['length', 'length'],
    ['function_call', 'tool-calls'],
    ['blacklist', 'content-filter'],
    ['error', 'error'],
    ['toString', 'other'],
  ])('keeps the reason %s beside the neutral %s', (raw, neutral) => {
    const choices = [{ finish_reason: raw, message: { content: 'Текст' } }]
    expect(answerOf({ ...body, choices })).toMatchObject({ finishReason: neutral, rawFinishReason: raw })
  })

  it.each([
    ['a list', []],
    ['null', null],
    ['no choices', { model: 'GigaChat-2-Max:1' }],
    ['empty choices', { choices: [] }],
    ['no message', { choices: [{ index: 0 }] }],
    ['content of another type', { choices: [{ message: { content: ['Обь'] } }] }],
  ])('is refused when it is %s', (_what, wrong) => {
    expect(() => answerOf(wrong)).toThrow(ProtocolError)
  })

  it('is an error when 200 brings one', () => {
    expect(() => answerOf({ status: 500, message: 'Internal Server Error' })).toThrow(ServerError)
  })
})

it('gives a streamed answer with the model its decoder saw', () => {
  const result = run(converse(call({ stream: true }), model), (effect) => {
    if (effect.do !== 'stream') throw new Error('no stream')
    effect.createDecoder()
    const decoder = effect.createDecoder()
    if (decoder.framing !== 'sse') throw new Error('no events')
    const choices = [{ delta: { content: 'Обь' }, finish_reason: 'stop' }]
    decoder.push(undefined, JSON.stringify({ choices, model: 'GigaChat-2-Max:2.0', usage: { total_tokens: 3 } }), [])
    return { status: 200, headers: {}, end: decoder.end([]), text: 'Обь' }
  })
  expect(result).toEqual({
    content: [{ type: 'text', text: 'Обь' }],
    finishReason: 'stop',
    rawFinishReason: 'stop',
    usage: { totalTokens: 3 },
    modelId: 'GigaChat-2-Max',
    rawModel: 'GigaChat-2-Max:2.0',
  })
})

describe('what is lost of a call', () => {
  it('is nothing for a plain one', () => {
    expect(checkGigachatCall(call({ settings: { temperature: 1, topP: 1, maxOutputTokens: 1 } }), model)).toEqual([])
  })

  it('is a warning for what only tunes it', () => {
    const messages = [text('system', 'Раз'), text('system', 'Два'), text('user', 'Три')]
    const settings = { temperature: 0, topP: 0.5, seed: 1, frequencyPenalty: 1, presencePenalty: 0 }
    const losses = checkGigachatCall(call({ messages, settings }), model)
    expect(losses.map(({ effect, code, setting }) => [effect, code, setting])).toEqual([
      ['warn', 'system-messages-joined', 'messages'],
      ['warn', 'setting-translated', 'temperature'],
      ['warn', 'setting-ignored', 'topP'],
      ['warn', 'setting-ignored', 'seed'],
      ['warn', 'setting-ignored', 'frequencyPenalty'],
      ['warn', 'setting-ignored', 'presencePenalty'],
    ])
  })

  it.each<PartMessage>([
    { role: 'user', content: [{ type: 'image', image: new Uint8Array(1) }] },
    { role: 'user', content: [{ type: 'file', data: new Uint8Array(1), mediaType: 'text/plain' }] },
    { role: 'assistant', content: [{ type: 'tool-call', toolCallId: '1', toolName: 'weather', input: {} }] },
    { role: 'tool', content: [{ type: 'tool-result', toolCallId: '1', toolName: 'weather', output: 1 }] },
  ])('is a refusal for the parts of %j', (message) => {
    const losses = checkGigachatCall(call({ messages: [text('user', 'Что это?'), message] }), model)
    expect(losses).toMatchObject([{ effect: 'refuse', code: 'content-unsupported', setting: 'messages' }])
  })

  it('is a refusal for a model that does not converse', () => {
    expect(checkGigachatCall(call(), parseGigachatModel('Embeddings'))).toMatchObject([
      { effect: 'refuse', code: 'model-not-for-chat' },
    ])
  })
})
