import { randomUUID } from 'node:crypto'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { QueueFullError } from '../errors/queue-full-error.ts'
import { RateLimitError } from '../errors/rate-limit-error.ts'
import type { CallScope } from '../transport/call-scope.ts'
import { Admission, type LearnOfRefusal } from './admission.ts'
import { Breaker, type BreakerOptions } from './breaker.ts'
import { serverWaitCapMs } from './retry.ts'
import { MemoryStore } from './memory-store.ts'
import { RetryBudget } from './retry-budget.ts'
import type { SharedStore } from './shared-store.ts'
import { SlotQueue, type Release } from './slot-queue.ts'

/** So much in such a time. */
export interface Rate {
  /** From 1. */
  readonly limit: number
  /** In ms, from 1; whole seconds where processes share it. */
  readonly intervalMs: number
}

/** Rates of one account. */
export interface RateOptions {
  readonly requests?: Rate
  /** Tokens of what is sent, estimated at four characters a token; answers do not count. */
  readonly tokens?: Rate
}

/** Limits of ours, beside those of the services. */
export interface LimitOptions {
  /** Leaves an endpoint alone after failures in a row. @default { failures: 5, openMs: 10_000 } */
  readonly breaker?: BreakerOptions | false
  /**
   * Calls at the same time, by provider name. Default: what the service gives the account, as its adapter knows it;
   * lowered while the service answers 429. `false`: no limit.
   */
  readonly slots?: Readonly<Record<string, number | false>>
  /** Calls that may wait for a slot of one account. @default 1_000 */
  readonly queueLength?: number
  /** Requests and tokens per interval, by provider name. Default: none. */
  readonly rates?: Readonly<Record<string, RateOptions>>
  /** Shares slots, rates, breakers, budgets and tokens between processes: `redisStore` of `@shlyuz/redis`. */
  readonly store?: SharedStore
  /** What holds while the store cannot be reached: limits of this process alone, or no calls. @default 'local' */
  readonly whenStoreFails?: 'local' | 'refuse'
}

/** Whom an attempt asks, and what it needs. */
export interface LimitTarget {
  /** Name of the provider. */
  readonly provider: string
  /** Digest of the credential: accounts have limits, not clients. */
  readonly account: string
  readonly origin: string
  /** Calls at the same time that the service gives the account; `undefined`: no limit is known. */
  readonly slots: number | undefined
  /** Estimate, for rates of tokens. */
  readonly tokens: number
  readonly priority: number
  /** A longer wait is not begun: another target may do better. */
  readonly patienceMs: number
}

/** An error of ours, from which nothing new is learned. */
const quietCode = 'limit.quiet'

const breakerLookMs = 250

const leaseMs = 30_000
const renewalMs = 10_000
/** Between two looks for a slot that other processes hold: a share of the wait so far, so that little is lost by it. */
const lookShare = 0.02
const [leastLookMs, mostLookMs] = [5, 100]

/** Slots, rates and breakers of one client: every attempt passes here before it is sent. */
export class Limits {
  readonly retries = new RetryBudget()
  readonly #options: LimitOptions
  readonly #shared: SharedStore | undefined
  readonly #local = new MemoryStore()
  readonly #queues = new Map<string, SlotQueue>()
  readonly #breakers = new Map<string, Breaker>()
  /** When others were last asked of an endpoint's breaker. */
  readonly #lookedAt = new Map<string, number>()
  /** The last call that looks for a shared slot, by account: done when the next one may look. */
  readonly #turns = new Map<string, Promise<void>>()
  /** Until when a service asked to be left alone, by account. */
  readonly #quietUntil = new Map<string, number>()

  constructor(options: LimitOptions = {}) {
    const { slots = {}, rates = {} } = options
    this.#options = { ...options, slots: { ...slots }, rates: structuredClone(rates) }
    this.#shared = options.store
  }

