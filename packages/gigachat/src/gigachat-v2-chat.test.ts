import { describe, expect, it } from 'vitest'
import type { CallPart, Effect, Operation, PartMessage, TextCall, ToolSpec, WireRequest } from '@shlyuz/core'
import { parseGigachatModel } from './gigachat-models.ts'
import type { GigachatOptions } from './gigachat-options.ts'
import { checkV2Call, converseV2, createV2Url } from './gigachat-v2-chat.ts'
import type { GigachatV2Options } from './gigachat-v2-options.ts'

const model = parseGigachatModel('gigachat-2-max')

function text(role: PartMessage['role'], ...texts: string[]): PartMessage {
  return { role, content: texts.map((part) => ({ type: 'text', text: part })) }
}

function call(more: Partial<TextCall> & { readonly options?: GigachatOptions } = {}): TextCall {
  const plain = { messages: [text('user', 'Назови реку')], settings: {}, stream: false, tools: [], options: {} }
  return { ...plain, toolChoice: 'auto', ...more }
}

const depth: ToolSpec = {
  name: 'depth',
  description: 'Глубина реки',
  inputSchema: {
    type: 'object',
    properties: { river: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/id' }] } },
    $defs: { id: { type: 'integer' } },
  },
  outputSchema: { type: 'object', properties: { metres: { type: 'number' } } },
  examples: [{ request: 'Глубока ли Обь?', input: { river: 'Обь' } }],
}

/** What it does first. */
function effectOf(asked: TextCall): Effect {
  const first = converseV2(asked, model, 'sber').next()
  if (first.done) throw new Error('no effect')
  return first.value
}

function requestOf(asked: TextCall): Omit<WireRequest, 'body'> & { readonly body: unknown } {
  const { request } = effectOf(asked) as Extract<Effect, { request: WireRequest }>
  return { ...request, body: JSON.parse(request.body as string) as unknown }
}

function messagesOf(...messages: PartMessage[]): unknown {
  return (requestOf(call({ messages })).body as { readonly messages: unknown }).messages
}

function run<R>(operation: Operation<R>, answers: readonly unknown[]): { result: R; effects: Effect[] } {
  const effects: Effect[] = []
  let step = operation.next()
  for (const answer of answers) {
    if (step.done) throw new Error('it ended early')
    effects.push(step.value)
    step = operation.next(answer)
  }
  if (!step.done) throw new Error('it wants more')
  return { result: step.value, effects }
}

describe('the address of version 2', () => {
  it.each([
    ['https://api.giga.chat/v1', 'https://api.giga.chat/v2'],
    ['https://gigachat.devices.sberbank.ru/api/v1/', 'https://gigachat.devices.sberbank.ru/api/v2/'],
    ['https://stand.example/v12', 'https://stand.example/v2'],
    ['https://stand.example/gigachat', 'https://stand.example/gigachat'],
  ])('of %s is %s', (from, to) => {
    expect(createV2Url(from)).toBe(to)
  })
})

describe('a request of version 2', () => {
  it('is the documented one', () => {
    expect(requestOf(call())).toEqual({
      endpoint: 'v2',
      operation: 'chat',
      method: 'POST',
      path: '/chat/completions',
      headers: {},
      body: { model: 'GigaChat-2-Max', messages: [{ role: 'user', content: [{ text: 'Назови реку' }] }] },
      repeat: 'safe',
      accept: ['application/json'],
    })
  })

  it('asks for a stream at the top level', () => {
    const { body, accept } = requestOf(call({ stream: true }))
    expect(accept).toEqual(['text/event-stream'])
    expect(body).toEqual({
      model: 'GigaChat-2-Max',
      messages: [{ role: 'user', content: [{ text: 'Назови реку' }] }],
      stream: true,
    })
  })

  it('carries settings and options in the words of the wire', () => {
    const { body, headers } = requestOf(
      call({
        settings: { temperature: 0.7, topP: 0.9, maxOutputTokens: 100, reasoningEffort: 'off', seed: 1 },
        output: { name: 'answer', schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } },
        options: {
          repetitionPenalty: 1.2,
          profanityCheck: true,
          updateInterval: 0.5,
          flags: ['preprocess'],
          functionRanker: { enabled: true, topN: 3 },
          sessionId: 'session',
          clientId: 'client',
          extraBody: { model_options: { new_option: 1 }, new_field: { a: 1 } },
          v2: {
            filterConfig: { requestContent: { neuro: false }, responseContent: { blacklist: true } },
            rankerOptions: { topN: 5, embeddingsModel: 'Embeddings-2' },
            timezone: 'Asia/Novosibirsk',
            reasoningMaxTokens: 200,
            unnormalizedHistory: true,
            preset: 'strict',
          },
        },
      }),
    )
    expect(body).toEqual({
      model: 'GigaChat-2-Max',
      messages: [{ role: 'user', content: [{ text: 'Назови реку' }] }],
      model_options: {
        temperature: 0.7,
        top_p: 0.9,
        max_tokens: 100,
        repetition_penalty: 1.2,
        update_interval: 0.5,
        unnormalized_history: true,
        preset: 'strict',
        response_format: {
          type: 'json_schema',
          schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
          strict: true,
        },
        reasoning: { effort: 'off', max_tokens: 200 },
        new_option: 1,
      },
      disable_filter: false,
      filter_config: { request_content: { neuro: false }, response_content: { blacklist: true } },
      ranker_options: { enabled: true, top_n: 5, embeddings_model: 'Embeddings-2' },
      user_info: { timezone: 'Asia/Novosibirsk' },
      flags: ['preprocess'],
      new_field: { a: 1 },
    })
    expect(headers).toEqual({ 'x-session-id': 'session', 'x-client-id': 'client' })
  })

  it('sends temperature 0 as top_p 0', () => {
    expect(requestOf(call({ settings: { temperature: 0, topP: 0.5 } })).body).toMatchObject({
      model_options: { top_p: 0 },
    })
  })

  it('describes functions and tools of the service, one key each', () => {
    const options = { v2: { builtInTools: { web_search: { type: 'safe_search' }, image_generate: true } } } as const
    expect(requestOf(call({ tools: [depth], parallelToolCalls: false, options })).body).toEqual({
      model: 'GigaChat-2-Max',
      messages: [{ role: 'user', content: [{ text: 'Назови реку' }] }],
      model_options: { parallel_tool_calls: false },
      tools: [
        {
          functions: {
            specifications: [
              {
                name: 'depth',
                description: 'Глубина реки',
                parameters: {
                  type: 'object',
                  properties: { river: { anyOf: [{ type: 'string' }, { type: 'integer' }] } },
                },
                few_shot_examples: [{ request: 'Глубока ли Обь?', params: { river: 'Обь' } }],
                return_parameters: { type: 'object', properties: { metres: { type: 'number' } } },
              },
            ],
          },
        },
        { web_search: { type: 'safe_search' } },
        { image_generate: {} },
      ],
      tool_config: { mode: 'auto' },
    })
  })

  it.each<[TextCall['toolChoice'], GigachatV2Options, object]>([
    ['none', {}, { mode: 'none' }],
    ['required', {}, { mode: 'forced', function_name: 'depth' }],
    [{ tool: 'depth' }, {}, { mode: 'forced', function_name: 'depth' }],
    [
      'auto',
      { builtInTools: { web_search: true }, forcedTool: 'web_search' },
      { mode: 'forced', tool_name: 'web_search' },
    ],
  ])('chooses tools by %j with %j', (toolChoice, v2, expected) => {
    expect(requestOf(call({ tools: [depth], toolChoice, options: { v2 } })).body).toMatchObject({
      tool_config: expected,
    })
  })
})

