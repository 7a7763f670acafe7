import { ConfigurationError, Secret } from '@shlyuz/core'
import { Cluster, Redis } from 'ioredis'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { checkRedisStoreOptions, type RedisStoreOptions } from './redis-store-options.ts'
import { redisStore } from './redis-store.ts'

const key = Buffer.alloc(32, 7)

describe('options of redisStore', () => {
  const { REDIS_URL: kept } = process.env
  afterEach(() => {
    if (kept === undefined) delete process.env['REDIS_URL']
    else process.env['REDIS_URL'] = kept
  })

  it('have defaults', () => {
    const { prefix, timeoutMs, encryptionKey } = checkRedisStoreOptions({})
    expect({ prefix, timeoutMs, encryptionKey }).toEqual({ prefix: 'shlyuz', timeoutMs: 250, encryptionKey: undefined })
  })

  it('take the address from REDIS_URL, when it is needed and not before', () => {
    delete process.env['REDIS_URL']
    const { target } = checkRedisStoreOptions({})
    expect(target).toThrow(ConfigurationError)
    process.env['REDIS_URL'] = 'rediss://user:p%40ss@redis.corp.example:6380/2'
    expect(target()).toBe('rediss://user:p%40ss@redis.corp.example:6380/2')
  })

  it('take a secret, and reveal it when it is needed', () => {
    expect(checkRedisStoreOptions({ url: new Secret('redis://localhost') }).target()).toBe('redis://localhost')
    const { target } = checkRedisStoreOptions({ url: new Secret('http://hidden-password@localhost') })
    expect(target).toThrow(/redis:\/\//)
    expect(target).not.toThrow(/hidden/)
  })

  it('take a key as bytes and as base64 of both alphabets', () => {
    for (const encryptionKey of [key, new Uint8Array(key), key.toString('base64'), key.toString('base64url')]) {
      expect(checkRedisStoreOptions({ encryptionKey }).encryptionKey).toEqual(key)
    }
  })

  it('take a client, and leave it as it is', async () => {
    const client = new Redis({ lazyConnect: true, keyPrefix: 'app:' })
    expect(checkRedisStoreOptions({ client }).target()).toBe(client)
    await redisStore({ client }).close()
    expect(client.status).toBe('wait')
  })

  it.each<[string, unknown]>([
    ['nothing at all', null],
    ['a list', []],
    ['a bare address', 'redis://localhost'],
    ['an unknown option', { ttl: 5 }],
    ["ioredis's own name of one", { keyPrefix: 'x' }],
    ['an address of another protocol', { url: 'https://hidden-password@localhost' }],
    ['an address without a host', { url: 'redis://' }],
    ['a password that cannot be decoded', { url: 'redis://user:hidden-password%zz@localhost' }],
    ['an empty address', { url: '' }],
    ['no address', { url: null }],
    ['a number for an address', { url: 6379 }],
    ['an object that reveals nothing', { url: { reveal: 'hidden-password' } }],
    ['an address and a client', { url: 'redis://localhost', client: new Redis({ lazyConnect: true }) }],
    ['something else for a client', { client: { get() {} } }],
    ['a cluster', { client: new Cluster(['localhost'], { lazyConnect: true }) }],
    ['an empty prefix', { prefix: '' }],
    ['a prefix with spaces', { prefix: 'a b' }],
    ['no time', { timeoutMs: 0 }],
    ['time as text', { timeoutMs: '250' }],
    ['too much time', { timeoutMs: 60_001 }],
    ['a short key', { encryptionKey: Buffer.alloc(16) }],
    ['a word for a key', { encryptionKey: 'hidden-password' }],
    ['a key in hexadecimal', { encryptionKey: key.toString('hex') }],
    ['an empty key', { encryptionKey: '' }],
    ['no key', { encryptionKey: null }],
  ])('refuse %s, and say nothing of it', (_what, options) => {
    let error: unknown
    try {
      redisStore(options as RedisStoreOptions)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(ConfigurationError)
    expect((error as ConfigurationError).hint).toMatch(/\p{Script=Cyrillic}/u)
    expect(inspect(error, { depth: 10 })).not.toContain('hidden')
  })

  it('do not print', () => {
    const store = redisStore({ url: 'redis://user:hidden-password@localhost', encryptionKey: key.toString('base64') })
    const printed = inspect(store, { depth: 10, showHidden: true }) + JSON.stringify(store)
    expect(printed).not.toContain('hidden')
    expect(printed).not.toContain(key.toString('base64'))
  })
})
