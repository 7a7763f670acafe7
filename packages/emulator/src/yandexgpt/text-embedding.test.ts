import { describe, expect, it } from 'vitest'
import { nativeServices, type NativeServices } from '../../test-support/native-services.ts'

const embed = (services: NativeServices, change: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  services.post(
    'textEmbedding',
    { modelUri: `emb://${services.folder}/text-search-doc/latest`, text: 'привет', ...change },
    headers,
  )

describe('YandexGPT embeddings', () => {
  it('give one vector of length 1, without result around it', async () => {
    const services = nativeServices()
    const response = await embed(services, {}, { 'x-data-logging-enabled': 'false' })
    expect(response.status).toBe(200)
    const body = await response.json()
    expect(body).toEqual({
      embedding: expect.any(Array),
      numTokens: expect.stringMatching(/^\d+$/),
      modelVersion: '06.12.2023',
    })
    expect(body.embedding).toHaveLength(256)
    expect(Math.hypot(...body.embedding)).toBeCloseTo(1, 5)
    expect(services.state.requests[0]).toMatchObject({
      operation: 'embeddings',
      path: '/foundationModels/v1/textEmbedding',
      headers: { 'x-data-logging-enabled': 'false' },
    })
  })

  it.each<[string, object, number]>([
    ['text-search-query/latest', {}, 256],
    ['text-search-doc', { dim: 256 }, 256],
    ['text-embeddings-v2-doc/latest', {}, 256],
    ['text-embeddings-v2-doc', { dim: '128' }, 128],
    ['text-embeddings-v2-query', { dim: 512 }, 512],
    ['text-embeddings-v2-query/latest', { dim: '768' }, 768],
    ['text-embeddings/latest', {}, 1536],
    ['text-embeddings/rc', {}, 1536],
  ])('of %s with %o have %i numbers', async (name, change, size) => {
    const services = nativeServices()
    const response = await embed(services, { modelUri: `emb://${services.folder}/${name}`, ...change })
    expect((await response.json()).embedding).toHaveLength(size)
  })

  it('of a question lie near its document', async () => {
    const services = nativeServices()
    const vector = async (kind: string, text: string): Promise<number[]> =>
      (await (await embed(services, { modelUri: `emb://${services.folder}/text-search-${kind}`, text })).json())
        .embedding
    const question = await vector('query', 'как оформить отпуск')
    const similar = async (text: string): Promise<number> =>
      (await vector('doc', text)).reduce((sum, value, index) => sum + value * (question[index] ?? 0), 0)
    expect(await similar('Оформление отпуска: заявление подают за две недели.')).toBeGreaterThan(
      (await similar('Столовая открыта с девяти до шести.')) + 0.1,
    )
  })

  it('are served by the tuned models of the folder, under either scheme', async () => {
    const services = nativeServices({ models: ['text-embeddings/latest@mine'] })
    for (const scheme of ['emb', 'gpt']) {
      const modelUri = `${scheme}://${services.folder}/text-embeddings/latest@mine`
      expect((await (await embed(services, { modelUri })).json()).embedding).toHaveLength(1536)
    }
  })

  it.each<[string, object, RegExp | string]>([
    ['a size that the model has not', { dim: 512 }, 'dim 512 is not supported by the model'],
    [
      'a size that the second generation has not',
      { modelUri: 'emb://b1gemulator000000000/text-embeddings-v2-doc', dim: '300' },
      'dim 300 is not supported by the model',
    ],
    ['a size that is no number', { dim: 'большой' }, 'invalid value for field dim'],
    ['an empty text', { text: '' }, 'text must not be empty'],
    ['no text', { text: undefined }, 'text must not be empty'],
    ['several texts', { text: ['раз', 'два'] }, 'invalid value for field text'],
    ['a model of text', { modelUri: 'gpt://b1gemulator000000000/yandexgpt' }, 'Failed to get model'],
    ['an unknown model', { modelUri: 'emb://b1gemulator000000000/text-search' }, 'Failed to get model'],
    [
      'another folder',
      { modelUri: 'emb://b1gother/text-search-doc' },
      /^Specified folder ID 'b1gother' does not match/,
    ],
    ['a bare name', { modelUri: 'text-search-doc' }, 'invalid model_uri'],
    [
      'a text of more than 2000 tokens',
      { text: 'дом '.repeat(2001) },
      /^Number of input tokens must be no more than 2000, got \d+$/,
    ],
  ])('are refused for %s', async (_, change, message) => {
    const response = await embed(nativeServices(), change)
    expect(response.status).toBe(400)
    const { error } = await response.json()
    expect(error).toMatchObject({ grpcCode: 3, httpCode: 400, httpStatus: 'Bad Request', details: [] })
    expect(error.message).toMatch(message)
  })

  it('have no limit of the rate unless it is switched on, and then say the words of the quota', async () => {
    const eleven = (services: NativeServices) =>
      Promise.all(Array.from({ length: 11 }, async () => (await embed(services)).status))
    expect(new Set(await eleven(nativeServices()))).toEqual(new Set([200]))
    const limited = nativeServices({ rateQuotas: true })
    expect((await eleven(limited)).filter((status) => status === 429)).toHaveLength(1)
    const refused = await embed(limited)
    expect(refused.headers.get('retry-after')).toBeNull()
    expect((await refused.json()).error).toEqual({
      grpcCode: 8,
      httpCode: 429,
      message: 'ai.embeddingsTextEmbeddingRequestsPerSecond.rate rate quota limit exceed: allowed 10 requests',
      httpStatus: 'Too Many Requests',
      details: [],
    })
    limited.state.yandexgpt.reset()
    expect((await embed(limited)).status).toBe(200)
  })
})
