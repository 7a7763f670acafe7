import { describe, expect, it } from 'vitest'
import { ConfigurationError, ProtocolError, ServerError } from '@shlyuz/core'
import type {
  CallPart,
  Effect,
  Loss,
  ModelRef,
  Operation,
  PartMessage,
  TextCall,
  TextResult,
  WireRequest,
} from '@shlyuz/core'
import { parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { complete } from './yandexgpt-completion.ts'
import type { YandexgptOptions } from './yandexgpt-options.ts'
import { yandexgpt } from './yandexgpt-provider.ts'
import type { YandexgptSettings } from './yandexgpt-settings.ts'

const model = parseYandexgptModel('yandexgpt-5.1')

function text(role: PartMessage['role'], ...texts: string[]): PartMessage {
  return { role, content: texts.map((part) => ({ type: 'text', text: part })) }
}

function call(more: Partial<TextCall> & { readonly options?: YandexgptOptions } = {}): TextCall {
  const messages = [text('user', 'Назови реку')]
  return { messages, settings: {}, stream: false, tools: [], toolChoice: 'auto', options: {}, ...more }
}

function losses(asked: TextCall, ref: ModelRef = model): readonly Loss[] {
  return yandexgpt().check(asked, ref)
}

/** Runs an operation; settings outside the code are those of `environment`, other effects get the answer. */
function run<R>(operation: Operation<R>, answer: (effect: Effect) => unknown, environment: object = {}): R {
  let step = operation.next()
  while (!step.done) {
    const { value: effect } = step
    const read = effect.do === 'read' && 'env' in effect.source ? effect.source.env : undefined
    step = operation.next(read === undefined ? answer(effect) : (environment as Record<string, string>)[read])
  }
  return step.value
}

/** The request of a call, its body parsed. */
function requestOf(
  asked: TextCall,
  settings: YandexgptSettings = { apiKey: 'AQVNkey', folderId: 'b1gfolder' },
  environment: object = {},
  id = 'yandexgpt-5.1',
): Omit<WireRequest, 'body'> & { readonly body: unknown } {
  const provider = yandexgpt(settings)
  let request: WireRequest | undefined
  const stop = new Error('seen')
  try {
    run(
      provider.text(asked, provider.parseModel(id)),
      (effect) => {
        if ('request' in effect) ({ request } = effect)
        throw stop
      },
      environment,
    )
  } catch (error) {
    if (error !== stop || !request) throw error
  }
  if (!request) throw new Error('no request')
  return { ...request, body: JSON.parse(request.body as string) as unknown }
}

function answerOf(body: unknown): TextResult {
  const settings = { folderId: 'b1gfolder', dataLogging: false, sendFolderId: false }
  return run(complete(call(), model, settings), () => ({ status: 200, headers: {}, body }))
}

describe('the request', () => {
  it('is the documented one', () => {
    expect(requestOf(call())).toEqual({
      endpoint: 'api',
      operation: 'chat',
      method: 'POST',
      path: '/foundationModels/v1/completion',
      headers: { 'x-data-logging-enabled': 'false' },
      body: {
        modelUri: 'gpt://b1gfolder/yandexgpt-5.1',
        completionOptions: { stream: false },
        messages: [{ role: 'user', text: 'Назови реку' }],
      },
      repeat: 'safe',
      accept: ['application/json'],
    })
  })

  it('asks for a stream, whatever type its lines are said to be', () => {
    const { body, accept } = requestOf(call({ stream: true }))
    expect(body).toMatchObject({ completionOptions: { stream: true } })
    expect(accept).toEqual(['application/json', 'application/x-ndjson', 'application/stream+json'])
  })

  it('carries settings and options in the words of the wire', () => {
    const { body, headers } = requestOf(
      call({
        settings: { temperature: 0, maxOutputTokens: 100, topP: 0.9, seed: 1, frequencyPenalty: 1, presencePenalty: 1 },
        options: {
          reasoningMode: 'enabled-hidden',
          clientRequestId: 'request-1',
          jsonObject: true,
          extraBody: { newField: [1], completionOptions: { newOption: 1 } },
          extraHeaders: { 'X-Trace-ID': 'trace' },
        },
      }),
    )
    expect(body).toEqual({
      newField: [1],
      modelUri: 'gpt://b1gfolder/yandexgpt-5.1',
      completionOptions: {
        newOption: 1,
        stream: false,
        temperature: 0,
        maxTokens: '100',
        reasoningOptions: { mode: 'ENABLED_HIDDEN' },
      },
      messages: [{ role: 'user', text: 'Назови реку' }],
      jsonObject: true,
    })
    expect(headers).toEqual({
      'X-Trace-ID': 'trace',
      'x-data-logging-enabled': 'false',
      'x-client-request-id': 'request-1',
    })
  })

  it.each([
    ['off', 'DISABLED'],
    ['low', 'ENABLED_HIDDEN'],
    ['medium', 'ENABLED_HIDDEN'],
    ['high', 'ENABLED_HIDDEN'],
  ] as const)('asks for the effort of reasoning %s as %s, unless the vendor option says otherwise', (effort, mode) => {
    const asked = call({ settings: { reasoningEffort: effort } })
    expect(requestOf(asked).body).toMatchObject({ completionOptions: { reasoningOptions: { mode } } })
    const other = mode === 'DISABLED' ? 'enabled-hidden' : 'disabled'
    expect(requestOf({ ...asked, options: { reasoningMode: other } }).body).toMatchObject({
      completionOptions: { reasoningOptions: { mode: mode === 'DISABLED' ? 'ENABLED_HIDDEN' : 'DISABLED' } },
    })
  })

  it('carries tools, their choice and the schema of the output', () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } }
    const { body } = requestOf(
      call({
        tools: [{ name: 'weather', description: 'Погода', inputSchema: schema }],
        toolChoice: { tool: 'weather' },
        parallelToolCalls: false,
        output: { name: 'answer', schema },
        options: { jsonObject: true },
      }),
    )
    expect(body).toEqual({
      modelUri: 'gpt://b1gfolder/yandexgpt-5.1',
      completionOptions: { stream: false },
      messages: [{ role: 'user', text: 'Назови реку' }],
      tools: [{ function: { name: 'weather', description: 'Погода', parameters: schema } }],
      toolChoice: { functionName: 'weather' },
      parallelToolCalls: false,
      jsonSchema: { schema },
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
    expect(requestOf(call({ messages })).body).toMatchObject({
      messages: [
        { role: 'system', text: 'Отвечай кратко.\n\nОтвечай стихами.' },
        { role: 'user', text: 'Назови реку' },
        { role: 'assistant', text: 'Обь' },
        { role: 'user', text: 'Ещё' },
      ],
    })
  })

  it('lets the service store prompts only when asked to', () => {
    const { headers } = requestOf(call(), { apiKey: 'AQVNkey', folderId: 'b1gfolder', dataLogging: true })
    expect(headers).toEqual({})
  })
})

