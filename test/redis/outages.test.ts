import { BudgetExceededError, createClient, QueueFullError, type Budget, type SharedStore } from '@shlyuz/core'
import { startEmulator, type Emulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { redisStore } from '@shlyuz/redis'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caught } from '../e2e/support.ts'
import { findFreePort, hasRedis, startRedis, startSilence } from './redis-server.ts'
import { startChild } from './start-child.ts'

const timeoutMs = 500
/** What a busy machine adds. */
const slackMs = 1_500

interface Outage extends AsyncDisposable {
  readonly url: string
}

/** Every way of being gone, for a store that knew better days or not. */
const outages: Readonly<
  Record<string, (store: (url: string) => SharedStore) => Promise<Outage & { store: SharedStore }>>
> = {
  'was never there': async (open) => {
    const url = `redis://127.0.0.1:${await findFreePort()}`
    const store = open(url)
    return { url, store, [Symbol.asyncDispose]: () => store.close() }
  },
  'takes connections and stays silent': async (open) => {
    const silence = await startSilence()
    const store = open(silence.url)
    return {
      url: silence.url,
      store,
      async [Symbol.asyncDispose]() {
        await store.close()
        await silence[Symbol.asyncDispose]()
      },
    }
  },
  'was killed': async (open) => {
    const redis = await startRedis()
    const store = open(redis.url)
    await warm(store)
    await redis.kill()
    return {
      url: redis.url,
      store,
      async [Symbol.asyncDispose]() {
        await store.close()
        await redis[Symbol.asyncDispose]()
      },
    }
  },
  hangs: async (open) => {
    const redis = await startRedis()
    const store = open(redis.url)
    await warm(store)
    redis.freeze()
    return {
      url: redis.url,
      store,
      async [Symbol.asyncDispose]() {
        await store.close()
        await redis[Symbol.asyncDispose]()
      },
    }
  },
}

/** Asks until there is an answer: a busy machine may need more than one try to connect. */
async function warm(store: SharedStore): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return void (await store.readOpenUntil('warm'))
    } catch {
      await sleep(50)
    }
  }
  throw new Error('Redis did not come up')
}

const questions: Readonly<Record<string, (store: SharedStore) => Promise<unknown>>> = {
  takeSlot: (store) => store.takeSlot('a', 1, 'holder', 1_000),
  renewSlot: (store) => store.renewSlot('a', 'holder', 1_000),
  freeSlot: (store) => store.freeSlot('a', 'holder'),
  takeRate: (store) => store.takeRate('a', 1, 1, 1_000),
  reserve: (store) => store.reserve('a', 1, 1, Date.now() + 1_000),
  settle: (store) => store.settle('a', 2, 1, Date.now() + 1_000),
  readOpenUntil: (store) => store.readOpenUntil('a'),
  writeOpenUntil: (store) => store.writeOpenUntil('a', Date.now() + 1_000),
}

