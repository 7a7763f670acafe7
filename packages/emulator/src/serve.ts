import { isUtf8 } from 'node:buffer'
import { HttpResponse, type HttpResponseResolver } from 'msw'
import { answerInstead } from './answer-faults.ts'
import { bodyBytes, isStreamed, Refusal, type Answer } from './answer.ts'
import { applyBodyFaults } from './body-faults.ts'
import { createBody, type BodyStep } from './body.ts'
import type { Dialect } from './dialect.ts'
import { parseJson, type Exchange } from './exchange.ts'
import type { Fault } from './faults.ts'
import { pause, untilAborted, drawMs } from './pace.ts'
import { createRandom, hashText } from './random.ts'
import type { OpenRecord } from './recorder.ts'
import type { RawAnswer } from './script.ts'
import type { Operation } from './service.ts'
import type { EmulatorState } from './state.ts'
import { currentTransport } from './transport.ts'

/** What a service does for one operation. @throws Refusal to say no */
export type Respond = (exchange: Exchange) => Answer | Promise<Answer>

/** A resolver for msw that records the request, applies faults and scripted answers, and lets the service respond. */
export function serve(
  state: EmulatorState,
  dialect: Dialect,
  operation: Operation,
  respond: Respond,
): HttpResponseResolver {
  return async ({ request }) => {
    const faults = state.faults.takeForRequest(dialect.service, operation)
    const exchange = await openExchange(state, dialect, operation, request, faults)
    await obeyEarlyFaults(faults, exchange)
    const broken = brokenBeforeAnswer(faults)
    if (broken !== undefined || exchange.signal.aborted) {
      exchange.record.closedByClient = broken === undefined
      const transport = currentTransport()
      if (transport !== undefined && broken !== undefined) transport.end = broken
      return HttpResponse.error()
    }
    const answer = await answerOf(exchange, dialect, operation, respond, faults)
    return toResponse(applyBodyFaults(answer, faults, dialect), exchange, dialect)
  }
}

async function openExchange(
  state: EmulatorState,
  dialect: Dialect,
  operation: Operation,
  request: Request,
  faults: readonly Fault[],
): Promise<Exchange> {
  const url = new URL(request.url)
  const bytes = new Uint8Array(await request.arrayBuffer())
  const text = Buffer.from(bytes).toString(isUtf8(bytes) ? 'utf8' : 'latin1')
  const json = parseJson(text)
  const transport = currentTransport()
  const record: OpenRecord = {
    service: dialect.service,
    operation,
    origin: url.origin,
    method: request.method,
    path: url.pathname + url.search,
    headers: Object.fromEntries(request.headers),
    body: json === undefined ? text : json,
    bytes: bytes.byteLength,
    at: Date.now(),
    closedByClient: 'pending',
    ...(transport === undefined ? {} : { connection: transport.connection }),
    ...(transport?.clientCertificate === undefined ? {} : { clientCertificate: transport.clientCertificate }),
  }
  state.requests.push(record)
  const mismatch = faults.find((fault) => fault.kind === 'model-mismatch')
  const random = createRandom(state.options.seed + hashText(`${url.pathname}\n${text}`))
  return {
    state,
    url,
    headers: request.headers,
    bytes,
    text,
    json,
    record,
    signal: AbortSignal.any([request.signal, state.closing.signal]),
    draw: (bounds) => drawMs(bounds, random),
    ...(mismatch === undefined ? {} : { answeringModel: mismatch.model }),
  }
}

async function obeyEarlyFaults(faults: readonly Fault[], exchange: Exchange): Promise<void> {
  for (const fault of faults) {
    if (fault.kind === 'delay') await pause(fault.ms, exchange.signal)
    if (fault.kind === 'stall' && fault.after === 'request') await untilAborted(exchange.signal)
  }
}

function brokenBeforeAnswer(faults: readonly Fault[]): 'reset' | 'close' | undefined {
  for (const fault of faults) {
    if ((fault.kind === 'reset' || fault.kind === 'close') && fault.after === 'request') return fault.kind
  }
  return undefined
}

/** The service's answer, unless a scripted one waits or a fault answers in its place. */
async function answerOf(
  exchange: Exchange,
  dialect: Dialect,
  operation: Operation,
  respond: Respond,
  faults: readonly Fault[],
): Promise<Answer> {
  const instead = faults.map((fault) => answerInstead(fault, dialect, operation)).find((answer) => answer !== undefined)
  if (instead !== undefined) return instead
  const raw = exchange.state.scripts.takeRaw(dialect.service, operation)
  if (raw !== undefined) return rawAnswer(raw, dialect)
  try {
    return await respond(exchange)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    exchange.record.reason = error.message
    return error.answer
  }
}

function rawAnswer(raw: RawAnswer, dialect: Dialect): Answer {
  const { 'content-type': contentType, ...headers } = lowerCase(raw.headers ?? {})
  const status = raw.status ?? 200
  if (typeof raw.body === 'string' || raw.body instanceof Uint8Array) {
    return { status, headers, contentType: contentType ?? 'application/json', body: raw.body }
  }
  const body = raw.body.flatMap((part): BodyStep[] =>
    typeof part === 'string' || part instanceof Uint8Array
      ? [
          { do: 'write', data: part, content: true },
          { do: 'wait', ms: 0 },
        ]
      : [{ do: 'wait', ms: part.waitMs }],
  )
  return { status, headers, contentType: contentType ?? dialect.streamContentType, body }
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function toResponse(answer: Answer, exchange: Exchange, dialect: Dialect): Response {
  const { record, signal } = exchange
  record.status = answer.status
  const headers = new Headers({
    ...dialect.headers(exchange),
    'content-type': answer.contentType,
    ...answer.headers,
  })
  if (!isStreamed(answer)) headers.set('content-length', String(bodyBytes(answer).length))
  if (answer.status === 204) return withoutBody(answer, record, headers)
  const steps: readonly BodyStep[] = isStreamed(answer) ? answer.body : [{ do: 'write', data: answer.body }]
  const body = createBody(steps, {
    signal,
    onEnd(end) {
      record.closedByClient = end === 'client-closed'
      answer.release?.()
    },
  })
  return new HttpResponse(body, { status: answer.status, headers })
}

function withoutBody(answer: Answer, record: OpenRecord, headers: Headers): Response {
  record.closedByClient = false
  headers.delete('content-length')
  answer.release?.()
  return new HttpResponse(null, { status: answer.status, headers })
}
