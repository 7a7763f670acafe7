import { describe, expect, it } from 'vitest'
import {
  BadRequestError,
  ConfigurationError,
  ContentFilterError,
  ProtocolError,
  ServerError,
  UnsupportedFeatureError,
} from '@shlyuz/core'
import type { Effect, EmbedCall, ImageCall, Operation, TextCall } from '@shlyuz/core'
import { parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { createYandexgptDeferred } from './yandexgpt-deferred.ts'
import { embed, embeddingModelFor } from './yandexgpt-embeddings.ts'
import { generateImage } from './yandexgpt-images.ts'
import { countTokens } from './yandexgpt-tokens.ts'

const settings = { folderId: 'b1gfolder', dataLogging: false, sendFolderId: false } as const
const headers = { 'x-data-logging-enabled': 'false' }

interface Driven<R> {
  readonly result: R
  /** Requests with their bodies parsed, and waits. */
  readonly effects: readonly unknown[]
}

/** Answers each exchange with the next of `bodies`; fewer of them than asked for is a mistake of the test. */
function drive<R>(operation: Operation<R>, ...bodies: readonly unknown[]): Driven<R> {
  const effects: unknown[] = []
  const rest = [...bodies]
  let step = operation.next()
  while (!step.done) {
    const effect: Effect = step.value
    if (effect.do === 'exchange') {
      if (rest.length === 0) throw new Error('more requests than answers')
      effects.push(plain(effect))
      step = operation.next({ status: 200, headers: {}, body: rest.shift() })
    } else {
      effects.push(effect)
      step = operation.next(undefined)
    }
  }
  expect(rest).toEqual([])
  return { result: step.value, effects }
}

function plain({ request }: Extract<Effect, { do: 'exchange' }>): unknown {
  const { body, ...others } = request
  return { ...others, ...(body !== undefined && { body: JSON.parse(body as string) as unknown }) }
}

function call(more: Partial<TextCall> = {}): TextCall {
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'Назови реку' }] }] as const
  return { messages, settings: {}, stream: false, tools: [], toolChoice: 'auto', options: {}, ...more }
}

const completion = { modelUri: 'gpt://b1gfolder/yandexgpt-5.1', completionOptions: { stream: false } }
const messages = [{ role: 'user', text: 'Назови реку' }]
const post = { endpoint: 'api', method: 'POST', headers, accept: ['application/json'] }
const get = { method: 'GET', repeat: 'safe', accept: ['application/json'] }

