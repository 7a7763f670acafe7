import type { ProviderLogging } from '../provider.ts'
import type { Decision } from './decision.ts'
import type { ReasonCode } from './reason-codes.ts'

/** What the policy decided for a call, on every result and every error: for logs and for proof. No content. */
export interface Receipt {
  readonly verdict: 'allow' | 'deny'
  /** `'deny'`: a policy in observe mode would have refused; `code` says why. */
  readonly would?: 'deny'
  readonly code: ReasonCode
  readonly policy: { readonly name: string; readonly digest: string }
  /** Decisions in the order they were taken; the last denial ends the call. */
  readonly decisions: readonly Decision[]
  readonly target: {
    readonly provider: string
    readonly model?: string
    /** scheme://host[:port] */
    readonly origin?: string
    /** The approved address of the connection. */
    readonly address?: string
  }
  /** The model that answered, as far as the service says; `'not stated'` otherwise. */
  readonly answeredBy?: string
  readonly providerLogging: ProviderLogging
  /** Personal data that was masked before sending, by type; absent where nothing was. */
  readonly masked?: Readonly<Record<string, number>>
  /** Personal data that was found and sent, by type: the policy only reports it. */
  readonly personal?: Readonly<Record<string, number>>
  /** `'test'`: a test network was in place, nothing left this machine. */
  readonly network: 'internet' | 'test'
}
