import type { TokenStore } from '../auth/token-store.ts'

/** What became of a wish to spend. */
export interface Reservation {
  readonly granted: boolean
  /** Spent and reserved so far in the period, in micro-rubles; without this wish when it was not granted. */
  readonly spentMicros: number
}

/**
 * State that several processes share: `redisStore` of `@shlyuz/redis`, or one of your own. Keys are digests and names,
 * never a credential. Whatever it throws means that it is not there.
 */
export interface SharedStore {
  /** Takes one of `limit` slots for `leaseMs`; false when all are taken. A holder that dies loses it with the lease. */
  takeSlot(key: string, limit: number, holder: string, leaseMs: number): Promise<boolean>
  /** Keeps a slot for another lease; false when it was lost. */
  renewSlot(key: string, holder: string, leaseMs: number): Promise<boolean>
  freeSlot(key: string, holder: string): Promise<void>
  /** Takes points of a rate; 0, or ms until there are enough. Nothing is taken then. */
  takeRate(key: string, points: number, limit: number, intervalMs: number): Promise<number>
  /** Reserves an amount of a budget whose period is part of the key, and ends at `expiresAt` (Unix time in ms). */
  reserve(key: string, micros: number, limitMicros: number, expiresAt: number): Promise<Reservation>
  /** Replaces a reservation by what was spent. */
  settle(key: string, reservedMicros: number, spentMicros: number, expiresAt: number): Promise<void>
  /** Until when (Unix time in ms) an endpoint is not to be asked; 0: it may be. */
  readOpenUntil(key: string): Promise<number>
  /** Says that an endpoint is not to be asked until then; 0 ends it. */
  writeOpenUntil(key: string, until: number): Promise<void>
  /** Tokens for all processes; encrypted at rest. Absent: each process fetches its own. */
  readonly tokens?: TokenStore
  close(): Promise<void>
}
