import type { GrantedAccess } from '../auth/authorizer.ts'
import { CircuitOpenError } from '../errors/circuit-open-error.ts'
import { ConnectionError } from '../errors/connection-error.ts'
import { QueueFullError } from '../errors/queue-full-error.ts'
import { ShlyuzError, type Attempt as AttemptFacts } from '../errors/shlyuz-error.ts'
import { readSource } from '../auth/read-source.ts'
import type {
  Decoder,
  Effect,
  Endpoint,
  Operation,
  OperationKind,
  Provider,
  Reply,
  StreamReply,
  WireRequest,
} from '../provider.ts'
import type { Admission } from '../resilience/admission.ts'
import { repeat, type Repeatable } from '../resilience/retry.ts'
import type { AttemptMessage } from '../telemetry/call-message.ts'
import type { AnswerReader, AnswerWatcher, HttpExchange } from '../transport/http-exchange.ts'
import { auditOutcome, type AuditTicket } from './audit-call.ts'
import type { CallContext } from './call-context.ts'
import type { CallRecord } from './call-record.ts'
import { wantsFreshToken } from './create-provider-error.ts'
import { openExchange, type OpenedExchange } from './open-exchange.ts'
import { timestamp } from './timestamp.ts'
import { StreamAnswerReader, type PartSink } from './stream-answer-reader.ts'
import { WholeAnswerReader } from './whole-answer-reader.ts'

/** Performs an `exchange`: authorised, retried, read as a whole. */
export function performExchange(
  context: CallContext,
  { request, read }: Extract<Effect, { do: 'exchange' }>,
): Promise<Reply> {
  return new WholeAttempts(context, request, read).run()
}

/** Performs a `stream`: the same, its parts going to `sink` as they come. */
export function performStream(
  context: CallContext,
  { request, createDecoder }: Extract<Effect, { do: 'stream' }>,
  sink: PartSink,
): Promise<StreamReply> {
  return new StreamAttempts(context, request, createDecoder, sink).run()
}

/** One attempt. What it has done decides whether it may be repeated. */
class Attempt implements AnswerWatcher {
  exchange: HttpExchange | undefined
  ticket: AuditTicket | undefined
  reader: StreamAnswerReader | undefined
  readonly #context: CallContext
  readonly #request: WireRequest
  readonly #granted: GrantedAccess | undefined
  readonly #admission: Admission

  constructor(context: CallContext, request: WireRequest, granted: GrantedAccess | undefined, admission: Admission) {
    this.#context = context
    this.#request = request
    this.#granted = granted
    this.#admission = admission
  }

  /** Sends the request, at once where nothing has to be waited for. */
  open(reader: AnswerReader, reject: (error: unknown) => void): void {
    const opened = openExchange(this.#context, this.#request, this.#granted, reader)
    if (opened instanceof Promise) opened.then((one) => this.#take(one), reject)
    else this.#take(opened)
  }

  #take({ exchange, ticket }: OpenedExchange): void {
    this.exchange = exchange
    this.ticket = ticket
    exchange.watcher = this
    this.reader?.attach(exchange)
  }

  answerBegan(): void {
    this.#admission.answered()
  }
}

/**
 * The attempts of one request: each authorised, let in by the limits, entered in the record, and repeated where it may
 * be. An open stream holds one of these: it has methods in place of functions of its own.
 */
abstract class Attempts<T> implements Repeatable<T> {
  protected readonly context: CallContext
  protected readonly request: WireRequest
  /** False: what failed is the token exchange, which has repeated itself already. */
  #authorised = false
  /** The one under way; `undefined` while it is not sent yet. */
  #attempt: Attempt | undefined
  #refreshed = false
  #unresolved = 0
  #reopened = false
  #repeats = false

  constructor(context: CallContext, request: WireRequest) {
    this.context = context
    this.request = request
  }

  run(): Promise<T> {
    this.context.services.limits.retries.earn()
    return this.attempt()
  }

  /** Sends the request once: one of the two functions is called when it is answered, or has failed. */
  protected abstract send(attempt: Attempt, resolve: (reply: T) => void, reject: (error: unknown) => void): void

