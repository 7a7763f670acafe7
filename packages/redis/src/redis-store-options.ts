import { checkOptionKeys, ConfigurationError } from '@shlyuz/core'
import type { Redis } from 'ioredis'

/** Options of {@link redisStore}. Unknown ones are refused. */
export interface RedisStoreOptions {
  /**
   * `redis://` or `rediss://` with all it takes to log in; a `Secret` of `@shlyuz/core`, or anything else that reveals
   * it, is asked at first use. Default: the environment variable `REDIS_URL`, read at first use.
   */
  readonly url?: string | { reveal(): string }
  /**
   * An ioredis client in place of `url`, for what an address cannot say (Sentinel, an authority of your own). The store
   * makes a connection of its own with its settings, and leaves this one alone.
   */
  readonly client?: Pick<Redis, 'duplicate' | 'options'>
  /** First part of every key: stores with the same one share. @default 'shlyuz' */
  readonly prefix?: string
  /** A Redis that has not answered by then is treated as gone. @default 250 */
  readonly timeoutMs?: number
  /** 32 bytes or their base64, under which tokens are kept. Absent: every process fetches its own tokens. */
  readonly encryptionKey?: Uint8Array | string
}

export interface CheckedRedisStoreOptions {
  /** @throws ConfigurationError when there is no address, or what was revealed is none */
  readonly target: () => string | Pick<Redis, 'duplicate' | 'options'>
  readonly prefix: string
  readonly timeoutMs: number
  readonly encryptionKey: Buffer | undefined
}

/** Names people bring along from ioredis and its relatives. */
const neighbours: Readonly<Record<string, string>> = {
  uri: 'url',
  host: 'url',
  port: 'url',
  redis: 'client',
  storeClient: 'client',
  keyPrefix: 'prefix',
  commandTimeout: 'timeoutMs',
  key: 'encryptionKey',
}

const known = ['url', 'client', 'prefix', 'timeoutMs', 'encryptionKey']

/** @throws ConfigurationError that never quotes a value */
export function checkRedisStoreOptions(options: RedisStoreOptions): CheckedRedisStoreOptions {
  const given: unknown = options
  if (!isObject(given))
    refuse('redisStore takes an object', `redisStore({ ${known.join(', ')} }): других настроек нет.`)
  checkOptionKeys('redisStore', options, known, neighbours)
  const { url, client, prefix = 'shlyuz', timeoutMs = 250, encryptionKey } = options
  if (url !== undefined && client !== undefined) {
    refuse('redisStore: url and client are two answers to one question', 'Оставьте одно: url или client.')
  }
  if (typeof url === 'string') checkUrl(url)
  else if (url !== undefined && typeof (url as { reveal?: unknown } | null)?.reveal !== 'function') refuseUrl()
  if (client !== undefined) checkClient(client)
  if (typeof prefix !== 'string' || !/^[\w.:-]{1,64}$/.test(prefix)) {
    refuse('redisStore: prefix must be letters, digits and .:-_', "prefix: латиница, цифры и .:-_, например 'shlyuz'.")
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 60_000) {
    refuse('redisStore: timeoutMs must be an integer from 1 to 60000', 'timeoutMs: целое число от 1 до 60000.')
  }
  return {
    target: () => client ?? readUrl(url),
    prefix,
    timeoutMs,
    encryptionKey: encryptionKey === undefined ? undefined : readKey(encryptionKey),
  }
}

function readUrl(given: RedisStoreOptions['url']): string {
  const url = typeof given === 'object' ? given.reveal() : (given ?? process.env['REDIS_URL'])
  if (url) return checkUrl(url)
  throw new ConfigurationError('redisStore has no address: neither url nor the variable REDIS_URL is set', {
    code: 'config.store',
    hint: 'Задайте переменную REDIS_URL (redis://пользователь:пароль@хост:6379) или redisStore({ url }).',
  })
}

function checkUrl(url: unknown): string {
  const parsed = typeof url === 'string' ? URL.parse(url) : null
  if (!parsed?.hostname || !['redis:', 'rediss:'].includes(parsed.protocol)) return refuseUrl()
  try {
    decodeURIComponent(parsed.username + parsed.password)
  } catch {
    return refuseUrl()
  }
  return parsed.href
}

/** The address holds a password: it is not quoted. */
function refuseUrl(): never {
  return refuse(
    'redisStore: url must be redis://… or rediss://…, or a secret that reveals it',
    'url: redis://пользователь:пароль@хост:6379/0, с TLS — rediss://…; знаки вроде @ и % в пароле кодируются (%40, %25).',
  )
}

function checkClient(client: unknown): void {
  const isClient = isObject(client) && typeof client['duplicate'] === 'function' && isObject(client['options'])
  if (!isClient || client['isCluster'] === true) {
    refuse(
      'redisStore: client must be an instance of Redis of ioredis, not of Cluster',
      "client: new Redis(…) из 'ioredis' (одиночный сервер или Sentinel, не Cluster).",
    )
  }
}

function readKey(given: unknown): Buffer {
  const isText = typeof given === 'string' && /^[A-Za-z0-9+/_-]{43}=?$/.test(given)
  const bytes = isText ? Buffer.from(given, 'base64') : given
  if (bytes instanceof Uint8Array && bytes.length === 32) return Buffer.from(bytes)
  return refuse(
    'redisStore: encryptionKey must be 32 bytes, or their base64',
    'encryptionKey: 32 случайных байта или их base64: openssl rand -base64 32. Храните его вне Redis.',
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(message: string, hint: string): never {
  throw new ConfigurationError(message, { code: 'config.store', hint })
}
