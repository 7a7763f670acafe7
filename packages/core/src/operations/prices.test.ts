import { expect, it } from 'vitest'
import type { Provider } from '../provider.ts'
import type { ModelRef } from '../vocabulary/models.ts'
import type { Price } from '../vocabulary/usage.ts'
import { estimateCost, microsOf, pricesOf, type PriceLines } from './prices.ts'

function line(amount: string, asOf = '2020-01-01'): Price {
  return { inputPerMillion: amount, outputPerMillion: amount, vatIncluded: true, source: 'a contract', asOf }
}

const known = { prices: [line('65')], deferredPrices: [line('32.5')] }

const provider = {
  name: 'Own',
  models: [{ id: 'Model-2', kind: 'chat', ...known }],
} as unknown as Provider

const ref: ModelRef = { id: 'Model-2', catalogueId: 'Model-2' }

function table(lines: PriceLines): ReadonlyMap<string, PriceLines> {
  return new Map([['own/model-2', lines]])
}

it('the adapter knows prices; lines of the caller stand in their place, kind by kind', () => {
  expect(pricesOf(new Map(), provider, ref)).toBe(known.prices)
  const own = [line('1')]
  expect(pricesOf(table({ prices: own }), provider, ref)).toBe(own)
  expect(pricesOf(table({ prices: own }), provider, ref, 'deferredPrices')).toBe(known.deferredPrices)
})

it('a model that nobody priced has no price, and a tuned one not that of its base', () => {
  expect(pricesOf(new Map(), provider, { id: 'Model-9', catalogueId: 'Model-9' })).toBeUndefined()
  const tuned: ModelRef = { id: 'Model-2@own', catalogueId: 'Model-2', tuned: 'own' }
  expect(pricesOf(new Map(), provider, tuned)).toBeUndefined()
  const lines = [line('9')]
  expect(pricesOf(new Map([['own/model-2@own', { prices: lines }]]), provider, tuned)).toBe(lines)
})

it('an estimate takes two characters for a token and the longest answer, and says that it is one', () => {
  expect(estimateCost([line('1000000')], { characters: 7, outputTokens: 10 })).toMatchObject({
    amount: '14',
    estimated: true,
    source: 'a contract',
  })
  expect(estimateCost([line('1000000')], { characters: 0, outputTokens: 0 })).toMatchObject({ amount: '0' })
})

it('without a line that holds today there is no estimate, and no amount of micro-rubles', () => {
  const ahead = { characters: 10, outputTokens: 10 }
  expect(estimateCost(undefined, ahead)).toBeUndefined()
  expect(estimateCost([line('1', '2999-01-01')], ahead)).toBeUndefined()
  expect(microsOf(undefined)).toBeUndefined()
})

it('the newest line that holds already is the one that counts', () => {
  const lines = [line('1000000', '2024-01-01'), line('2000000', '2025-01-01'), line('9000000', '2999-01-01')]
  expect(microsOf(estimateCost(lines, { characters: 2, outputTokens: 1 }))).toBe(4_000_000)
})
