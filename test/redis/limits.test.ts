import { CircuitOpenError, createClient, QueueFullError, type SharedStore } from '@shlyuz/core'
import { startEmulator, type Emulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { redisStore } from '@shlyuz/redis'
import { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { caught } from '../e2e/support.ts'
import { hasRedis, startRedis, type RedisServer } from './redis-server.ts'

describe.skipIf(!hasRedis)('limits of clients that share a store', () => {
  let redis: RedisServer
  let raw: Redis
  let emulator: Emulator
  let store: SharedStore
  beforeAll(async () => {
    redis = await startRedis()
    raw = new Redis(redis.url)
    emulator = await startEmulator({ pace: 'instant' })
    store = redisStore({ url: redis.url, timeoutMs: 5_000 })
  })
  beforeEach(async () => {
    emulator.reset()
    await raw.flushall()
  })
  afterAll(async () => {
    await store.close()
    raw.disconnect()
    await emulator.close()
    await redis[Symbol.asyncDispose]()
  })
  const model = 'gigachat/GigaChat-2'
  const start = (limits = {}) =>
    createClient({
      providers: [gigachat(emulator.gigachat)],
      network: emulator.network,
      retries: 0,
      limits: { ...limits, store },
    })
  const asked = () => emulator.requests.filter(({ operation }) => operation === 'chat').length

  it('an endpoint that failed one of them is left alone by all, until a trial has passed', async () => {
    const breaker = { failures: 2, openMs: 1_000 }
    await using one = start({ breaker })
    await using two = start({ breaker })
    await two.generateText({ model, prompt: 'Привет' })
    emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 503, times: 2 })
    for (let at = 0; at < 2; at++) await caught(one.generateText({ model, prompt: 'Привет' }))
    // Each asks what the others found four times a second.
    await sleep(300)
    const before = asked()
    expect(await caught(two.generateText({ model, prompt: 'Привет' }))).toBeInstanceOf(CircuitOpenError)
    expect(asked()).toBe(before)
    await sleep(1_000)
    await two.generateText({ model, prompt: 'Привет' })
    // None of these is a trial any more.
    const calls = Array.from({ length: 5 }, () => two.generateText({ model, prompt: 'Привет' }))
    expect((await Promise.all(calls)).every(({ text }) => text !== '')).toBe(true)
  })

  it('two clients keep to the one request at a time of an account', async () => {
    await using one = start()
    await using two = start()
    const calls = Array.from({ length: 12 }, (_, at) => (at % 2 ? one : two).generateText({ model, prompt: 'Привет' }))
    await Promise.all(calls)
    expect(emulator.requests.filter(({ status }) => status === 429)).toEqual([])
    await sleep(50)
    expect(await raw.keys('shlyuz:semaphore:*')).toEqual([])
  })

  it('a call that is aborted while it asks for a slot leaves none behind', async () => {
    await using client = start({ breaker: false })
    await client.generateText({ model, prompt: 'Привет' })
    await sleep(50)
    redis.freeze()
    const controller = new AbortController()
    const call = caught(client.generateText({ model, prompt: 'Привет', signal: controller.signal }))
    await sleep(100)
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await call).toBe(reason)
    redis.thaw()
    await sleep(100)
    expect(await raw.keys('shlyuz:semaphore:*')).toEqual([])
  })

  it('rates count the requests of both', async () => {
    const rates = { gigachat: { requests: { limit: 3, intervalMs: 60_000 } } }
    await using one = start({ rates })
    await using two = start({ rates })
    for (const client of [one, two, one]) await client.generateText({ model, prompt: 'Привет' })
    const late = two.generateText({ model, prompt: 'Привет', timeout: { totalMs: 5_000 } })
    const error = await caught(late)
    expect(error).toBeInstanceOf(QueueFullError)
    expect(error).toMatchObject({ code: 'limit.too_late' })
    expect(asked()).toBe(3)
  })

  it('a client of ioredis lends its settings: another database, another prefix, and none of its own questions', async () => {
    const lent = new Redis(`${redis.url}/3`, { keyPrefix: 'app:', stringNumbers: true, enableOfflineQueue: true })
    const borrowed = redisStore({ client: lent, prefix: 'llm', timeoutMs: 5_000 })
    expect(await borrowed.takeSlot('lent', 1, 'a', 10_000)).toBe(true)
    expect(await borrowed.takeRate('lent', 1, 1, 10_000)).toBe(0)
    expect(await borrowed.reserve('lent', 1, 1, Date.now() + 1_000)).toEqual({ granted: true, spentMicros: 1 })
    await borrowed.writeOpenUntil('lent', Date.now() + 10_000)
    expect((await lent.keys('*')).toSorted()).toEqual([
      'app:llm:breaker:lent',
      'app:llm:budget:lent',
      'app:llm:rate:lent',
      'app:llm:semaphore:slots:lent',
    ])
    await borrowed.close()
    expect(await lent.ping()).toBe('PONG')
    lent.disconnect()
  })

  it('a store without an address is an error of the settings, not an outage', async () => {
    const { REDIS_URL: kept } = process.env
    delete process.env['REDIS_URL']
    try {
      const lost = redisStore()
      await using client = createClient({
        providers: [gigachat(emulator.gigachat)],
        network: emulator.network,
        limits: { store: lost },
      })
      expect(await caught(client.generateText({ model, prompt: 'Привет' }))).toMatchObject({ code: 'config.store' })
      await lost.close()
    } finally {
      if (kept !== undefined) process.env['REDIS_URL'] = kept
    }
  })
})