describe('deferred work', () => {
  const model = parseYandexgptModel('yandexgpt-5.1')
  const deferred = createYandexgptDeferred(settings)
  const operation = { id: 'd7qjob', description: 'Async GPT Completion', done: false, metadata: null }
  const response = {
    '@type': 'type.googleapis.com/yandex.cloud.ai.foundation_models.v1.CompletionResponse',
    alternatives: [{ message: { role: 'assistant', text: 'Обь' }, status: 'ALTERNATIVE_STATUS_FINAL' }],
    usage: { inputTextTokens: '5', completionTokens: '2', totalTokens: '7' },
    modelVersion: '28.08.2025',
  }

  it('is one operation for one call, which is never sent twice', () => {
    const { result, effects } = drive(deferred.submit([call()], model), operation)
    expect(deferred.callsPerSubmission).toBe(1)
    expect(result).toEqual({ operation: 'd7qjob' })
    expect(effects).toEqual([
      {
        ...post,
        operation: 'job',
        path: '/foundationModels/v1/completionAsync',
        body: { ...completion, messages },
        repeat: 'unsafe',
      },
    ])
  })

  it('takes tools and the schema of the output along', () => {
    const tools = [{ name: 'weather', inputSchema: { type: 'object' } }]
    const asked = call({ tools, output: { name: 'river', schema: { type: 'object' } } })
    expect(drive(deferred.submit([asked], model), operation).effects).toMatchObject([
      { body: { tools: [{ function: { name: 'weather' } }], jsonSchema: { schema: { type: 'object' } } } },
    ])
  })

  it('is asked for at the operation service, and cancelled there by a GET', () => {
    const asked = { ...get, endpoint: 'operations', operation: 'job' }
    const inspected = drive(deferred.inspect({ operation: 'd7qjob' }, model), operation)
    expect(inspected).toEqual({ result: { status: 'running' }, effects: [{ ...asked, path: '/operations/d7qjob' }] })
    const cancel = deferred.cancel?.({ operation: 'd7qjob' }, model) as Operation<void>
    expect(drive(cancel, operation)).toEqual({
      result: undefined,
      effects: [{ ...asked, path: '/operations/d7qjob:cancel' }],
    })
  })

  it('is done with the answer, which has no wrapper; an empty error is none', () => {
    const done = { ...operation, done: true, error: { code: 0, message: '', details: [] }, response }
    expect(drive(deferred.inspect({ operation: 'd7qjob' }, model), done).result).toEqual({
      status: 'done',
      items: [
        {
          result: {
            content: [{ type: 'text', text: 'Обь' }],
            finishReason: 'stop',
            rawFinishReason: 'ALTERNATIVE_STATUS_FINAL',
            usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 },
          },
        },
      ],
    })
  })

  it.each([
    [{ code: 1, message: 'cancelled' }, { status: 'cancelled' }],
    [
      { code: 3, message: 'invalid model_uri' },
      { status: 'failed', failure: { kind: 'not-found', status: 400, providerCode: '3' } },
    ],
    [
      { code: 13, message: 'internal' },
      { status: 'failed', failure: { kind: 'server', status: 500 } },
    ],
    [undefined, { status: 'failed', failure: { kind: 'protocol' } }],
  ])('has failed with the error %j', (error, expected) => {
    const body = { ...operation, done: true, ...(error && { error }) }
    expect(drive(deferred.inspect({ operation: 'd7qjob' }, model), body).result).toMatchObject(expected)
  })

  it('gives an answer that cannot be read as the failure of its item', () => {
    const done = { ...operation, done: true, response: { alternatives: [] } }
    expect(drive(deferred.inspect({ operation: 'd7qjob' }, model), done).result).toMatchObject({
      status: 'done',
      items: [{ failure: { kind: 'protocol' } }],
    })
  })

  it.each([null, 'd7qjob', {}, { operation: 7 }, { operation: '' }, { operation: 'd7q/../x' }, { operation: 'a?b' }])(
    'refuses the reference %j before anything is sent',
    (reference) => {
      expect(() => drive(deferred.inspect(reference, model))).toThrow(ConfigurationError)
    },
  )

  it('is refused for models that the native API does not serve', () => {
    expect(() => drive(deferred.submit([call()], parseYandexgptModel('gpt-oss-120b')))).toThrow(UnsupportedFeatureError)
  })

  it('fails with the answer of 200 that is an error, or no operation at all', () => {
    const submit = (): Operation<unknown> => deferred.submit([call()], model)
    expect(() => drive(submit(), { error: { grpcCode: 13, httpCode: 500, message: 'internal' } })).toThrow(ServerError)
    expect(() => drive(submit(), { done: true })).toThrow(ProtocolError)
  })
})

