import type { GrantedAccess, StartAuthorization } from '../auth/authorizer.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Access, Effect, Operation, Reply, StreamReply, WireRequest } from '../provider.ts'
import { retry } from '../resilience/retry.ts'
import { CallScope } from '../transport/call-scope.ts'
import type { HttpExchange } from '../transport/http-exchange.ts'
import type { CallContext } from './call-context.ts'
import { CallRecord } from './call-record.ts'
import { createIntent } from './create-intent.ts'
import { wantsFreshToken } from './create-provider-error.ts'
import { openExchange } from './open-exchange.ts'
import { runOperation } from './run-operation.ts'
import { StreamAnswerReader, type PartSink } from './stream-answer-reader.ts'
import { WholeAnswerReader } from './whole-answer-reader.ts'

/** What the attempt under way has done: whether it may be repeated depends on it. */
class AttemptState {
  exchange: HttpExchange | undefined
  reader: StreamAnswerReader | undefined

  mayBeRepeated(request: WireRequest): boolean {
    if (this.reader?.contentStarted) return false
    return request.repeat === 'safe' || !this.exchange?.sent
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
      openExchange(context, request, granted, reader).then((exchange) => {
        state.exchange = exchange
      }, reject)
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
      openExchange(context, request, granted, reader).then((exchange) => {
        state.exchange = exchange
        reader.attach(exchange)
      }, reject)
    })
  })
}

type Attempt<T> = (granted: GrantedAccess | undefined, state: AttemptState) => Promise<T>

function performAttempts<T>(context: CallContext, request: WireRequest, attempt: Attempt<T>): Promise<T> {
  let state = new AttemptState()
  let refreshed = false

  async function once(): Promise<T> {
    state = new AttemptState()
    const granted = request.operation === 'token' ? undefined : await grantAccess(context)
    const finish = startAttempt(context.record, context)
    try {
      const reply = await attempt(granted, state)
      finish()
      return reply
    } catch (error) {
      finish(error)
      // One forced refresh a call: a token may have been revoked, or the clocks disagree.
      if (granted && !refreshed && wantsFreshToken(error) && granted.access.refreshAt !== undefined) {
        refreshed = true
        await context.services.authorizer.forget(granted)
        return once()
      }
      throw error
    }
  }

  return retry(context.scope, context.retries, once, (error) => error.isRetryable && state.mayBeRepeated(request))
}

/** Enters an attempt in the record; the returned function closes the entry. */
function startAttempt(record: CallRecord, { provider, model }: CallContext): (error?: unknown) => void {
  const startedAt = new Date().toISOString()
  const start = performance.now()
  return (error) => {
    record.attempts.push({
      provider: provider.name,
      ...(model && { model: model.id }),
      startedAt,
      durationMs: Math.round(performance.now() - start),
      ...(error !== undefined && { error: describeError(error) }),
    })
  }
}

function describeError(error: unknown): { name: string; code: string; message: string } {
  if (ShlyuzError.isInstance(error)) return { name: error.name, code: error.code, message: error.message }
  // The caller's own abort reason may hold anything: only its kind is kept.
  return { name: error instanceof Error ? error.name : typeof error, code: 'aborted', message: 'ended by the caller' }
}

async function grantAccess(context: CallContext): Promise<GrantedAccess | undefined> {
  const { services, provider, secretRequest, scope } = context
  const granted = services.authorizer.grant(provider, secretRequest, scope, startAuthorization(context))
  return scope.race(granted)
}

/**
 * Runs a token exchange in a scope of its own, since several calls share it: the abort of one caller must not end it
 * for the others. It passes the same policy and the same door.
 */
function startAuthorization(context: CallContext): StartAuthorization {
  return (credential, secrets) => {
    const scope = new CallScope({ wheel: context.scope.wheel, limitMs: context.scope.remainingMs })
    const { provider, guard } = context
    const record = new CallRecord({ provider: provider.name, providerLogging: 'off' }, guard, context.services.network)
    const { model: _asked, ...shared } = context
    const tokenContext: CallContext = { ...shared, scope, record }
    const access = authorize(tokenContext, () => credential.authorize(secrets))
    return { access, cancel: () => scope.fail(new Error('nobody waits for the token any more')) }
  }
}

async function authorize(context: CallContext, begin: () => Operation<Access>): Promise<Access> {
  const { guard, provider, record, scope } = context
  try {
    const decision = await guard.judgeIntent(createIntent(provider, { operation: 'token' }))
    record.decide(decision)
    if (decision.verdict === 'deny') throw createDeniedError(decision)
    return await runOperation(context, begin(), undefined)
  } catch (error) {
    throw record.complete(error)
  } finally {
    scope.end()
  }
}