  async attempt(): Promise<T> {
    const context = this.context
    const request = this.request
    this.#authorised = false
    this.#attempt = undefined
    const granted = needsAccess(context, request)
      ? (context.services.authorizer.held(context.provider) ?? (await grantAccess(context)))
      : undefined
    this.#authorised = true
    context.record.status = 0
    const startedAt = timestamp()
    const start = performance.now()
    let admission: Admission | undefined
    try {
      const slots = findSlots(context, request)
      const entered = enterLimits(context, request, granted, slots instanceof Promise ? await slots : slots)
      admission = entered instanceof Promise ? await entered : entered
      const attempt = new Attempt(context, request, granted, admission)
      this.#attempt = attempt
      const reply = await new Promise<T>((resolve, reject) => this.send(attempt, resolve, reject))
      admission.succeeded()
      enterAttempt(context, request, attempt, startedAt, start)
      return reply
    } catch (error) {
      admission?.failed(error)
      enterAttempt(context, request, this.#attempt, startedAt, start, error)
      return this.#recover(error, granted)
    }
  }

  /** First what is done at once and is no retry; then, after the first failure, the retries. */
  async #recover(error: unknown, granted: GrantedAccess | undefined): Promise<T> {
    const { scope, services, retry: options } = this.context
    // The service closed a kept connection as the request went out: a fresh one follows.
    if (!this.#reopened && this.#wasStale(error) && this.#mayBeRepeated() && !scope.over) {
      this.#reopened = true
      return this.attempt()
    }
    // One forced refresh a call: a token may have been revoked, or the clocks disagree.
    if (granted && !this.#refreshed && wantsFreshToken(error) && granted.access.refreshAt !== undefined) {
      this.#refreshed = true
      await services.authorizer.forget(granted)
      return this.attempt()
    }
    if (this.#repeats || options.retries === 0) throw error
    this.#repeats = true
    return repeat(scope, options, error, this)
  }

  mayRetry(error: ShlyuzError): boolean {
    if (!error.isRetryable || isOwnLimit(error) || !this.#mayBeRepeated()) return false
    // DNS that owes an answer is asked for it once more, not as often as a service.
    if (error.code === 'connection.dns' && ++this.#unresolved > 1) return false
    return this.context.services.limits.retries.take()
  }

  #mayBeRepeated(): boolean {
    if (!this.#authorised || this.#attempt?.reader?.contentStarted) return false
    return this.request.repeat === 'safe' || !this.#attempt?.exchange?.sent
  }

  /** Nothing of an answer came over a connection that had been kept. */
  #wasStale(error: unknown): boolean {
    const exchange = this.#attempt?.exchange
    const isReset = ConnectionError.isInstance(error) && error.code === 'connection.reset'
    return isReset && exchange?.answered === false && exchange.wasKeptAlive
  }
}

class WholeAttempts extends Attempts<Reply> {
  readonly #read: Extract<Effect, { do: 'exchange' }>['read']

  constructor(context: CallContext, request: WireRequest, read: Extract<Effect, { do: 'exchange' }>['read']) {
    super(context, request)
    this.#read = read
  }

  protected send(attempt: Attempt, resolve: (reply: Reply) => void, reject: (error: unknown) => void): void {
    attempt.open(new WholeAnswerReader(this.context, this.request, this.#read, resolve, reject), reject)
  }
}

class StreamAttempts extends Attempts<StreamReply> {
  readonly #createDecoder: () => Decoder
  readonly #sink: PartSink

  constructor(context: CallContext, request: WireRequest, createDecoder: () => Decoder, sink: PartSink) {
    super(context, request)
    this.#createDecoder = createDecoder
    this.#sink = sink
  }

  protected send(attempt: Attempt, resolve: (reply: StreamReply) => void, reject: (error: unknown) => void): void {
    const decoder = this.#createDecoder()
    attempt.reader = new StreamAnswerReader(this.context, this.request, decoder, this.#sink, resolve, reject)
    attempt.open(attempt.reader, reject)
  }
}

function needsAccess({ provider }: CallContext, { operation }: WireRequest): boolean {
  return operation !== 'token' && provider.credentials.length > 0
}

/** To ask again at once would end the same way. */
function isOwnLimit(error: ShlyuzError): boolean {
  return QueueFullError.isInstance(error) || CircuitOpenError.isInstance(error)
}

/** Characters of a body for a token, as an estimate. */
const charactersPerToken = 4

function enterLimits(
  { services, provider, scope, priority, retry: { longestWaitMs } }: CallContext,
  { endpoint, body }: WireRequest,
  granted: GrantedAccess | undefined,
  slots: number | undefined,
): Admission | Promise<Admission> {
  const target = {
    provider: provider.name,
    account: granted?.key ?? provider.name,
    origin: originOf(provider.endpoints[endpoint]),
    slots,
    tokens: Math.ceil((typeof body === 'string' ? body.length : 0) / charactersPerToken),
    priority,
    patienceMs: longestWaitMs,
  }
  return services.limits.enter(target, scope)
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

/** Calls at the same time that the service gives the account. Read once: an account keeps its kind while a client runs. */
function findSlots(context: CallContext, { operation }: WireRequest): number | undefined | Promise<number | undefined> {
  const { provider } = context
  if (!provider.parallel?.operations.includes(operation)) return undefined
  return knownSlots.has(provider) ? knownSlots.get(provider) : readSlots(context, provider.parallel)
}

async function readSlots(
  context: CallContext,
  { limit }: NonNullable<Provider['parallel']>,
): Promise<number | undefined> {
  const slots = await runReads(context, limit())
  knownSlots.set(context.provider, slots)
  return slots
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

/** Enters an attempt that has ended in the record. */
function enterAttempt(
  { record, provider, model, services }: CallContext,
  { operation }: WireRequest,
  made: Attempt | undefined,
  startedAt: string,
  start: number,
  error?: unknown,
): void {
  if (made?.exchange?.sent && !made.exchange.answered) record.mayCost = true
  const durationMs = Math.round(performance.now() - start)
  const { name } = provider
  const attempt: { -readonly [Fact in keyof AttemptFacts]: AttemptFacts[Fact] } = model
    ? { provider: name, model: model.id, startedAt, durationMs }
    : { provider: name, startedAt, durationMs }
  if (error !== undefined) attempt.error = describeError(error)
  record.enterAttempt(attempt)
  auditOutcome(services.audit, record, made?.ticket, durationMs, attempt.error?.code)
  services.telemetry.attempt(() => describeAttempt(record, operation, attempt))
}

function describeAttempt(
  { id, status, origin }: CallRecord,
  operation: OperationKind,
  attempt: AttemptFacts,
): AttemptMessage {
  return {
    call: id,
    operation,
    ...attempt,
    ...(status > 0 && { status }),
    ...(origin !== undefined && { origin }),
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
    if (ShlyuzError.isInstance(error) && !scope.over) for (const one of error.attempts) record.enterAttempt(one)
    throw error
  }
}
