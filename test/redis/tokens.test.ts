import { createClient, type Access } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { redisStore } from '@shlyuz/redis'
import { Redis } from 'ioredis'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hasRedis, startRedis, type RedisServer } from './redis-server.ts'

describe.skipIf(!hasRedis)('tokens that processes share', () => {
  let redis: RedisServer
  let raw: Redis
  beforeAll(async () => {
    redis = await startRedis()
    raw = new Redis(redis.url)
  })
  beforeEach(() => raw.flushall())
  afterAll(async () => {
    raw.disconnect()
    await redis[Symbol.asyncDispose]()
  })
  const encryptionKey = randomBytes(32)
  const open = (key: Uint8Array | string = encryptionKey) =>
    redisStore({ url: redis.url, timeoutMs: 5_000, encryptionKey: key })
  const access = (): Access => ({ headers: { authorization: 'Bearer secret-token' }, refreshAt: Date.now() + 60_000 })

  it('one puts a token, another one with the same key gets it, in either spelling of the key', async () => {
    const [one, two] = [open(), open(encryptionKey.toString('base64'))]
    const given = access()
    await one.tokens?.set('digest', given)
    expect(await two.tokens?.get('digest')).toEqual(given)
    await two.tokens?.delete('digest')
    expect(await one.tokens?.get('digest')).toBeUndefined()
    await Promise.all([one.close(), two.close()])
  })

  it('in Redis nothing of it can be read, the same token looks different each time, and it goes when it is stale', async () => {
    const store = open()
    const given = access()
    await store.tokens?.set('digest', given)
    const first = await raw.get('shlyuz:token:digest')
    await store.tokens?.set('digest', given)
    const second = await raw.get('shlyuz:token:digest')
    expect(first).not.toBe(second)
    for (const sealed of [first, second]) {
      expect(Buffer.from(sealed ?? '', 'base64url').toString('latin1')).not.toContain('secret-token')
    }
    const livesMs = await raw.pttl('shlyuz:token:digest')
    expect(livesMs).toBeGreaterThan(0)
    expect(livesMs).toBeLessThanOrEqual(60_000)
    await store.tokens?.set('stale', { ...given, refreshAt: Date.now() - 1 })
    expect(await raw.exists('shlyuz:token:stale')).toBe(0)
    await store.close()
  })

  it('what was changed, moved to another name, or sealed under another key is no token', async () => {
    const [store, other] = [open(), open(randomBytes(32))]
    await store.tokens?.set('digest', access())
    const sealed = (await raw.get('shlyuz:token:digest')) ?? ''
    expect(await other.tokens?.get('digest')).toBeUndefined()
    await raw.set('shlyuz:token:moved', sealed)
    expect(await store.tokens?.get('moved')).toBeUndefined()
    const changed = Buffer.from(sealed, 'base64url')
    for (const at of [0, 12, 28, changed.length - 1]) {
      const copy = Buffer.from(changed)
      copy[at] = (copy[at] ?? 0) ^ 1
      await raw.set('shlyuz:token:changed', copy.toString('base64url'))
      expect(await store.tokens?.get('changed')).toBeUndefined()
    }
    for (const nonsense of ['', 'x', '{}', sealed.slice(0, 20)]) {
      await raw.set('shlyuz:token:changed', nonsense)
      expect(await store.tokens?.get('changed')).toBeUndefined()
    }
    await Promise.all([store.close(), other.close()])
  })

  it('without a key there are no shared tokens', () => {
    expect(redisStore({ url: redis.url }).tokens).toBeUndefined()
  })

  it('a client uses the token of another one, and many calls at once are one exchange', async () => {
    await using emulator = await startEmulator({ pace: 'instant', gigachat: { parallelStreams: 20 } })
    const exchanges = () => emulator.requests.filter(({ operation }) => operation === 'token').length
    const ask = async (count: number, key: Uint8Array): Promise<void> => {
      const store = open(key)
      const providers = [gigachat(emulator.gigachat)] as const
      const client = createClient({ providers, network: emulator.network, limits: { store, slots: { gigachat: 20 } } })
      const call = () => client.generateText({ model: 'gigachat/GigaChat-2', prompt: 'Привет' })
      await Promise.all(Array.from({ length: count }, call))
      await client.close()
      await store.close()
    }
    await ask(8, encryptionKey)
    expect(exchanges()).toBe(1)
    await ask(8, encryptionKey)
    expect(exchanges()).toBe(1)
    // Another key cannot open it: it is fetched anew, once.
    await ask(8, randomBytes(32))
    expect(exchanges()).toBe(2)
  })
})
