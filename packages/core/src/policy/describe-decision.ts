import { createDeniedError, hintOf, showFacts } from './create-denied-error.ts'
import type { Decision } from './decision.ts'
import { reasonTexts } from './reason-texts.ts'

/** A decision in English and Russian, for people: which policy and rule, the public facts, and the fix. */
export function describeDecision(decision: Decision): { readonly en: string; readonly ru: string } {
  const { verdict, would, policy, because, obligations } = decision
  if (verdict === 'deny')
    return Object.freeze({ en: createDeniedError(decision).message, ru: describeDenial(decision) })
  if (would) {
    return Object.freeze({
      en: `allowed, because the policy ${policy.name} only observes; it would be ${createDeniedError(decision).message}`,
      ru: `Разрешено: политика ${policy.name} только наблюдает. Иначе: ${describeDenial(decision)}`,
    })
  }
  const permits = [...new Set(because.flatMap(({ effect, rule }) => (effect === 'permit' ? [rule] : [])))].join(', ')
  const demands = obligations.map(({ kind }) => kind).join(', ')
  return Object.freeze({
    en: `allowed by the policy ${policy.name} (rules: ${permits})${demands === '' ? '' : `; demanded: ${demands}`}`,
    ru: `Разрешено политикой ${policy.name} (правила: ${permits})${demands === '' ? '' : `; условия: ${demands}`}`,
  })
}

function describeDenial({ code, because, policy }: Decision): string {
  const finding = because.find((one) => one.code === code)
  const facts = showFacts(finding)
  const detail = Object.entries(facts).map(([name, value]) => `${name} ${value}`)
  const rule = finding ? `, правило ${finding.rule}` : ''
  const shown = detail.length === 0 ? '' : ` (${detail.join(', ')})`
  return `Запрос отклонён политикой ${policy.name}${rule}: ${reasonTexts[code].ru}${shown}. ${hintOf(code, facts)}`
}