describe('the history of version 2', () => {
  it('has lists of parts, and one system message in front', () => {
    const messages = messagesOf(
      text('system', 'Отвечай кратко.'),
      text('system', 'Отвечай стихами.'),
      text('user', 'Назови ', 'реку'),
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Хм' },
          { type: 'text', text: 'Обь' },
        ],
      },
      { role: 'assistant', content: [] },
    )
    expect(messages).toEqual([
      { role: 'system', content: [{ text: 'Отвечай кратко.\n\nОтвечай стихами.' }] },
      { role: 'user', content: [{ text: 'Назови ' }, { text: 'реку' }] },
      { role: 'assistant', content: [{ text: 'Обь' }] },
      { role: 'assistant', content: [{ text: '' }] },
    ])
  })

  const turn: readonly PartMessage[] = [
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Смотрю.' },
        {
          type: 'tool-call',
          toolCallId: '1',
          toolName: 'depth',
          input: { river: 'Обь' },
          providerMetadata: { gigachat: { toolStateId: 'state' }, other: { toolStateId: 'foreign' } },
        },
        { type: 'tool-call', toolCallId: '2', toolName: 'depth', input: { river: 'Лена' } },
      ],
    },
    {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: '2', toolName: 'depth', output: 'нет', isError: true }],
    },
    { role: 'tool', content: [{ type: 'tool-result', toolCallId: '1', toolName: 'depth', output: { metres: 20 } }] },
  ]

  it('keeps parallel calls in one turn, and their results in the order of the calls', () => {
    expect(messagesOf(text('user', 'Глубоки ли?'), ...turn)).toEqual([
      { role: 'user', content: [{ text: 'Глубоки ли?' }] },
      {
        role: 'assistant',
        content: [
          { text: 'Смотрю.' },
          { function_call: { name: 'depth', arguments: { river: 'Обь' } } },
          { function_call: { name: 'depth', arguments: { river: 'Лена' } } },
        ],
        tool_state_id: 'state',
      },
      { role: 'function', content: [{ function_result: { name: 'depth', result: '{"metres":20}' } }] },
      { role: 'function', content: [{ function_result: { name: 'depth', result: '{"error":"нет"}' } }] },
    ])
  })

  it('gives results the role tool where asked', () => {
    const options = { v2: { toolResultRole: 'tool' } } as const
    const { body } = requestOf(call({ messages: [text('user', 'Глубоки ли?'), ...turn], options }))
    const { messages } = body as { readonly messages: readonly { readonly role: string }[] }
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool'])
  })

  it('names files by their ids, after their upload', () => {
    const image: CallPart = {
      type: 'media',
      modality: 'image',
      source: { bytes: new Uint8Array([1]), sha256: 'abc', mediaType: 'image/png', filename: 'river.png' },
    }
    const known: CallPart = { type: 'media', modality: 'document', source: { fileId: 'id-2' } }
    const messages: PartMessage[] = [{ role: 'user', content: [{ type: 'text', text: 'Что это?' }, image, known] }]
    const reply = { status: 200, headers: {}, body: { messages: [] } }
    const { effects } = run(converseV2(call({ messages }), model, 'sber'), ['id-1', reply])
    const [upload, exchange] = effects as [Effect, Extract<Effect, { request: WireRequest }>]
    expect(upload).toMatchObject({ do: 'upload', key: 'abc image/png' })
    expect(JSON.parse(exchange.request.body as string)).toMatchObject({
      messages: [
        { role: 'user', content: [{ text: 'Что это?' }, { files: [{ id: 'id-1' }] }, { files: [{ id: 'id-2' }] }] },
      ],
    })
  })
})

