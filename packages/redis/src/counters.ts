import type { Redis } from 'ioredis'
import type { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'

/** What became of a wish to count. */
export interface Counted {
  readonly granted: boolean
  /** What stands on the counter now. */
  readonly total: number
  /** Until the counter begins anew. */
  readonly msLeft: number
}

/**
 * In place of the limiter's own script (its option for that), which counts what it refuses, too. To give that back is
 * a second command: until it runs, others are refused what would fit; should the interval end first, the next one
 * begins with a credit; should the process die first, a budget has lost the amount. Here a refusal changes nothing.
 * ARGV: points, seconds, limit. No counter falls below zero, as when what was reserved is settled after a loss of data.
 */
const countIfItFits = `
local held = tonumber(redis.call('get', KEYS[1]) or '0')
local points = math.max(tonumber(ARGV[1]), 0 - held)
if points > 0 and held + points > tonumber(ARGV[3]) then
  return { held + points, redis.call('pttl', KEYS[1]) }
end
redis.call('set', KEYS[1], '0', 'EX', ARGV[2], 'NX')
return { redis.call('incrby', KEYS[1], string.format('%.0f', points)), redis.call('pttl', KEYS[1]) }
`

/** Counters with a limit and an end, on one connection. */
export class Counters {
  readonly #client: Redis
  readonly #Limiter: typeof RateLimiterRedis
  readonly #limiters = new Map<string, RateLimiterRedis>()

  constructor(client: Redis, Limiter: typeof RateLimiterRedis) {
    this.#client = client
    this.#Limiter = Limiter
  }

  /** Counts points, unless that would pass the limit. A new counter lives for `seconds`. */
  async count(key: string, points: number, limit: number, seconds: number): Promise<Counted> {
    try {
      return readResult(true, await this.#limiterOf(limit).consume(key, points, { customDuration: seconds }))
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal
      const { granted, total, msLeft } = readResult(false, refusal as RateLimiterRes)
      return { granted, total: total - points, msLeft }
    }
  }

  /** Moves a counter up or down, whatever its limit. */
  async correct(key: string, points: number, seconds: number): Promise<void> {
    const limiter = this.#limiterOf(Number.MAX_SAFE_INTEGER)
    await limiter.penalty(key, points, { customDuration: seconds })
  }

  #limiterOf(limit: number): RateLimiterRedis {
    let limiter = this.#limiters.get(String(limit))
    if (!limiter) {
      limiter = new this.#Limiter({
        storeClient: this.#client,
        keyPrefix: '',
        points: limit,
        duration: 1,
        customIncrTtlLuaScript: countIfItFits,
      })
      this.#limiters.set(String(limit), limiter)
    }
    return limiter
  }
}

function readResult(granted: boolean, { consumedPoints, msBeforeNext }: RateLimiterRes): Counted {
  return { granted, total: consumedPoints, msLeft: msBeforeNext }
}
