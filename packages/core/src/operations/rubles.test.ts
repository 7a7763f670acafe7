import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatRubles, parseRubles } from './rubles.ts'

it.each([
  ['0', 0],
  ['1', 1_000_000],
  ['0.5', 500_000],
  ['99.50', 99_500_000],
  ['0.000001', 1],
  // Never too little: a part of a micro-ruble counts as a whole one.
  ['0.0000001', 1],
  ['0.000000000001', 1],
  ['1.0000010', 1_000_001],
  ['1.000001000000', 1_000_001],
  ['999999999.999999', 999_999_999_999_999],
])('%s rubles are %d micro-rubles', (amount, micros) => {
  expect(parseRubles(amount)).toBe(micros)
})

it.each([
  [0, '0'],
  [1, '0.000001'],
  [500_000, '0.5'],
  [1_000_000, '1'],
  [1_000_001, '1.000001'],
  [10_000_000, '10'],
  [999_999_999_999_999, '999999999.999999'],
])('%d micro-rubles are written %s', (micros, amount) => {
  expect(formatRubles(micros)).toBe(amount)
})

it('what is written reads as the same, to the last part', () => {
  fc.assert(
    fc.property(fc.nat({ max: 999_999_999_999_999 }), (micros) => {
      expect(parseRubles(formatRubles(micros))).toBe(micros)
    }),
  )
})
