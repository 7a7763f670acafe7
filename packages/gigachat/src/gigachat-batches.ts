import { ConfigurationError, ShlyuzError, UnsupportedFeatureError } from '@shlyuz/core'
import type {
  DeferredItem,
  DeferredOperations,
  DeferredState,
  JsonValue,
  ModelRef,
  Operation,
  ProviderFailure,
  TextCall,
} from '@shlyuz/core'
import { checkGigachatCall } from './check-gigachat-call.ts'
import { checkV1Call, createGigachatBody } from './gigachat-chat.ts'
import { convertGigachatAnswerError, isGigachatError } from './gigachat-errors.ts'
import { askJson } from './gigachat-extra-request.ts'
import { fetchFile, uploadFiles } from './gigachat-files.ts'
import { createGigachatHeaders, type GigachatOptions } from './gigachat-options.ts'
import { isObject } from './gigachat-settings.ts'
import { gigachatV1 } from './gigachat-surfaces.ts'
import { readV2Options } from './gigachat-v2-options.ts'
import { readGigachatAnswer } from './read-gigachat-answer.ts'
import { batchesShape, readGigachatBatch, type GigachatBatch } from './read-gigachat-batch.ts'

/**
 * Most calls in one batch. The service publishes no limit; this keeps a batch small enough to be sent and read whole.
 */
export const callsPerBatch = 1_000

/** What finds a batch again. The client id belongs to it: its answers are a file, and files belong to a client. */
interface BatchReference {
  readonly batch: string
  readonly calls: number
  readonly clientId?: string
}

/**
 * `POST /batches?method=chat_completions`: half the price, for businesses that pay as they go. A line of the body is
 * `{ id, request }` with a v1 request, whatever the surface of a call; answers come as lines `{ id, result }` of a
 * file, in any order. There is nothing to cancel a batch with. `providerName`: whose the generated files are.
 * Source: official OpenAPI file (api.yml), tag `batches`; the key `result`: the official Java client.
 */
export function gigachatDeferred(providerName: string): DeferredOperations {
  return Object.freeze<DeferredOperations>({
    callsPerSubmission: callsPerBatch,
    form: {
      surfaceOf: () => gigachatV1,
      check: (call, model) => checkGigachatCall(call, model, gigachatV1, checkV1Call),
    },
    submit,
    inspect: (reference, model) => inspect(reference, model, providerName),
  })
}

function* submit(calls: readonly TextCall[], model: ModelRef): Operation<JsonValue> {
  // Those of all calls of a submission.
  const options = (calls[0]?.options ?? {}) as GigachatOptions
  if (Object.keys(readV2Options(options)).length > 0) throw withV2Options()
  const requests: object[] = []
  for (const call of calls) {
    const fileIds = yield* uploadFiles(call)
    requests.push(createGigachatBody({ ...call, stream: false }, model, fileIds))
  }
  const { batchId } = yield* submitBatch('chat_completions', requests, createGigachatHeaders(options))
  const { clientId } = options
  return { batch: batchId, calls: calls.length, ...(clientId !== undefined && { clientId }) }
}

/** `POST /batches`: a line for each request, in their order. */
export function* submitBatch(
  method: 'chat_completions' | 'embedder',
  requests: readonly object[],
  headers: Readonly<Record<string, string>>,
): Operation<GigachatBatch> {
  const lines = requests.map((request, at) => `${JSON.stringify({ id: createLineId(at), request })}\n`)
  const request = {
    method: 'POST',
    path: '/batches',
    query: { method },
    headers: { ...headers, 'content-type': 'application/octet-stream' },
    body: new TextEncoder().encode(lines.join('')),
    // A second one would be a second batch, and billed.
    repeat: 'unsafe',
  } as const
  return yield* askJson('job', request, batchesShape, (body) => readGigachatBatch(body))
}

