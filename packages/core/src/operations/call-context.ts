import type { Authorizer, StartAuthorization } from '../auth/authorizer.ts'
import type { AuditLog } from '../policy/audit/audit-log.ts'
import type { Guard } from '../policy/guard.ts'
import type { ModelIdentity } from '../policy/intent.ts'
import type { Masker, MaskSession } from '../policy/masker.ts'
import type { Provider, SecretRequest } from '../provider.ts'
import type { Budgets } from '../resilience/budgets.ts'
import type { Latencies } from '../resilience/latencies.ts'
import type { Limits } from '../resilience/limits.ts'
import type { RetryOptions } from '../resilience/retry.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { ExchangeLimits } from '../transport/http-exchange.ts'
import type { Pools } from '../transport/pools.ts'
import type { CallRecord } from './call-record.ts'
import type { Prepaid } from './prepaid.ts'
import type { PriceTable } from './prices.ts'
import type { CallUploads, UploadRegistry } from './uploads.ts'

/** What all calls of a client share. */
export interface ClientServices {
  readonly pools: Pools
  readonly authorizer: Authorizer
  /** Begins a token exchange on behalf of a call. */
  readonly startAuthorization: (context: CallContext) => StartAuthorization
  /** The client's own policy, without what a call adds. */
  readonly guard: Guard
  readonly network: 'internet' | 'test'
  /** Files that calls of this client have put at the services. */
  readonly uploads: UploadRegistry
  readonly limits: Limits
  /** How quickly targets answer. */
  readonly latencies: Latencies
  readonly budgets: Budgets
  readonly prepaid: Prepaid | undefined
  /** Price lines of the caller's own. */
  readonly prices: PriceTable
  readonly audit: AuditLog | undefined
  readonly telemetry: Telemetry
}

/** How masked values are put back into an answer. */
export interface Restore {
  readonly session: MaskSession
  /** The text of the answer is JSON: the output by schema. */
  readonly isJson: boolean
}

/** Every body is looked into before it is sent. */
export interface BodyLook {
  readonly masker: Masker
  /** Bodies with personal data, or that cannot be read, are refused: they would have to be masked, or to have none. */
  readonly refuses: 'mask' | 'deny' | false
}

/** One provider asked within one call: everything an exchange needs to know. */
export interface CallContext {
  readonly services: ClientServices
  readonly provider: Provider
  /** Absent for operations that name no model. */
  readonly model?: ModelIdentity
  readonly guard: Guard
  readonly scope: CallScope
  readonly limits: ExchangeLimits
  readonly retry: RetryOptions
  readonly secretRequest: SecretRequest
  readonly record: CallRecord
  /** Among calls that wait for a slot: the higher one goes first. */
  readonly priority: number
  /** Absent for operations that may put no file at a service, such as a token exchange. */
  readonly uploads?: CallUploads
  /** What the policy demands on every request, lower-case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Given when personal data of the request was masked. */
  readonly restore?: Restore
  /** Given for operations whose texts core does not know apart, under a policy that looks for personal data. */
  readonly look?: BodyLook
  /** Told how far a long operation is, from 0 to 1. What it throws ends the call. */
  readonly onProgress?: (progress: number) => void
}
