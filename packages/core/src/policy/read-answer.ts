import type { Facts, Finding, Obligation, RuleEffect } from './decision.ts'
import { copyPlain } from './copy-plain.ts'
import { isSendable } from './obligations.ts'

type Answer = Pick<Finding, 'effect' | 'code' | 'facts' | 'obligations'>

const none: Facts = Object.freeze({})
const invalid: Answer = Object.freeze({ effect: 'forbid', code: 'policy.invalid', facts: none })

/** Reads what a rule of the user's answered. Anything but an effect or a well-formed ruling is a no. */
export function readAnswer(answer: unknown): Answer {
  if (isEffect(answer)) return { effect: answer, code: codeOf(answer), facts: none }
  try {
    const { effect, facts = none, obligations = [], ...rest } = copyPlain(answer, 'ruling')
    if (!isEffect(effect) || Object.keys(rest).length > 0 || !isFacts(facts)) return invalid
    if (!Array.isArray(obligations) || !obligations.every(isObligation)) return invalid
    const kept = effect === 'forbid' || obligations.length === 0 ? {} : { obligations: Object.freeze(obligations) }
    return { effect, code: codeOf(effect), facts, ...kept }
  } catch {
    // No plain data, or a getter that throws.
    return invalid
  }
}

function codeOf(effect: RuleEffect): Answer['code'] {
  return effect === 'forbid' ? 'policy.forbidden' : 'ok'
}

function isEffect(value: unknown): value is RuleEffect {
  return value === 'permit' || value === 'forbid' || value === 'abstain'
}

/** Facts go into receipts and logs: short ones, and few. */
function isFacts(value: unknown): value is Facts {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  return entries.length <= 16 && entries.every(([key, fact]) => key.length <= 64 && isFact(fact))
}

function isFact(fact: unknown): boolean {
  return typeof fact === 'boolean' || Number.isFinite(fact) || (typeof fact === 'string' && fact.length <= 200)
}

const shapes: Readonly<Record<Obligation['kind'], readonly string[]>> = {
  mask: [],
  log: ['level'],
  header: ['name', 'value'],
  'local-model': [],
}

function isObligation(value: unknown): value is Obligation {
  if (typeof value !== 'object' || value === null) return false
  const { kind, ...rest } = value as Record<string, unknown>
  if (typeof kind !== 'string' || !Object.hasOwn(shapes, kind)) return false
  const keys = shapes[kind as Obligation['kind']]
  if (Object.keys(rest).length !== keys.length || !keys.every((key) => typeof rest[key] === 'string')) return false
  if (kind === 'log') return ['meta', 'strict', 'full'].includes(rest['level'] as string)
  return kind !== 'header' || isSendable(rest['name'] as string, rest['value'] as string)
}
