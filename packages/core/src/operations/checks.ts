import { ConfigurationError } from '../errors/configuration-error.ts'
import { findNeighbour } from './neighbours.ts'

/** Refuses a wrong value with its English reason and its Russian fix. The value itself is never quoted. */
export function refuse(message: string, hint: string): never {
  throw new ConfigurationError(message, { hint })
}

/** Every key must be known: an option that does nothing is a promise broken in silence. */
export function checkKeys(where: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const name = key.slice(0, 60)
    const better = findNeighbour(name, known)
    if (!better) {
      const vendors = known.includes('providerOptions') ? ' Параметры самого сервиса — в providerOptions.' : ''
      refuse(`${where}: unknown option '${name}'`, `Уберите '${name}': известны ${known.join(', ')}.${vendors}`)
    }
    if ('hint' in better) refuse(`${where}: unknown option '${name}': ${better.message}`, better.hint)
    refuse(`${where}: unknown option '${name}'; use '${better.option}'`, `Замените '${name}' на '${better.option}'.`)
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A finite number within bounds, both included. */
export function checkNumber(name: string, value: unknown, from: number, to: number, integer = false): void {
  if (value === undefined) return
  const good = typeof value === 'number' && value >= from && value <= to && (!integer || Number.isInteger(value))
  if (good) return
  const kind = integer ? 'an integer' : 'a number'
  const range = to === Infinity ? `${from} or more` : `from ${from} to ${to}`
  refuse(
    `${name} must be ${kind}, ${range}`,
    `${name}: нужно ${integer ? 'целое ' : ''}число, ${to === Infinity ? `не меньше ${from}` : `от ${from} до ${to}`}.`,
  )
}
