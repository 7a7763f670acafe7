import {
  ConfigurationError,
  definePolicy,
  PolicyDeniedError,
  ProtocolError,
  ServerError,
  UnsupportedFeatureError,
} from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { caught } from '../e2e/support.ts'
import { document, price, receiptOf, startProbe } from './probe.ts'
import { eventually, type Arrived, type Handler } from './service.ts'

/** A vector that says which text it is of. */
const embedAll: Handler = ({ json }) => {
  const values = json['values'] as string[]
  return {
    json: {
      vectors: values.map((value) => [value.length, Number(value.slice(1))]),
      usage: { inputTokens: values.length * 10, totalTokens: values.length * 10 },
      model: json['model'],
    },
  }
}

const texts = Array.from({ length: 9 }, (_, index) => `t${index}`)
const model = 'probe/vectors'

function valuesOf(requests: readonly Arrived[]): unknown[] {
  return requests.map(({ json }) => json['values'])
}

describe('embedMany', () => {
  test('cuts the texts to what the model takes, and gives their vectors in order, with sums', async () => {
    await using world = await startProbe(async (request) => {
      // The first batches answer last.
      await new Promise((resolve) =>
        setTimeout(resolve, 40 - Number((request.json['values'] as string[])[0]?.slice(1)) * 4),
      )
      return embedAll(request)
    })
    const seen: { done: number; total: number }[] = []
    const result = await world.client.embedMany({ model, values: texts, onProgress: (progress) => seen.push(progress) })
    expect(valuesOf(world.service.requests)).toHaveLength(5)
    expect(valuesOf(world.service.requests).flat().map(String).toSorted()).toEqual(texts)
    expect(result).toEqual({
      embeddings: texts.map((text, index) => [text.length, index]),
      usage: { inputTokens: 90, totalTokens: 90 },
      cost: {
        amount: '0.009',
        currency: 'RUB',
        vatIncluded: true,
        estimated: false,
        source: price.source,
        asOf: price.asOf,
      },
      model: { provider: 'probe', id: 'vectors', answeredBy: 'vectors' },
      policy: expect.objectContaining({
        ...(receiptOf('vectors') as object),
        answeredBy: 'vectors',
        providerLogging: 'off',
      }),
      warnings: [],
      attempts: Array.from({ length: 5 }, () => expect.objectContaining({ provider: 'probe', model: 'vectors' })),
    })
    expect(
      seen
        .map(({ done }) => done)
        .toSorted((a, b) => a - b)
        .at(-1),
    ).toBe(9)
    expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([9]))
    expect(seen).toHaveLength(5)
  })

  test.each([
    [1, 1],
    [3, 3],
    [undefined, 4],
  ])('with concurrency %s at most %s requests run at a time', async (concurrency, most) => {
    await using world = await startProbe(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return embedAll(request)
    })
    await world.client.embedMany({
      model,
      values: Array.from({ length: 16 }, (_, index) => `t${index}`),
      ...(concurrency !== undefined && { concurrency }),
    })
    expect(world.service.mostAtOnce).toBe(most)
  })

  test('one request that fails ends the call, and closes the connections of the others', async () => {
    await using world = await startProbe(async (request) => {
      const [first] = request.json['values'] as string[]
      if (first !== 't2') return new Promise(() => {})
      await eventually(() => world.service.requests.length === 4, 'four requests are there')
      return { status: 503 }
    })
    const error = await caught(world.client.embedMany({ model, values: texts }))
    expect(error).toBeInstanceOf(ServerError)
    expect((error as ServerError).attempts).toHaveLength(4)
    expect(world.service.requests).toHaveLength(4)
    await eventually(() => world.service.connections <= 1, 'the other connections are closed')
  })

  test('an abort closes every connection and rejects with its own reason', async () => {
    await using world = await startProbe(() => new Promise(() => {}))
    const controller = new AbortController()
    const reason = new Error('enough')
    const work = world.client.embedMany({ model, values: texts, signal: controller.signal })
    await eventually(() => world.service.requests.length === 4, 'four requests are there')
    controller.abort(reason)
    expect(await caught(work)).toBe(reason)
    await eventually(() => world.service.connections === 0, 'all connections are closed')
  })

  test('what the progress callback throws ends the call', async () => {
    await using world = await startProbe(embedAll)
    const oops = new Error('oops')
    const onProgress = () => {
      throw oops
    }
    expect(await caught(world.client.embedMany({ model, values: texts, concurrency: 1, onProgress }))).toBe(oops)
    expect(world.service.requests).toHaveLength(1)
  })

  test('fewer vectors than texts are no answer', async () => {
    await using world = await startProbe(() => ({ json: { vectors: [[1]] } }))
    expect(await caught(world.client.embedMany({ model, values: ['a', 'b'] }))).toBeInstanceOf(ProtocolError)
  })

  test('vectors of another model than the one judged are withheld', async () => {
    await using world = await startProbe((request) => ({
      json: { ...(embedAll(request) as { json: object }).json, model: 'other' },
    }))
    const error = await caught(world.client.embed({ model, value: 't1' }))
    expect(error).toBeInstanceOf(PolicyDeniedError)
    expect((error as PolicyDeniedError).code).toBe('response.model_mismatch')
  })
})