  /**
   * Admits an attempt when there is room for it: at once where nothing has to be waited for. Waits end with the scope.
   * @throws CircuitOpenError, QueueFullError
   */
  enter(target: LimitTarget, scope: CallScope): Admission | Promise<Admission> {
    const { account, origin, provider } = target
    if (this.#shared || this.#options.rates?.[provider] || this.#isQuiet(account))
      return this.#enterInTurn(target, scope)
    scope.throwIfOver()
    const breaker = this.#breakerOf(origin)
    breaker?.check()
    const queue = this.#queueOf(target)
    const release = queue?.takeFree()
    if (queue && !release) return this.#enterInTurn(target, scope)
    return this.#admit(account, breaker, queue, release, performance.now())
  }

  async #enterInTurn(target: LimitTarget, scope: CallScope): Promise<Admission> {
    const breaker = this.#breakerOf(target.origin)
    if (breaker && this.#shared) await this.#learnOfOthers(breaker, target.origin, scope)
    breaker?.check()
    const queue = this.#queueOf(target)
    const release = await queue?.take(scope, target.priority, target.patienceMs)
    const since = performance.now()
    let freeShared: Release | undefined
    const free = (): void => {
      freeShared?.()
      release?.()
    }
    try {
      freeShared = queue && this.#shared && (await this.#takeShared(target, queue, scope))
      await this.#waitForRates(target, scope)
    } catch (error) {
      free()
      throw error
    }
    return this.#admit(target.account, breaker, queue, free, since)
  }

  #admit(
    account: string,
    breaker: Breaker | undefined,
    queue: SlotQueue | undefined,
    release: Release | undefined,
    since: number,
  ): Admission {
    try {
      return new Admission(account, breaker, queue, release, since, this.#learn)
    } catch (error) {
      release?.()
      throw error
    }
  }

  #isQuiet(account: string): boolean {
    const until = this.#quietUntil.get(account)
    if (until === undefined) return false
    if (until > Date.now()) return true
    this.#quietUntil.delete(account)
    return false
  }