describe('an embedding', () => {
  const wish = (more: Partial<EmbedCall> = {}): EmbedCall => ({ values: ['привет'], options: {}, ...more })
  const answer = (...embedding: number[]): object => ({ embedding, numTokens: '3', modelVersion: '06.12.2023' })

  it('is one request for a text, in their order, tokens summed', () => {
    const asked = wish({ values: ['раз', 'два'] })
    const model = parseYandexgptModel('text-search-doc')
    const { result, effects } = drive(embed(asked, model, settings), answer(1, 0), answer(0, 1))
    expect(result).toEqual({ embeddings: [[1, 0], [0, 1]], usage: { inputTokens: 6 } }) // oxfmt-ignore
    expect(effects).toEqual(
      ['раз', 'два'].map((text) => ({
        ...post,
        operation: 'embed',
        path: '/foundationModels/v1/textEmbedding',
        body: { modelUri: 'emb://b1gfolder/text-search-doc/latest', text },
        repeat: 'safe',
      })),
    )
  })

  it.each([
    ['text-embeddings-v2-doc', 768, { dim: '768' }],
    ['text-search-doc', 256, {}],
    ['brand-new', 100, { dim: '100' }],
  ])('of %s asks for %i numbers by %j', (id, dimensions, fields) => {
    const { effects } = drive(embed(wish({ dimensions }), parseYandexgptModel(id), settings), answer(1))
    const modelUri = `emb://b1gfolder/${id}/latest`
    expect(effects).toMatchObject([{ body: { modelUri, text: 'привет', ...fields } }])
    expect(Object.keys((effects[0] as { body: object }).body)).toHaveLength(2 + Object.keys(fields).length)
  })

  it.each([
    ['text-search-doc', 768, /vectors of 256 numbers/],
    ['text-embeddings-v2-doc', 100, /256, 128, 512, 768/],
    ['yandexgpt-5.1', undefined, /of kind chat/],
  ])('is refused before anything is sent: %s with %s', (id, dimensions, message) => {
    const asked = wish(dimensions === undefined ? {} : { dimensions })
    expect(() => drive(embed(asked, parseYandexgptModel(id), settings))).toThrow(message)
  })

  it.each([
    ['text-search-doc', 'query', 'text-search-query'],
    ['text-search-query/latest', 'document', 'text-search-doc/latest'],
    ['text-search-doc', 'document', 'text-search-doc'],
    ['text-search-doc', undefined, 'text-search-doc'],
    ['emb://b1g/text-embeddings-v2-doc/latest', 'query', 'emb://b1g/text-embeddings-v2-query/latest'],
    ['text-search-doc@tamr7', 'query', 'text-search-doc@tamr7'],
    ['text-embeddings', 'query', 'text-embeddings'],
  ] as const)('asked of %s for a %s is one of %s', (id, kind, expected) => {
    expect(embeddingModelFor(id, kind)).toBe(expected)
  })

  it('warns of a kind that no model keeps', () => {
    const run = (id: string): unknown =>
      drive(embed(wish({ kind: 'query' }), parseYandexgptModel(id), settings), answer(1)).result.warnings
    expect(run('text-embeddings')).toMatchObject([{ code: 'setting-ignored', setting: 'kind' }])
    expect(run('text-search-doc@tamr7')).toMatchObject([{ code: 'setting-ignored', setting: 'kind' }])
    expect(run('text-search-query')).toBeUndefined()
  })

  it('states no tokens that the service did not', () => {
    const run = (body: object): unknown => drive(embed(wish(), parseYandexgptModel('text-search-doc'), settings), body)
    expect(run({ embedding: [1] })).toMatchObject({ result: { usage: {} } })
    expect(run({ embedding: [1], numTokens: 3 })).toMatchObject({ result: { usage: { inputTokens: 3 } } })
  })
})

it('counts tokens of a whole prompt, tools included', () => {
  const tools = [{ name: 'weather', inputSchema: { type: 'object' } }]
  const model = parseYandexgptModel('yandexgpt-5.1')
  const tokens = [{ id: '1', text: '<s>', special: true }, { id: '2' }, {}]
  expect(drive(countTokens(call({ tools }), model, settings), { tokens, modelVersion: '07.03.2024' })).toEqual({
    result: { tokens: 3 },
    effects: [
      {
        ...post,
        operation: 'tokens',
        path: '/foundationModels/v1/tokenizeCompletion',
        body: { ...completion, messages, tools: [{ function: { name: 'weather', parameters: { type: 'object' } } }] },
        repeat: 'safe',
      },
    ],
  })
  expect(() => drive(countTokens(call(), parseYandexgptModel('gpt-oss-20b'), settings))).toThrow(
    UnsupportedFeatureError,
  )
})