describe('embed', () => {
  test('gives one vector; a query goes to the model for queries, and that one is judged', async () => {
    await using world = await startProbe(embedAll)
    const result = await world.client.embed({ model, value: 't7', kind: 'query', dimensions: 2 })
    expect(world.service.requests.map(({ json }) => json)).toEqual([
      { model: 'vectors-query', values: ['t7'], kind: 'query', dimensions: 2 },
    ])
    expect(result).toMatchObject({
      embedding: [2, 7],
      model: { id: 'vectors-query' },
      policy: receiptOf('vectors-query') as object,
    })
    expect(result).not.toHaveProperty('embeddings')
  })

  test('a policy that refuses the model for queries refuses queries alone, before anything is sent', async () => {
    const declare = (id: string, developer: 'ru' | 'foreign') =>
      ({ id, developer, weights: 'own', source: 'us', asOf: '2026-01-01' }) as const
    const policy = definePolicy({
      ...document,
      origins: [
        { origin: 'https://probe.example', models: [declare('vectors', 'ru'), declare('vectors-query', 'foreign')] },
      ],
      models: { developer: ['ru'], weights: ['*'] },
    })
    await using world = await startProbe(embedAll, {}, { policy })
    expect((await world.client.embed({ model, value: 't1', kind: 'document' })).embedding).toEqual([2, 1])
    const error = await caught(world.client.embed({ model, value: 't1', kind: 'query' }))
    expect((error as PolicyDeniedError).code).toBe('model.foreign')
    expect(world.service.requests).toHaveLength(1)
  })

  test('the loss table speaks for the kind and the dimensions', async () => {
    await using world = await startProbe(embedAll, {
      cells: {
        'embed-document': { keep: 'warned', code: 'kind-ignored', message: 'one model for both' },
        'embed-dimensions': { keep: 'refused', message: 'no choice of dimensions', hint: 'Уберите dimensions.' },
      },
    })
    const { warnings } = await world.client.embed({ model, value: 't1', kind: 'document' })
    expect(warnings).toEqual([{ code: 'kind-ignored', setting: 'kind', message: 'one model for both' }])
    const error = await caught(world.client.embed({ model, value: 't1', dimensions: 5 }))
    expect(error).toBeInstanceOf(UnsupportedFeatureError)
    expect((error as UnsupportedFeatureError).hint).toBe('Уберите dimensions.')
    expect(world.service.requests).toHaveLength(1)
  })

  test('a chat model and a provider without embeddings are refused before anything is sent', async () => {
    await using world = await startProbe(embedAll)
    expect(await caught(world.client.embed({ model: 'probe/chat', value: 'a' }))).toMatchObject({
      name: 'UnsupportedFeatureError',
      hint: 'Возьмите модель эмбеддингов: probe/vectors, probe/vectors-query.',
    })
    await using bare = await startProbe(embedAll, { without: ['embed'] })
    expect(await caught(bare.client.embed({ model, value: 'a' }))).toBeInstanceOf(UnsupportedFeatureError)
    expect(world.service.requests.length + bare.service.requests.length).toBe(0)
  })
})

describe('wrong options are refused before anything is sent', () => {
  test.each<[string, object]>([
    ['no texts', { values: [] }],
    ['texts that are no list', { values: 'text' }],
    ['an empty text', { values: ['a', ' '] }],
    ['a text that is none', { values: ['a', 1] }],
    ['another kind', { values: ['a'], kind: 'passage' }],
    ['half a dimension', { values: ['a'], dimensions: 1.5 }],
    ['no concurrency', { values: ['a'], concurrency: 0 }],
    ['too much concurrency', { values: ['a'], concurrency: 65 }],
    ['a progress that is no function', { values: ['a'], onProgress: true }],
    ['a neighbour', { values: ['a'], abortSignal: new AbortController().signal }],
    ['the option of embed', { values: ['a'], value: 'a' }],
    ['options of an unknown vendor', { values: ['a'], providerOptions: { acme: {} } }],
    ['unknown options of the vendor', { values: ['a'], providerOptions: { probe: { x: 1 } } }],
    ['a signal that is none', { values: ['a'], signal: {} }],
    ['labels that are no texts', { values: ['a'], labels: { a: 1 } }],
  ])('%s', async (_what, options) => {
    await using world = await startProbe(embedAll)
    expect(await caught(() => world.client.embedMany({ model, ...options } as never))).toBeInstanceOf(
      ConfigurationError,
    )
    expect(world.service.requests).toEqual([])
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no value', { model }],
    ['an empty value', { model, value: '' }],
    ['no model', { value: 'a' }],
    ['a model without provider', { model: 'vectors', value: 'a' }],
    ['options of embedMany', { model, value: 'a', concurrency: 1 }],
  ])('embed: %s', async (_what, options) => {
    await using world = await startProbe(embedAll)
    expect(await caught(() => world.client.embed(options as never))).toBeInstanceOf(ConfigurationError)
    expect(world.service.requests).toEqual([])
  })
})
