import type { Reservation, SharedStore, TokenStore } from '@shlyuz/core'
import type { Semaphore } from 'redis-semaphore'
import { RedisConnection, type RedisTools } from './redis-connection.ts'
import { checkRedisStoreOptions, type RedisStoreOptions } from './redis-store-options.ts'
import { createRedisTokenStore } from './redis-token-store.ts'

/** A budget outlives its period by so much, for processes whose clock is behind and for calls that end late. */
const graceMs = 3_600_000

/**
 * Shares limits, budgets, breakers and tokens between processes: `createClient({ limits: { store } })`. Nothing connects
 * before the first call. Close it after the last client that uses it.
 *
 * @example
 * ```ts
 * const store = redisStore({ url: 'redis://localhost:6379' })
 * const client = createClient({ providers: [gigachat()], limits: { store } })
 * ```
 * @throws ConfigurationError for options that are unknown, malformed or in conflict
 */
export function redisStore(options: RedisStoreOptions = {}): SharedStore {
  return new RedisStore(options)
}

class RedisStore implements SharedStore {
  declare readonly tokens?: TokenStore
  readonly #connection: RedisConnection

  constructor(options: RedisStoreOptions) {
    const checked = checkRedisStoreOptions(options)
    this.#connection = new RedisConnection(checked)
    const { encryptionKey } = checked
    if (encryptionKey) this.tokens = createRedisTokenStore(this.#connection, encryptionKey)
  }

  takeSlot(key: string, limit: number, holder: string, leaseMs: number): Promise<boolean> {
    // One attempt: whether and when to ask again is the caller's, who knows the deadline.
    const options = { ...manual, identifier: holder, lockTimeout: leaseMs, acquireAttemptsLimit: 1, retryInterval: 0 }
    return this.#connection.ask(
      ({ client, Semaphore: Slots }) => new Slots(client, slotsOf(key), limit, options).tryAcquire(),
      async (taken, tools) => taken && heldSlot(tools, key, holder).release(),
    )
  }

  renewSlot(key: string, holder: string, leaseMs: number): Promise<boolean> {
    return this.#connection.ask((tools) => heldSlot(tools, key, holder, leaseMs).tryAcquire())
  }

  freeSlot(key: string, holder: string): Promise<void> {
    return this.#connection.ask((tools) => heldSlot(tools, key, holder).release())
  }

  async takeRate(key: string, points: number, limit: number, intervalMs: number): Promise<number> {
    // Redis counts whole points, and the limiter whole seconds: rounded to the stricter side. More than the whole limit
    // at once would wait for ever: it waits for a whole interval of its own.
    const most = Math.max(1, Math.floor(limit))
    const asked = Math.min(Math.ceil(points), most)
    const seconds = Math.ceil(intervalMs / 1000)
    const { granted, msLeft } = await this.#connection.ask(({ counters }) =>
      counters.count(`rate:${key}`, asked, most, seconds),
    )
    return granted ? 0 : Math.max(1, msLeft)
  }

  async reserve(key: string, micros: number, limitMicros: number, expiresAt: number): Promise<Reservation> {
    const place = `budget:${key}`
    const seconds = secondsUntil(expiresAt)
    const { granted, total } = await this.#connection.ask(
      ({ counters }) => counters.count(place, micros, limitMicros, seconds),
      async (late, { counters }) => late.granted && counters.correct(place, -micros, seconds),
    )
    return { granted, spentMicros: total }
  }

  async settle(key: string, reservedMicros: number, spentMicros: number, expiresAt: number): Promise<void> {
    const difference = spentMicros - reservedMicros
    if (difference === 0) return
    await this.#connection.ask(({ counters }) => counters.correct(`budget:${key}`, difference, secondsUntil(expiresAt)))
  }

  async readOpenUntil(key: string): Promise<number> {
    return Number(await this.#connection.ask(({ client }) => client.get(`breaker:${key}`)))
  }

  async writeOpenUntil(key: string, until: number): Promise<void> {
    const place = `breaker:${key}`
    const openMs = Math.ceil(until - Date.now())
    await this.#connection.ask<unknown>(({ client }) =>
      openMs > 0 ? client.set(place, until, 'PX', openMs) : client.del(place),
    )
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

/** No renewals by the library: the caller knows when a call is over. */
const manual = { refreshInterval: 0 } as const

/** The slot of a holder who took it before, maybe through another connection. */
function heldSlot({ client, Semaphore: Slots }: RedisTools, key: string, holder: string, leaseMs = 1): Semaphore {
  const options = { ...manual, identifier: holder, acquiredExternally: true, lockTimeout: leaseMs } as const
  // What is held needs no limit, and the library wants one.
  return new Slots(client, slotsOf(key), 1, options)
}

function slotsOf(key: string): string {
  return `slots:${key}`
}

function secondsUntil(expiresAt: number): number {
  return Math.max(1, Math.ceil((expiresAt + graceMs - Date.now()) / 1000))
}