describe('an image', () => {
  const art = parseYandexgptModel('yandex-art')
  const alice = parseYandexgptModel('aliceai-image-art-3.0')
  const wish = (more: Partial<ImageCall> = {}): ImageCall => ({ prompt: 'зимний лес', options: {}, ...more })
  const operation = { id: 'fbvimage', description: '', createdAt: null, done: false, metadata: null }
  const image = Buffer.from([0xff, 0xd8, 0xff, 0xd9]).toString('base64')
  const done = { ...operation, done: true, response: { image, modelVersion: '' } }
  const started = {
    ...post,
    operation: 'image',
    path: '/foundationModels/v1/imageGenerationAsync',
    repeat: 'unsafe',
  }
  const look = { ...get, endpoint: 'api', operation: 'image', path: '/operations/fbvimage' }

  it('of YandexART is asked for until it is done, at the host where it was ordered', () => {
    const { result, effects } = drive(generateImage(wish(), art, settings), operation, operation, done)
    expect(result).toEqual({ bytes: new Uint8Array([0xff, 0xd8, 0xff, 0xd9]), mediaType: 'image/jpeg' })
    expect(effects).toEqual([
      {
        ...started,
        body: {
          modelUri: 'art://b1gfolder/yandex-art',
          generationOptions: { mimeType: 'image/jpeg' },
          messages: [{ text: 'зимний лес', weight: 1 }],
        },
      },
      { do: 'wait', ms: 1_000, progress: 0 },
      look,
      { do: 'wait', ms: 1_500, progress: 1_000 / 11_000 },
      look,
    ])
  })

  it('of YandexART takes seed, ratio and instructions', () => {
    const asked = wish({ seed: 1863, aspectRatio: '16:9', instructions: 'акварель' })
    const { effects } = drive(generateImage(asked, art, settings), done)
    expect(effects).toEqual([
      {
        ...started,
        body: {
          modelUri: 'art://b1gfolder/yandex-art',
          generationOptions: {
            mimeType: 'image/jpeg',
            seed: '1863',
            aspectRatio: { widthRatio: '16', heightRatio: '9' },
          },
          messages: [
            { text: 'зимний лес', weight: 1 },
            { text: 'акварель', weight: 1 },
          ],
        },
      },
    ])
  })

  it('of YandexART weighs prompt and instructions as asked', () => {
    const options = { imageWeights: { prompt: 2, instructions: 0.5 } }
    const { effects } = drive(generateImage(wish({ instructions: 'акварель', options }), art, settings), done)
    const weighed = [
      { text: 'зимний лес', weight: 2 },
      { text: 'акварель', weight: 0.5 },
    ]
    expect(effects).toMatchObject([{ body: { messages: weighed } }])
    const { result } = drive(generateImage(wish({ options }), alice, settings), { data: [{ b64_json: image }] })
    expect(result.warnings).toMatchObject([
      { code: 'setting-ignored', setting: 'providerOptions.yandexgpt.imageWeights' },
    ])
  })

  it.each<[string, Partial<ImageCall>]>([
    ['prompt', { prompt: '🌲'.repeat(501) }],
    ['instructions', { instructions: 'я'.repeat(501) }],
  ])('of YandexART is refused for a long %s before anything is sent', (name, more) => {
    expect(() => drive(generateImage(wish(more), art, settings))).toThrow(`${name} has 501`)
    expect(() => drive(generateImage(wish({ prompt: '🌲'.repeat(500) }), art, settings), done)).not.toThrow()
  })

  it('is refused for a model that makes none', () => {
    expect(() => generateImage(wish(), parseYandexgptModel('yandexgpt-5.1'), settings)).toThrow(UnsupportedFeatureError)
  })

  it.each([
    ['it may violate the terms of use', ContentFilterError],
    ['bad parameter', BadRequestError],
  ])('that failed because "%s" is an error of its kind', (message, type) => {
    const failed = { ...operation, done: true, error: { code: 3, message } }
    expect(() => drive(generateImage(wish(), art, settings), operation, failed)).toThrow(type)
  })

  it('that is cancelled, or no Base64, is an error', () => {
    const cancelled = { ...operation, done: true, error: { code: 1, message: 'cancelled' } }
    expect(() => drive(generateImage(wish(), art, settings), cancelled)).toThrow(ServerError)
    const broken = { ...operation, done: true, response: { image: '<html>' } }
    expect(() => drive(generateImage(wish(), art, settings), broken)).toThrow(ProtocolError)
  })

  it.each<[ImageCall['aspectRatio'], string]>([
    [undefined, '1024x1024'],
    ['1:1', '1024x1024'],
    ['16:9', '1536x1024'],
    ['9:16', '1024x1536'],
  ])('of Alice with the ratio %s has the size %s', (aspectRatio, size) => {
    const asked = wish({ instructions: 'акварель', ...(aspectRatio && { aspectRatio }) })
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47])
    const body = { data: [{ b64_json: png.toString('base64') }] }
    expect(drive(generateImage(asked, alice, settings), body)).toEqual({
      result: { bytes: new Uint8Array(png), mediaType: 'image/png' },
      effects: [
        {
          ...post,
          endpoint: 'openai',
          operation: 'image',
          path: '/images/generations',
          body: { model: 'art://b1gfolder/aliceai-image-art-3.0', prompt: 'зимний лес\n\nакварель', size },
          repeat: 'safe',
        },
      ],
    })
  })

  it('of Alice that did not come is an error', () => {
    expect(() => drive(generateImage(wish(), alice, settings), { data: [] })).toThrow(ContentFilterError)
  })
})
