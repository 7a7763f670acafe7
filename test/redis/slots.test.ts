import { redisStore } from '@shlyuz/redis'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasRedis, startRedis, type RedisServer } from './redis-server.ts'
import { startChild } from './start-child.ts'

describe.skipIf(!hasRedis)('slots that processes share', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis[Symbol.asyncDispose]())
  const open = () => redisStore({ url: redis.url, timeoutMs: 5_000 })

  it('no more are taken than there are, and a refusal is told at once', async () => {
    await using stores = { one: open(), two: open(), [Symbol.asyncDispose]: closeAll }
    const { one, two } = stores
    const taken = await Promise.all(
      Array.from({ length: 12 }, (_, at) => (at % 2 ? one : two).takeSlot('full', 5, `holder ${at}`, 10_000)),
    )
    expect(taken.filter(Boolean)).toHaveLength(5)
    const since = performance.now()
    expect(await one.takeSlot('full', 5, 'another', 10_000)).toBe(false)
    expect(performance.now() - since).toBeLessThan(500)
  })

  it('a slot that was freed is free, also when another connection frees it', async () => {
    await using stores = { one: open(), two: open(), [Symbol.asyncDispose]: closeAll }
    const { one, two } = stores
    expect(await one.takeSlot('freed', 1, 'a', 10_000)).toBe(true)
    expect(await two.takeSlot('freed', 1, 'b', 10_000)).toBe(false)
    await two.freeSlot('freed', 'a')
    await two.freeSlot('freed', 'nobody')
    expect(await two.takeSlot('freed', 1, 'b', 10_000)).toBe(true)
    expect(await one.takeSlot('freed', 1, 'a', 10_000)).toBe(false)
  })

  it('a slot lives as long as it is renewed, and a lost one is told', async () => {
    await using stores = { one: open(), [Symbol.asyncDispose]: closeAll }
    const { one } = stores
    const leaseMs = 1_500
    expect(await one.takeSlot('renewed', 1, 'a', leaseMs)).toBe(true)
    for (let at = 0; at < 3; at++) {
      await sleep(600)
      expect(await one.renewSlot('renewed', 'a', leaseMs)).toBe(true)
      expect(await one.takeSlot('renewed', 1, 'b', leaseMs)).toBe(false)
    }
    await sleep(leaseMs + 100)
    expect(await one.renewSlot('renewed', 'a', leaseMs)).toBe(false)
    expect(await one.takeSlot('renewed', 1, 'b', leaseMs)).toBe(true)
  })

  it('a process that is killed loses its slots with the lease, and not before', async () => {
    await using stores = { one: open(), [Symbol.asyncDispose]: closeAll }
    const { one } = stores
    const leaseMs = 1_500
    const child = await startChild('holder.ts', { url: redis.url, key: 'killed', limit: 2, leaseMs })
    const since = performance.now()
    await child.kill()
    expect(await one.takeSlot('killed', 2, 'a', leaseMs)).toBe(false)
    while (!(await one.takeSlot('killed', 2, 'a', leaseMs))) await sleep(25)
    expect(performance.now() - since).toBeGreaterThan(leaseMs / 2)
    expect(performance.now() - since).toBeLessThan(leaseMs + 500)
  })
})

async function closeAll(this: object): Promise<void> {
  await Promise.all(Object.values(this).map((store: { close(): Promise<void> }) => store.close()))
}
