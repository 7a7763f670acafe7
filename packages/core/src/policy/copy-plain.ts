import { ConfigurationError } from '../errors/configuration-error.ts'
import { isMasker } from './masker.ts'
import { isRule } from './rule.ts'

/**
 * A deep, frozen copy of plain data, rules and maskers included as they are. Own properties only, and the copy has no prototype:
 * neither a later change of the caller's object nor a polluted `Object.prototype` can add a word to it.
 * @throws ConfigurationError for what is no plain data
 */
export function copyPlain(value: unknown, where: string): Readonly<Record<string, unknown>> {
  const proto: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined
  if (proto !== Object.prototype && proto !== null) return refuse(where, 'простой объект')
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [key, inner] of Object.entries(value as object)) {
    if (inner !== undefined) copy[key] = copyValue(inner, `${where}.${key.slice(0, 60)}`)
  }
  return Object.freeze(copy)
}

function copyValue(value: unknown, where: string): unknown {
  if (value === null || ['string', 'boolean', 'number'].includes(typeof value) || isRule(value) || isMasker(value))
    return value
  return Array.isArray(value) ? copyList(value, where) : copyPlain(value, where)
}

/** By index: a list may bring methods and an iterator of its own. */
function copyList(list: readonly unknown[], where: string): readonly unknown[] {
  const copy: unknown[] = []
  for (let index = 0; index < list.length; index++) {
    if (!Object.hasOwn(list, index)) return refuse(`${where}[${index}]`, 'значение')
    copy.push(copyValue(list[index], `${where}[${index}]`))
  }
  return Object.freeze(copy)
}

function refuse(where: string, wanted: string): never {
  throw new ConfigurationError(`${where} must be plain data`, { code: 'config.policy', hint: `${where}: ${wanted}.` })
}
