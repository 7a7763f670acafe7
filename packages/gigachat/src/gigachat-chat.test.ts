import { describe, expect, it } from 'vitest'
import { ProtocolError, ServerError } from '@shlyuz/core'
import type { Effect, Operation, PartMessage, TextCall, WireRequest } from '@shlyuz/core'
import { checkGigachatCall } from './check-gigachat-call.ts'
import { checkV1Call, converse } from './gigachat-chat.ts'
import { parseGigachatModel } from './gigachat-models.ts'
import type { GigachatOptions } from './gigachat-options.ts'
import { gigachatV1 } from './gigachat-surfaces.ts'

const model = parseGigachatModel('gigachat-2-max')

function text(role: PartMessage['role'], ...texts: string[]): PartMessage {
  return { role, content: texts.map((part) => ({ type: 'text', text: part })) }
}

function call(more: Partial<TextCall> & { readonly options?: GigachatOptions } = {}): TextCall {
  const messages = [text('user', 'Назови реку')]
  return { messages, settings: {}, stream: false, tools: [], toolChoice: 'auto', options: {}, ...more }
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
  const effect = converse(asked, model, 'sber').next().value as Extract<Effect, { request: WireRequest }>
  return { ...effect.request, body: JSON.parse(effect.request.body as string) as unknown }
}

