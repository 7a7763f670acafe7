import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Latencies, type LatencyWatch } from './latencies.ts'

type Outcome = Parameters<LatencyWatch['end']>[0]

/** What was seen counts half after thirty seconds. */
const faded = (value: number, ms: number): number => value * 0.5 ** (ms / 30_000)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

async function ask(latencies: Latencies, target: string, ms: number, outcome: Outcome = 'answered') {
  const watch = latencies.watch(target)
  await vi.advanceTimersByTimeAsync(ms)
  watch.end(outcome)
}

it('a target that was never asked is worth a try', () => {
  expect(new Latencies().expected('new')).toBe(0)
})

it('the average follows the newest answers', async () => {
  const latencies = new Latencies()
  await ask(latencies, 'a', 100)
  expect(latencies.expected('a')).toBe(100)
  await ask(latencies, 'a', 200)
  expect(latencies.expected('a')).toBeCloseTo(130)
  for (let count = 0; count < 30; count++) await ask(latencies, 'a', 20)
  expect(latencies.expected('a')).toBeCloseTo(20, 1)
})

it('calls that run count: the quicker one is not flooded', async () => {
  const latencies = new Latencies()
  await ask(latencies, 'quick', 100)
  await ask(latencies, 'slow', 250)
  const watches = [latencies.watch('quick'), latencies.watch('quick')]
  expect(latencies.expected('quick')).toBeCloseTo(faded(300, 250))
  expect(latencies.expected('quick')).toBeGreaterThan(latencies.expected('slow'))
  for (const watch of watches) watch.end('failed')
})

it('a target that fails at once is not taken for a quick one, and is forgiven when it answers', async () => {
  const latencies = new Latencies()
  await ask(latencies, 'sound', 3_000)
  await ask(latencies, 'broken', 1, 'failed')
  expect(latencies.expected('broken')).toBeGreaterThan(latencies.expected('sound'))
  for (let count = 0; count < 6; count++) await ask(latencies, 'broken', 50)
  expect(latencies.expected('broken')).toBeLessThan(latencies.expected('sound'))
})

it('a call that its caller ended, or that lost a race, says nothing and runs no more', async () => {
  const latencies = new Latencies()
  await ask(latencies, 'a', 100)
  await ask(latencies, 'a', 9_000, 'left')
  expect(latencies.expected('a')).toBeCloseTo(faded(100, 9_000))
})

it('a target that failed long ago is asked again', async () => {
  const latencies = new Latencies()
  await ask(latencies, 'sound', 200)
  await ask(latencies, 'broken', 1, 'failed')
  await vi.advanceTimersByTimeAsync(180_000)
  await ask(latencies, 'sound', 200)
  expect(latencies.expected('broken')).toBeLessThan(latencies.expected('sound'))
})

it('an outcome told twice counts once', async () => {
  const latencies = new Latencies()
  const watch = latencies.watch('a')
  await vi.advanceTimersByTimeAsync(100)
  watch.end('answered')
  await vi.advanceTimersByTimeAsync(5_000)
  watch.end('failed')
  expect(latencies.expected('a')).toBeCloseTo(faded(100, 5_000))
})
