import type { GrantedAccess } from '../auth/authorizer.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import type { Effect, Reply, StreamReply, WireRequest } from '../provider.ts'
import { retry } from '../resilience/retry.ts'
import type { HttpExchange } from '../transport/http-exchange.ts'
import type { CallContext } from './call-context.ts'
import type { CallRecord } from './call-record.ts'
import { wantsFreshToken } from './create-provider-error.ts'
import { openExchange } from './open-exchange.ts'
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

  return retry(context.scope, context.retry, once, (error) => error.isRetryable && state.mayBeRepeated(request))
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
  const start = services.startAuthorization(context)
  return scope.race(services.authorizer.grant(provider, secretRequest, scope, start))
}
