/** How often a part with an open end is repeated at least. */
const openRepeats = 3

/** Where repetitions of repetitions end, in letters. */
const longest = 100_000

/**
 * A text that a regular expression matches as a whole. A fitting part of `about` comes first; otherwise the text is
 * built from the expression: classes, groups, alternatives (the first), repetitions (the fewest, and three where none
 * would do). Look-around and references are stepped over. Deterministic.
 *
 * @returns `undefined` when the expression is broken, or what was built does not match
 */
export function matchPattern(pattern: string, about: string = ''): string | undefined {
  const whole = compile(`^(?:${pattern})$`)
  if (whole === undefined) return undefined
  const inside = compile(pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, ''))
  const found = inside?.exec(about)?.[0]
  if (found !== undefined && found !== '' && whole.test(found)) return found
  for (const repeats of [openRepeats, 1, 8]) {
    const built = new Builder(pattern, repeats).build()
    if (whole.test(built)) return built
  }
  return undefined
}

function compile(pattern: string): RegExp | undefined {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags)
    } catch {
      // The other flags may do.
    }
  }
  return undefined
}

/** Reads an expression from left to right and writes a text that it matches. */
class Builder {
  readonly #pattern: string
  readonly #repeats: number
  #at = 0
  #turn = 0

  constructor(pattern: string, repeats: number) {
    this.#pattern = pattern
    this.#repeats = repeats
  }

  build(): string {
    return this.#alternatives()
  }

  /** The first alternative; the others are read and forgotten. */
  #alternatives(): string {
    const first = this.#sequence()
    while (this.#peek() === '|') {
      this.#at += 1
      this.#sequence()
    }
    return first
  }

  #sequence(): string {
    let text = ''
    while (this.#at < this.#pattern.length && this.#peek() !== '|' && this.#peek() !== ')') {
      const part = this.#atom()
      const count = this.#quantifier()
      for (let turn = 0; turn < count && text.length < longest; turn += 1) text += part()
    }
    return text
  }

  #peek(): string {
    return this.#pattern[this.#at] ?? ''
  }

  #atom(): () => string {
    const sign = this.#pattern[this.#at] ?? ''
    this.#at += 1
    if (sign === '(') return this.#group()
    if (sign === '[') return this.#class()
    if (sign === '\\') return this.#escape()
    if (sign === '.') return () => this.#pick('абвгде')
    if (sign === '^' || sign === '$') return () => ''
    return () => sign
  }

  #group(): () => string {
    const head = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(this.#pattern.slice(this.#at))?.[0] ?? ''
    this.#at += head.length
    const text = this.#alternatives()
    this.#at += 1
    return /[=!]$/.test(head) ? () => '' : () => text
  }

  #class(): () => string {
    const isNegated = this.#peek() === '^'
    if (isNegated) this.#at += 1
    let signs = ''
    while (this.#at < this.#pattern.length && this.#peek() !== ']') signs += this.#range()
    this.#at += 1
    if (!isNegated) return () => this.#pick(signs)
    const others = [...'абвгдxyz0123456789-_ '].filter((sign) => !signs.includes(sign)).join('')
    return () => this.#pick(others)
  }

  /** One sign of a class, or all from one to another. */
  #range(): string {
    const from = this.#classSign()
    const isRange = this.#peek() === '-' && this.#pattern[this.#at + 1] !== ']' && from.length === 1
    if (!isRange) return from
    this.#at += 1
    const to = this.#classSign()
    let signs = ''
    const last = Math.min(to.charCodeAt(0), from.charCodeAt(0) + 63)
    for (let code = from.charCodeAt(0); code <= last; code += 1) signs += String.fromCharCode(code)
    return signs
  }

  #classSign(): string {
    const sign = this.#peek()
    this.#at += 1
    return sign === '\\' ? this.#escapedSigns() : sign
  }

  #escape(): () => string {
    if (/[bB]/.test(this.#peek())) {
      this.#at += 1
      return () => ''
    }
    const signs = this.#escapedSigns()
    return () => this.#pick(signs)
  }

  #escapedSigns(): string {
    const sign = this.#peek()
    this.#at += 1
    if (sign === 'd') return '1234567890'
    if (sign === 'w') return 'abcdefgh'
    if (sign === 's') return ' '
    if (sign === 'D' || sign === 'S') return 'абвг'
    if (sign === 'W') return '-'
    if (sign === 'n') return '\n'
    if (sign === 't') return '\t'
    if (sign === 'r') return '\r'
    if (sign === 'p' || sign === 'P') return this.#property()
    if (sign === 'u') return this.#codePoint()
    return sign
  }

  #property(): string {
    const name = /^\{([^}]*)\}/.exec(this.#pattern.slice(this.#at))?.[1] ?? ''
    this.#at += name.length + 2
    if (name.startsWith('N')) return '1234567890'
    return /^Lu|Uppercase/.test(name) ? 'АБВГД' : 'абвгд'
  }

  #codePoint(): string {
    const hex = /^(?:\{([0-9a-f]+)\}|([0-9a-f]{4}))/i.exec(this.#pattern.slice(this.#at))
    this.#at += hex?.[0].length ?? 0
    return String.fromCodePoint(Number.parseInt(hex?.[1] ?? hex?.[2] ?? '75', 16))
  }

  /** The fewest repetitions allowed; where none is enough and none is forbidden, some. */
  #quantifier(): number {
    const found = /^(?:([*+?])|\{(\d+)(,(\d*))?\})\??/.exec(this.#pattern.slice(this.#at))
    if (found === null) return 1
    this.#at += found[0].length
    if (found[1] === '?') return 1
    if (found[1] !== undefined) return this.#repeats
    const least = Number(found[2])
    const most = found[3] === undefined ? least : found[4] === '' ? Infinity : Number(found[4])
    return Math.min(Math.max(least, Math.min(this.#repeats, most)), 1000)
  }

  #pick(signs: string): string {
    const letters = [...signs]
    this.#turn += 1
    return letters[(this.#turn - 1) % Math.max(letters.length, 1)] ?? ''
  }
}
