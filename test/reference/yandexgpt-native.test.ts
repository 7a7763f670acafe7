// The native API of YandexGPT, with its ways to authorise: what we send is the payload, and what the payload says is
// understood.
import { generateKeyPairSync } from 'node:crypto'
import type { ExtraOperation, JsonValue, StreamEnd, TextResult } from '@shlyuz/core'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { textCall } from '../decoding.ts'
import { authorize, checkStream, drive, resultOf } from './drive.ts'
import { at, isThere, objectAt, readJson, readLines, readText, textAt } from './fixtures.ts'
import { checkRequests, folderId, type RequestCase } from './sent.ts'

const provider = yandexgpt({ folderId, metadata: true })
const model = provider.parseModel('yandexgpt')
const completion = 'POST /foundationModels/v1/completion'

const weather = {
  get_weather: {
    description: 'Погода в городе',
    inputSchema: {
      type: 'object',
      properties: {
        city: { type: 'string', description: 'Город' },
        days: { type: 'integer', minimum: 1, maximum: 5 },
      },
      required: ['city'],
    },
  },
} as const

const toolSettings = {
  model: 'yandexgpt/yandexgpt/rc',
  temperature: 0.1,
  maxOutputTokens: 1000,
  tools: weather,
} as const
const auto = 'AUTO is what the service takes for granted'
const stream = 'always stated: whether the answer comes whole must not be left to a default'

const requests: readonly RequestCase[] = [
  {
    path: 'yandexgpt/native/completion-request.json',
    to: completion,
    send: (client) =>
      client.generateText({
        model: 'yandexgpt/yandexgpt/latest',
        instructions: 'Отвечай кратко.',
        prompt: 'Назови столицу Татарстана.',
        temperature: 0.3,
        maxOutputTokens: 2000,
        reasoningEffort: 'off',
      }),
  },
  {
    path: 'yandexgpt/native/reasoning-request.json',
    to: completion,
    send: (client) =>
      client.generateText({
        model: 'yandexgpt/yandexgpt/latest',
        prompt: 'Сколько будет 17*23?',
        temperature: 0.1,
        maxOutputTokens: 1000,
        providerOptions: { yandexgpt: { reasoningMode: 'enabled-hidden' } },
      }),
  },
  {
    path: 'yandexgpt/native/json-object-request.json',
    to: completion,
    send: (client) =>
      client.generateText({
        model: 'yandexgpt/yandexgpt/rc',
        prompt: 'Дай JSON с тремя группами товаров',
        providerOptions: { yandexgpt: { jsonObject: true } },
      }),
  },
  {
    path: 'yandexgpt/native/json-schema-request.json',
    to: completion,
    send: (client, given) =>
      client.generateText({
        model: 'yandexgpt/yandexgpt/rc',
        prompt: 'Дата первого полёта Гагарина',
        output: objectAt(given, 'jsonSchema.schema'),
        outputMode: 'native',
      }),
  },
  {
    path: 'yandexgpt/native/tool-call-request.json',
    to: completion,
    send: (client) =>
      client.generateText({ ...toolSettings, prompt: 'Какая погода в Казани на 2 дня?', parallelToolCalls: true }),
    differences: { '- toolChoice': auto },
  },
  {
    path: 'yandexgpt/native/tool-choice-function-request.json',
    to: completion,
    send: (client) =>
      client.generateText({
        model: 'yandexgpt/yandexgpt/rc',
        tools: weather,
        prompt: 'Погода в Казани',
        toolChoice: { tool: 'get_weather' },
        parallelToolCalls: false,
      }),
    differences: { '+ completionOptions.stream': stream },
  },
  {
    path: 'yandexgpt/native/tool-result-request.json',
    to: completion,
    send: (client) =>
      client.generateText({
        ...toolSettings,
        messages: [
          { role: 'user', content: 'Какая погода в Казани на 2 дня?' },
          {
            role: 'assistant',
            content: [
              { type: 'tool-call', toolCallId: 'a', toolName: 'get_weather', input: { city: 'Казань', days: 2 } },
            ],
          },
          {
            role: 'tool',
            content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'get_weather', output: { t: [-3, -5] } }],
          },
        ],
      }),
  },
  {
    path: 'yandexgpt/native/tokenize-request.json',
    to: 'POST /foundationModels/v1/tokenize',
    send: (client) => client.provider('yandexgpt').tokenize({ model: 'yandexgpt/latest', text: 'привет' }),
  },
  {
    path: 'yandexgpt/native/text-embedding-request.json',
    to: 'POST /foundationModels/v1/textEmbedding',
    send: (client) => client.embed({ model: 'yandexgpt/text-search-doc/latest', value: 'привет' }),
  },
  {
    path: 'yandexgpt/native/text-embedding-dim-request.json',
    to: 'POST /foundationModels/v1/textEmbedding',
    send: (client) =>
      client.embed({ model: 'yandexgpt/text-embeddings-v2-doc/latest', value: 'привет', dimensions: 768 }),
  },
  {
    path: 'yandexgpt/native/image-generation-request.json',
    to: 'POST /foundationModels/v1/imageGenerationAsync',
    send: (client) =>
      client.generateImage({
        model: 'yandexgpt/yandex-art/latest',
        prompt: 'зимний лес, акварель',
        seed: 1863,
        aspectRatio: '2:1',
      }),
  },
  {
    path: 'yandexgpt/native/few-shot-classify-request.json',
    to: 'POST /foundationModels/v1/fewShotTextClassification',
    send: (client) =>
      client.provider('yandexgpt').classifyFewShot({
        model: 'yandexgpt-lite/latest',
        taskDescription: 'Определи тему обращения',
        labels: ['оплата', 'доставка'],
        text: 'Когда приедет курьер?',
        samples: [{ text: 'не проходит карта', label: 'оплата' }],
      }),
  },
  {
    path: 'yandexgpt/native/classify-tuned-request.json',
    to: 'POST /foundationModels/v1/textClassification',
    send: (client) =>
      client.provider('yandexgpt').classifyTuned({ model: 'yandexgpt-lite/rc@tamrexample0000000000', text: 'привет' }),
  },
  {
    path: 'yandexgpt/native/gen-search-request.json',
    to: 'POST /v2/gen/search',
    send: (client) =>
      client.provider('yandexgpt').generativeSearch({
        messages: [{ role: 'user', content: 'Что такое NDJSON?' }],
        sites: ['example.com'],
        searchType: 'SEARCH_TYPE_RU',
      }),
  },
]

