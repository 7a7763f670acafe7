import type { Provider } from '../provider.ts'
import type { ModelCard, ModelRef } from '../vocabulary/models.ts'
import type { Cost, Price } from '../vocabulary/usage.ts'
import { calculateCost } from './calculate-cost.ts'
import { findCard } from './create-text-call.ts'
import { parseRubles } from './rubles.ts'
import { today } from './today.ts'

/** Price lines of a model, in place of those that its adapter knows. */
export type PriceLines = Pick<ModelCard, 'prices' | 'deferredPrices'>

/** Price lines of the caller's own, by `'<provider>/<model>'` in small letters. */
export type PriceTable = ReadonlyMap<string, PriceLines>

/** The price lines that hold for a model; `undefined` where none is known, and for a tuned one. */
export function pricesOf(
  table: PriceTable,
  provider: Provider,
  ref: ModelRef,
  which: keyof PriceLines = 'prices',
): readonly Price[] | undefined {
  const own = table.get(`${provider.name}/${ref.id}`.toLowerCase())?.[which]
  if (own) return own
  return ref.tuned === undefined ? findCard(provider, ref)?.[which] : undefined
}

/** What a call is about to take. */
export interface Ahead {
  readonly characters: number
  /** Most tokens of the answer; 0 for operations without one. */
  readonly outputTokens: number
}

/** Fewest characters for a token: Russian text has three and more, so that this errs on the side of more tokens. */
const charactersPerToken = 2

/** Tokens of an answer whose length nobody bounded. */
export const assumedOutputTokens = 4_096

/** Characters that stand for an image or a file: about 3,000 tokens, what services count for a large image. */
export const assumedFileCharacters = 6_000

/** The most that a call is expected to cost; `undefined` without a price line. */
export function estimateCost(prices: readonly Price[] | undefined, ahead: Ahead): Cost | undefined {
  const { outputTokens } = ahead
  const inputTokens = tokensOf(ahead) - outputTokens
  const cost = calculateCost({ inputTokens, outputTokens }, prices, today())
  return cost && Object.freeze({ ...cost, estimated: true })
}

/** The most tokens that a call is expected to take. */
export function tokensOf({ characters, outputTokens }: Ahead): number {
  return Math.ceil(characters / charactersPerToken) + outputTokens
}

/** Micro-rubles of a cost. */
export function microsOf(cost: Cost | undefined): number | undefined {
  return cost && parseRubles(cost.amount)
}
