import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '@shlyuz/core'
import { formatModelUri, parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { convertAnsweredModel, isServedNatively, yandexgptModels } from './yandexgpt-models.ts'

describe('a model id', () => {
  it.each([
    ['yandexgpt-5.1', 'yandexgpt-5.1', 'gpt://b1g/yandexgpt-5.1'],
    ['YandexGPT-5.1', 'yandexgpt-5.1', 'gpt://b1g/yandexgpt-5.1'],
    ['yandexgpt', 'yandexgpt', 'gpt://b1g/yandexgpt'],
    ['yandexgpt/latest', 'yandexgpt', 'gpt://b1g/yandexgpt/latest'],
    ['yandexgpt/rc', 'yandexgpt-5.1', 'gpt://b1g/yandexgpt/rc'],
    ['yandexgpt/deprecated', 'yandexgpt/deprecated', 'gpt://b1g/yandexgpt/deprecated'],
    ['yandexgpt-lite/rc', 'yandexgpt-lite/rc', 'gpt://b1g/yandexgpt-lite/rc'],
    ['qwen3.6-35b-a3b', 'qwen3.6-35b-a3b', 'gpt://b1g/qwen3.6-35b-a3b'],
    ['Brand_New', 'brand_new', 'gpt://b1g/Brand_New'],
    ['gpt://b1gother/yandexgpt-lite/latest', 'yandexgpt-lite', 'gpt://b1gother/yandexgpt-lite/latest'],
    ['gpt://b1gother/qwen3-235b-a22b-fp8', 'qwen3-235b-a22b-fp8', 'gpt://b1gother/qwen3-235b-a22b-fp8'],
  ])('%s is %s', (id, catalogueId, uri) => {
    const model = parseYandexgptModel(id)
    expect(model).toMatchObject({ id, catalogueId })
    expect(model.tuned).toBeUndefined()
    expect(formatModelUri(model, model.wire?.['folder'] ?? 'b1g')).toBe(uri)
  })

  it.each([
    ['yandexgpt-lite@tamr7', 'yandexgpt-lite', undefined, 'gpt://b1g/yandexgpt-lite/latest@tamr7'],
    ['yandexgpt-lite/rc@tamr7', 'yandexgpt-lite/rc', undefined, 'gpt://b1g/yandexgpt-lite/rc@tamr7'],
    ['gpt://b1gx/yandexgpt/latest@tamr7', 'yandexgpt', 'b1gx', 'gpt://b1gx/yandexgpt/latest@tamr7'],
  ])('%s is a tuned model', (id, catalogueId, folder, uri) => {
    const model = parseYandexgptModel(id)
    expect(model).toMatchObject({ id, catalogueId, tuned: 'tamr7' })
    expect(model.wire?.['folder']).toBe(folder)
    expect(formatModelUri(model, folder ?? 'b1g')).toBe(uri)
  })

  it.each([
    ['text-search-doc', 'text-search-doc', 'emb', 'emb://b1g/text-search-doc/latest'],
    ['text-embeddings@tamr7', 'text-embeddings', 'emb', 'emb://b1g/text-embeddings/latest@tamr7'],
    ['gpt://b1g/text-embeddings/latest@tamr7', 'text-embeddings', 'emb', 'gpt://b1g/text-embeddings/latest@tamr7'],
    ['emb://b1g/text-search-doc', 'text-search-doc', 'emb', 'emb://b1g/text-search-doc'],
    ['art://b1g/yandex-art/latest', 'yandex-art', 'art', 'art://b1g/yandex-art/latest'],
    ['yandex-art', 'yandex-art', 'art', 'art://b1g/yandex-art'],
    ['cls://b1g/yandexgpt-lite/rc@tamr7', 'yandexgpt-lite/rc', 'cls', 'cls://b1g/yandexgpt-lite/rc@tamr7'],
    ['yandexgpt-lite', 'yandexgpt-lite', 'cls', 'cls://b1g/yandexgpt-lite'],
  ] as const)('%s of another scheme', (id, catalogueId, scheme, uri) => {
    const model = parseYandexgptModel(id)
    expect(model).toMatchObject({ id, catalogueId })
    expect(formatModelUri(model, 'b1g', scheme)).toBe(uri)
  })

  it.each([
    '',
    ' yandexgpt',
    'yandexgpt ',
    'yandexgpt\n',
    'yandex\tgpt',
    'yandex\0gpt',
    'yandexgpt\u200B',
    'яндекс',
    '.',
    '..',
    '../gpt-oss-120b',
    'yandexgpt/..',
    'yandexgpt/../gpt-oss-120b',
    'yandexgpt..lite',
    'yandexgpt.',
    'yandexgpt%2Flatest',
    'yandexgpt/%6catest',
    'yandexgpt\\latest',
    'yandexgpt?x',
    'yandexgpt#x',
    'yandexgpt/',
    '/yandexgpt',
    'yandexgpt//latest',
    'yandexgpt/latest/more',
    'yandexgpt@',
    '@suffix',
    'yandexgpt@a@b',
    'yandexgpt@a/latest',
    'gpt://',
    'gpt://b1g',
    'gpt://b1g/',
    'gpt:///yandexgpt',
    'gpt://b1g/yandexgpt/latest/more',
    'gpt://b1g/YandexGPT/../gpt-oss-120b/latest',
    'gpt://b1g:1/yandexgpt',
    'gpt://user@b1g/yandexgpt',
    'GPT://b1g/yandexgpt',
    'gpt:/b1g/yandexgpt',
    'emb://b1g/yandexgpt/latest',
    'gpt://b1g/yandex-art',
    'cls://b1g/text-search-doc',
    'art://b1g/yandexgpt',
    'https://llm.api.cloud.yandex.net/yandexgpt',
    'gpt://gpt://b1g/yandexgpt',
    'x'.repeat(200),
  ])('%j is refused', (id) => {
    expect(() => parseYandexgptModel(id)).toThrow(ConfigurationError)
  })

  it.each(['rc', 'latest', 'deprecated'])('of the branch %s alone is refused with the name to write', (branch) => {
    try {
      parseYandexgptModel(branch)
      expect.unreachable()
    } catch (error) {
      expect((error as ConfigurationError).hint).toContain(`yandexgpt/yandexgpt/${branch}`)
    }
  })
})

it('lists each model once, in lower case, with prices that are dated and have a source', () => {
  const ids = yandexgptModels.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toEqual(ids.map((id) => id.toLowerCase()))
  for (const card of yandexgptModels) {
    for (const price of 'prices' in card ? card.prices : []) {
      expect(price.asOf, card.id).toMatch(/^2026-\d\d-\d\d$/)
      expect(price.inputPerMillion, card.id).toMatch(/^\d+(?:\.\d+)?$/)
      expect(price.source, card.id).not.toBe('')
    }
  }
})

it('knows what deferred jobs cost, for the models that the native API serves and no others', () => {
  const deferred = yandexgptModels.flatMap((card) => ('deferredPrices' in card ? [card] : []))
  expect(
    deferred.map(({ id, deferredPrices: [line] }) => [id, line?.inputPerMillion, line?.outputPerMillion, line?.asOf]),
  ).toEqual([
    ['aliceai-llm', '250', '1020', '2026-07-04'],
    ['yandexgpt-5.1', '410', '410', '2026-07-04'],
    ['yandexgpt-5-pro', '610', '610', '2026-07-04'],
    ['yandexgpt', '610', '610', '2026-07-04'],
    ['yandexgpt-5-lite', '100', '100', '2026-07-04'],
    ['yandexgpt-lite', '100', '100', '2026-07-04'],
  ])
  expect(deferred.every(({ id }) => isServedNatively(id))).toBe(true)
})

it('knows the context of every model for conversations', () => {
  const contexts = yandexgptModels.flatMap((card) => (card.kind === 'chat' ? [[card.id, card.contextTokens]] : []))
  expect(Object.fromEntries(contexts)).toEqual({
    'aliceai-llm': 131_072,
    'aliceai-llm-flash': 65_536,
    'yandexgpt-5.1': 32_768,
    'yandexgpt-5-pro': 32_768,
    yandexgpt: 32_768,
    'yandexgpt-5-lite': 32_768,
    'yandexgpt-lite': 32_768,
    'qwen3-235b-a22b-fp8': 262_144,
    'qwen3.6-35b-a3b': 262_144,
    'deepseek-v4.1-flash': 1_048_576,
    'deepseek-v4-flash': 1_048_576,
    'gpt-oss-120b': 131_072,
    'gpt-oss-20b': 131_072,
    'gemma-3-27b-it': 131_072,
  })
})

it('knows which models the native API serves; a name it does not know may be one', () => {
  expect(['yandexgpt', 'yandexgpt-5.1', 'yandexgpt-7'].map(isServedNatively)).toEqual([true, true, true])
  expect(['aliceai-llm-flash', 'gpt-oss-20b', 'yandex-art'].map(isServedNatively)).toEqual([false, false, false])
})

it('takes a moving name and the fixed one behind it for the same model', () => {
  expect(convertAnsweredModel('yandexgpt-5-pro', parseYandexgptModel('yandexgpt'))).toBe('yandexgpt')
  expect(convertAnsweredModel('gpt://b1g/yandexgpt-lite/latest', parseYandexgptModel('yandexgpt-5-lite'))).toBe(
    'yandexgpt-5-lite',
  )
  expect(convertAnsweredModel('yandexgpt-lite', parseYandexgptModel('yandexgpt-lite@tamr7'))).toBeUndefined()
  expect(convertAnsweredModel('09.02.2025', parseYandexgptModel('yandexgpt'))).toBeUndefined()
})