  #breakerOf(origin: string): Breaker | undefined {
    const { breaker: options } = this.#options
    if (options === false) return undefined
    let breaker = this.#breakers.get(origin)
    if (!breaker) {
      const tell = (until: number): void => void this.#shared?.writeOpenUntil(origin, until).catch(() => {})
      this.#breakers.set(origin, (breaker = new Breaker(origin, options ?? {}, tell)))
    }
    return breaker
  }

  /** What other processes found out, looked up a few times a second at most. */
  async #learnOfOthers(breaker: Breaker, origin: string, scope: CallScope): Promise<void> {
    const now = performance.now()
    if (now - (this.#lookedAt.get(origin) ?? -Infinity) < breakerLookMs) return
    this.#lookedAt.set(origin, now)
    breaker.openUntil(await this.#ask((store) => store.readOpenUntil(origin), scope))
  }

  #queueOf({ provider, account, slots }: LimitTarget): SlotQueue | undefined {
    const limit = this.#options.slots?.[provider] ?? slots
    if (limit === undefined || limit === false) return undefined
    let queue = this.#queues.get(account)
    if (!queue) {
      queue = new SlotQueue({ limit, length: this.#options.queueLength ?? 1_000, name: provider })
      this.#queues.set(account, queue)
    }
    return queue
  }

  /** A slot that no other process holds. Kept by renewals, so that it comes free when this process dies. */
  async #takeShared({ account }: LimitTarget, queue: SlotQueue, scope: CallScope): Promise<Release> {
    const holder = randomUUID()
    const free = (): void => void this.#shared?.freeSlot(account, holder).catch(() => {})
    // One call of this process looks at a time: in their order, and the store has as many lookers as there are processes.
    const before = this.#turns.get(account)
    const { promise: turn, resolve: pass } = Promise.withResolvers<void>()
    this.#turns.set(account, turn)
    try {
      if (before) await scope.race(before)
      const since = performance.now()
      while (!(await this.#ask((store) => store.takeSlot(account, queue.limit, holder, leaseMs), scope))) {
        const pause = Math.min(Math.max(leastLookMs, (performance.now() - since) * lookShare), mostLookMs)
        await scope.wait(pause * (0.5 + Math.random()))
      }
    } catch (error) {
      // A call that ends while it asks may have been given one all the same.
      free()
      throw error
    } finally {
      pass(before)
    }
    let isHeld = true
    const keep = async (): Promise<void> => {
      if (await this.#shared?.renewSlot(account, holder, leaseMs)) return
      // It was taken while the store was away, or the store lost its memory: counted again, if there is room.
      await this.#shared?.takeSlot(account, queue.limit, holder, leaseMs)
      if (!isHeld) free()
    }
    // While the store is away, the next renewal asks again.
    const timer = setInterval(() => void keep().catch(() => {}), renewalMs).unref()
    return () => {
      isHeld = false
      clearInterval(timer)
      free()
    }
  }

  async #waitForRates(target: LimitTarget, scope: CallScope): Promise<void> {
    const { provider, account, tokens, patienceMs } = target
    const quiet = (this.#quietUntil.get(account) ?? 0) - Date.now()
    if (quiet > 0) {
      if (quiet > patienceMs || quiet >= scope.remainingMs) throw createQuietError(provider, quiet)
      await scope.wait(quiet)
    }
    const { requests, tokens: rate } = this.#options.rates?.[provider] ?? {}
    if (requests) await this.#takeRate(`${account} requests`, 1, requests, target, scope)
    if (rate) await this.#takeRate(`${account} tokens`, tokens, rate, target, scope)
  }

  async #takeRate(
    key: string,
    points: number,
    rate: Rate,
    { provider, patienceMs }: LimitTarget,
    scope: CallScope,
  ): Promise<void> {
    for (;;) {
      const wait = await this.#ask((store) => store.takeRate(key, points, rate.limit, rate.intervalMs), scope)
      if (wait === 0) return
      await waitWithin(wait, provider, scope, patienceMs)
    }
  }

  /** The service said how much is too much. */
  readonly #learn: LearnOfRefusal = (account, queue, since, { code, retryAfterMs }) => {
    if (code === quietCode) return
    if (retryAfterMs === undefined) queue?.refused(since)
    else if (retryAfterMs <= serverWaitCapMs)
      this.#quietUntil.set(account, Math.max(this.#quietUntil.get(account) ?? 0, Date.now() + retryAfterMs))
  }

  /** Asks the shared store; without it, or when it cannot be reached, that of this process. */
  async #ask<T>(question: (store: SharedStore) => Promise<T>, scope: CallScope): Promise<T> {
    if (!this.#shared) return question(this.#local)
    try {
      return await scope.race(question(this.#shared))
    } catch (error) {
      scope.throwIfOver()
      // A store that is set up wrongly will not come back.
      if (ConfigurationError.isInstance(error)) throw error
      if (this.#options.whenStoreFails !== 'refuse') return question(this.#local)
      throw new QueueFullError('the store that processes share cannot be reached, and calls without it are refused', {
        code: 'limit.store',
        hint: "Общее хранилище недоступно: проверьте Redis или задайте limits.whenStoreFails: 'local'.",
        cause: error,
      })
    }
  }
}

/** The service has asked for silence, and was not asked again. */
function createQuietError(provider: string, waitMs: number): RateLimitError {
  return new RateLimitError(
    `'${provider}' asked to be left alone for ${Math.round(waitMs)} ms more; it was not asked`,
    {
      code: quietCode,
      retryAfterMs: Math.round(waitMs),
      hint: `Сервис '${provider}' просил подождать ещё ${Math.ceil(waitMs / 1000)} с: подождите или используйте client.fallback([…]).`,
    },
  )
}

/** @throws QueueFullError for a wait that would pass the deadline */
async function waitWithin(ms: number, provider: string, scope: CallScope, patienceMs: number): Promise<void> {
  if (ms >= scope.remainingMs || ms > patienceMs) {
    throw new QueueFullError(
      `the rate of '${provider}' allows the next request in ${Math.round(ms)} ms, later than the call can wait`,
      {
        code: 'limit.too_late',
        retryAfterMs: Math.round(ms),
        hint: `Темп запросов к '${provider}' исчерпан до срока вызова: увеличьте timeout.totalMs или уменьшите поток.`,
      },
    )
  }
  await scope.wait(ms)
}
