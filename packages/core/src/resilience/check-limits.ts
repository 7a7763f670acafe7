import { checkKeys, checkNumber, isObject, refuse } from '../operations/checks.ts'
import type { Provider } from '../provider.ts'

const names = ['breaker', 'slots', 'queueLength', 'rates', 'store', 'whenStoreFails']
const storeMethods = [
  'takeSlot', 'renewSlot', 'freeSlot', 'takeRate', 'reserve', 'settle', 'readOpenUntil', 'writeOpenUntil', 'close',
] // oxfmt-ignore
const most = 2 ** 31 - 1

/** @throws ConfigurationError */
export function checkLimits(limits: unknown, providers: readonly Provider[]): void {
  if (limits === undefined) return
  if (!isObject(limits))
    refuse('limits must be an object', 'limits: { breaker, slots, queueLength, rates, store, whenStoreFails }.')
  checkKeys('limits', limits, names)
  const { breaker, slots, queueLength, rates, store, whenStoreFails } = limits
  if (breaker !== undefined && breaker !== false) checkBreaker(breaker)
  checkNumber('limits.queueLength', queueLength, 0, most, true)
  for (const [name, slot] of entriesOf('limits.slots', slots, providers)) {
    if (slot !== false) checkNumber(`limits.slots.${name}`, slot, 1, most, true)
  }
  for (const [name, rate] of entriesOf('limits.rates', rates, providers)) checkRates(`limits.rates.${name}`, rate)
  if (
    store !== undefined &&
    !(isObject(store) && storeMethods.every((method) => typeof store[method] === 'function'))
  ) {
    refuse('limits.store must be a shared store', 'limits.store: redisStore({ … }) из @shlyuz/redis.')
  }
  if (whenStoreFails !== undefined && whenStoreFails !== 'local' && whenStoreFails !== 'refuse') {
    refuse("limits.whenStoreFails must be 'local' or 'refuse'", "limits.whenStoreFails: 'local' или 'refuse'.")
  }
}

function checkBreaker(breaker: unknown): void {
  if (!isObject(breaker)) {
    return refuse('limits.breaker must be an object or false', 'limits.breaker: { failures, openMs } или false.')
  }
  checkKeys('limits.breaker', breaker, ['failures', 'openMs'])
  checkNumber('limits.breaker.failures', breaker['failures'], 1, most, true)
  checkNumber('limits.breaker.openMs', breaker['openMs'], 1, most)
}

function entriesOf(where: string, given: unknown, providers: readonly Provider[]): [string, unknown][] {
  if (given === undefined) return []
  if (!isObject(given))
    return refuse(`${where} must be an object by provider name`, `${where}: { <имя провайдера>: … }.`)
  const known = providers.map(({ name }) => name)
  const stray = Object.keys(given).find((name) => !known.includes(name))
  if (stray !== undefined) {
    refuse(`${where}: no provider is named '${stray.slice(0, 60)}'`, `${where}: есть провайдеры ${known.join(', ')}.`)
  }
  return Object.entries(given)
}

function checkRates(where: string, rates: unknown): void {
  if (!isObject(rates)) return refuse(`${where} must be an object`, `${where}: { requests, tokens }.`)
  checkKeys(where, rates, ['requests', 'tokens'])
  for (const [name, rate] of Object.entries(rates)) {
    if (!isObject(rate))
      refuse(`${where}.${name} must be { limit, intervalMs }`, `${where}.${name}: { limit, intervalMs }.`)
    checkKeys(`${where}.${name}`, rate, ['limit', 'intervalMs'])
    checkNumber(`${where}.${name}.limit`, rate['limit'] ?? Number.NaN, 1, most)
    checkNumber(`${where}.${name}.intervalMs`, rate['intervalMs'] ?? Number.NaN, 1, most)
  }
}
