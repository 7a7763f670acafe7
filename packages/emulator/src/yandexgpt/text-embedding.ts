import type { Answer } from '../answer.ts'
import { embedText, normalise } from '../answers/embed-text.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { countTokens } from '../tokens.ts'
import { authorise } from './authorise.ts'
import { readFields, readInt64, readName, readString } from './fields.ts'
import { isOfFolder, readModelUri, unknownModel, type ModelUri } from './model-uri.ts'
import { checkRate } from './rate-quotas.ts'
import { refuse } from './refusals.ts'

interface EmbeddingModel {
  /** Sizes of a vector, the default first. */
  readonly dimensions: readonly number[]
  /** The date that answers give as `modelVersion`: recorded for the first generation, made up for the others. */
  readonly version: string
}

const search: EmbeddingModel = { dimensions: [256], version: '06.12.2023' }
const secondGeneration: EmbeddingModel = { dimensions: [256, 128, 512, 768], version: '01.06.2026' }

const models: Readonly<Record<string, EmbeddingModel>> = {
  'text-search-doc': search,
  'text-search-query': search,
  'text-embeddings-v2-doc': secondGeneration,
  'text-embeddings-v2-query': secondGeneration,
  'text-embeddings': { dimensions: [1536], version: '01.09.2025' },
}

/** Documented limit of a text; third parties quote more for newer models. */
const mostTokens = 2000

/**
 * `POST /foundationModels/v1/textEmbedding`: one text in, one vector of length 1 out, without `result` around it.
 * Models for documents and for queries share their space here. Texts of the refusals are ours, but for the size.
 *
 * @throws Refusal
 */
export async function answerTextEmbedding(exchange: Exchange): Promise<Answer> {
  const caller = authorise(exchange)
  checkRate(exchange, 'embeddings')
  const fields = readFields(exchange.json, 'body')
  const uri = readModelUri(readString(fields['modelUri'], 'modelUri'), caller)
  const { dimensions, version } = findEmbeddingModel(exchange, uri)
  const text = readName(fields['text'], 'text')
  const dimension = readInt64(fields['dim'], 'dim') ?? dimensions[0] ?? 256
  if (!dimensions.includes(dimension)) {
    throw refuse(400, `dim ${dimension} is not supported by the model`, `${uri.served} has ${dimensions.join(', ')}`)
  }
  const tokens = countTokens(text)
  if (tokens > mostTokens) throw refuse(400, `Number of input tokens must be no more than ${mostTokens}, got ${tokens}`)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const body = {
    embedding: normalise(embedText(text, dimension)).map((value) => Number(value.toFixed(8))),
    numTokens: String(tokens),
    modelVersion: exchange.answeringModel ?? version,
  }
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}

/** Tuned models of the folder keep the size of their base; they are seen with either scheme. */
function findEmbeddingModel(exchange: Exchange, uri: ModelUri): EmbeddingModel {
  const model = models[uri.name]
  if (isOfFolder(exchange, uri)) return model ?? search
  const isKnown = uri.scheme === 'emb' && uri.suffix === undefined && uri.hasBranch
  if (model === undefined || !isKnown) throw unknownModel(uri)
  return model
}
