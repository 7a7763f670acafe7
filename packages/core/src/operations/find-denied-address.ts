import type { Decision } from '../policy/decision.ts'
import type { Guard } from '../policy/guard.ts'
import type { ModelIdentity } from '../policy/intent.ts'
import type { Provider } from '../provider.ts'

/**
 * The refusal of the first address of a provider that the policy refuses; `undefined` when it refuses none.
 * @param used keys of the endpoints that would serve the call; default all
 */
export function findDeniedAddress(
  guard: Guard,
  { endpoints }: Provider,
  model: ModelIdentity,
  used?: readonly string[],
): Decision | undefined {
  for (const [key, { url, credentialOnly }] of Object.entries(endpoints)) {
    if (credentialOnly || (used && !used.includes(key))) continue
    const { decision } = guard.judgeUrl(url, { credentialOnly: false, method: 'POST', hasBody: true, model })
    if (decision.verdict === 'deny') return decision
  }
  return undefined
}
