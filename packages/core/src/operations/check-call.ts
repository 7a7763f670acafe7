import type { CheckResult } from '../client-types.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { Target } from './find-target.ts'
import { placesOf } from './route.ts'
import { inspectDraft } from './inspect-call.ts'
import { estimateCost } from './prices.ts'
import { aheadOf, foreignFiles, judgeLeg, prepareLeg } from './text-call.ts'
import type { TextQuestion } from './text-question.ts'

/** What each target of a text call would lose, and what the policy says of it. Nothing is sent. */
export async function checkCall(question: TextQuestion, scope: CallScope): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = []
  const inspected = inspectDraft(question.call.guard, question.draft)
  for (const [index, place] of placesOf(question.route).entries()) {
    const target = question.call.targets[place] as Target
    const leg = prepareLeg(question, target, index)
    const decision = await judgeLeg(question, leg, index, scope, inspected)
    const { provider, ref, prices, prepared, record } = leg
    record.decide(decision)
    const estimate = estimateCost(prices, aheadOf(prepared))
    results.push(
      Object.freeze({
        provider: provider.name,
        model: ref.id,
        surface: provider.surfaceOf(ref, prepared.call.options).id,
        losses: Object.freeze([...prepared.losses, ...foreignFiles(prepared.call, provider)]),
        ...(estimate && { estimate }),
        policy: record.receipt(),
      }),
    )
  }
  return results
}
