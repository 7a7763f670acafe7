import { ConfigurationError } from '@shlyuz/core'

/**
 * A copy of options without a prototype: only what the caller wrote counts.
 * @throws ConfigurationError for what is no object, and for an unknown option
 */
export function readOwnOptions<T extends object>(owner: string, options: T, known: readonly (keyof T & string)[]): T {
  const hint = `${owner}({ ${known.join(', ')} }): других настроек нет.`
  if (typeof options !== 'object' || options === null) return refuseOptions(`${owner} takes an object`, hint)
  const unknown = Object.keys(options).find((key) => !(known as readonly string[]).includes(key))
  if (unknown !== undefined) return refuseOptions(`${owner}: unknown option '${unknown.slice(0, 60)}'`, hint)
  return Object.assign<object, T>(Object.create(null) as object, options)
}

export function refuseOptions(message: string, hint: string): never {
  throw new ConfigurationError(message, { code: 'config.policy', hint })
}
