import type { ReasonCode } from './reason-codes.ts'

/** Where a decision is taken: what is asked, where to, over which socket, and what came back. */
export type Depth = 'intent' | 'url' | 'socket' | 'response'

export type RuleEffect = 'permit' | 'forbid' | 'abstain'

/** Public facts about the target; never content, keys or query strings. */
export type Facts = Readonly<Record<string, string | number | boolean>>

/** What one rule said. */
export interface Finding {
  /** Name of the policy the rule belongs to. */
  readonly policy: string
  readonly rule: string
  readonly effect: RuleEffect
  readonly code: ReasonCode
  readonly facts: Facts
}

/** The answer of the policy at one depth. Made by core only, frozen. */
export interface Decision {
  readonly verdict: 'allow' | 'deny'
  /** `ok`, or the first reason of the refusal. */
  readonly code: ReasonCode
  /** All rules that spoke, in order. */
  readonly because: readonly Finding[]
  readonly depth: Depth
  readonly policy: { readonly name: string; readonly digest: string }
}
