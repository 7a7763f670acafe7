import type { GrantedAccess } from '../auth/authorizer.ts'
import { CircuitOpenError } from '../errors/circuit-open-error.ts'
import { ConnectionError } from '../errors/connection-error.ts'
import { QueueFullError } from '../errors/queue-full-error.ts'
import { ShlyuzError, type Attempt } from '../errors/shlyuz-error.ts'
import { readSource } from '../auth/read-source.ts'
import type {
  Effect,
  Endpoint,
  Operation,
  OperationKind,
  Provider,
  Reply,
  StreamReply,
  WireRequest,
} from '../provider.ts'
import type { LimitTarget } from '../resilience/limits.ts'
import { retry } from '../resilience/retry.ts'
import type { HttpExchange } from '../transport/http-exchange.ts'
import { auditOutcome, type AuditTicket } from './audit-call.ts'
import type { CallContext } from './call-context.ts'
import { wantsFreshToken } from './create-provider-error.ts'
import { openExchange, type OpenedExchange } from './open-exchange.ts'
import { timestamp } from './timestamp.ts'
import { StreamAnswerReader, type PartSink } from './stream-answer-reader.ts'
import { WholeAnswerReader } from './whole-answer-reader.ts'

/** What the attempt under way has done: whether it may be repeated depends on it. */
class AttemptState {
  /** False: what failed is the token exchange, which has repeated itself already. */
  authorised = false
  exchange: HttpExchange | undefined
  ticket: AuditTicket | undefined
  /** Tells the breaker that the service has begun to answer well. */
  onAnswered: (() => void) | undefined
  reader: StreamAnswerReader | undefined

  take({ exchange, ticket }: OpenedExchange): void {
    this.exchange = exchange
    if (this.onAnswered) exchange.onGoodAnswer = this.onAnswered
    this.ticket = ticket
  }

  mayBeRepeated(request: WireRequest): boolean {
    if (!this.authorised || this.reader?.contentStarted) return false
    return request.repeat === 'safe' || !this.exchange?.sent
  }

  /** Nothing of an answer came over a connection that had been kept. */
  wasStale(error: unknown): boolean {
    const isReset = ConnectionError.isInstance(error) && error.code === 'connection.reset'
    return isReset && this.exchange?.answered === false && this.exchange.wasKeptAlive()
  }
}

/** Performs an `exchange`: authorised, retried, read as a whole. */
export function performExchange(
  context: CallContext,
  { request, read }: Extract<Effect, { do: 'exchange' }>,
): Promise<Reply> {
  return performAttempts(context, request, (granted, state) => {
    return new Promise<Reply>((resolve, reject) => {
      const reader = new WholeAnswerReader(context, request, read, resolve, reject)
      openExchange(context, request, granted, reader).then((opened) => state.take(opened), reject)
    })
  })
}

/** Performs a `stream`: the same, its parts going to `sink` as they come. */
export function performStream(
  context: CallContext,
  { request, createDecoder }: Extract<Effect, { do: 'stream' }>,
  sink: PartSink,
): Promise<StreamReply> {
  return performAttempts(context, request, (granted, state) => {
    return new Promise<StreamReply>((resolve, reject) => {
      const reader = new StreamAnswerReader(context, request, createDecoder(), sink, resolve, reject)
      state.reader = reader
      openExchange(context, request, granted, reader).then((opened) => {
        state.take(opened)
        reader.attach(opened.exchange)
      }, reject)
    })
  })
}

type Try<T> = (granted: GrantedAccess | undefined, state: AttemptState) => Promise<T>

function performAttempts<T>(context: CallContext, request: WireRequest, attempt: Try<T>): Promise<T> {
  let state = new AttemptState()
  let refreshed = false
  let unresolved = 0
  let reopened = false

  async function once(): Promise<T> {
    state = new AttemptState()
    const granted = request.operation === 'token' ? undefined : await grantAccess(context)
    state.authorised = true
    const finish = startAttempt(context, request.operation)
    try {
      const target = await describeTarget(context, request, granted)
      const reply = await context.services.limits.run(target, context.scope, (answered) => {
        state.onAnswered = answered
        return attempt(granted, state)
      })
      finish(state)
      return reply
    } catch (error) {
      finish(state, error)
      // The service closed a kept connection as the request went out: a fresh one, at once, is no retry.
      if (!reopened && state.wasStale(error) && state.mayBeRepeated(request) && !context.scope.over) {
        reopened = true
        return once()
      }
      // One forced refresh a call: a token may have been revoked, or the clocks disagree.
      if (granted && !refreshed && wantsFreshToken(error) && granted.access.refreshAt !== undefined) {
        refreshed = true
        await context.services.authorizer.forget(granted)
        return once()
      }
      throw error
    }
  }

  const { retries } = context.services.limits
  retries.earn()
  return retry(context.scope, context.retry, once, (error) => {
    if (!error.isRetryable || isOwnLimit(error) || !state.mayBeRepeated(request)) return false
    // DNS that owes an answer is asked for it once more, not as often as a service.
    if (error.code === 'connection.dns' && ++unresolved > 1) return false
    return retries.take()
  })
}

