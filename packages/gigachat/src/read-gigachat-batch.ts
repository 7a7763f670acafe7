import { ProtocolError } from '@shlyuz/core'
import type { Shape } from '@shlyuz/core'
import { toIsoTime } from './gigachat-extra-request.ts'
import { isObject } from './gigachat-settings.ts'

/** A batch of the account. What the service does not state is absent. */
export interface GigachatBatch {
  readonly batchId: string
  /** The service's word: `chat_completions`, `embedder`. */
  readonly method?: string
  /** The service's word: `created`, `in_progress`, `completed`. */
  readonly status: string
  /** Requests in it. */
  readonly total?: number
  readonly completed?: number
  readonly failed?: number
  /** The answers, once it is completed. */
  readonly outputFileId?: string
  /** ISO 8601. */
  readonly createdAt?: string
  /** ISO 8601. */
  readonly updatedAt?: string
}

/**
 * Source: `POST /batches` (one batch) and `GET /batches` (a list under `batches`), 200. The official Java client reads
 * a bare list: each of these forms is taken.
 */
export const batchesShape: Shape = (z) => {
  const batch = z.looseObject({ id: z.string().min(1), status: z.string() })
  return z.union([z.looseObject({ batches: z.array(batch) }), z.array(batch), batch])
}

/** The batches of an answer. */
export function readGigachatBatches(body: unknown): readonly GigachatBatch[] {
  const list = isObject(body) ? (body['batches'] ?? [body]) : body
  return Array.isArray(list) ? list.filter(isObject).map(readBatch) : []
}

/** @throws ProtocolError when the answer has no batch, or none with this id */
export function readGigachatBatch(body: unknown, batchId?: string): GigachatBatch {
  const batch = readGigachatBatches(body).find((one) => batchId === undefined || one.batchId === batchId)
  if (batch) return batch
  throw new ProtocolError("GigaChat's answer has no such batch", {
    hint: 'Ответ не похож на GigaChat: проверьте baseUrl и прокси.',
  })
}

function readBatch(batch: Readonly<Record<string, unknown>>): GigachatBatch {
  const { id, method, status, output_file_id: outputFileId, created_at: created, updated_at: updated } = batch
  const counts = isObject(batch['request_counts']) ? batch['request_counts'] : {}
  const total = readCount(counts['total'])
  const completed = readCount(counts['completed'])
  const failed = readCount(counts['failed'])
  const createdAt = toIsoTime(created)
  const updatedAt = toIsoTime(updated)
  return {
    batchId: String(id),
    ...(typeof method === 'string' && { method }),
    status: String(status),
    ...(total !== undefined && { total }),
    ...(completed !== undefined && { completed }),
    ...(failed !== undefined && { failed }),
    ...(typeof outputFileId === 'string' && outputFileId !== '' && { outputFileId }),
    ...(createdAt !== undefined && { createdAt }),
    ...(updatedAt !== undefined && { updatedAt }),
  }
}

function readCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