interface AnswerCase {
  readonly path: string
  readonly run: (text: string) => unknown
  readonly result: (body: unknown) => unknown
}

function complete(text: string): TextResult {
  return resultOf(provider.text(textCall(false), model), text)
}

/** What an operation of YandexGPT alone makes of an answer. */
function extra(name: string, input: unknown): (text: string) => unknown {
  const operation = (provider.extras as Readonly<Record<string, ExtraOperation<unknown>>>)[name]
  if (!operation) throw new Error(`no operation ${name}`)
  return (text) => resultOf(operation.run(input).steps, text)
}

function inspect(text: string): unknown {
  const reference: JsonValue = { operation: 'd7qexampleop00000000' }
  return resultOf(provider.deferred!.inspect(reference, model), text)
}

const call = { type: 'tool-call', toolCallId: '', toolName: 'get_weather' } as const
const toolCalls = { finishReason: 'tool-calls', rawFinishReason: 'ALTERNATIVE_STATUS_TOOL_CALLS' } as const
const final = { finishReason: 'stop', rawFinishReason: 'ALTERNATIVE_STATUS_FINAL' } as const
const truncated = { finishReason: 'length', rawFinishReason: 'ALTERNATIVE_STATUS_TRUNCATED_FINAL' } as const

const answers: readonly AnswerCase[] = [
  {
    path: 'yandexgpt/native/completion-response.json',
    run: complete,
    result: () => ({ content: [{ type: 'text', text: 'Казань.' }], ...final, usage: usage(25, 3, 28, 0) }),
  },
  {
    path: 'yandexgpt/native/content-filter-response.json',
    run: complete,
    result: (body) => ({
      content: [{ type: 'text', text: textAt(body, 'result.alternatives.0.message.text') }],
      finishReason: 'content-filter',
      rawFinishReason: 'ALTERNATIVE_STATUS_CONTENT_FILTER',
      usage: usage(0, 0, 0, 0),
    }),
  },
  {
    path: 'yandexgpt/native/truncated-response.json',
    run: complete,
    result: () => ({
      content: [{ type: 'text', text: 'Первый пункт плана:' }],
      ...truncated,
      usage: usage(18, 5, 23, 0),
    }),
  },
  {
    path: 'yandexgpt/native/reasoning-response.json',
    run: complete,
    result: () => ({ content: [{ type: 'text', text: '391' }], ...final, usage: usage(21, 84, 105, 80) }),
  },
  {
    path: 'yandexgpt/native/json-schema-response.json',
    run: complete,
    result: () => ({
      content: [{ type: 'text', text: '{"day": 12, "month": "апрель", "year": 1961}' }],
      ...final,
      usage: usage(16, 20, 36, 0),
    }),
  },
  {
    path: 'yandexgpt/native/tool-call-response.json',
    run: complete,
    result: () => ({
      content: [{ ...call, input: { city: 'Казань', days: 2 } }],
      ...toolCalls,
      usage: usage(100, 14, 114, 0),
    }),
  },
  {
    path: 'yandexgpt/native/tool-call-parallel-response.json',
    run: complete,
    result: () => ({
      content: [
        { ...call, input: { city: 'Казань' } },
        { ...call, input: { city: 'Самара' } },
      ],
      ...toolCalls,
      usage: usage(171, 29, 200, 0),
    }),
  },
  {
    path: 'yandexgpt/native/operation-created.json',
    run: (text) => resultOf(provider.deferred!.submit([textCall(false)], model), text),
    result: () => ({ operation: 'd7qexampleop00000000' }),
  },
  { path: 'yandexgpt/native/operation-running.json', run: inspect, result: () => ({ status: 'running' }) },
  {
    path: 'yandexgpt/native/operation-done.json',
    run: inspect,
    result: () => ({
      status: 'done',
      items: [
        {
          result: {
            content: [{ type: 'text', text: 'Готово.' }],
            ...final,
            usage: { inputTokens: 15, outputTokens: 4, totalTokens: 19 },
          },
        },
      ],
    }),
  },
  {
    path: 'yandexgpt/native/operation-failed.json',
    run: inspect,
    result: () => ({
      status: 'failed',
      failure: {
        kind: 'not-found',
        message: 'YandexGPT reported in its answer: invalid model_uri',
        hint: expect.stringMatching(/модел/) as string,
        status: 400,
        providerCode: '3',
      },
    }),
  },
  {
    path: 'yandexgpt/native/batch-operation-created.json',
    run: extra('getOperation', { id: 'fbiexampleop00000000' }),
    result: (body) => ({
      id: 'fbiexampleop00000000',
      status: 'running',
      createdAt: '2026-11-24T10:00:00Z',
      modifiedAt: '2026-11-24T10:00:00Z',
      metadata: at(body, 'metadata'),
    }),
  },
  {
    path: 'yandexgpt/native/tokenize-completion-response.json',
    run: (text) => resultOf(provider.countTokens!(textCall(false), model), text),
    result: () => ({ tokens: 6 }),
  },
  {
    path: 'yandexgpt/native/text-embedding-response.json',
    run: (text) => {
      const asked: Parameters<NonNullable<typeof provider.embed>>[0] = { values: ['привет'], options: {} }
      return resultOf(provider.embed!(asked, provider.parseModel('text-search-doc')), text)
    },
    result: (body) => ({ embeddings: [at(body, 'embedding')], usage: { inputTokens: 3 } }),
  },
  {
    path: 'yandexgpt/native/few-shot-classify-response.json',
    run: extra('classifyFewShot', { model: 'yandexgpt-lite', taskDescription: 'т', labels: ['а', 'б'], text: 'в' }),
    result: (body) => ({ predictions: at(body, 'predictions'), inputTokens: 46, modelVersion: '23.10.2024' }),
  },
  {
    path: 'yandexgpt/native/classify-tuned-response.json',
    run: extra('classifyTuned', { model: 'yandexgpt-lite/rc@tamrexample0000000000', text: 'привет' }),
    result: (body) => ({ predictions: at(body, 'predictions'), inputTokens: 2 }),
  },
  {
    path: 'yandexgpt/native/gen-search-message.json',
    run: extra('generativeSearch', { messages: [{ role: 'user', content: 'Что такое NDJSON?' }] }),
    result: () => ({
      text: 'NDJSON — формат, где каждая строка — отдельный JSON-документ. [1]',
      sources: [{ url: 'https://example.com/ndjson', title: 'NDJSON', used: true }],
      searchQueries: ['что такое ndjson'],
      isAnswerRejected: false,
      isBulletAnswer: false,
      hints: [],
      problematicAnswer: false,
    }),
  },
]