/** To ask again at once would end the same way. */
function isOwnLimit(error: ShlyuzError): boolean {
  return QueueFullError.isInstance(error) || CircuitOpenError.isInstance(error)
}

/** Characters of a body for a token, as an estimate. */
const charactersPerToken = 4

async function describeTarget(
  context: CallContext,
  { endpoint, operation, body }: WireRequest,
  granted: GrantedAccess | undefined,
): Promise<LimitTarget> {
  const {
    provider,
    priority,
    retry: { longestWaitMs },
  } = context
  const counts = provider.parallel?.operations.includes(operation) === true
  return {
    provider: provider.name,
    account: granted?.key ?? provider.name,
    origin: originOf(provider.endpoints[endpoint]),
    slots: counts ? await slotsOf(context) : undefined,
    tokens: Math.ceil((typeof body === 'string' ? body.length : 0) / charactersPerToken),
    priority,
    patienceMs: longestWaitMs,
  }
}

const knownOrigins = new WeakMap<Endpoint, string>()

/** Parsed once: that is dear in each attempt. */
function originOf(endpoint: Endpoint | undefined): string {
  if (!endpoint) return ''
  let origin = knownOrigins.get(endpoint)
  if (origin === undefined) knownOrigins.set(endpoint, (origin = URL.parse(endpoint.url)?.origin ?? endpoint.url))
  return origin
}

const knownSlots = new WeakMap<Provider, number | undefined>()

/** Read once: an account does not change its kind under a running client. */
async function slotsOf(context: CallContext): Promise<number | undefined> {
  const { provider } = context
  if (!provider.parallel) return undefined
  if (!knownSlots.has(provider)) {
    knownSlots.set(provider, await runReads(context, provider.parallel.limit()))
  }
  return knownSlots.get(provider)
}

/** Runs an operation that only reads settings. */
async function runReads<R>({ scope, secretRequest }: CallContext, operation: Operation<R>): Promise<R> {
  let step = operation.next()
  while (!step.done) {
    if (step.value.do !== 'read') throw new TypeError('an operation that only reads settings did more')
    step = operation.next(await scope.race(readSource(step.value.source, secretRequest)))
  }
  return step.value
}

/** Enters an attempt in the record; the returned function closes the entry. */
function startAttempt(
  { record, provider, model, services }: CallContext,
  operation: OperationKind,
): (state: AttemptState, error?: unknown) => void {
  record.status = 0
  const startedAt = timestamp()
  const start = performance.now()
  return ({ ticket, exchange }, error) => {
    if (exchange?.sent && !exchange.answered) record.mayCost = true
    const durationMs = Math.round(performance.now() - start)
    const attempt: Attempt = {
      provider: provider.name,
      ...(model && { model: model.id }),
      startedAt,
      durationMs,
      ...(error !== undefined && { error: describeError(error) }),
    }
    record.attempts.push(attempt)
    auditOutcome(services.audit, record, ticket, durationMs, attempt.error?.code)
    const { id, status, origin } = record
    services.telemetry.attempt(() => ({
      call: id,
      operation,
      ...attempt,
      ...(status > 0 && { status }),
      ...(origin !== undefined && { origin }),
    }))
  }
}

function describeError(error: unknown): { name: string; code: string; message: string } {
  if (ShlyuzError.isInstance(error)) return { name: error.name, code: error.code, message: error.message }
  // The caller's own abort reason may hold anything: only its kind is kept.
  return { name: error instanceof Error ? error.name : typeof error, code: 'aborted', message: 'ended by the caller' }
}

async function grantAccess(context: CallContext): Promise<GrantedAccess | undefined> {
  const { services, provider, secretRequest, scope, record } = context
  const start = services.startAuthorization(context)
  try {
    return await scope.race(services.authorizer.grant(provider, secretRequest, scope, start))
  } catch (error) {
    // What the token exchange tried, the call tried.
    if (ShlyuzError.isInstance(error) && !scope.over) record.attempts.push(...error.attempts)
    throw error
  }
}
