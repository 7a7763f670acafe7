import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MemoryStore } from './memory-store.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('rates', () => {
  it('give so many points in an interval, then say how long to wait, and begin anew', async () => {
    const store = new MemoryStore()
    const take = (): Promise<number> => store.takeRate('account', 1, 3, 1_000)
    expect(await Promise.all([take(), take(), take()])).toEqual([0, 0, 0])
    await vi.advanceTimersByTimeAsync(400)
    expect(await take()).toBe(600)
    await vi.advanceTimersByTimeAsync(601)
    expect(await take()).toBe(0)
  })

  it('a refusal takes nothing: many who ask too early do not make the others wait longer', async () => {
    const store = new MemoryStore()
    await store.takeRate('account', 2, 3, 1_000)
    for (let count = 0; count < 50; count++) expect(await store.takeRate('account', 2, 3, 1_000)).toBeGreaterThan(0)
    expect(await store.takeRate('account', 1, 3, 1_000)).toBe(0)
  })

  it('of a thousand who ask at the same time no more get through than the limit', async () => {
    const store = new MemoryStore()
    const waits = await Promise.all(Array.from({ length: 1_000 }, () => store.takeRate('account', 1, 10, 60_000)))
    expect(waits.filter((wait) => wait === 0)).toHaveLength(10)
  })

  it('who asks for more than there ever is gets an interval of its own', async () => {
    const store = new MemoryStore()
    expect(await store.takeRate('account', 500, 100, 1_000)).toBe(0)
    expect(await store.takeRate('account', 500, 100, 1_000)).toBeGreaterThan(0)
    await vi.advanceTimersByTimeAsync(1_001)
    expect(await store.takeRate('account', 500, 100, 1_000)).toBe(0)
  })

  it('accounts, and rates of another form, know nothing of each other', async () => {
    const store = new MemoryStore()
    await store.takeRate('one requests', 1, 1, 1_000)
    expect(await store.takeRate('other requests', 1, 1, 1_000)).toBe(0)
    expect(await store.takeRate('one tokens', 5, 10, 1_000)).toBe(0)
    expect(await store.takeRate('one requests', 1, 1, 1_000)).toBeGreaterThan(0)
  })

  it('keep no process alive', async () => {
    vi.useRealTimers()
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    await new MemoryStore().takeRate('account', 1, 1, 60_000)
    // An unreferenced timer is not among the active resources.
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before)
  })
})

describe('amounts', () => {
  const later = Date.now() + 60_000

  it('are granted up to the limit to the last part, and not beyond', async () => {
    const store = new MemoryStore()
    expect(await store.reserve('purse', 60, 100, later)).toEqual({ granted: true, spentMicros: 60 })
    expect(await store.reserve('purse', 41, 100, later)).toEqual({ granted: false, spentMicros: 60 })
    expect(await store.reserve('purse', 40, 100, later)).toEqual({ granted: true, spentMicros: 100 })
    expect(await store.reserve('purse', 1, 100, later)).toEqual({ granted: false, spentMicros: 100 })
  })

  it('what was reserved and not spent comes back; what was spent beyond counts', async () => {
    const store = new MemoryStore()
    await store.reserve('purse', 80, 100, later)
    await store.settle('purse', 80, 30, later)
    expect(await store.reserve('purse', 70, 100, later)).toEqual({ granted: true, spentMicros: 100 })
    await store.settle('purse', 70, 90, later)
    expect(await store.reserve('purse', 0, 100, later)).toEqual({ granted: false, spentMicros: 120 })
  })

  it('a purse of another name is another purse, and periods that are over are forgotten', async () => {
    const store = new MemoryStore()
    const now = Date.now()
    await store.reserve('purse 01', 100, 100, now + 1_000)
    expect(await store.reserve('purse 02', 100, 100, now + 500_000)).toMatchObject({ granted: true })
    // A new purse sweeps the old ones out, once a minute.
    await vi.advanceTimersByTimeAsync(61_000)
    await store.reserve('purse 03', 1, 100, now + 900_000)
    expect(await store.reserve('purse 01', 100, 100, now + 900_000)).toMatchObject({ granted: true })
    expect(await store.reserve('purse 02', 1, 100, now + 500_000)).toMatchObject({ granted: false })
  })
})

it('slots and breakers are not its business: the process knows its own', async () => {
  const store = new MemoryStore()
  expect([await store.takeSlot(), await store.renewSlot(), await store.readOpenUntil()]).toEqual([true, true, 0])
})
