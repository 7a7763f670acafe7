import { redisStore } from '@shlyuz/redis'
import { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasRedis, startRedis, type RedisServer } from './redis-server.ts'
import { startChild } from './start-child.ts'

describe.skipIf(!hasRedis)('counters that processes share', () => {
  let redis: RedisServer
  let raw: Redis
  beforeAll(async () => {
    redis = await startRedis()
    raw = new Redis(redis.url)
  })
  afterAll(async () => {
    raw.disconnect()
    await redis[Symbol.asyncDispose]()
  })
  const open = () => redisStore({ url: redis.url, timeoutMs: 5_000 })
  const inAnHour = () => Date.now() + 3_600_000

  describe('rates', () => {
    it('give so many points an interval, and say when there are more', async () => {
      const store = open()
      const take = (points: number) => store.takeRate('a requests', points, 3, 1_000)
      expect([await take(2), await take(1)]).toEqual([0, 0])
      const wait = await take(1)
      expect(wait).toBeGreaterThan(0)
      expect(wait).toBeLessThanOrEqual(1_000)
      await sleep(wait + 5)
      expect(await take(3)).toBe(0)
      await store.close()
    })

    it('a refusal takes nothing: what fits still fits, however many were refused', async () => {
      const store = open()
      expect(await store.takeRate('b tokens', 90, 100, 60_000)).toBe(0)
      const refusals = await Promise.all(Array.from({ length: 50 }, () => store.takeRate('b tokens', 20, 100, 60_000)))
      expect(refusals.every((wait) => wait > 0)).toBe(true)
      expect(await store.takeRate('b tokens', 10, 100, 60_000)).toBe(0)
      expect(await raw.get('shlyuz:rate:b tokens')).toBe('100')
      await store.close()
    })

    it('more than the whole limit waits for an interval of its own', async () => {
      const store = open()
      expect(await store.takeRate('c tokens', 5_000, 100, 60_000)).toBe(0)
      expect(await store.takeRate('c tokens', 1, 100, 60_000)).toBeGreaterThan(0)
      await store.close()
    })

    it('halves of points and seconds are rounded to the stricter side, and every counter ends', async () => {
      const store = open()
      expect(await store.takeRate('d', 1.2, 2.9, 300)).toBe(0)
      expect(await store.takeRate('d', 1, 2.9, 300)).toBeGreaterThan(300)
      expect(await raw.pttl('shlyuz:rate:d')).toBeGreaterThan(0)
      expect(await raw.pttl('shlyuz:rate:d')).toBeLessThanOrEqual(1_000)
      await store.close()
    })
  })

  describe('budgets', () => {
    it('grant to the last micro-ruble, and not one more', async () => {
      const store = open()
      const limit = 999_999_999_999_999
      const end = inAnHour()
      expect(await store.reserve('big', limit - 1, limit, end)).toEqual({ granted: true, spentMicros: limit - 1 })
      expect(await store.reserve('big', 2, limit, end)).toEqual({ granted: false, spentMicros: limit - 1 })
      expect(await store.reserve('big', 1, limit, end)).toEqual({ granted: true, spentMicros: limit })
      expect(await store.reserve('big', 1, limit, end)).toEqual({ granted: false, spentMicros: limit })
      expect(await store.reserve('big', 0, limit, end)).toEqual({ granted: true, spentMicros: limit })
      await store.close()
    })

    it('settle a reservation by what was spent, less or more', async () => {
      const store = open()
      const end = inAnHour()
      await store.reserve('settled', 60, 100, end)
      await store.settle('settled', 60, 20, end)
      await store.reserve('settled', 70, 100, end)
      await store.settle('settled', 70, 95, end)
      expect(await store.reserve('settled', 1, 100, end)).toEqual({ granted: false, spentMicros: 115 })
      await store.settle('settled', 95, 5, end)
      expect(await store.reserve('settled', 75, 100, end)).toEqual({ granted: true, spentMicros: 100 })
      await store.close()
    })

    it('hold no credit when a reservation was lost with the memory of Redis', async () => {
      const store = open()
      await store.settle('lost', 80, 10, inAnHour())
      expect(await store.reserve('lost', 100, 100, inAnHour())).toEqual({ granted: true, spentMicros: 100 })
      expect(await store.reserve('lost', 1, 100, inAnHour())).toMatchObject({ granted: false })
      await store.close()
    })

    it('are forgotten when their period is over, an hour later for clocks that are behind', async () => {
      const store = open()
      await store.reserve('ending', 1, 100, Date.now() + 10_000)
      const lives = await raw.ttl('shlyuz:budget:ending')
      expect(lives).toBeGreaterThan(3_600)
      expect(lives).toBeLessThanOrEqual(3_611)
      await store.close()
    })

    it('four processes at once never spend more than there is, and leave nothing unspent', async () => {
      const limit = 1_000_000
      const children = await Promise.all(
        Array.from({ length: 4 }, (_, seed) => startChild('spender.ts', { url: redis.url, limit, seed })),
      )
      for (const child of children) child.send('go')
      const spent = await Promise.all(children.map(async (child) => Number(await child.answer())))
      await Promise.all(children.map((child) => child.exited))
      const sum = spent.reduce((total, one) => total + one, 0)
      expect(sum).toBeLessThanOrEqual(limit)
      // Every wish is 1 to 400: refused only when less than that was left.
      expect(sum).toBeGreaterThan(limit - 400)
      expect(spent.every((one) => one > 0)).toBe(true)
      expect(await raw.get('shlyuz:budget:spree')).toBe(String(sum))
    })
  })
})