function answerOf(body: unknown): ReturnType<typeof run<unknown>> {
  return run(converse(call(), model, 'sber'), () => ({ status: 200, headers: {}, body }))
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

describe('what a request asks beside text', () => {
  const user = { role: 'user', content: 'Назови реку' }

  it('is tools, and which of them', () => {
    const tools = [{ name: 'rivers', inputSchema: { type: 'object', properties: { sea: { type: 'string' } } } }]
    expect(
      requestOf(call({ tools, toolChoice: { tool: 'rivers' }, options: { functionRanker: { topN: 3 } } })).body,
    ).toEqual({
      model: 'GigaChat-2-Max',
      messages: [user],
      functions: [{ name: 'rivers', parameters: { type: 'object', properties: { sea: { type: 'string' } } } }],
      function_call: { name: 'rivers' },
      function_ranker: { top_n: 3 },
    })
  })

  it('is an output schema, flat, strict where fields are required', () => {
    const schema = {
      type: 'object',
      properties: { river: { $ref: '#/$defs/name' } },
      required: ['river'],
      $defs: { name: { type: 'string' } },
    }
    const sent = { type: 'object', properties: { river: { type: 'string' } }, required: ['river'] }
    expect(requestOf(call({ output: { name: 'river', schema } })).body).toEqual({
      model: 'GigaChat-2-Max',
      messages: [user],
      response_format: { type: 'json_schema', schema: sent, strict: true },
    })
    const loose = { type: 'object', properties: { river: { type: 'string' } } }
    expect(requestOf(call({ output: { name: 'river', schema: loose } })).body).toMatchObject({
      response_format: { type: 'json_schema', schema: loose },
    })
    expect(JSON.stringify(requestOf(call({ output: { name: 'river', schema: loose } })).body)).not.toContain('strict')
  })

  it('is a regular expression', () => {
    expect(requestOf(call({ options: { responseFormat: { regex: 'Обь|Лена' } } })).body).toEqual({
      model: 'GigaChat-2-Max',
      messages: [user],
      response_format: { type: 'regex', regex: 'Обь|Лена' },
    })
  })

  it('is thought, but for "off", which v1 has no word for', () => {
    expect(requestOf(call({ settings: { reasoningEffort: 'low' } })).body).toMatchObject({ reasoning_effort: 'low' })
    expect(requestOf(call({ settings: { reasoningEffort: 'off' } })).body).toEqual({
      model: 'GigaChat-2-Max',
      messages: [user],
    })
  })

  it('is files, uploaded before', () => {
    const file = { bytes: new Uint8Array(3), sha256: 'ab', mediaType: 'image/png', filename: 'a.png' }
    const content = [
      { type: 'text', text: 'Что это?' } as const,
      { type: 'media', modality: 'image', source: file } as const,
    ]
    const operation = converse(call({ messages: [{ role: 'user', content }] }), model, 'sber')
    expect(operation.next().value).toMatchObject({ do: 'upload', key: 'ab image/png' })
    const { request } = operation.next('file-1').value as Extract<Effect, { request: WireRequest }>
    expect(JSON.parse(request.body as string)).toEqual({
      model: 'GigaChat-2-Max',
      messages: [{ role: 'user', content: 'Что это?', attachments: ['file-1'] }],
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

  it('asks for a tool, with the state that ties the call to its turn', () => {
    const message = {
      role: 'assistant',
      content: '',
      function_call: { name: 'rivers', arguments: { sea: 'Карское' } },
      functions_state_id: '0199e210',
    }
    expect(answerOf({ ...body, choices: [{ index: 0, finish_reason: 'function_call', message }] })).toMatchObject({
      content: [
        {
          type: 'tool-call',
          toolCallId: '',
          toolName: 'rivers',
          input: { sea: 'Карское' },
          providerMetadata: { gigachat: { functionsStateId: '0199e210' } },
        },
      ],
      finishReason: 'tool-calls',
      rawFinishReason: 'function_call',
    })
  })

  it('has what the model thought, said and made, in this order', () => {
    const message = {
      role: 'assistant',
      content: '<img src="3727db23" fuse="true"/> вот река.',
      reasoning_content: 'Нарисую Обь',
      functions_state_id: '0199e210',
    }
    expect(answerOf({ ...body, choices: [{ index: 0, finish_reason: 'function_call', message }] })).toMatchObject({
      content: [
        { type: 'reasoning', text: 'Нарисую Обь' },
        { type: 'file', data: { fileId: '3727db23', provider: 'sber' }, mediaType: 'image/jpeg' },
        { type: 'text', text: ' вот река.' },
      ],
      finishReason: 'stop',
      rawFinishReason: 'function_call',
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
    ['function_call', 'stop'],
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
  const result = run(converse(call({ stream: true }), model, 'sber'), (effect) => {
    if (effect.do !== 'stream') throw new Error('no stream')
    effect.createDecoder()
    const decoder = effect.createDecoder()
    if (decoder.framing !== 'sse') throw new Error('no events')
    const choices = [{ delta: { content: 'Обь' }, finish_reason: 'stop' }]
    decoder.push(undefined, JSON.stringify({ choices, model: 'GigaChat-2-Max:2.0', usage: { total_tokens: 3 } }), [])
    return { status: 200, headers: {}, end: decoder.end([]), content: [{ type: 'text', text: 'Обь' }] }
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
  function lossesOf(asked: TextCall, of = model): ReturnType<typeof checkGigachatCall> {
    return checkGigachatCall(asked, of, gigachatV1, checkV1Call)
  }

  it('is nothing for a plain one', () => {
    expect(lossesOf(call({ settings: { temperature: 1, topP: 1, maxOutputTokens: 1 } }))).toEqual([])
  })

  it('is a warning for what only tunes it', () => {
    const messages = [text('system', 'Раз'), text('system', 'Два'), text('user', 'Три')]
    const settings = { temperature: 0, topP: 0.5, seed: 1, frequencyPenalty: 1, presencePenalty: 0 }
    const losses = lossesOf(call({ messages, settings }))
    expect(losses.map(({ effect, code, setting }) => [effect, code, setting])).toEqual([
      ['warn', 'setting-translated', 'temperature'],
      ['warn', 'setting-ignored', 'seed'],
      ['warn', 'setting-ignored', 'frequencyPenalty'],
      ['warn', 'setting-ignored', 'presencePenalty'],
      ['warn', 'system-messages-joined', 'messages'],
      ['warn', 'setting-ignored', 'topP'],
    ])
  })

  it('is a refusal of files that the model does not read, as far as that is known', () => {
    const image = { type: 'media', modality: 'image', source: { fileId: 'a' } } as const
    const lite = parseGigachatModel('GigaChat-2')
    const asked = call({ messages: [{ role: 'user', content: [image] }] })
    expect(lossesOf(asked, lite)).toMatchObject([{ effect: 'refuse', code: 'image-unsupported', setting: 'messages' }])
    expect(lossesOf(asked)).toEqual([])
    expect(lossesOf(asked, parseGigachatModel('GigaChat-3-Ultra'))).toEqual([])
  })

  it('is a refusal for two answer forms at once, and for a schema that contains itself', () => {
    const options: GigachatOptions = { responseFormat: { regex: 'да|нет' } }
    const schema = { type: 'object', properties: { next: { $ref: '#' } } }
    expect(lossesOf(call({ options, output: { name: 'tree', schema } }))).toMatchObject([
      { effect: 'refuse', code: 'schema-unsupported', setting: 'output' },
      { effect: 'refuse', code: 'response-format-conflict' },
    ])
  })

  it('is a refusal for options that only v2 knows', () => {
    const options: GigachatOptions = { v2: { builtInTools: { web_search: true } } }
    expect(lossesOf(call({ options }))).toMatchObject([{ effect: 'refuse', code: 'option-of-other-api' }])
  })

  it('is a refusal for a model that does not converse', () => {
    expect(lossesOf(call(), parseGigachatModel('Embeddings'))).toMatchObject([
      { effect: 'refuse', code: 'model-not-for-chat' },
    ])
  })
})
