import { UnsupportedFeatureError } from '@shlyuz/core'
import type {
  EmbedAnswer,
  EmbedCall,
  EmbeddingKind,
  ModelRef,
  Operation,
  Reply,
  Shape,
  Warning,
  WireRequest,
} from '@shlyuz/core'
import { formatModelUri, parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { convertAnsweredModel, findYandexgptModel } from './yandexgpt-models.ts'
import type { YandexgptOptions } from './yandexgpt-options.ts'
import { createYandexgptHeaders, readFolder, type YandexgptCallSettings } from './yandexgpt-request.ts'

/** Ends of the names of a pair, by what they embed. Source: documentation, "Embeddings". */
const pairEnds: Readonly<Record<EmbeddingKind, string>> = { document: 'doc', query: 'query' }

/** Both generations come in pairs; vectors of one generation cannot be compared with those of the other. */
const pairForm = /^(text-search|text-embeddings-v2)-(doc|query)$/

/**
 * The model of a pair that embeds texts of this kind: `text-search-doc` asked for queries is `text-search-query`.
 * A model without a pair, or a tuned one, stays as it is.
 */
export function embeddingModelFor(id: string, kind: EmbeddingKind | undefined): string {
  if (kind === undefined) return id
  const { wire = {} } = parseYandexgptModel(id)
  const { name = '', scheme, folder, branch, suffix } = wire
  const [, generation, end] = pairForm.exec(name) ?? []
  if (generation === undefined || suffix !== undefined || end === pairEnds[kind]) return id
  const address = scheme === undefined ? '' : `${scheme}://${folder}/`
  return `${address}${generation}-${pairEnds[kind]}${branch === undefined ? '' : `/${branch}`}`
}

/** Source: `POST /foundationModels/v1/textEmbedding`, TextEmbeddingResponse; int64 as a string. */
const embeddingShape: Shape = (z) =>
  z.looseObject({
    embedding: z.array(z.number()).min(1),
    numTokens: z.union([z.string(), z.number()]).nullish(),
    modelVersion: z.string().nullish(),
  })

interface EmbeddingBody {
  readonly embedding: readonly number[]
  readonly numTokens?: string | number | null
  readonly modelVersion?: string | null
}

/**
 * `POST /foundationModels/v1/textEmbedding`: one text a request, one after another.
 * @throws UnsupportedFeatureError for a model that does not embed, or a length of the vector it does not have
 */
export function* embed(call: EmbedCall, model: ModelRef, settings: YandexgptCallSettings): Operation<EmbedAnswer> {
  const dim = checkEmbedding(call, model)
  const folder = yield* readFolder(model, settings)
  const headers = yield* createYandexgptHeaders(settings, folder, call.options as YandexgptOptions)
  const { extraBody } = call.options as YandexgptOptions
  const modelUri = formatModelUri(model, folder, 'emb')
  const embeddings: (readonly number[])[] = []
  let inputTokens: number | undefined = 0
  let modelId: string | undefined
  for (const text of call.values) {
    const request: WireRequest = {
      endpoint: 'api',
      operation: 'embed',
      method: 'POST',
      path: '/foundationModels/v1/textEmbedding',
      headers,
      body: JSON.stringify({ ...extraBody, modelUri, text, ...(dim !== undefined && { dim }) }),
      repeat: 'safe',
      accept: ['application/json'],
    }
    const reply = (yield { do: 'exchange', request, read: 'json', shape: embeddingShape }) as Reply
    const { embedding, numTokens, modelVersion } = reply.body as EmbeddingBody
    embeddings.push(embedding)
    inputTokens = addTokens(inputTokens, numTokens)
    modelId ??= convertAnsweredModel(modelVersion ?? undefined, model)
  }
  const warnings = warnOfKind(call, model)
  return {
    embeddings,
    usage: inputTokens === undefined ? {} : { inputTokens },
    ...(modelId !== undefined && { modelId }),
    ...(warnings.length > 0 && { warnings }),
  }
}

/** The length to ask for, as the wire spells it; not sent to a model that has but one. */
function checkEmbedding({ dimensions }: EmbedCall, { catalogueId }: ModelRef): string | undefined {
  const card = findYandexgptModel(catalogueId)
  if (card && card.kind !== 'embedding') {
    throw new UnsupportedFeatureError(`${catalogueId} is a model of kind ${card.kind}; it does not embed`, {
      hint: 'Возьмите модель эмбеддингов: text-search-doc, text-search-query, text-embeddings-v2-doc.',
    })
  }
  if (dimensions === undefined) return undefined
  const known = card?.embedding?.dimensions
  if (known && !known.includes(dimensions)) {
    throw new UnsupportedFeatureError(
      `${catalogueId} has vectors of ${known.join(', ')} numbers, not of ${dimensions}`,
      { hint: `dimensions для ${catalogueId}: ${known.join(', ')}; выбор есть у text-embeddings-v2-doc и -query.` },
    )
  }
  return known?.length === 1 ? undefined : String(dimensions)
}

function addTokens(sum: number | undefined, more: string | number | null | undefined): number | undefined {
  const count = typeof more === 'string' && /^\d+$/.test(more) ? Number(more) : more
  return sum !== undefined && typeof count === 'number' && Number.isSafeInteger(count) ? sum + count : undefined
}

/** Core has exchanged the model of a pair before; what still does not fit has no pair, or is a tuned one. */
function warnOfKind({ kind }: EmbedCall, { wire, catalogueId }: ModelRef): readonly Warning[] {
  const [, , end] = pairForm.exec(wire?.['name'] ?? '') ?? []
  if (kind === undefined || end === pairEnds[kind]) return []
  const message =
    end === undefined
      ? `kind was not sent: ${catalogueId} has no model for each kind of text`
      : `kind was not kept: ${catalogueId} is a tuned model for texts of the other kind`
  return [{ code: 'setting-ignored', setting: 'kind', message }]
}
