import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Facts, Obligation, RuleEffect } from './decision.ts'
import type { Intent } from './intent.ts'

/** An answer of a rule that says more than a word. */
export interface Ruling {
  readonly effect: RuleEffect
  /** Shown as facts of the finding: public, short, no content. */
  readonly facts?: Facts
  /** What the effect depends on. Of no meaning beside `forbid`. */
  readonly obligations?: readonly Obligation[]
}

/** What a rule may answer. */
export type RuleAnswer = RuleEffect | Ruling

export interface RuleOptions {
  /** Shown in decisions and part of the policy's digest. */
  readonly name: string
  /** Change it when the rule's meaning changes: it is part of the digest. */
  readonly version: string
  /**
   * `permit`, `forbid` or `abstain`, or a {@link Ruling}; anything else, an exception or silence past the limit counts
   * as `forbid`. Asked again after personal data was masked, with the changed intent. `signal` ends with the time limit.
   */
  readonly evaluate: (intent: Intent, context: { readonly signal: AbortSignal }) => RuleAnswer | Promise<RuleAnswer>
  /** @default 1000 */
  readonly timeLimitMs?: number
}

/** A rule of your own for `definePolicy({ rules })`. */
export type Rule = Readonly<Required<RuleOptions>>

const rules = new WeakSet<object>()

const known = ['name', 'version', 'evaluate', 'timeLimitMs']

/** @throws ConfigurationError for a rule without name or version, or with an unknown option */
export function rule(options: RuleOptions): Rule {
  // A copy without a prototype: only what the caller wrote counts.
  const given = Object.assign<object, RuleOptions>(Object.create(null) as object, options)
  const { name, version, evaluate, timeLimitMs = 1_000 } = given
  const named = [name, version].every((text) => typeof text === 'string' && /^[\w.-]{1,64}$/.test(text))
  const limited = typeof timeLimitMs === 'number' && timeLimitMs > 0 && timeLimitMs <= 60_000
  const unknown = Object.keys(given).some((key) => !known.includes(key))
  if (!named || !limited || unknown || typeof evaluate !== 'function') {
    throw new ConfigurationError('a rule is a name, a version, a function evaluate, and a limit up to 60000 ms', {
      code: 'config.policy',
      hint: "Пишите rule({ name: 'night', version: '1', evaluate: (intent) => 'abstain' }).",
    })
  }
  const made: Rule = Object.freeze({ name, version, evaluate, timeLimitMs })
  rules.add(made)
  return made
}

/** True for what {@link rule} made. */
export function isRule(value: unknown): value is Rule {
  return typeof value === 'object' && value !== null && rules.has(value)
}
