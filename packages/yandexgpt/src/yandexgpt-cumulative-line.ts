import { randomUUID } from 'node:crypto'
import { readYandexgptLine, type YandexgptLine } from './read-yandexgpt-answer.ts'
import { UsageTemplate } from './yandexgpt-usage-template.ts'

/** Where the text must begin, in bytes from the start of the line. */
const headLimit = 4_096
const quote = 0x22
const backslash = 0x5c
const lineFeed = 0x0a

/** A line read without its known part. */
export interface CumulativeText {
  /** All but the text, which is a stand-in. */
  readonly answer: YandexgptLine
  /** The usage as JSON where that was not parsed; then `answer` has none. */
  readonly usage: string | undefined
  /** The text behind the part that was known. */
  readonly suffix: string
  /** True when that part was the text of the line before; false when `suffix` is the whole text. */
  readonly continues: boolean
}

/**
 * Reads a line whose text begins with that of the line before: the known bytes are only compared, the new ones
 * alone are decoded, and what stands around the text is parsed with a stand-in in its place, unless it differs from
 * that of a line before in figures of the usage alone. A line repeats all that was said, so parsing each as a whole
 * takes time by the square of the answer.
 *
 * A line that is not proven to be of that kind turns `foreign`, and is parsed as a whole: {@link bytes} gives it back.
 * The stand-in must come out as `alternatives[0].message.text`; that rules out another `"text"`, double keys and
 * the like.
 */
export class CumulativeLine {
  /** `closed` between lines. */
  state: 'closed' | 'head' | 'known' | 'suffix' | 'tail' | 'foreign' = 'closed'
  /** Stands for the text when the rest of a line is parsed: nobody else can have put it there. */
  readonly #sentinel = randomUUID()
  /** The line up to and with the quote before its text: of this line, and of the last proven one. */
  readonly #head = Buffer.allocUnsafe(headLimit)
  #headLength = 0
  #lastHead = Buffer.alloc(0)
  /** The last proven head as text, with the stand-in behind it. */
  #lastOpening = ''
  /** The text as it is spelled on the wire: of the last line up to `#known`, then of this one. */
  #raw = Buffer.allocUnsafe(8 * 1024)
  #rawLength = 0
  #known = 0
  #matched = 0
  /** What follows the quote that closes the text. */
  #tail: Buffer[] = []
  #tailLength = 0
  #closed = false
  /** Of lines with the last proven head. */
  readonly #template = new UsageTemplate()

  /** True when a line was read before, which the next one may continue. */
  get knows(): boolean {
    return this.#known > 0
  }

  /** Bytes of this line so far. */
  get length(): number {
    return this.#headLength + this.#textLength + (this.#closed ? 1 : 0) + this.#tailLength
  }

