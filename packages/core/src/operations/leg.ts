import type { ModelIdentity } from '../policy/intent.ts'
import type { MaskSession } from '../policy/masker.ts'
import type { Provider } from '../provider.ts'
import type { ModelRef } from '../vocabulary/models.ts'
import type { Price } from '../vocabulary/usage.ts'
import type { CallRecord } from './call-record.ts'
import type { PreparedCall } from './create-text-call.ts'
import type { KnownTarget } from './know-target.ts'

/**
 * One target of a call, as it would be asked. A class, like all that holds on to a call while it waits: V8 makes literals
 * that live so long among its old objects, and there each keeps its whole call alive until the next full collection. With
 * 64 calls at once that took a sixth of the CPU.
 */
export class Leg {
  readonly provider: Provider
  readonly ref: ModelRef
  readonly identity: ModelIdentity
  readonly prices: readonly Price[] | undefined
  readonly record: CallRecord
  /** Replaced when personal data has to be masked. */
  prepared: PreparedCall
  /** Given when personal data is masked: puts the values back. */
  session: MaskSession | undefined
  /** What the policy demands on every request. */
  headers: Readonly<Record<string, string>> | undefined

  constructor(provider: Provider, { ref, identity, prices }: KnownTarget, prepared: PreparedCall, record: CallRecord) {
    this.provider = provider
    this.ref = ref
    this.identity = identity
    this.prices = prices
    this.record = record
    this.prepared = prepared
    this.session = undefined
    this.headers = undefined
  }
}
