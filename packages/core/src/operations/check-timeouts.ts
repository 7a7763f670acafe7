import type { ExchangeLimits } from '../transport/http-exchange.ts'
import type { Timeouts } from '../vocabulary/settings.ts'
import { checkKeys, checkNumber, isObject, refuse } from './checks.ts'

/** The defaults of {@link Timeouts}. */
export const defaultTimeouts = Object.freeze({
  totalMs: 600_000,
  connectMs: 10_000,
  headersMs: 120_000,
  firstContentMs: 180_000,
  idleMs: 180_000,
  attemptMs: Infinity,
  toolMs: Infinity,
})

export type AllTimeouts = ExchangeLimits & { readonly totalMs: number; readonly toolMs: number }

/** Timers of the runtime count in 32 bits. */
const longestMs = 2 ** 31 - 1

/** @throws ConfigurationError */
export function checkTimeouts(given: unknown, defaults: AllTimeouts): AllTimeouts {
  if (given === undefined) return defaults
  if (!isObject(given)) refuse('timeout must be an object', 'Пишите timeout: { totalMs: 60_000 }.')
  checkKeys('timeout', given, Object.keys(defaultTimeouts))
  for (const [name, value] of Object.entries(given)) checkNumber(`timeout.${name}`, value, 1, longestMs)
  const set = Object.entries(given as Timeouts).filter(([, value]) => value !== undefined)
  return Object.freeze({ ...defaults, ...(Object.fromEntries(set) as Partial<AllTimeouts>) })
}
