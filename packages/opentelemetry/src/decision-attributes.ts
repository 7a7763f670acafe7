import type { Attributes } from '@opentelemetry/api'
import type { Decision, Finding, PolicyDecisionMessage } from '@shlyuz/core'

/** What an event says of a decision: facts about the target and the rules, never content, labels or addresses. */
export function createDecisionAttributes({ decision, call, provider, model }: PolicyDecisionMessage): Attributes {
  const { verdict, would, code, depth, mode, policy } = decision
  const rules = decidingRules(decision)
  return {
    'shlyuz.call.id': call,
    'shlyuz.policy.verdict': verdict,
    ...(would && { 'shlyuz.policy.would': would }),
    'shlyuz.policy.code': code,
    'shlyuz.policy.depth': depth,
    'shlyuz.policy.mode': mode,
    'shlyuz.policy.name': policy.name,
    'shlyuz.policy.digest': policy.digest,
    ...(rules.length > 0 && { 'shlyuz.policy.rules': rules }),
    'gen_ai.provider.name': provider,
    ...(model !== undefined && { 'gen_ai.request.model': model }),
  }
}

/** The rules that forbade, or would have; else those that permitted: `domestic-only/models`. */
function decidingRules({ verdict, would, because }: Decision): string[] {
  const decided = ({ effect, mode }: Finding): boolean => {
    if (verdict === 'deny') return effect === 'forbid' && mode !== 'observe'
    return effect === (would ? 'forbid' : 'permit')
  }
  return [...new Set(because.filter(decided).map(({ policy, rule }) => `${policy}/${rule}`))]
}
