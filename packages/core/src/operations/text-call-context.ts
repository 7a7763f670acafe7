import type { Guard } from '../policy/guard.ts'
import type { ModelIdentity } from '../policy/intent.ts'
import type { Provider, SecretRequest } from '../provider.ts'
import { worthWaitingMs } from '../resilience/moves-on.ts'
import { serverWaitCapMs, type RetryOptions } from '../resilience/retry.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { ExchangeLimits } from '../transport/http-exchange.ts'
import type { CallContext, ClientServices, Restore } from './call-context.ts'
import type { CallRecord } from './call-record.ts'
import type { Leg } from './leg.ts'
import type { LegRun } from './route.ts'
import type { TextQuestion } from './text-question.ts'
import type { CallUploads } from './uploads.ts'

/** The context of a text call. A class: see {@link Leg}. */
export class TextCallContext implements CallContext {
  readonly services: ClientServices
  readonly provider: Provider
  readonly model: ModelIdentity
  readonly guard: Guard
  readonly scope: CallScope
  readonly limits: ExchangeLimits
  readonly retry: RetryOptions
  readonly secretRequest: SecretRequest
  readonly record: CallRecord
  readonly priority: number
  readonly uploads: CallUploads
  declare readonly headers?: Readonly<Record<string, string>>
  declare readonly restore?: Restore

  constructor(question: TextQuestion, leg: Leg, { scope, isLast }: LegRun, uploads: CallUploads) {
    const { call } = question
    const { retries } = call
    const { provider, session, headers } = leg
    this.services = call.services
    this.provider = provider
    this.model = leg.identity
    this.guard = call.guard
    this.scope = scope
    this.limits = call.timeouts
    // A target that is not the last tries once more at most, and waits no longer than starting over elsewhere takes.
    this.retry = isLast ? new LegRetry(retries, serverWaitCapMs) : new LegRetry(Math.min(1, retries), worthWaitingMs)
    this.secretRequest = new LegSecretRequest(provider.name, leg.ref.id, call.checked.labels)
    this.record = leg.record
    this.priority = call.priority
    this.uploads = uploads
    if (headers) this.headers = headers
    if (session) this.restore = { session, isJson: leg.prepared.outputMode === 'native' }
  }
}

class LegRetry implements RetryOptions {
  readonly retries: number
  readonly longestWaitMs: number

  constructor(retries: number, longestWaitMs: number) {
    this.retries = retries
    this.longestWaitMs = longestWaitMs
  }
}

class LegSecretRequest implements SecretRequest {
  readonly provider: string
  readonly model: string
  readonly labels: SecretRequest['labels']

  constructor(provider: string, model: string, labels: SecretRequest['labels']) {
    this.provider = provider
    this.model = model
    this.labels = labels
  }
}