function* inspect(reference: JsonValue, model: ModelRef, providerName: string): Operation<DeferredState> {
  const { batch, calls, clientId } = readReference(reference)
  const options: GigachatOptions = clientId === undefined ? {} : { clientId }
  const headers = createGigachatHeaders(options)
  const request = { method: 'GET', path: '/batches', query: { batch_id: batch }, headers } as const
  const found = yield* askJson('job', request, batchesShape, (body) => readGigachatBatch(body, batch))
  const { completed, failed = 0, outputFileId } = found
  // Words beside `created`, `in_progress` and `completed` are not documented: a batch that has failed says so somehow.
  switch (found.status.toLowerCase()) {
    case 'completed':
    case 'done':
      break
    case 'created':
    case 'queued':
      return { status: 'queued' }
    case 'cancelled':
    case 'canceled':
      return { status: 'cancelled' }
    case 'failed':
    case 'error':
    case 'expired':
      return { status: 'failed', failure: failedBatch }
    default:
      return { status: 'running', ...(completed !== undefined && { completed: completed + failed }) }
  }
  // Its answers may be a moment later than its status.
  if (outputFileId === undefined) return { status: 'running', completed: calls }
  const lines = readLines(yield* fetchFile(outputFileId, options), calls)
  return { status: 'done', items: lines.map((line) => readItem(line, model, providerName)) }
}

function withV2Options(): UnsupportedFeatureError {
  return new UnsupportedFeatureError('a batch of GigaChat takes requests of v1 alone, without options of v2', {
    hint: 'Пакеты GigaChat принимают только запросы v1: уберите providerOptions.gigachat.v2 из submitText.',
  })
}

function createLineId(at: number): string {
  return `call-${at + 1}`
}

type BatchLine = Readonly<Record<string, unknown>>

/** One for each request, in their order. A line that cannot be read is as good as none: whose it is, is not known. */
export function readLines(file: Uint8Array, count: number): readonly (BatchLine | undefined)[] {
  const lines = new Map<string, BatchLine>()
  for (const line of new TextDecoder().decode(file).split('\n')) {
    const value = parseJson(line)
    if (isObject(value) && typeof value['id'] === 'string') lines.set(value['id'], value)
  }
  return Array.from({ length: count }, (_, at) => lines.get(createLineId(at)))
}

function readItem(line: BatchLine | undefined, model: ModelRef, providerName: string): DeferredItem {
  const read = readLine(line)
  if ('failure' in read) return read
  try {
    return { result: readGigachatAnswer(read.answer, model, providerName) }
  } catch (error) {
    if (!ShlyuzError.isInstance(error)) throw error
    return {
      failure: { kind: 'protocol', message: error.message, ...(error.hint !== undefined && { hint: error.hint }) },
    }
  }
}

/** What a line of a failed request looks like is not documented: whatever is no answer is the reason. */
export function readLine(
  line: BatchLine | undefined,
): { readonly answer: Readonly<Record<string, unknown>> } | { readonly failure: ProviderFailure } {
  if (!line) return { failure: missingLine }
  const answer = line['result'] ?? line['response']
  if (isObject(answer) && !isGigachatError(answer)) return { answer }
  const reason = line['error'] ?? answer
  return { failure: convertGigachatAnswerError(isObject(reason) ? reason : { message: reason }) }
}

const missingLine: ProviderFailure = {
  kind: 'protocol',
  message: 'GigaChat gave no answer to this request of the batch',
  hint: 'В ответе пакета нет этой строки: отправьте этот запрос ещё раз.',
  isRetryable: false,
}

const failedBatch: ProviderFailure = {
  kind: 'server',
  message: 'GigaChat gave the batch up',
  hint: 'GigaChat не выполнил пакет: отправьте его заново; причину может назвать поддержка.',
  isRetryable: false,
}

function readReference(reference: JsonValue): BatchReference {
  const { batch, calls, clientId } = isObject(reference) ? reference : {}
  const isCount = typeof calls === 'number' && Number.isSafeInteger(calls) && calls >= 1 && calls <= callsPerBatch
  const isId = typeof batch === 'string' && /^[\w-]{1,128}$/.test(batch)
  if (isId && isCount && (clientId === undefined || typeof clientId === 'string')) {
    return { batch, calls, ...(clientId !== undefined && { clientId }) }
  }
  throw new ConfigurationError('the reference of the job is not one of GigaChat', {
    hint: 'Строка задания не от GigaChat или испорчена: возьмите job.id как есть.',
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
