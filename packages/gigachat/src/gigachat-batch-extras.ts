import type { ExtraOperation } from '@shlyuz/core'
import {
  askJson,
  checkExtraInput,
  checkId,
  createClientHeaders,
  type GigachatClientInput,
} from './gigachat-extra-request.ts'
import { batchesShape, readGigachatBatch, readGigachatBatches, type GigachatBatch } from './read-gigachat-batch.ts'

export interface GigachatBatchInput extends GigachatClientInput {
  readonly batchId: string
}

/**
 * `GET /batches`: the batches of the account; for businesses that pay as they go. `submitText` makes those of texts,
 * `createEmbeddingBatch` those of embeddings.
 * Source: official OpenAPI file (api.yml).
 */
const listBatches: ExtraOperation<GigachatClientInput | undefined, readonly GigachatBatch[]> = {
  operation: 'job',
  run(input) {
    const { clientId } = checkExtraInput('listBatches', input, ['clientId'])
    const headers = createClientHeaders('listBatches', clientId)
    return { steps: askJson('job', { method: 'GET', path: '/batches', headers }, batchesShape, readGigachatBatches) }
  },
}

/** `GET /batches?batch_id=`: one batch; a NotFoundError when the account has none of this id. Source: the same. */
const getBatch: ExtraOperation<GigachatBatchInput, GigachatBatch> = {
  operation: 'job',
  run(input) {
    const { batchId, clientId } = checkExtraInput('getBatch', input, ['batchId', 'clientId'], { id: 'batchId' })
    checkId('getBatch(): batchId', batchId)
    const headers = createClientHeaders('getBatch', clientId)
    const request = { method: 'GET', path: '/batches', query: { batch_id: batchId }, headers } as const
    return { steps: askJson('job', request, batchesShape, (body) => readGigachatBatch(body, batchId)) }
  },
}

/** Deferred work of the account. */
export const gigachatBatchExtras = { listBatches, getBatch } as const
