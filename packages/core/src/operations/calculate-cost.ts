import type { Cost, Price, Usage } from '../vocabulary/usage.ts'

/** Micro-rubles per ruble: prices have at most six decimals, so sums are exact integers. */
const scale = 1_000_000n

/**
 * What a call cost by the price line that holds on `day`. No line, or no token figure at all: `undefined`, never
 * zero. A figure the service left out counts as nothing and makes the cost an estimate.
 */
export function calculateCost(usage: Usage, prices: readonly Price[] | undefined, day: string): Cost | undefined {
  const price = prices && lineOf(prices, day)
  const { inputTokens, outputTokens, cachedInputTokens = 0 } = usage
  if (price?.perImage !== undefined) return priceOfImage(price, price.perImage)
  if (!price || (inputTokens === undefined && outputTokens === undefined)) return undefined
  const cachedPrice = price.cachedInputPerMillion ?? price.inputPerMillion
  // Rubles per million tokens are micro-rubles per token.
  const micro =
    micros(price.inputPerMillion, Math.max(0, (inputTokens ?? 0) - cachedInputTokens)) +
    micros(cachedPrice, cachedInputTokens) +
    micros(price.outputPerMillion, outputTokens ?? 0)
  return Object.freeze({
    amount: format(micro),
    currency: 'RUB',
    vatIncluded: price.vatIncluded,
    estimated: inputTokens === undefined || outputTokens === undefined,
    source: price.source,
    asOf: price.asOf,
  })
}

/** The newest line that holds already. */
function lineOf(prices: readonly Price[], day: string): Price | undefined {
  let newest: Price | undefined
  for (const line of prices) {
    if (line.asOf <= day && (newest === undefined || line.asOf > newest.asOf)) newest = line
  }
  return newest
}

function priceOfImage({ vatIncluded, source, asOf }: Price, amount: string): Cost {
  return Object.freeze({ amount, currency: 'RUB', vatIncluded, estimated: false, source, asOf })
}

/** Micro-rubles × 10⁶, to stay exact for prices with decimals. */
function micros(perMillion: string, tokens: number): bigint {
  const [whole = '0', fraction = ''] = perMillion.split('.')
  return BigInt(whole + fraction.padEnd(6, '0').slice(0, 6)) * BigInt(tokens)
}

function format(value: bigint): string {
  const total = scale * scale
  const fraction = (value % total).toString().padStart(12, '0').replace(/0+$/, '')
  return fraction === '' ? `${value / total}` : `${value / total}.${fraction}`
}

/** The costs of several requests in one. A request without a cost makes the sum unknown: `undefined`. */
export function sumCosts(all: readonly (Cost | undefined)[]): Cost | undefined {
  const [first] = all
  if (first === undefined || all.length === 1) return first
  let total = 0n
  let oldest = first.asOf
  for (const cost of all) {
    if (cost === undefined) return undefined
    total += parse(cost.amount)
    if (cost.asOf < oldest) oldest = cost.asOf
  }
  const known = all as readonly Cost[]
  return Object.freeze({
    amount: format(total),
    currency: 'RUB',
    vatIncluded: known.every(({ vatIncluded }) => vatIncluded),
    estimated: known.some(({ estimated }) => estimated) || known.some((one) => one.vatIncluded !== first.vatIncluded),
    source: [...new Set(known.map(({ source }) => source))].join('; '),
    asOf: oldest,
  })
}

function parse(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.split('.')
  return BigInt(whole + fraction.padEnd(12, '0').slice(0, 12))
}
