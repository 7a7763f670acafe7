import type { CompiledPolicy } from '../../policy/compile-policy.ts'
import type { Depth } from '../../policy/decision.ts'
import type { ReasonCode } from '../../policy/reason-codes.ts'

/** Why a canary may be refused: by the policy, or by TLS, which no policy relaxes. */
export type CanaryReason = ReasonCode | 'tls.untrusted' | 'tls.name_mismatch'

/** A forbidden request, and the world it meets. What is left out is as it should be. */
export interface Canary {
  readonly depth: Depth
  readonly name: string
  readonly expected: readonly CanaryReason[]
  /** True when this policy names what the canary asks for, or leaves the question to others. @default never */
  readonly isListed?: (policy: CompiledPolicy) => boolean
  /** Asks a model: begins at the intent. */
  readonly ask?: { readonly model: string; readonly link?: URL }
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What the name resolves to. */
  readonly addresses?: readonly string[]
  /** Whom the socket says it reached. */
  readonly peer?: string
  /** Whose certificate the server shows: one that nobody trusts, or a trusted one for another name. */
  readonly certificate?: 'untrusted' | 'of another name'
  /** Goes over a connection that was opened under another policy. */
  readonly isReused?: true
  readonly answer?: { readonly status: number; readonly location?: string; readonly body: string }
}
