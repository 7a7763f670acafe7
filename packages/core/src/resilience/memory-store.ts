import type { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Reservation, SharedStore } from './shared-store.ts'

interface Spending {
  micros: number
  readonly expiresAt: number
}

const sweepMs = 60_000

/** State of this process alone. Slots are counted by the queues themselves. */
export class MemoryStore implements SharedStore {
  readonly #rates = new Map<string, Promise<RateLimiterMemory>>()
  readonly #spent = new Map<string, Spending>()
  #sweptAt = 0

  async takeSlot(): Promise<boolean> {
    return true
  }

  async renewSlot(): Promise<boolean> {
    return true
  }

  async freeSlot(): Promise<void> {}

  async takeRate(key: string, points: number, limit: number, intervalMs: number): Promise<number> {
    const form = `${limit}/${intervalMs}`
    let limiter = this.#rates.get(form)
    if (!limiter) this.#rates.set(form, (limiter = createLimiter(limit, intervalMs)))
    const rate = await limiter
    // More than the whole limit at once would wait for ever: it waits for a whole interval of its own.
    const asked = Math.min(points, limit)
    try {
      await rate.consume(key, asked)
      return 0
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal
      // What was refused was counted all the same.
      await rate.reward(key, asked)
      return Math.max(1, (refusal as { msBeforeNext: number }).msBeforeNext)
    }
  }

  async reserve(key: string, micros: number, limitMicros: number, expiresAt: number): Promise<Reservation> {
    const spending = this.#spendingOf(key, expiresAt)
    if (spending.micros + micros > limitMicros) return { granted: false, spentMicros: spending.micros }
    spending.micros += micros
    return { granted: true, spentMicros: spending.micros }
  }

  async settle(key: string, reservedMicros: number, spentMicros: number, expiresAt: number): Promise<void> {
    this.#spendingOf(key, expiresAt).micros += spentMicros - reservedMicros
  }

  async readOpenUntil(): Promise<number> {
    return 0
  }

  async writeOpenUntil(): Promise<void> {}

  async close(): Promise<void> {}

  /** Purses of periods that are over. A walk over all of them is not for every new one. */
  #sweep(): void {
    const now = Date.now()
    if (now - this.#sweptAt < sweepMs) return
    this.#sweptAt = now
    for (const [key, { expiresAt }] of this.#spent) if (expiresAt < now) this.#spent.delete(key)
  }

  #spendingOf(key: string, expiresAt: number): Spending {
    let spending = this.#spent.get(key)
    if (!spending) {
      this.#sweep()
      this.#spent.set(key, (spending = { micros: 0, expiresAt }))
    }
    return spending
  }
}

/** Loaded at the first call that has a rate. */
async function createLimiter(limit: number, intervalMs: number): Promise<RateLimiterMemory> {
  const { RateLimiterMemory: Limiter } = await import('rate-limiter-flexible')
  return new Limiter({ points: limit, duration: intervalMs / 1000 })
}
