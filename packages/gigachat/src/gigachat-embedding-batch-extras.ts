import { ProtocolError } from '@shlyuz/core'
import type { EmbeddingKind, ExtraOperation, Operation, ProviderFailure } from '@shlyuz/core'
import type { GigachatBatchInput } from './gigachat-batch-extras.ts'
import { callsPerBatch, readLine, readLines, submitBatch } from './gigachat-batches.ts'
import { createEmbeddingInput } from './gigachat-embeddings.ts'
import {
  askJson,
  checkExtraInput,
  checkId,
  createClientHeaders,
  type GigachatClientInput,
} from './gigachat-extra-request.ts'
import { fetchFile } from './gigachat-files.ts'
import { findGigachatModel, isGigachatModelName, parseGigachatModel } from './gigachat-models.ts'
import { isObject, refuse } from './gigachat-settings.ts'
import { batchesShape, readGigachatBatch, type GigachatBatch } from './read-gigachat-batch.ts'

export interface GigachatEmbeddingBatchInput extends GigachatClientInput {
  /** A model of embeddings: `Embeddings`, `EmbeddingsGigaR`. */
  readonly model: string
  /** 1 to 1000 texts. */
  readonly values: readonly string[]
  /** What the texts are, as in `embed`. */
  readonly kind?: EmbeddingKind
}

/** A batch of embeddings, and what came of it. */
export interface GigachatEmbeddingBatch extends GigachatBatch {
  /** One for each text, in their order, once the batch is completed. */
  readonly items?: readonly GigachatEmbeddingItem[]
}

/** Of one text: its vector and the tokens it cost, or why there is none. */
export type GigachatEmbeddingItem =
  | { readonly embedding: readonly number[]; readonly inputTokens?: number }
  | { readonly failure: ProviderFailure }

/**
 * `POST /batches?method=embedder`: embeds texts later; for businesses that pay as they go. What it costs is not
 * published. The policy judges the model. Keep `batchId` and `clientId`: they find the batch again.
 * Source: official OpenAPI file (api.yml), tag `batches`.
 */
const createEmbeddingBatch: ExtraOperation<GigachatEmbeddingBatchInput, GigachatBatch> = {
  operation: 'job',
  run(input) {
    const known = ['model', 'values', 'kind', 'clientId']
    const given = checkExtraInput('createEmbeddingBatch', input, known, { input: 'values', texts: 'values' })
    const { model, kind, clientId } = given
    const values = checkValues(given['values'])
    if (kind !== undefined && kind !== 'query' && kind !== 'document') {
      return refuse("createEmbeddingBatch(): kind must be 'query' or 'document'", "kind: 'query' или 'document'.")
    }
    const isKnown = isGigachatModelName(model) && (findGigachatModel(model)?.kind ?? 'embedding') === 'embedding'
    if (!isKnown) {
      return refuse(
        'createEmbeddingBatch(): model must be a model of embeddings',
        'model: Embeddings, EmbeddingsGigaR.',
      )
    }
    const parsed = parseGigachatModel(model)
    const requests = createEmbeddingInput(values, kind, parsed).map((text) => ({
      model: parsed.catalogueId,
      input: [text],
    }))
    const headers = createClientHeaders('createEmbeddingBatch', clientId)
    return { model: parsed.id, steps: submitBatch('embedder', requests, headers) }
  },
}

/**
 * `GET /batches?batch_id=`, and the vectors once it is completed: of a batch that `createEmbeddingBatch` made. A
 * NotFoundError when the account has none of this id. Source: the same; the key `result`: the official Java client.
 */
const getEmbeddingBatch: ExtraOperation<GigachatBatchInput, GigachatEmbeddingBatch> = {
  operation: 'job',
  run(input) {
    const known = ['batchId', 'clientId']
    const { batchId, clientId } = checkExtraInput('getEmbeddingBatch', input, known, { id: 'batchId' })
    checkId('getEmbeddingBatch(): batchId', batchId)
    const headers = createClientHeaders('getEmbeddingBatch', clientId)
    return { steps: look(batchId, headers, typeof clientId === 'string' ? { clientId } : {}) }
  },
}

/** Embeddings at a later time. */
export const gigachatEmbeddingBatchExtras = { createEmbeddingBatch, getEmbeddingBatch } as const

function checkValues(values: unknown): readonly string[] {
  const isList = Array.isArray(values) && values.length >= 1 && values.length <= callsPerBatch
  if (isList && values.every((value) => typeof value === 'string' && value.trim() !== '')) return values as string[]
  return refuse(
    `createEmbeddingBatch(): values must be a list of 1 to ${callsPerBatch} non-empty strings`,
    `values: список непустых строк, от 1 до ${callsPerBatch}; больше — несколькими пакетами.`,
  )
}

function* look(
  batchId: string,
  headers: Readonly<Record<string, string>>,
  options: GigachatClientInput,
): Operation<GigachatEmbeddingBatch> {
  const request = { method: 'GET', path: '/batches', query: { batch_id: batchId }, headers } as const
  const batch = yield* askJson('job', request, batchesShape, (body) => readGigachatBatch(body, batchId))
  const { outputFileId, total = 0, method = 'embedder' } = batch
  if (outputFileId === undefined) return batch
  // The figure is the service's: a list of any length is not made for it.
  if (method !== 'embedder' || total < 1 || total > callsPerBatch) {
    throw new ProtocolError('the batch is not one of createEmbeddingBatch', {
      hint: 'Этот пакет создан не через createEmbeddingBatch: возьмите getBatch и downloadFile.',
    })
  }
  const lines = readLines(yield* fetchFile(outputFileId, options), total)
  return { ...batch, items: lines.map(readItem) }
}

function readItem(line: Parameters<typeof readLine>[0]): GigachatEmbeddingItem {
  const read = readLine(line)
  if ('failure' in read) return read
  const { data } = read.answer
  const first: unknown = Array.isArray(data) ? data[0] : undefined
  const { embedding, usage } = isObject(first) ? first : {}
  if (!isVector(embedding)) return { failure: withoutVector }
  const tokens = isObject(usage) ? usage['prompt_tokens'] : undefined
  return { embedding, ...(Number.isSafeInteger(tokens) && { inputTokens: tokens as number }) }
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number')
}

const withoutVector: ProviderFailure = {
  kind: 'protocol',
  message: 'GigaChat gave no vector for this text of the batch',
  hint: 'В ответе пакета нет вектора этого текста: отправьте его ещё раз.',
  isRetryable: false,
}