describe.skipIf(!hasRedis)('a Redis that is slow or gone', () => {
  describe.each(Object.keys(outages))('one that %s', (kind) => {
    const begin = (options = {}) =>
      (outages[kind] as (typeof outages)[string])((url) => redisStore({ url, timeoutMs, ...options }))

    it('is told in time, by every question, and at once when it is known', async () => {
      await using outage = await begin()
      const timed = Object.entries(questions).map(async ([name, ask]) => {
        const since = performance.now()
        expect(await caught(ask(outage.store)), name).toMatchObject({
          name: 'ConnectionError',
          code: 'store.unreachable',
        })
        expect(performance.now() - since, name).toBeLessThan(timeoutMs + slackMs)
      })
      await Promise.all(timed)
      await sleep(2 * timeoutMs)
      const since = performance.now()
      for (const ask of Object.values(questions)) await caught(ask(outage.store))
      // Eight limits, if each question found it out anew.
      expect(performance.now() - since).toBeLessThan(timeoutMs + slackMs)
    })

    it('has no tokens, and keeps none', async () => {
      await using outage = await begin({ encryptionKey: randomBytes(32) })
      const { tokens } = outage.store
      await tokens?.set('digest', { headers: {}, refreshAt: Date.now() + 60_000 })
      expect(await tokens?.get('digest')).toBeUndefined()
      await tokens?.delete('digest')
    })

    it('can be closed, and holds no process', async () => {
      await using outage = await begin()
      const child = await startChild('closer.ts', { url: outage.url, timeoutMs })
      const ended = await Promise.race([child.exited, sleep(5_000, 'still there', { ref: false })])
      if (ended === 'still there') await child.kill()
      expect(ended).toBe(0)
    })
  })

  describe.each(['was killed', 'hangs', 'takes connections and stays silent'])('calls beside one that %s', (kind) => {
    let emulator: Emulator
    beforeAll(async () => {
      emulator = await startEmulator({ pace: 'instant' })
    })
    afterAll(() => emulator.close())

    async function callWith(
      limits: { readonly whenStoreFails?: 'refuse' | 'local' },
      budgets: readonly Budget[] = [],
    ): Promise<unknown[]> {
      await using outage = await (outages[kind] as (typeof outages)[string])((url) => redisStore({ url, timeoutMs }))
      const providers = [gigachat(emulator.gigachat)] as const
      const { network } = emulator
      const { store } = outage
      await using client = createClient({ providers, network, retries: 0, budgets, limits: { ...limits, store } })
      const call = (): Promise<unknown> =>
        client.generateText({ model: 'gigachat/GigaChat-2', prompt: 'Привет' }).catch((error: unknown) => error)
      return Promise.all([call(), call(), call()])
    }
    const purse: Budget = { name: 'crm', amount: '100', period: 'day' }

    it('go on under the limits of this process alone', async () => {
      expect(await callWith({})).toEqual(
        Array.from({ length: 3 }, () => expect.objectContaining({ text: expect.any(String) })),
      )
      expect(emulator.requests.filter(({ status }) => status === 429)).toEqual([])
    })

    it('are refused when limits say so, with the reason', async () => {
      for (const error of await callWith({ whenStoreFails: 'refuse' })) {
        expect(error).toBeInstanceOf(QueueFullError)
        expect(error).toMatchObject({ code: 'limit.store' })
      }
    })

    it('are refused when they have a budget, unless it says otherwise', async () => {
      for (const error of await callWith({}, [purse])) {
        expect(error).toBeInstanceOf(BudgetExceededError)
        expect(error).toMatchObject({ code: 'limit.store' })
      }
      const answers = await callWith({}, [{ ...purse, whenStoreFails: 'local' }])
      expect(answers).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ text: expect.any(String) })))
    })
  })

  it('is asked again once it is back, without a memory or with one', async () => {
    await using redis = await startRedis()
    const store = redisStore({ url: redis.url, timeoutMs })
    await warm(store)
    await store.writeOpenUntil('https://one.example', Date.now() + 60_000)
    redis.freeze()
    await caught(store.readOpenUntil('https://one.example'))
    await sleep(3 * timeoutMs)
    redis.thaw()
    await warm(store)
    expect(await store.readOpenUntil('https://one.example')).toBeGreaterThan(Date.now())
    await redis.kill()
    await caught(store.readOpenUntil('https://one.example'))
    await redis.restart()
    await warm(store)
    expect(await store.readOpenUntil('https://one.example')).toBe(0)
    expect(await store.takeSlot('back', 1, 'a', 1_000)).toBe(true)
    expect(await store.takeRate('back', 1, 1, 60_000)).toBe(0)
    await store.close()
  })

  it('an answer that came too late takes nothing: neither money nor a slot', async () => {
    await using redis = await startRedis()
    const slow = redisStore({ url: redis.url, timeoutMs: 1_000 })
    await warm(slow)
    const end = Date.now() + 60_000
    redis.freeze()
    const late = [caught(slow.reserve('late', 70, 100, end)), caught(slow.takeSlot('late', 1, 'a', 60_000))]
    await Promise.all(late)
    redis.thaw()
    await sleep(500)
    expect(await slow.reserve('late', 100, 100, end)).toEqual({ granted: true, spentMicros: 100 })
    expect(await slow.takeSlot('late', 1, 'b', 60_000)).toBe(true)
    await slow.close()
  })

  it('a budget that went on alone is settled where it was reserved, and told later what was spent', async () => {
    await using redis = await startRedis()
    await using emulator = await startEmulator({ pace: 'instant' })
    const store = redisStore({ url: redis.url, timeoutMs })
    await warm(store)
    const line = {
      inputPerMillion: '1000000',
      outputPerMillion: '0',
      vatIncluded: true,
      source: 'contract',
      asOf: '2026-01-01',
    }
    await using client = createClient({
      providers: [gigachat(emulator.gigachat)],
      network: emulator.network,
      prices: { 'gigachat/GigaChat-2': { prices: [line] } },
      budgets: [{ name: 'crm', amount: '1000', period: 'total', whenStoreFails: 'local' }],
      limits: { store },
    })
    await redis.kill()
    emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'delay', ms: 3_000 })
    const call = client.generateText({ model: 'gigachat/GigaChat-2', prompt: 'Привет' })
    await sleep(500)
    await redis.restart()
    const { cost } = await call
    const spent = Number(cost?.amount) * 1_000_000
    expect(spent).toBeGreaterThan(0)
    expect(await store.reserve('crm total', 0, 1_000_000_000, Date.now() + 60_000)).toEqual({
      granted: true,
      spentMicros: spent,
    })
    await store.close()
  })

  it('a store that is closed while it begins opens nothing any more', async () => {
    await using redis = await startRedis()
    const store = redisStore({ url: redis.url, timeoutMs })
    const closed = store.close()
    const asked = caught(store.readOpenUntil('a'))
    const again = store.close()
    expect(await asked).toMatchObject({ code: 'store.unreachable' })
    await Promise.all([closed, again])
    const early = redisStore({ url: redis.url, timeoutMs })
    const question = caught(early.readOpenUntil('a'))
    await early.close()
    expect(await question).toMatchObject({ code: 'store.unreachable' })
    const watcher = redisStore({ url: redis.url, timeoutMs })
    await warm(watcher)
    await watcher.close()
  })

  it('a login that Redis refuses is told by its code, and no password is in any error or printed store', async () => {
    await using redis = await startRedis({ password: 'right-password' })
    for (const url of [redis.url.replace('right', 'wrong'), redis.url.replace(':right-password@', '')]) {
      const store = redisStore({ url, timeoutMs: 2_000 })
      const error = await caught(store.readOpenUntil('a'))
      expect(String(error)).toMatch(/WRONGPASS|NOAUTH/)
      const printed = inspect([error, store], { depth: 20, showHidden: true }) + JSON.stringify([error, store])
      expect(printed).not.toContain('password')
      await store.close()
    }
    const right = redisStore({ url: { reveal: () => redis.url }, timeoutMs: 2_000 })
    expect(await right.readOpenUntil('a')).toBe(0)
    await right.close()
    expect(await caught(right.readOpenUntil('a'))).toMatchObject({ code: 'store.unreachable' })
  })
})
