import { Refusal, type Answer } from '../answer.ts'
import { isObject, parseJson, type Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { requireCorporate } from './admit.ts'
import { authorise } from './authorise.ts'
import type { BatchMethod, StoredBatch } from './batch-store.ts'
import { describeChat } from './chat-answer.ts'
import { readChatRequest } from './chat-request.ts'
import { completeChat } from './chat.ts'
import { completeEmbeddings } from './embeddings.ts'
import { jsonAnswer } from './json-answer.ts'
import { apiError, refuseSchema } from './refusals.ts'

/**
 * `POST /batches?method=chat_completions|embedder`: lines of JSON `{id, request}`, each answered as the request alone
 * would be. For businesses that pay as they go.
 *
 * @throws Refusal with 400 or 403
 */
export async function answerNewBatch(exchange: Exchange): Promise<Answer> {
  authorise(exchange)
  requireCorporate(exchange)
  const method = exchange.url.searchParams.get('method')
  if (method !== 'chat_completions' && method !== 'embedder') throw refuseSchema('method is not known')
  if (!/^application\/octet-stream\b/i.test(exchange.headers.get('content-type') ?? '')) {
    throw refuseSchema('the body is not application/octet-stream')
  }
  const lines = readLines(exchange.text)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const results = lines.map((line) => answerLine(exchange, method, line))
  const batch = exchange.state.gigachat.batches.add({
    method,
    total: lines.length,
    failed: results.filter(({ isGood }) => !isGood).length,
    output: results.map(({ line }) => `${JSON.stringify(line)}\n`).join(''),
    owner: exchange.headers.get('x-client-id'),
  })
  return jsonAnswer(describeNew(batch))
}

interface BatchLine {
  readonly id: string
  readonly request: unknown
}

function readLines(text: string): BatchLine[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) throw refuseSchema('the batch has no line')
  return lines.map((line, index) => {
    const value = parseJson(line)
    if (!isObject(value)) throw refuseSchema(`line ${index + 1} is not a JSON object`)
    const { id, request } = value
    if (typeof id !== 'string') throw refuseSchema(`line ${index + 1} has no id`)
    if (!isObject(request)) throw refuseSchema(`line ${index + 1} has no request`)
    return { id, request }
  })
}

/** A bad request spoils its own line alone. */
function answerLine(exchange: Exchange, method: BatchMethod, { id, request }: BatchLine) {
  try {
    const result =
      method === 'embedder'
        ? completeEmbeddings(exchange, request)
        : describeChat(completeChat(exchange, readChatRequest(request)))
    return { isGood: true, line: { id, result } }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { body } = error.answer
    const said = parseJson(typeof body === 'string' ? body : '')
    return { isGood: false, line: { id, [exchange.state.options.gigachat.batchErrorKey]: said } }
  }
}

/** `GET /batches`, or one by `?batch_id=`. Each look brings a batch on. @throws Refusal with 403 or 404 */
export async function answerBatches(exchange: Exchange): Promise<Answer> {
  authorise(exchange)
  requireCorporate(exchange)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const { batches } = exchange.state.gigachat
  const id = exchange.url.searchParams.get('batch_id')
  if (id === null) return jsonAnswer({ batches: batches.list().map((batch) => look(exchange, batch)) })
  const batch = batches.get(id)
  if (batch === undefined) throw new Refusal(apiError(404, 'Batch task not found'), `no batch ${id}`)
  return jsonAnswer({ batches: [look(exchange, batch)] })
}

function look(exchange: Exchange, batch: StoredBatch): object {
  batch.polls += 1
  if (batch.polls < exchange.state.options.gigachat.batchPolls) return describe(batch, 'in_progress')
  if (batch.outputFileId === undefined) {
    batch.updatedAt = Math.floor(Date.now() / 1000)
    batch.outputFileId = exchange.state.gigachat.files.add({
      content: Buffer.from(batch.output),
      filename: `${batch.id}.jsonl`,
      mime: 'application/octet-stream',
      purpose: 'general',
      owner: batch.owner,
    }).id
  }
  const counts = { completed: batch.total - batch.failed, failed: batch.failed }
  return describe(batch, 'completed', counts)
}

function describeNew(batch: StoredBatch): object {
  return describe(batch, 'created')
}

function describe(batch: StoredBatch, status: string, counts: object = {}): object {
  const { id, method, total, outputFileId, createdAt, updatedAt } = batch
  return {
    id,
    method,
    request_counts: { total, ...counts },
    status,
    ...(outputFileId === undefined ? {} : { output_file_id: outputFileId }),
    created_at: createdAt,
    updated_at: updatedAt,
  }
}
