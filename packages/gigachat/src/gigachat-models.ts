import { UnsupportedFeatureError } from '@shlyuz/core'
import type { Ability, EmbeddingLimits, ModelCard, ModelRef, Price } from '@shlyuz/core'
import { refuse } from './gigachat-settings.ts'

/** The ids of the known models. Other names parse too; the policy judges them. */
export type GigachatModelId = (typeof gigachatModels)[number]['id']

/** Price for businesses per million tokens, input and output alike; cached input is not billed. */
function businessPrice(perMillion: string): readonly Price[] {
  return [
    {
      inputPerMillion: perMillion,
      outputPerMillion: perMillion,
      cachedInputPerMillion: '0',
      vatIncluded: true,
      source: 'developers.sber.ru/docs/ru/gigachat/tariffs/legal-tariffs',
      asOf: '2026-02-01',
    },
  ]
}

/**
 * Price of a request in a batch. Only that of Max is published; the others are said to be halved as well, which nothing
 * confirms.
 */
const batchPricesOfMax = businessPrice('325')

/** Abilities of the second generation; those of the third are not published, so the service has the last word. */
const lite: readonly Ability[] = ['tools', 'output', 'reasoning', 'document']
const pro: readonly Ability[] = [...lite, 'image']
const max: readonly Ability[] = [...pro, 'audio']

/**
 * Limits of an embedding model. How many texts a request takes is not published; 20 are known to work. The lengths of
 * all but `Embeddings` come from tables of third parties.
 */
function embeds(dimensions: number, inputTokens?: number): EmbeddingLimits {
  return { valuesPerRequest: 20, dimensions: [dimensions], ...(inputTokens !== undefined && { inputTokens }) }
}

/** 128K for the second generation; nothing exact is published for the third. */
function secondGeneration(abilities: readonly Ability[]): Omit<ModelCard, 'id'> & { readonly kind: 'chat' } {
  return { kind: 'chat', contextTokens: 128_000, abilities }
}

/**
 * The known models. Prices are those of businesses; individuals, the first and the third generation have no
 * published line, so a call to them has no cost rather than a wrong one.
 */
export const gigachatModels = [
  { ...secondGeneration(lite), id: 'GigaChat-2', prices: businessPrice('65') },
  { ...secondGeneration(pro), id: 'GigaChat-2-Pro', prices: businessPrice('500') },
  {
    ...secondGeneration(max),
    id: 'GigaChat-2-Max',
    prices: businessPrice('650'),
    deferredPrices: batchPricesOfMax,
  },
  { id: 'GigaChat-2-Reasoning', kind: 'chat' },
  { id: 'GigaChat-3-Ultra', kind: 'chat' },
  { id: 'GigaChat-3-Pro', kind: 'chat' },
  { id: 'GigaChat-3-Lightning', kind: 'chat' },
  { id: 'GigaChat-2-preview', kind: 'chat', abilities: lite },
  { id: 'GigaChat-2-Pro-preview', kind: 'chat', abilities: pro },
  { id: 'GigaChat-2-Max-preview', kind: 'chat', abilities: max },
  { id: 'GigaChat', kind: 'chat', abilities: lite },
  { id: 'GigaChat-Plus', kind: 'chat', abilities: lite },
  { id: 'GigaChat-Pro', kind: 'chat', abilities: pro },
  { id: 'GigaChat-Max', kind: 'chat', abilities: max },
  { id: 'GigaChat-preview', kind: 'chat', abilities: lite },
  { id: 'GigaChat-Pro-preview', kind: 'chat', abilities: pro },
  { id: 'GigaChat-Max-preview', kind: 'chat', abilities: max },
  { id: 'Embeddings', kind: 'embedding', embedding: embeds(1024, 512) },
  { id: 'Embeddings-2', kind: 'embedding', embedding: embeds(1024) },
  { id: 'EmbeddingsGigaR', kind: 'embedding', embedding: embeds(2560, 4096) },
  { id: 'GigaEmbeddings-3B-2025-09', kind: 'embedding', embedding: embeds(2048) },
  { id: 'GigaCheckClassification', kind: 'classifier' },
  { id: 'GigaCheckDetection', kind: 'classifier' },
  { id: 'GigaFilter', kind: 'classifier' },
] as const satisfies readonly ModelCard[]