describe('the folder', () => {
  const uriOf = (id: string, settings: YandexgptSettings, environment: object): unknown =>
    (requestOf(call(), settings, environment, id).body as { modelUri: string }).modelUri

  it('comes from the model, the settings, the environment, in this order', () => {
    const environment = { YC_FOLDER_ID: 'b1genvironment' }
    expect(uriOf('gpt://b1gmodel/yandexgpt', { folderId: 'b1gsetting' }, environment)).toBe('gpt://b1gmodel/yandexgpt')
    expect(uriOf('yandexgpt/rc', { folderId: 'b1gsetting' }, environment)).toBe('gpt://b1gsetting/yandexgpt/rc')
    expect(uriOf('yandexgpt', {}, environment)).toBe('gpt://b1genvironment/yandexgpt')
  })

  it('is demanded before anything is sent', () => {
    expect(() => requestOf(call(), {})).toThrow(ConfigurationError)
    expect(() => requestOf(call(), {})).toThrow(/needs a folder/)
  })

  it.each(['b1gfolder\n', ' b1gfolder', 'b1g/other', '..', 'каталог'])('is refused as %j', (folder) => {
    expect(() => requestOf(call(), {}, { YC_FOLDER_ID: folder })).toThrow('YC_FOLDER_ID is not a folder id')
    expect(() => yandexgpt({ folderId: folder })).toThrow('folderId is not a folder id')
  })

  it.each<[string, YandexgptSettings, object, boolean]>([
    ['an API key', { apiKey: 'AQVNkey' }, {}, false],
    ['a token of its own', { iamToken: 't1.token' }, {}, false],
    ['a token of a person, as told', { iamToken: 't1.token', sendFolderId: true }, {}, true],
    ['an OAuth token', { oauthToken: 'y0_token' }, {}, true],
    ['an OAuth token of the environment', {}, { YC_OAUTH_TOKEN: 'y0_token' }, true],
    ['another credential of the environment', {}, { YC_API_KEY: 'AQVNkey' }, false],
    ['a key that wins over the environment', { apiKey: 'AQVNkey' }, { YC_OAUTH_TOKEN: 'y0_token' }, false],
    ['an OAuth token, as told', { oauthToken: 'y0_token', sendFolderId: false }, {}, false],
  ])('goes into a header for %s: %#', (_what, settings, environment, isSent) => {
    const { headers } = requestOf(
      call(),
      { ...settings, folderId: 'b1gsetting' },
      environment,
      'gpt://b1gmodel/yandexgpt',
    )
    expect(headers?.['x-folder-id']).toBe(isSent ? 'b1gmodel' : undefined)
  })
})

