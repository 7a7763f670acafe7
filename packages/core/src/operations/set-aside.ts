import type { ModelRef } from '../vocabulary/models.ts'
import type { Cost, Usage } from '../vocabulary/usage.ts'
import type { CallContext } from './call-context.ts'
import { estimateCost, microsOf, pricesOf, tokensOf, type Ahead, type PriceLines } from './prices.ts'

/** Ends what was set aside for a call; once. */
export interface SettleSpending {
  /** The call gave an answer. A figure that is not known lets the estimate stand. */
  answered(cost: Cost | undefined, usage: Usage | undefined): Promise<void>
  /** The call failed. What was answered in part is paid for, and nobody says how much of it. */
  failed(): Promise<void>
}

/**
 * Sets aside what a call may spend of budgets and of packages paid in advance, before it is sent. `undefined` where
 * none is watched.
 * @throws BudgetExceededError
 */
export function setAsideFor(
  context: CallContext,
  ref: ModelRef,
  ahead: () => Ahead,
  which: keyof PriceLines = 'prices',
): Promise<SettleSpending> | undefined {
  const { budgets, prepaid } = context.services
  return budgets.isEmpty && !prepaid ? undefined : setAside(context, ref, ahead(), which)
}

async function setAside(
  context: CallContext,
  ref: ModelRef,
  most: Ahead,
  which: keyof PriceLines,
): Promise<SettleSpending> {
  const { services, provider, secretRequest, record, scope } = context
  const { budgets, prepaid, prices } = services
  const micros = microsOf(estimateCost(pricesOf(prices, provider, ref, which), most))
  const asked = budgets.setAside({ provider: provider.name, model: ref.id, labels: secretRequest.labels, micros })
  const money = await scope.race(asked).catch((error: unknown) => {
    // What comes too late is given back.
    asked.then(
      (late) => late?.settle(0),
      () => {},
    )
    throw error
  })
  let giveBack: ((used: number | undefined) => void) | undefined
  try {
    giveBack = await prepaid?.take(context, ref, tokensOf(most))
  } catch (error) {
    await money?.settle(0)
    throw error
  }
  const settle = async (spent: number | undefined, used: number | undefined): Promise<void> => {
    giveBack?.(used)
    await money?.settle(spent)
  }
  return {
    answered: (cost, usage = {}) => settle(microsOf(cost), sumTokens(usage)),
    failed: () => (record.mayCost ? settle(undefined, undefined) : settle(0, 0)),
  }
}

function sumTokens({ totalTokens, inputTokens, outputTokens }: Usage): number | undefined {
  if (totalTokens !== undefined) return totalTokens
  return inputTokens === undefined ? undefined : inputTokens + (outputTokens ?? 0)
}
