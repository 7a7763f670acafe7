import type { EmbeddingLimits, ModelCard, ModelRef, Price } from '@shlyuz/core'

/** The ids of the known models. Other names parse too; the policy judges them. */
export type YandexgptModelId = (typeof yandexgptModels)[number]['id']

const officialPrices = 'yandex.cloud/docs: AI Studio, pricing (Russia region)'
const copiedPrices = 'third-party copies of the AI Studio price list'

/** Rubles per million tokens, VAT included; the price list has them per thousand. */
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
 * Rubles per million tokens of a deferred job. The price list has units for them and no rubles: they are made of the
 * units at about 0.2033 rubles each, rounded, as the list in dollars of 2026-07-04 confirms.
 */
function deferredPrice(input: string, output = input): readonly Price[] {
  return [
    {
      inputPerMillion: input,
      outputPerMillion: output,
      vatIncluded: true,
      source: 'derived from the units of the AI Studio price list, asynchronous mode',
      asOf: '2026-07-04',
    },
  ]
}

/**
 * Derived from the price list in dollars of 2026-07-04, and met in a test of 2026-11; the list in rubles has no line
 * for embeddings that could be read.
 */
const embeddingPrices: readonly Price[] = [
  {
    inputPerMillion: '10.1',
    outputPerMillion: '0',
    vatIncluded: true,
    source: 'derived from the AI Studio price list in dollars',
    asOf: '2026-07-04',
  },
]

/**
 * One text a request, up to 2000 tokens; third parties quote more for the newer models. `dimensions`: the default
 * first. Source: documentation, "Embeddings" and "Limits"; sizes of the second generation from third parties.
 */
function embedding(...dimensions: readonly number[]): EmbeddingLimits {
  return { valuesPerRequest: 1, inputTokens: 2_000, dimensions }
}

/**
 * The models of AI Studio. Those made by others are listed too, so that a policy refuses them by knowledge.
 * `yandexgpt` and `yandexgpt-lite` are the moving names of Pro 5 and Lite 5. Contexts of Alice, Qwen3.6 and DeepSeek
 * are those of third parties (2026-08); the service's own table of 2026-02 had 32,768 for the first.
 *
 * Abilities: tools and JSON schemas are documented for the API and not by model, so every model that was not seen to
 * fail has them; hidden reasoning is documented for Pro 5 alone, images were seen on two open models.
 * Source: the model table of the documentation (2026-02), price page of 2026-03-03; what came later is
 * from third-party copies and says so.
 */
