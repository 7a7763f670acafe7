import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { RetryBudget } from './retry-budget.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Takes until nothing is left, with a bound. */
function drain(budget: RetryBudget): number {
  let count = 0
  while (count < 1_000 && budget.take()) count++
  return count
}

it('a quiet client has a small floor of retries, and no more', () => {
  expect(drain(new RetryBudget())).toBe(20)
})

it('a service that is down for everybody is asked a fifth more often, not three times as often', () => {
  const budget = new RetryBudget()
  let retries = 0
  for (let call = 0; call < 1_000; call++) {
    budget.earn()
    for (let retry = 0; retry < 2 && budget.take(); retry++) retries++
  }
  expect(retries).toBeGreaterThan(200)
  expect(retries).toBeLessThanOrEqual(220)
})

it('calls that went well save up for a bad time, up to a bound', () => {
  const budget = new RetryBudget()
  for (let call = 0; call < 100_000; call++) budget.earn()
  expect(drain(budget)).toBe(200)
})

it('the floor comes back with time, one a second, and not beyond itself', async () => {
  const budget = new RetryBudget()
  drain(budget)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(drain(budget)).toBe(3)
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(drain(budget)).toBe(20)
})
