import type { YandexgptLine } from './read-yandexgpt-answer.ts'

/** Bytes of a tail that is remembered; those of the service have some 250. */
const tailLimit = 4 * 1024

/** Tails remembered in vain before that is given up: another service may change more than the usage in each line. */
const triesWithoutUse = 16

const zero = 0x30
const nine = 0x39

/**
 * The usage as the service spells it: names of letters only, figures as strings of digits. In such an object no digit
 * can be changed so that it is JSON no more, or so that more than figures change: unquoted numbers may not begin with
 * a zero, and digits in names and in escapes mean something else. Commas need no check: what is tested was parsed.
 */
const regularUsage = /^\{(?:"[A-Za-z]+":(?:"\d+"|null|\{(?:"[A-Za-z]+":"\d+",?)*\}),?)*\}$/

/** What a line says whose tail differs in figures alone from a known one. */
export interface MatchedLine {
  /** Without usage. */
  readonly answer: YandexgptLine
  /** JSON, not parsed: of all lines only the last one's usage is needed. */
  readonly usage: string
}

/**
 * What follows the text of a line, its tail, is the same in nearly all lines of a stream but for the figures of the
 * usage. The tail of the last parsed line is remembered: one that differs from it in digits of the usage alone means
 * the same, but for the usage.
 *
 * The place of the usage is proven before it is remembered: with other digits there, the line must say the same in all
 * but its usage, and have these digits in that. That rules out the same words elsewhere and double keys.
 */
export class UsageTemplate {
  #answer: YandexgptLine = {}
  /** Empty when none is remembered. */
  #tail = Buffer.alloc(0)
  /** Where the usage stands in the tail. */
  #from = 0
  #to = 0
  #tries = triesWithoutUse

  /** What a line with this tail says; `undefined` when it has to be parsed. */
  match(tail: Buffer): MatchedLine | undefined {
    const known = this.#tail
    const from = this.#from
    const to = this.#to
    const { length } = known
    // A mismatch is told by the length nearly always.
    if (tail.length !== length || length === 0) return undefined
    if (tail.compare(known, 0, from, 0, from) !== 0) return undefined
    if (tail.compare(known, to, length, to, length) !== 0) return undefined
    if (!differOnlyInDigits(tail, known, from, to)) return undefined
    this.#tries = triesWithoutUse
    return { answer: this.#answer, usage: tail.toString('latin1', from, to) }
  }

  /**
   * Remembers the tail of a line that was parsed, in place of the one before; or nothing, where matching is not safe.
   * @param read reads the line with another tail; `undefined` when that is no document
   */
  remember(tail: Buffer, answer: YandexgptLine, read: (tail: Buffer) => YandexgptLine | undefined): void {
    this.#tail = Buffer.alloc(0)
    if (this.#tries === 0) return
    this.#tries--
    const { usage, ...rest } = answer
    if (usage === undefined || rest.toolCalls || tail.length > tailLimit) return
    const spelled = JSON.stringify(usage)
    const at = regularUsage.test(spelled) ? tail.lastIndexOf(`"usage":${spelled}`) : -1
    if (at === -1) return
    const to = at + '"usage":'.length + spelled.length
    const from = to - spelled.length
    const changed = changeDigits(tail, from, to)
    const proof = read(changed)
    if (!proof || !isSame(proof, answer) || JSON.stringify(proof.usage) !== changed.toString('latin1', from, to)) return
    // Copied: a view would keep the whole read alive, or change with it.
    this.#tail = Buffer.from(tail)
    this.#from = from
    this.#to = to
    this.#answer = rest
  }
}

/** True when no bytes differ but digits from digits. */
function differOnlyInDigits(one: Buffer, other: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = one[at]
    const known = other[at]
    if (byte !== known && !(isDigit(byte) && isDigit(known))) return false
  }
  return true
}

/** The same with other digits. */
function changeDigits(tail: Buffer, from: number, to: number): Buffer {
  const changed = Buffer.from(tail)
  for (let at = from; at < to; at++) {
    const byte = changed[at]
    if (isDigit(byte)) changed[at] = byte === nine ? zero : byte + 1
  }
  return changed
}

/** True when both say the same apart from the usage. */
function isSame(one: YandexgptLine, other: YandexgptLine): boolean {
  return one.text === other.text && one.status === other.status && one.modelVersion === other.modelVersion
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= zero && byte <= nine
}