export const yandexgptModels = [
  {
    id: 'aliceai-llm',
    kind: 'chat',
    contextTokens: 131_072,
    abilities: ['tools', 'output'],
    prices: price('500', '500', '1200'),
    deferredPrices: deferredPrice('250', '1020'),
  },
  {
    id: 'aliceai-llm-flash',
    kind: 'chat',
    contextTokens: 65_536,
    abilities: ['tools', 'output'],
    prices: price('100', '25', '200', copiedPrices, '2026-08-03'),
  },
  {
    id: 'yandexgpt-5.1',
    kind: 'chat',
    contextTokens: 32_768,
    abilities: ['tools', 'output'],
    prices: price('800', '800', '800'),
    deferredPrices: deferredPrice('410'),
  },
  {
    id: 'yandexgpt-5-pro',
    kind: 'chat',
    contextTokens: 32_768,
    abilities: ['tools', 'output', 'reasoning'],
    prices: price('1200', '1200', '1200'),
    deferredPrices: deferredPrice('610'),
  },
  {
    id: 'yandexgpt',
    kind: 'chat',
    contextTokens: 32_768,
    abilities: ['tools', 'output', 'reasoning'],
    prices: price('1200', '1200', '1200'),
    deferredPrices: deferredPrice('610'),
  },
  {
    id: 'yandexgpt-5-lite',
    kind: 'chat',
    contextTokens: 32_768,
    abilities: ['tools', 'output'],
    prices: price('200', '200', '200'),
    deferredPrices: deferredPrice('100'),
  },
  {
    id: 'yandexgpt-lite',
    kind: 'chat',
    contextTokens: 32_768,
    abilities: ['tools', 'output'],
    prices: price('200', '200', '200'),
    deferredPrices: deferredPrice('100'),
  },
  {
    id: 'qwen3-235b-a22b-fp8',
    kind: 'chat',
    contextTokens: 262_144,
    abilities: ['tools', 'output'],
    prices: price('500', '500', '500'),
  },
  {
    id: 'qwen3.6-35b-a3b',
    kind: 'chat',
    contextTokens: 262_144,
    abilities: ['tools', 'output', 'reasoning', 'image'],
    prices: price('200', '50', '300', copiedPrices, '2026-08-03'),
  },
  {
    id: 'deepseek-v4.1-flash',
    kind: 'chat',
    contextTokens: 1_048_576,
    abilities: ['tools', 'output', 'reasoning'],
    prices: price('300', '75', '500', copiedPrices, '2026-08-03'),
  },
  {
    id: 'deepseek-v4-flash',
    kind: 'chat',
    contextTokens: 1_048_576,
    abilities: ['tools', 'output', 'reasoning'],
    prices: price('300', '75', '500', copiedPrices, '2026-08-03'),
  },
  {
    id: 'gpt-oss-120b',
    kind: 'chat',
    contextTokens: 131_072,
    abilities: ['tools', 'output', 'reasoning'],
    prices: price('300', '300', '300'),
  },
  {
    id: 'gpt-oss-20b',
    kind: 'chat',
    contextTokens: 131_072,
    abilities: ['tools', 'output', 'reasoning'],
    prices: price('100', '100', '100'),
  },
  {
    id: 'gemma-3-27b-it',
    kind: 'chat',
    contextTokens: 131_072,
    abilities: ['tools', 'output', 'image'],
    prices: price('400', '400', '400'),
  },
  { id: 'text-search-doc', kind: 'embedding', embedding: embedding(256), prices: embeddingPrices },
  { id: 'text-search-query', kind: 'embedding', embedding: embedding(256), prices: embeddingPrices },
  { id: 'text-embeddings', kind: 'embedding', embedding: embedding(1_536), prices: embeddingPrices },
  {
    id: 'text-embeddings-v2-doc',
    kind: 'embedding',
    embedding: embedding(256, 128, 512, 768),
    prices: embeddingPrices,
  },
  {
    id: 'text-embeddings-v2-query',
    kind: 'embedding',
    embedding: embedding(256, 128, 512, 768),
    prices: embeddingPrices,
  },
  { id: 'yandex-art', kind: 'image' },
  { id: 'aliceai-image-art-3.0', kind: 'image' },
] as const satisfies readonly ModelCard[]

/** Models that the native completion serves; the others speak the OpenAI-compatible surface alone. */
const nativeModels: readonly YandexgptModelId[] = [
  'aliceai-llm',
  'yandexgpt-5.1',
  'yandexgpt-5-pro',
  'yandexgpt',
  'yandexgpt-5-lite',
  'yandexgpt-lite',
]

/** Names of the models for a conversation on the native surface, for hints. */
export const nativeModelNames = nativeModels.join(', ')

const cards: ReadonlyMap<string, ModelCard<YandexgptModelId>> = new Map(yandexgptModels.map((card) => [card.id, card]))

/** What is known of a model; `undefined` for names outside the list. */
export function findYandexgptModel(catalogueId: string): ModelCard<YandexgptModelId> | undefined {
  return cards.get(catalogueId.toLowerCase())
}

/** A name we do not know may be newer than this list: there the service has the last word. */
export function isServedNatively(catalogueId: string): boolean {
  const card = findYandexgptModel(catalogueId)
  return card === undefined || nativeModels.includes(card.id)
}

/**
 * Whether a model reasons. Hidden reasoning is documented for Pro 5 alone; the release notes say that Pro 5.1 has
 * none. A name we do not know may.
 */
export function canReason(catalogueId: string): boolean {
  return findYandexgptModel(catalogueId)?.abilities?.includes('reasoning') ?? true
}

/** Moving names, and the model each stands for. */
const fixedNames: Readonly<Record<string, string>> = {
  yandexgpt: 'yandexgpt-5-pro',
  'yandexgpt-lite': 'yandexgpt-5-lite',
}

/**
 * The catalogue id of the model that answered, as far as the answer names one. The native completion states a version
 * (a date), so this is `undefined` for what it documents; but a known name that stands there is believed.
 */
export function convertAnsweredModel(modelVersion: string | undefined, asked: ModelRef): string | undefined {
  if (modelVersion === undefined || /^[\d.]*$/.test(modelVersion)) return undefined
  const [, name = modelVersion] = /^(?:gpt|emb|cls|art):\/\/[^/]+\/([^/@]+)/.exec(modelVersion) ?? []
  const id = findYandexgptModel(name)?.id
  if (id === undefined) return undefined
  const isAsked = (fixedNames[id] ?? id) === (fixedNames[asked.catalogueId] ?? asked.catalogueId)
  if (!isAsked) return id
  return asked.tuned === undefined ? asked.catalogueId : undefined
}