interface StreamFixture {
  readonly path: string
  readonly end: StreamEnd
}

const streams: readonly StreamFixture[] = [
  {
    path: 'yandexgpt/native/completion-stream.ndjson',
    end: { type: 'finish', ...final, usage: usage(26, 26, 52, 0) },
  },
  {
    path: 'yandexgpt/native/completion-stream-max-tokens.ndjson',
    end: { type: 'finish', ...truncated, usage: usage(26, 13, 39, 0) },
  },
  {
    path: 'yandexgpt/native/completion-stream-error.ndjson',
    end: {
      type: 'failed',
      failure: {
        kind: 'server',
        message: 'YandexGPT reported in its answer: service is temporarily unavailable',
        hint: expect.stringMatching(/повтор/i) as string,
        status: 503,
        providerCode: '14',
      },
    },
  },
]

describe.skipIf(!isThere)('YandexGPT, native API', () => {
  describe('what we send is', () => {
    checkRequests(requests, {
      yandexgpt: {
        folderId,
        operationPolls: 1,
        classifiers: { 'yandexgpt-lite/rc@tamrexample0000000000': ['оператор', 'бот'] },
      },
    })
  })

  describe('what comes back is understood', () => {
    for (const { path, run, result } of answers) {
      it(path, () => {
        expect(run(readText(path))).toEqual(result(readJson(path)))
      })
    }

    it('yandexgpt/native/tokenize-completion-response.json, piece by piece', () => {
      const path = 'yandexgpt/native/tokenize-completion-response.json'
      const body = readJson(path)
      expect(extra('tokenize', { model: 'yandexgpt', text: 'ping' })(readText(path))).toEqual({
        tokens: at(body, 'tokens'),
        modelVersion: '07.03.2024',
      })
    })

    it('yandexgpt/native/operation-image-created.json, then yandexgpt/native/operation-image-done.json', () => {
      const done = 'yandexgpt/native/operation-image-done.json'
      const asked = { prompt: 'зимний лес', options: {} }
      const { requests: sent, result } = drive(provider.image!(asked, provider.parseModel('yandex-art')), [
        readText('yandexgpt/native/operation-image-created.json'),
        readText(done),
      ])
      expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
        'POST /foundationModels/v1/imageGenerationAsync',
        'GET /operations/fbvexampleop00000000',
      ])
      expect(result).toEqual({
        bytes: new Uint8Array(Buffer.from(textAt(readJson(done), 'response.image'), 'base64')),
        mediaType: 'image/jpeg',
      })
    })
  })

  describe.each(streams)('$path', ({ path, end }) => {
    const texts = (): readonly string[] =>
      readLines(path).flatMap((line) => {
        const { result } = line as { readonly result?: unknown }
        return result === undefined ? [] : textAt(result, 'alternatives.0.message.text')
      })
    checkStream(provider, {
      path,
      model: 'yandexgpt',
      // Each line repeats those before it: what is new is told.
      parts: () => [
        { type: 'response-metadata' },
        ...texts().map((text, index, all) => ({
          type: 'text-delta' as const,
          text: text.slice(all[index - 1]?.length ?? 0),
        })),
      ],
      end,
      ...(end.type === 'finish' && {
        result: () => ({
          content: [{ type: 'text' as const, text: texts().at(-1) ?? '' }],
          finishReason: end.finishReason,
          ...(end.rawFinishReason !== undefined && { rawFinishReason: end.rawFinishReason }),
          usage: end.usage,
        }),
      }),
    })
  })

  describe('yandexgpt/native/tool-call-stream.ndjson', () => {
    const asked = { ...call, input: { city: 'Казань', days: 2 } }
    const figures = usage(100, 14, 114, 0)
    checkStream(provider, {
      path: 'yandexgpt/native/tool-call-stream.ndjson',
      model: 'yandexgpt',
      parts: () => [{ type: 'response-metadata' }, asked],
      end: { type: 'finish', ...toolCalls, usage: figures },
      result: () => ({ content: [asked], ...toolCalls, usage: figures }),
    })
  })
})

