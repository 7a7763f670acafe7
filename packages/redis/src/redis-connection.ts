import { ConnectionError } from '@shlyuz/core'
import type { Redis, RedisOptions } from 'ioredis'
import type { Semaphore } from 'redis-semaphore'
import { Counters } from './counters.ts'
import type { CheckedRedisStoreOptions } from './redis-store-options.ts'

/** What a question may be asked with. */
export interface RedisTools {
  readonly client: Redis
  readonly counters: Counters
  readonly Semaphore: typeof Semaphore
}

/** Pauses between attempts to connect again. */
const mostPauseMs = 1_000

/** A first connection may take longer than an answer; calls do not wait for it. */
const connectTimeoutMs = 5_000

/**
 * One connection, opened at the first question. A question is answered in time or ends in an error: a connection that
 * stays silent is dropped, and until another one stands, questions are refused at once and nothing is sent.
 */
export class RedisConnection {
  readonly #options: CheckedRedisStoreOptions
  #tools: Promise<RedisTools> | undefined
  /** The first attempt to connect: questions wait for it, and for none of the later ones. */
  #connecting: Promise<void> | undefined
  #lastError: unknown
  #isClosed = false

  constructor(options: CheckedRedisStoreOptions) {
    this.#options = options
  }

  /**
   * @param undo told an answer that came too late, when nobody acts on it any more
   * @throws ConnectionError without a cause: errors of the client hold the command, and that may be the login
   */
  async ask<T>(
    question: (tools: RedisTools) => Promise<T>,
    undo?: (answer: T, tools: RedisTools) => Promise<unknown>,
  ): Promise<T> {
    const tools = await (this.#tools ??= this.#load())
    let isLate = false
    const answer = this.#whenReady(tools.client).then(() => {
      if (isLate) throw new Error('nobody waits any more')
      return question(tools)
    })
    try {
      return await within(this.#options.timeoutMs, answer)
    } catch (error) {
      isLate = true
      if (undo) answer.then((late) => undo(late, tools)).catch(() => {})
      throw ConnectionError.isInstance(error) ? error : createGoneError(reasonOf(this.#lastError ?? error))
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const client = (await this.#tools?.catch(() => undefined))?.client
    if (!client) return
    const isOpen = ['connecting', 'connect', 'ready'].includes(client.status)
    const ended = isOpen && new Promise<void>((resolve) => void client.once('end', () => resolve()))
    client.disconnect()
    await ended
  }

  async #whenReady(client: Redis): Promise<void> {
    const isReady = (): boolean => client.status === 'ready'
    if (this.#isClosed) throw createGoneError('the store was closed')
    if (isReady()) return
    if (!this.#connecting || client.status === 'end') {
      this.#connecting = within(this.#options.timeoutMs, client.connect())
      this.#connecting.catch(() => {})
    }
    await this.#connecting
    if (!isReady()) throw createGoneError('the connection broke, another one is being made')
  }

  async #load(): Promise<RedisTools> {
    const target = this.#options.target()
    const [{ Redis: Client }, { Semaphore: Slots }, { RateLimiterRedis }] = await Promise.all([
      import('ioredis'),
      import('redis-semaphore'),
      import('rate-limiter-flexible'),
    ])
    const options = this.#clientOptions(typeof target === 'string' ? undefined : target.options.keyPrefix)
    const client = typeof target === 'string' ? new Client(target, options) : target.duplicate(options)
    // Without a listener ioredis prints them.
    client.on('error', (error) => (this.#lastError = error))
    client.on('ready', () => (this.#lastError = undefined))
    return { client, counters: new Counters(client, RateLimiterRedis), Semaphore: Slots }
  }

  #clientOptions(outerPrefix = ''): RedisOptions & { readonly replyMapping: 'legacy' } {
    const { prefix, timeoutMs } = this.#options
    return {
      keyPrefix: `${outerPrefix}${prefix}:`,
      lazyConnect: true,
      connectTimeout: connectTimeoutMs,
      // Later than a question's own end, so that an answer that comes just too late can still be undone.
      socketTimeout: 2 * timeoutMs,
      disconnectTimeout: timeoutMs,
      retryStrategy: (times) => Math.min(25 * 2 ** times, mostPauseMs),
      // A question whose answer was lost may have been carried out: it is never sent twice.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      // What the libraries read, whatever a client that is copied likes better.
      stringNumbers: false,
      replyMapping: 'legacy',
    }
  }
}

/** Rejects after so many ms; what has arrived by then and was not read yet still counts. */
async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const refuse = (): void => late.reject(createGoneError(`no answer in ${ms} ms`))
  const timer = setTimeout(() => setImmediate(refuse), ms)
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function createGoneError(reason: string): ConnectionError {
  return new ConnectionError(`Redis cannot be asked: ${reason}`, {
    code: 'store.unreachable',
    hint: 'Проверьте, что Redis запущен и доступен по REDIS_URL, пользователя и пароль, и redisStore({ timeoutMs }).',
  })
}

/** The code of a failure, never its text: Redis repeats arguments in its errors, and the client commands. */
function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string }
  return code ?? /^[A-Z]{2,}\b/.exec(message ?? '')?.[0] ?? 'the connection broke'
}
