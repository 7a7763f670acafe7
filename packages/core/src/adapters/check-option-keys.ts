import { ConfigurationError } from '../errors/configuration-error.ts'

/**
 * For adapters: every key of their settings and options must be known, since an option that does nothing is a promise
 * broken in silence. `others` says what a name is called here that people bring along from elsewhere; `of the call
 * itself` in it means an option of the verb.
 * @throws ConfigurationError that names the right key; values are not quoted
 */
export function checkOptionKeys(
  where: string,
  given: object,
  known: readonly string[],
  others: Readonly<Record<string, string>> = {},
): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const shown = key.slice(0, 60)
    const better = (Object.hasOwn(others, key) ? others[key] : undefined) ?? closest(key, known)
    const list = known.length > 0 ? `известны ${known.join(', ')}` : 'здесь нет ни одного'
    throw new ConfigurationError(
      `${where}: unknown option '${shown}'${better === undefined ? '' : `; use ${better}`}`,
      {
        hint: better === undefined ? `Уберите '${shown}': ${list}.` : `Замените '${shown}' на ${inRussian(better)}.`,
      },
    )
  }
}

function closest(key: string, known: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '')
  return known.find((name) => plain(name) === plain(key))
}

function inRussian(name: string): string {
  return name
    .replaceAll(' of the call itself', ' самого вызова')
    .replaceAll(', or ', ' или ')
    .replaceAll(' or ', ' или ')
}
