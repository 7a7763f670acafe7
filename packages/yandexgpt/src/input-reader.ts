import { checkKeys, isObject, refuse } from './yandexgpt-settings.ts'

/** Checks the fields of an extra operation, by its name: unknown ones and wrong types are refused, with the fix. */
export class InputReader<Input extends object> {
  readonly #where: string
  readonly #input: Readonly<Record<string, unknown>>

  /** @throws ConfigurationError unless `input` is an object of these fields */
  constructor(where: string, input: Input, names: readonly (keyof Input & string)[]) {
    if (!isObject(input)) {
      refuse(`${where} takes an object of ${names.join(', ')}`, `Пишите ${where}({ ${names.join(', ')} }).`)
    }
    checkKeys(`${where}()`, input, names)
    this.#where = where
    this.#input = input
  }

  text(name: keyof Input & string): string {
    const text = this.#input[name]
    if (typeof text === 'string' && text !== '') return text
    return this.refuse(name, 'must be a non-empty string', 'непустая строка')
  }

  optionalText(name: keyof Input & string): string | undefined {
    return this.#input[name] === undefined ? undefined : this.text(name)
  }

  flag(name: keyof Input & string): boolean | undefined {
    const flag = this.#input[name]
    if (flag === undefined || typeof flag === 'boolean') return flag
    return this.refuse(name, 'must be true or false', 'true или false')
  }

  /** A list of non-empty strings, with between `least` and `most` entries. */
  texts(name: keyof Input & string, least: number, most: number): readonly string[] {
    const texts = this.#input[name]
    const isList = Array.isArray(texts) && texts.length >= least && texts.length <= most
    if (isList && texts.every((text) => typeof text === 'string' && text !== '')) return [...(texts as string[])]
    return this.refuse(
      name,
      `must be a list of ${least} to ${most} non-empty strings`,
      `список из непустых строк, от ${least} до ${most}`,
    )
  }

  /** A list of objects whose fields are all strings out of `fields`. */
  rows<Field extends string>(
    name: keyof Input & string,
    fields: readonly Field[],
    least: number,
    most: number,
  ): readonly Readonly<Record<Field, string>>[] {
    const rows = this.#input[name]
    const isRow = (row: unknown): boolean =>
      isObject(row) &&
      Object.keys(row).length === fields.length &&
      fields.every((field) => typeof row[field] === 'string' && row[field] !== '')
    if (Array.isArray(rows) && rows.length >= least && rows.length <= most && rows.every(isRow)) {
      return (rows as Record<Field, string>[]).map((row) => ({ ...row }))
    }
    const shape = `{ ${fields.join(', ')} }`
    return this.refuse(
      name,
      `must be a list of ${least} to ${most} objects ${shape} of non-empty strings`,
      `список объектов ${shape} с непустыми строками, от ${least} до ${most}`,
    )
  }

  has(name: keyof Input & string): boolean {
    return this.#input[name] !== undefined
  }

  /** One word of a list. */
  oneOf<Word extends string>(name: keyof Input & string, words: readonly Word[]): Word | undefined {
    const word = this.#input[name]
    if (word === undefined || words.some((known) => known === word)) return word as Word | undefined
    return this.refuse(name, `must be one of ${words.join(', ')}`, `одно из: ${words.join(', ')}`)
  }

  refuse(name: string, must: string, russian: string): never {
    return refuse(`${this.#where}(): ${name} ${must}`, `${name}: ${russian}.`)
  }
}
