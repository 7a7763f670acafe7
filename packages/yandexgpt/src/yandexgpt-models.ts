import type { ModelCard, Price } from '@shlyuz/core'

/** The ids of the known models. Other names parse too; the policy judges them. */
export type YandexgptModelId = (typeof yandexgptModels)[number]['id']

const officialPrices = 'yandex.cloud/docs: AI Studio, pricing (Russia region)'
const copiedPrices = 'third-party copies of the AI Studio price list'

/** Rubles per million tokens, VAT included. */
function price(
  input: string,
  cached: string,
  output: string,
  source = officialPrices,
  asOf = '2026-03-03',
): readonly Price[] {
  return [
    {
      inputPerMillion: input,
      cachedInputPerMillion: cached,
      outputPerMillion: output,
      vatIncluded: true,
      source,
      asOf,
    },
  ]
}

/**
 * The models of AI Studio. Those made by others are listed too, so that a policy refuses them by knowledge. Source:
 * the model table of the documentation (2026-02), price page of 2026-03-03.
 */
export const yandexgptModels = [
  { id: 'aliceai-llm', kind: 'chat', prices: price('500', '500', '1200') },
  { id: 'aliceai-llm-flash', kind: 'chat', prices: price('100', '25', '200', copiedPrices, '2026-08-03') },
  { id: 'yandexgpt-5.1', kind: 'chat', contextTokens: 32_768, prices: price('800', '800', '800') },
  { id: 'yandexgpt-5-pro', kind: 'chat', contextTokens: 32_768, prices: price('1200', '1200', '1200') },
  { id: 'yandexgpt', kind: 'chat', contextTokens: 32_768, prices: price('1200', '1200', '1200') },
  { id: 'yandexgpt-5-lite', kind: 'chat', contextTokens: 32_768, prices: price('200', '200', '200') },
  { id: 'yandexgpt-lite', kind: 'chat', contextTokens: 32_768, prices: price('200', '200', '200') },
  { id: 'qwen3-235b-a22b-fp8', kind: 'chat', contextTokens: 262_144, prices: price('500', '500', '500') },
  { id: 'qwen3.6-35b-a3b', kind: 'chat', prices: price('200', '50', '300', copiedPrices, '2026-08-03') },
  { id: 'deepseek-v4.1-flash', kind: 'chat', prices: price('300', '75', '500', copiedPrices, '2026-08-03') },
  { id: 'deepseek-v4-flash', kind: 'chat', prices: price('300', '75', '500', copiedPrices, '2026-08-03') },
  { id: 'gpt-oss-120b', kind: 'chat', contextTokens: 131_072, prices: price('300', '300', '300') },
  { id: 'gpt-oss-20b', kind: 'chat', contextTokens: 131_072, prices: price('100', '100', '100') },
  { id: 'gemma-3-27b-it', kind: 'chat', contextTokens: 131_072, prices: price('400', '400', '400') },
  { id: 'text-search-doc', kind: 'embedding' },
  { id: 'text-search-query', kind: 'embedding' },
  { id: 'text-embeddings', kind: 'embedding' },
  { id: 'text-embeddings-v2-doc', kind: 'embedding' },
  { id: 'text-embeddings-v2-query', kind: 'embedding' },
  { id: 'yandex-art', kind: 'image' },
  { id: 'aliceai-image-art-3.0', kind: 'image' },
] as const satisfies readonly ModelCard[]

/** Models that the native completion serves; the others speak the OpenAI-compatible surface alone. */
const nativeModels = new Set([
  'aliceai-llm',
  'yandexgpt-5.1',
  'yandexgpt-5-pro',
  'yandexgpt',
  'yandexgpt-5-lite',
  'yandexgpt-lite',
])

export function isServedNatively(catalogueId: string): boolean {
  // A name we do not know may be newer than this list: the service has the last word.
  return nativeModels.has(catalogueId) || findYandexgptModel(catalogueId) === undefined
}

export function findYandexgptModel(catalogueId: string): ModelCard<YandexgptModelId> | undefined {
  return yandexgptModels.find(({ id }) => id === catalogueId)
}

/** Names of the models for a conversation on the native surface, for hints. */
export const nativeModelNames = [...nativeModels].join(', ')