describe('the answer', () => {
  const body = {
    result: {
      alternatives: [{ message: { role: 'assistant', text: 'Обь' }, status: 'ALTERNATIVE_STATUS_FINAL' }],
      usage: {
        inputTextTokens: '12',
        completionTokens: '84',
        totalTokens: '96',
        completionTokensDetails: { reasoningTokens: '80' },
      },
      modelVersion: '28.08.2025',
    },
  }
  const withAlternative = (alternative: object): unknown => ({
    result: { ...body.result, alternatives: [alternative] },
  })

  it('comes out in neutral words', () => {
    expect(answerOf(body)).toEqual({
      content: [{ type: 'text', text: 'Обь' }],
      finishReason: 'stop',
      rawFinishReason: 'ALTERNATIVE_STATUS_FINAL',
      usage: { inputTokens: 12, outputTokens: 84, reasoningTokens: 80, totalTokens: 96 },
    })
  })

  it('reads counts as strings or numbers, and states none that the service did not', () => {
    const usage = { inputTextTokens: 12, completionTokens: '-2', totalTokens: '9007199254740993' }
    expect(answerOf({ result: { ...body.result, usage } })).toMatchObject({ usage: { inputTokens: 12 } })
    expect(answerOf({ result: { alternatives: body.result.alternatives } }).usage).toEqual({})
  })

  it.each([
    ['FINAL', 'stop'],
    ['TRUNCATED_FINAL', 'length'],
    ['CONTENT_FILTER', 'content-filter'],
    ['TOOL_CALLS', 'tool-calls'],
    ['PARTIAL', 'other'],
    ['UNSPECIFIED', 'other'],
    ['SOMETHING_NEW', 'other'],
  ])('keeps the status %s beside the neutral %s', (status, neutral) => {
    const raw = `ALTERNATIVE_STATUS_${status}`
    expect(answerOf(withAlternative({ message: { text: 'Текст' }, status: raw }))).toMatchObject({
      finishReason: neutral,
      rawFinishReason: raw,
    })
  })

  it('is empty without a text', () => {
    const message = { role: 'assistant', toolCallList: { toolCalls: [] } }
    expect(answerOf(withAlternative({ message, status: 'ALTERNATIVE_STATUS_TOOL_CALLS' }))).toMatchObject({
      content: [],
      finishReason: 'tool-calls',
    })
    expect(answerOf(withAlternative({ status: 'ALTERNATIVE_STATUS_CONTENT_FILTER' })).content).toEqual([])
  })

  it('is calls without ids, in their order, whole numbers as such', () => {
    const list =
      '{"toolCalls":[{"functionCall":{"name":"weather","arguments":{"city":"Тула","days":5.0,"share":0.5}}},' +
      '{"functionCall":{"name":"time","arguments":{"__proto__":{"admin":true}}}}]}'
    const message = { role: 'assistant', toolCallList: JSON.parse(list) as unknown }
    const { content, finishReason } = answerOf(withAlternative({ message, status: 'ALTERNATIVE_STATUS_TOOL_CALLS' }))
    expect(finishReason).toBe('tool-calls')
    expect(JSON.stringify(content)).toBe(
      '[{"type":"tool-call","toolCallId":"","toolName":"weather","input":{"city":"Тула","days":5,"share":0.5}},' +
        '{"type":"tool-call","toolCallId":"","toolName":"time","input":{"__proto__":{"admin":true}}}]',
    )
  })

  it('has no calls when it was withheld', () => {
    const toolCallList = { toolCalls: [{ functionCall: { name: 'weather', arguments: {} } }] }
    expect(
      answerOf(withAlternative({ message: { toolCallList }, status: 'ALTERNATIVE_STATUS_CONTENT_FILTER' })).content,
    ).toEqual([])
  })

  it('states a model where the service names one', () => {
    expect(answerOf({ result: { ...body.result, modelVersion: 'gpt-oss-20b' } })).toMatchObject({
      modelId: 'gpt-oss-20b',
    })
  })

  it.each([
    ['a list', []],
    ['null', null],
    ['no result', { alternatives: body.result.alternatives }],
    ['no alternatives', { result: {} }],
    ['empty alternatives', { result: { alternatives: [] } }],
    ['a message of another type', withAlternative({ message: 'Обь' })],
    ['text of another type', withAlternative({ message: { text: 1 } })],
    ['calls of another type', withAlternative({ message: { toolCallList: [] } })],
    ['a call without a name', withAlternative({ message: { toolCallList: { toolCalls: [{ functionCall: {} }] } } })],
  ])('is refused when it is %s', (_what, wrong) => {
    expect(() => answerOf(wrong)).toThrow(ProtocolError)
  })

  it('is an error when 200 brings one', () => {
    expect(() => answerOf({ error: { grpcCode: 13, httpCode: 500, message: 'Internal error' } })).toThrow(ServerError)
    expect(() => answerOf({ code: 13, message: 'Internal error' })).toThrow(ServerError)
  })
})