const cards: ReadonlyMap<string, ModelCard> = new Map(gigachatModels.map((card) => [card.id.toLowerCase(), card]))

/** Names of the first generation, switched off in 2025-07, and who of the second answers in their place. */
const successors: Readonly<Record<string, GigachatModelId>> = {
  GigaChat: 'GigaChat-2',
  'GigaChat-Plus': 'GigaChat-2',
  'GigaChat-Pro': 'GigaChat-2-Pro',
  'GigaChat-Max': 'GigaChat-2-Max',
  'GigaChat-preview': 'GigaChat-2-preview',
  'GigaChat-Pro-preview': 'GigaChat-2-Pro-preview',
  'GigaChat-Max-preview': 'GigaChat-2-Max-preview',
}

/** A name as the service gives them; a version behind a colon is its answer's, not a request's. */
const nameForm = /^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,126}$/

/**
 * Reads a model id, strictly: a plain name, in any case. Known names come out in the catalogue's spelling; the
 * `-preview` of a known name too.
 * @throws ConfigurationError for anything that is no plain name
 */
export function parseGigachatModel(id: string): ModelRef {
  if (!isGigachatModelName(id)) {
    refuse(
      'the model id is not a plain GigaChat name: Latin letters, digits, dots, hyphens and underscores',
      `Укажите имя модели как в списке: ${chatModelNames()}; без версии, пробелов и путей.`,
    )
  }
  return { id, catalogueId: toCatalogueId(id) }
}

/** What is known of a model; `undefined` for names outside the list. */
export function findGigachatModel(id: string): ModelCard | undefined {
  return cards.get(id.toLowerCase())
}

/** True for a plain name: what {@link parseGigachatModel} takes. */
export function isGigachatModelName(id: unknown): id is string {
  return typeof id === 'string' && nameForm.test(id) && !id.endsWith('.')
}

/**
 * Refuses a model of a known other kind, before anything is sent.
 * @throws UnsupportedFeatureError
 */
export function requireModelKind({ catalogueId }: ModelRef, kind: 'chat' | 'embedding'): void {
  const known = findGigachatModel(catalogueId)?.kind ?? kind
  if (known === kind) return
  const embedders = gigachatModels.filter((card) => card.kind === 'embedding').map(({ id }) => id)
  throw new UnsupportedFeatureError(`${catalogueId} is a model of kind ${known}; this takes one of kind ${kind}`, {
    code: 'unsupported.model_kind',
    hint: `Возьмите другую модель: ${kind === 'chat' ? chatModelNames() : embedders.join(', ')}.`,
  })
}

/**
 * The catalogue id of the model that answered, from the answer's `model` (alias, colon, version:
 * `GigaChat-2-Max:2.0.30.01`). A name of the first generation answered by its successor counts as the one asked
 * for. `undefined` when the answer states none.
 */
export function convertAnsweredModel(answered: unknown, asked: ModelRef): string | undefined {
  const alias = typeof answered === 'string' ? answered.split(':', 1)[0] : undefined
  if (alias === undefined || !nameForm.test(alias)) return undefined
  const id = toCatalogueId(alias)
  const same = id.toLowerCase() === asked.catalogueId.toLowerCase() || id === successors[asked.catalogueId]
  return same ? asked.catalogueId : id
}

/** For hints: the chat models to take. */
export function chatModelNames(): string {
  return gigachatModels
    .filter(({ id, kind }) => kind === 'chat' && !Object.hasOwn(successors, id) && !id.endsWith('-preview'))
    .map(({ id }) => id)
    .join(', ')
}

/** A plain name in the catalogue's spelling. */
export function toCatalogueId(name: string): string {
  const known = findGigachatModel(name)
  if (known) return known.id
  const [, base = ''] = /^(.+)-preview$/i.exec(name) ?? []
  const card = findGigachatModel(base)
  return card ? `${card.id}-preview` : name
}