it('gives a streamed answer with the model and the warnings its decoder saw', () => {
  const operation = converseV2(call({ stream: true }), model, 'sber')
  const effect = operation.next().value as Extract<Effect, { do: 'stream' }>
  effect.createDecoder()
  const decoder = effect.createDecoder()
  if (decoder.framing !== 'sse') throw new Error('no events')
  const failed = { messages: [{ content: [{ tool_execution: { name: 'web_search', status: 'fail' } }] }] }
  decoder.push('response.tool.failed', JSON.stringify(failed), [])
  const done = { model: 'GigaChat-2-Max:2.0', finish_reason: 'stop', usage: { total_tokens: 3 } }
  decoder.push('response.message.done', JSON.stringify(done), [])
  const content = [{ type: 'text', text: 'Обь' }]
  const { value } = operation.next({ status: 200, headers: {}, end: decoder.end([]), content })
  expect(value).toEqual({
    content,
    finishReason: 'stop',
    rawFinishReason: 'stop',
    usage: { totalTokens: 3 },
    modelId: 'GigaChat-2-Max',
    rawModel: 'GigaChat-2-Max:2.0',
    warnings: [
      { code: 'provider-tool-failed', message: "GigaChat's tool 'web_search' failed; the answer was made without it" },
    ],
  })
})

describe('what version 2 loses of a call', () => {
  it('is nothing for a plain one, and for a union in a schema', () => {
    expect(checkV2Call(call({ tools: [depth] }))).toEqual([])
  })

  it.each<[string, Partial<TextCall> & { options?: GigachatOptions }, string, string]>([
    ['topP beside temperature 0', { settings: { temperature: 0, topP: 1 } }, 'warn', 'setting-ignored'],
    [
      'a choice among two',
      { tools: [depth, { ...depth, name: 'length' }], toolChoice: 'required' },
      'refuse',
      'tool-choice-required-unsupported',
    ],
    ['functions of v1', { options: { builtInFunctions: ['text2image'] } }, 'refuse', 'option-of-other-api'],
    [
      'a forced tool of the service beside own ones',
      { tools: [depth], options: { v2: { builtInTools: { web_search: true }, forcedTool: 'web_search' } } },
      'refuse',
      'forced-tool-conflict',
    ],
  ])('is told of %s', (_what, more, effect, code) => {
    expect(checkV2Call(call(more)).map((loss) => [loss.effect, loss.code])).toEqual([[effect, code]])
  })
})
