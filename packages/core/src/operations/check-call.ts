import type { CheckResult } from '../client-types.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { Target } from './find-target.ts'
import { placesOf } from './route.ts'
import { inspectDraft } from './inspect-call.ts'
import { estimateCost } from './prices.ts'
import { aheadOf, foreignFiles, judgeLeg, prepareLeg, type TextCallOptions } from './text-call.ts'

/** What each target of a text call would lose, and what the policy says of it. Nothing is sent. */
export async function checkCall(options: TextCallOptions, scope: CallScope): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = []
  const inspected = inspectDraft(options.guard, options.draft)
  for (const [index, place] of placesOf(options.route).entries()) {
    const target = options.targets[place] as Target
    const judged = await judgeLeg(options, prepareLeg(options, target, index), index, scope, inspected)
    const { provider, ref, prices, prepared, record } = judged.leg
    record.decide(judged.decision)
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
