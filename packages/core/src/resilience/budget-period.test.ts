import { expect, it } from 'vitest'
import { periodOf, type BudgetPeriod } from './budget-period.ts'

it.each([
  ['hour', '2026-11-28T07:59:59.999Z', '2026-11-28T07', '2026-11-28T08:00:00.000Z'],
  ['hour', '2026-12-31T23:00:00.000Z', '2026-12-31T23', '2027-01-01T00:00:00.000Z'],
  ['day', '2026-11-28T00:00:00.000Z', '2026-11-28', '2026-11-29T00:00:00.000Z'],
  ['day', '2028-02-28T12:00:00.000Z', '2028-02-28', '2028-02-29T00:00:00.000Z'],
  // In Moscow it is the first of December already: periods are those of UTC, wherever the process runs.
  ['day', '2026-11-30T22:30:00.000Z', '2026-11-30', '2026-12-01T00:00:00.000Z'],
  ['month', '2026-12-31T23:59:59.999Z', '2026-12', '2027-01-01T00:00:00.000Z'],
  ['month', '2028-02-29T00:00:00.000Z', '2028-02', '2028-03-01T00:00:00.000Z'],
] satisfies [BudgetPeriod, string, string, string][])('%s at %s is %s, until %s', (period, now, id, end) => {
  expect(periodOf(period, new Date(now))).toEqual({ id, expiresAt: Date.parse(end) })
})

it('the total has one name for ever, and no end that a process lives to see', () => {
  const then = periodOf('total', new Date('2026-11-28T07:00:00.000Z'))
  expect(periodOf('total', new Date('2031-01-01T00:00:00.000Z')).id).toBe(then.id)
  expect(then.expiresAt).toBeGreaterThan(Date.parse('2036-01-01T00:00:00.000Z'))
  expect(Number.isSafeInteger(then.expiresAt / 1_000)).toBe(true)
})