describe.skipIf(!isThere)('ways to authorise at YandexGPT', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('an OAuth token is exchanged: yandexgpt/auth/iam-token-request-oauth.json', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-24T02:00:00.123Z') })
    const given = readJson('yandexgpt/auth/iam-token-request-oauth.json')
    const { requests: sent, result } = authorize(
      provider,
      'YC_OAUTH_TOKEN',
      { token: textAt(given, 'yandexPassportOauthToken') },
      readText('yandexgpt/auth/iam-token-response.json'),
    )
    expect(sent.map(({ endpoint, method, body }) => [endpoint, method, JSON.parse(body as string)])).toEqual([
      ['iam', 'POST', given],
    ])
    // After an hour, long before its end.
    expect(result).toEqual({
      headers: { authorization: `Bearer ${textAt(readJson('yandexgpt/auth/iam-token-response.json'), 'iamToken')}` },
      refreshAt: Date.now() + 3_600_000,
    })
  })

  it('an authorised key signs a JWT: yandexgpt/auth/authorized-key.json', () => {
    const claims = readJson('yandexgpt/auth/jwt-payload.json')
    const now = (at(claims, 'iat') as number) * 1_000
    vi.useFakeTimers({ toFake: ['Date'], now })
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const file = {
      ...(readJson('yandexgpt/auth/authorized-key.json') as object),
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    }
    const answer = { iamToken: 't1.a.b', expiresAt: new Date(now + 43_200_000).toISOString() }
    const { requests: sent } = authorize(
      provider,
      'YC_SERVICE_ACCOUNT_KEY_FILE',
      { file: JSON.stringify(file) },
      JSON.stringify(answer),
    )
    const body = JSON.parse(sent[0]?.body as string) as unknown
    expect(Object.keys(body as object)).toEqual(
      Object.keys(readJson('yandexgpt/auth/iam-token-request-jwt.json') as object),
    )
    const [header = '', payload = '', signature = ''] = textAt(body, 'jwt').split('.')
    expect(decodePart(header)).toEqual(readJson('yandexgpt/auth/jwt-header.json'))
    expect(decodePart(payload)).toEqual(claims)
    expect(Buffer.from(signature, 'base64url')).toHaveLength(256)
  })

  it('the token of a VM: yandexgpt/auth/metadata-token-response.json', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) })
    const body = readJson('yandexgpt/auth/metadata-token-response.json')
    const { requests: sent, result } = authorize(provider, 'metadata', {}, JSON.stringify(body))
    expect(sent.map(({ endpoint, method, headers }) => [endpoint, method, headers?.['metadata-flavor']])).toEqual([
      ['metadata', 'GET', 'Google'],
    ])
    expect(result).toEqual({
      headers: { authorization: `Bearer ${textAt(body, 'access_token')}` },
      refreshAt: Date.now() + 3_600_000,
    })
  })
})

function decodePart(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown
}

function usage(
  inputTokens: number,
  outputTokens: number,
  totalTokens: number,
  reasoningTokens: number,
): TextResult['usage'] {
  return { inputTokens, outputTokens, totalTokens, reasoningTokens }
}
