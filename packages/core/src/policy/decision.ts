import type { ReasonCode } from './reason-codes.ts'

/** Where a decision is taken: what is asked, where to, over which socket, and what came back. */
export type Depth = 'intent' | 'url' | 'socket' | 'response'

export type RuleEffect = 'permit' | 'forbid' | 'abstain'

/** Public facts about the target; never content, keys or query strings. */
export type Facts = Readonly<Record<string, string | number | boolean>>

/**
 * What a permit asks for in return; fulfilled before sending, or the answer is no (`policy.obligation_unmet`).
 *
 * - `mask`: personal data is masked by the policy's masker
 * - `log`: `meta`: the client has an audit log; `strict`: one that refuses to go on without; `full`, with the content as well, is never met: Shlyuz writes none
 * - `header`: goes with every request of the call
 * - `local-model`: the policy lists every address of the provider, and only with ranges that it names itself
 */
export type Obligation =
  | { readonly kind: 'mask' }
  | { readonly kind: 'log'; readonly level: 'meta' | 'strict' | 'full' }
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  | { readonly kind: 'local-model' }

/** What one rule said. */
export interface Finding {
  /** Name of the policy the rule belongs to. */
  readonly policy: string
  readonly rule: string
  readonly effect: RuleEffect
  readonly code: ReasonCode
  readonly facts: Facts
  readonly obligations?: readonly Obligation[]
  /** `'observe'`: said by a policy that only observes; it decides nothing. */
  readonly mode?: 'observe'
}

/** The answer of the policy at one depth. Made by core only, frozen. */
export interface Decision {
  readonly verdict: 'allow' | 'deny'
  /** The verdict that a policy in observe mode would have given; `code` is its reason. */
  readonly would?: 'deny'
  /** `ok`, or the first reason of the refusal, also of one that was only observed. */
  readonly code: ReasonCode
  /** All rules that spoke, in order. */
  readonly because: readonly Finding[]
  /** United; fulfilled before anything is sent. */
  readonly obligations: readonly Obligation[]
  readonly depth: Depth
  /** `'observe'`: every policy that judged only observes. */
  readonly mode: 'enforce' | 'observe'
  readonly policy: { readonly name: string; readonly digest: string }
}