  get #textLength(): number {
    return this.#matched < this.#known ? this.#matched : this.#rawLength
  }

  /** Begins a line. */
  start(): void {
    this.state = 'head'
    this.#headLength = 0
    this.#rawLength = this.#known
    this.#matched = 0
    this.#tail = []
    this.#tailLength = 0
    this.#closed = false
  }

  /**
   * Takes bytes of the line.
   * @returns the place of the line end; or that where the line turned foreign; or the chunk's length
   */
  push(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length) {
      if (this.state === 'known') at = this.#pushKnown(chunk, at)
      else if (this.state === 'suffix') at = this.#pushSuffix(chunk, at)
      else if (this.state === 'head') at = this.#pushHead(chunk, at)
      else if (this.state === 'tail') return this.#pushTail(chunk, at)
      else return at
    }
    return at
  }

  /**
   * Reads the line as far as it came. `undefined` while it is not a whole document; then nothing changes. A line that
   * is whole and cannot be read this way is `foreign` from now on.
   */
  read(): CumulativeText | undefined {
    if (this.state !== 'tail') return undefined
    const isSameHead = this.#headLength === this.#lastHead.length && this.#isHeadOfBefore(this.#headLength)
    const opening = isSameHead ? this.#lastOpening : this.#opening()
    const tail = this.#wholeTail()
    const known = isSameHead ? this.#template.match(tail) : undefined
    const answer = known ? known.answer : readAround(opening, tail)
    if (answer === undefined) return undefined
    const suffix = parseString(this.#raw.toString('utf8', this.#known, this.#rawLength))
    // An empty text beside calls is none, which the stand-in does not show.
    const proven = answer.text === this.#sentinel && !(answer.toolCalls && this.#rawLength === 0)
    // A replaced character may be half of one whose other half came with another line.
    if (!proven || suffix === undefined || suffix.includes('\uFFFD')) {
      this.state = 'foreign'
      return undefined
    }
    const continues = this.knows
    if (!isSameHead) this.#lastHead = Buffer.from(this.#head.subarray(0, this.#headLength))
    this.#lastOpening = opening
    if (!known) this.#template.remember(tail, answer, (other) => readAround(opening, other))
    this.#known = this.#rawLength
    this.#tail = []
    this.state = 'closed'
    return { answer, usage: known?.usage, suffix, continues }
  }

  /** The line so far, as it came. */
  bytes(): Buffer {
    const text = this.#raw.subarray(0, this.#textLength)
    const closing = this.#closed ? [Buffer.from('"')] : []
    return Buffer.concat([this.#head.subarray(0, this.#headLength), text, ...closing, ...this.#tail])
  }

  /** Forgets the text: the next line that is read this way is decoded as a whole. */
  forget(): void {
    this.state = 'closed'
    this.#known = 0
  }

  /** The head as text, with the stand-in behind it. */
  #opening(): string {
    return `${this.#head.toString('utf8', 0, this.#headLength)}${this.#sentinel}"`
  }

  #wholeTail(): Buffer {
    const [only] = this.#tail
    return this.#tail.length === 1 && only ? only : Buffer.concat(this.#tail)
  }

  /** Up to the quote that opens the text: the same bytes as last time, else wherever `"text"` stands. */
  #pushHead(chunk: Buffer, at: number): number {
    const before = this.#headLength
    const wanted = before < this.#lastHead.length ? this.#lastHead.length : headLimit
    const taken = chunk.copy(this.#head, before, at, Math.min(chunk.length, at + wanted - before))
    const length = before + taken
    const slot = this.#findSlot(length)
    if (slot === undefined) {
      const end = this.#head.subarray(0, length).indexOf(lineFeed)
      this.#headLength = end === -1 ? length : end
      if (end !== -1 || length === headLimit) this.state = 'foreign'
      return at + this.#headLength - before
    }
    this.#headLength = slot
    this.state = this.knows ? 'known' : 'suffix'
    return at + slot - before
  }

  #findSlot(length: number): number | undefined {
    const { length: last } = this.#lastHead
    if (last > 0 && this.#isHeadOfBefore(Math.min(length, last))) return length < last ? undefined : last
    const found = /^[^\n]*?"text"[\t\r ]*:[\t\r ]*"/.exec(this.#head.toString('latin1', 0, length))
    return found?.[0].length
  }

  #isHeadOfBefore(length: number): boolean {
    if (length > this.#lastHead.length) return false
    return this.#head.compare(this.#lastHead, 0, length, 0, length) === 0
  }

  #pushKnown(chunk: Buffer, at: number): number {
    const count = Math.min(chunk.length - at, this.#known - this.#matched)
    if (chunk.compare(this.#raw, this.#matched, this.#matched + count, at, at + count) !== 0) {
      this.state = 'foreign'
      return at
    }
    this.#matched += count
    if (this.#matched === this.#known) this.state = 'suffix'
    return at + count
  }

  /** Up to the quote that closes the text, with its escapes as they are. */
  #pushSuffix(chunk: Buffer, at: number): number {
    const found = chunk.indexOf(quote, at)
    const end = found === -1 ? chunk.length : found
    const lineEnd = chunk.subarray(at, end).indexOf(lineFeed)
    if (lineEnd !== -1) {
      this.#append(chunk, at, at + lineEnd)
      this.state = 'foreign'
      return at + lineEnd
    }
    this.#append(chunk, at, end)
    if (found === -1) return end
    if (this.#endsEscaped()) {
      this.#append(chunk, found, found + 1)
    } else {
      this.#closed = true
      this.state = 'tail'
    }
    return found + 1
  }

  #endsEscaped(): boolean {
    let from = this.#rawLength
    while (from > this.#known && this.#raw[from - 1] === backslash) from--
    return (this.#rawLength - from) % 2 === 1
  }

  #pushTail(chunk: Buffer, at: number): number {
    const found = chunk.indexOf(lineFeed, at)
    const end = found === -1 ? chunk.length : found
    const bytes = chunk.subarray(at, end)
    // Copied where it waits for more: a view would keep the whole read alive. With the line end it is read at once.
    if (end > at) this.#tail.push(found === -1 ? Buffer.from(bytes) : bytes)
    this.#tailLength += end - at
    return end
  }

  #append(chunk: Buffer, from: number, to: number): void {
    const length = this.#rawLength + to - from
    if (length > this.#raw.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, this.#raw.length * 2))
      this.#raw.copy(larger, 0, 0, this.#rawLength)
      this.#raw = larger
    }
    chunk.copy(this.#raw, this.#rawLength, from, to)
    this.#rawLength = length
  }
}

/** What a line says with a stand-in for its text; `undefined` when it is no document. */
function readAround(opening: string, tail: Buffer): YandexgptLine | undefined {
  const document = parse(opening + tail.toString())
  if (document === undefined) return undefined
  const read = readYandexgptLine(document)
  // What is no answer has no stand-in, and so is foreign.
  return 'answer' in read ? read.answer : {}
}

/** The inside of a JSON string; `undefined` when it is none. Without anything to unescape it is the text itself. */
function parseString(inside: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- JSON allows none of them in a string
  if (!/[\u0000-\u001F"\\]/.test(inside)) return inside
  const text = parse(`"${inside}"`)
  return typeof text === 'string' ? text : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