it('gives a streamed answer with what its last decoder saw', () => {
  const settings = { folderId: 'b1gfolder', dataLogging: false, sendFolderId: false }
  const result = run(complete(call({ stream: true }), model, settings), (effect) => {
    if (effect.do !== 'stream') throw new Error('no stream')
    effect.createDecoder()
    const decoder = effect.createDecoder()
    if (decoder.framing !== 'bytes') throw new Error('no bytes')
    const alternatives = [{ message: { text: 'Обь' }, status: 'ALTERNATIVE_STATUS_FINAL' }]
    const line = JSON.stringify({
      result: { alternatives, usage: { totalTokens: '3' }, modelVersion: 'yandexgpt-5.1' },
    })
    decoder.push(Buffer.from(`${line}\n`), [])
    return { status: 200, headers: {}, end: decoder.end([]), content: [{ type: 'text', text: 'Обь' }] }
  })
  expect(result).toEqual({
    content: [{ type: 'text', text: 'Обь' }],
    finishReason: 'stop',
    rawFinishReason: 'ALTERNATIVE_STATUS_FINAL',
    usage: { totalTokens: 3 },
    modelId: 'yandexgpt-5.1',
  })
})

describe('what is lost of a call', () => {
  it('is nothing for a plain one', () => {
    expect(losses(call({ settings: { temperature: 1, maxOutputTokens: 1 } }), model)).toEqual([])
  })

  it('is a warning for what only tunes it', () => {
    const messages = [text('system', 'Раз'), text('system', 'Два'), text('user', 'Три')]
    const settings = { topP: 0.5, seed: 1, frequencyPenalty: 1, presencePenalty: 0 }
    const found = losses(call({ messages, settings }), model)
    expect(found.map(({ effect, code, setting }) => [effect, code, setting])).toEqual([
      ['warn', 'setting-ignored', 'topP'],
      ['warn', 'setting-ignored', 'seed'],
      ['warn', 'setting-ignored', 'frequencyPenalty'],
      ['warn', 'setting-ignored', 'presencePenalty'],
      ['warn', 'system-messages-joined', 'messages'],
    ])
  })

  it('is a refusal for a temperature above 1', () => {
    expect(losses(call({ settings: { temperature: 1.2 } }), model)).toMatchObject([
      {
        effect: 'refuse',
        code: 'setting-out-of-range',
        setting: 'temperature',
        hint: expect.stringMatching(/0 до 1/) as string,
      },
    ])
  })

  it.each(['image', 'document', 'audio', 'video'] as const)('is a refusal for %s in messages', (modality) => {
    const bytes = new Uint8Array(1)
    const source = { bytes, sha256: '00', mediaType: 'application/octet-stream', filename: 'file' }
    const content: readonly CallPart[] = [{ type: 'media', modality, source }]
    expect(losses(call({ messages: [{ role: 'user', content }] }))).toEqual([
      {
        effect: 'refuse',
        code: 'content-unsupported',
        setting: 'messages',
        message: expect.stringContaining('the native completion of YandexGPT takes no') as string,
        hint: expect.stringContaining('только текст') as string,
      },
    ])
  })

  it.each([
    ['yandex-art', 'model-not-for-chat'],
    ['text-search-doc', 'model-not-for-chat'],
    ['cls://b1g/yandexgpt-lite', 'model-not-for-chat'],
  ])('is a refusal for the model %s', (id, code) => {
    const [loss] = losses(call(), parseYandexgptModel(id))
    expect(loss).toMatchObject({ effect: 'refuse', code, hint: expect.stringContaining('yandexgpt-5.1') as string })
  })

  it.each(['qwen3-235b-a22b-fp8', 'aliceai-llm-flash'])(
    'is nothing for %s, unless the native API is demanded',
    (id) => {
      expect(losses(call(), parseYandexgptModel(id))).toEqual([])
      expect(losses(call({ options: { api: 'native' } }), parseYandexgptModel(id))).toMatchObject([
        { effect: 'refuse', code: 'model-not-native', hint: expect.stringContaining('yandexgpt-5.1') as string },
      ])
    },
  )

  it.each([
    ['yandexgpt-5-pro', 0],
    ['yandexgpt/latest', 0],
    ['brand-new', 0],
    ['yandexgpt/rc', 1],
    ['yandexgpt-5-lite', 1],
  ])('is a refusal for hidden reasoning where there is none: %s', (id, count) => {
    const asked = call({ options: { reasoningMode: 'enabled-hidden' } })
    expect(losses(asked, parseYandexgptModel(id))).toHaveLength(count)
    expect(losses(call({ options: { reasoningMode: 'disabled' } }), parseYandexgptModel(id))).toEqual([])
  })

  it.each([
    ['yandexgpt-5-pro', []],
    ['brand-new', []],
    ['yandexgpt-5.1', [['refuse', 'reasoning-unsupported', 'reasoningEffort']]],
  ])('is a refusal for an effort of reasoning where there is none: %s', (id, expected) => {
    const ref = parseYandexgptModel(id)
    const found = losses(call({ settings: { reasoningEffort: 'low' } }), ref)
    expect(found.map(({ effect, code, setting }) => [effect, code, setting])).toEqual(expected)
    expect(losses(call({ settings: { reasoningEffort: 'off' } }), ref)).toEqual([])
  })

  it('is a warning for JSON that no message asks for', () => {
    const options: YandexgptOptions = { jsonObject: true }
    expect(losses(call({ options }))).toMatchObject([{ effect: 'warn', code: 'json-not-mentioned' }])
    expect(losses(call({ options, messages: [text('user', 'Дай json')] }))).toEqual([])
  })
})
