/** Bounded, so that the longest placeholder is too. */
const namePattern = /^([A-Z][A-Z\d_]{0,39})_([1-9]\d{0,6})$/

interface TypeEntry {
  /** Value → name. */
  readonly names: Map<string, string>
  last: number
}

/**
 * The values of one session. A name is what stands between the marks: `PERSON_1`. Names are found by spelling: when
 * lenient, that is in any letter case, with a space inside a mark, and with a space or Markdown's `\_` for `_`.
 */
export class PlaceholderMap {
  readonly #lenient: boolean
  readonly #types = new Map<string, TypeEntry>()
  readonly #values = new Map<string, string>()
  readonly #spellings = new Map<string, string>()
  readonly #beginnings = new Set<string>()
  /** Names whose spellings are made when something is restored: masking alone does not need them. */
  #unspelled: string[] = []

  constructor(lenient: boolean) {
    this.#lenient = lenient
  }

  /** The name of a value: the one it has, else the next number of its type. `undefined` for a type that is none. */
  nameOf(type: string, value: string): string | undefined {
    const entry = this.#types.get(type)
    const known = entry?.names.get(value)
    if (known !== undefined) return known
    const name = `${type}_${(entry?.last ?? 0) + 1}`
    return this.set(name, value) ? name : undefined
  }

  /** @returns false when `name` is none */
  set(name: string, value: string): boolean {
    const [, type, number] = namePattern.exec(name) ?? []
    if (type === undefined) return false
    const entry = this.#types.get(type) ?? { names: new Map<string, string>(), last: 0 }
    this.#types.set(type, entry)
    entry.names.set(value, name)
    entry.last = Math.max(entry.last, Number(number))
    this.#values.set(name, value)
    this.#unspelled.push(name)
    return true
  }

  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** The name that is spelled so, in characters that went through {@link fold}. */
  find(spelling: string): string | undefined {
    this.#spell()
    return this.#spellings.get(spelling)
  }

  /** True while the spelling of a name may begin so. */
  mayBegin(spelling: string): boolean {
    this.#spell()
    return this.#beginnings.has(spelling)
  }

  #spell(): void {
    if (this.#unspelled.length === 0) return
    for (const name of this.#unspelled) {
      for (const spelling of this.#lenient ? spellLeniently(name) : [name]) {
        this.#spellings.set(spelling, name)
        for (let length = 0; length <= spelling.length; length++) this.#beginnings.add(spelling.slice(0, length))
      }
    }
    this.#unspelled = []
  }

  /** Letters that mean the same become the same. */
  fold(character: string): string {
    return this.#lenient && character >= 'a' && character <= 'z' ? character.toUpperCase() : character
  }

  /** Type and count of its values. */
  *counts(): Generator<readonly [string, number]> {
    for (const [type, { names }] of this.#types) yield [type, names.size]
  }

  /** Name and value. */
  values(): Iterable<readonly [string, string]> {
    return this.#values
  }
}

function spellLeniently(name: string): string[] {
  return ['_', ' ', '\\_']
    .map((separator) => name.replaceAll('_', separator))
    .flatMap((spelled) => [spelled, ` ${spelled}`, `${spelled} `, ` ${spelled} `])
}
