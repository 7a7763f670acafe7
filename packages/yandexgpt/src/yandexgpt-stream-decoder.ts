import type { ByteDecoder, ModelRef, ProviderFailure, StreamEnd, StreamPart, ToolCallPart, Usage } from '@shlyuz/core'
import { convertYandexgptUsage } from './convert-yandexgpt-usage.ts'
import { isFinalYandexgptStatus, mapYandexgptFinishReason } from './map-yandexgpt-finish-reason.ts'
import { readYandexgptLine, unreadable, type YandexgptLine } from './read-yandexgpt-answer.ts'
import { CumulativeLine } from './yandexgpt-cumulative-line.ts'
import { convertAnsweredModel } from './yandexgpt-models.ts'

/** Bytes of one line. An answer of 30,000 tokens has some 400 KB, so this is a guard, not a bound. */
const lineLimit = 64 * 1024 * 1024

/**
 * Bytes from which a line is read by its new part alone: at 1,000 tokens in half the time of parsing lines up to 4 KiB.
 * A lower bound gains nothing more.
 */
const longLine = 1024

/** Lines that may turn out not to be readable by their new part, before that is given up. */
const triesForLongLines = 16

const lineFeed = 0x0a

/**
 * Decodes the native stream: a JSON document a line, each with the whole text and usage so far, the last one with a
 * final status; no `data:` prefix, no other end mark. Gives deltas. A text that does not continue the one before
 * is a `rewrite`: the content filter replaces text that way. Tool calls are given out at the end, when no line can
 * bring a longer list of them; the service sends them whole, in one line.
 *
 * Source: `POST /foundationModels/v1/completion` with `stream: true`; the error line in the middle is that of the
 * JSON gateway.
 */
export class YandexgptStreamDecoder implements ByteDecoder {
  readonly framing = 'bytes'
  /** True after the final status or a failure. */
  done = false
  /** The model that answered, as a catalogue id; nearly always unknown. */
  modelId: string | undefined
  readonly #asked: ModelRef
  readonly #longLine: number
  /** The unfinished line, as it came. */
  #pieces: Buffer[] = []
  #length = 0
  /** The unfinished line, when it is read by its new part. */
  #cumulative: CumulativeLine | undefined
  #tries = triesForLongLines
  /** This line was found not to be readable by its new part. */
  #isForeign = false
  /** The text given out, and half a character that waits for its other half. */
  #given = ''
  #held = ''
  #announced = false
  /** The calls of the last line that had any: a list holds all so far, as the text does. */
  #toolCalls: readonly ToolCallPart[] = []
  #status: string | undefined
  /** As the last line that had one; as JSON where that was not parsed: only the last one is needed. */
  #usage: YandexgptLine['usage'] | string
  /** As the last line had it; `undefined` too before the first line. */
  #modelVersion: string | undefined
  #failure: ProviderFailure | undefined

  /** `from`: bytes from which a line counts as long; for tests. */
  constructor(asked: ModelRef, from: number = longLine) {
    this.#asked = asked
    this.#longLine = from
  }

  push(bytes: Uint8Array, out: StreamPart[]): void {
    const chunk = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    let at = 0
    while (at < chunk.length && !this.done) {
      at = this.#openLine ? this.#pushLong(this.#openLine, chunk, at, out) : this.#pushPlain(chunk, at, out)
    }
  }

  end(out: StreamPart[]): StreamEnd {
    // The last line is whole without its line end when it can be parsed; half a document says nothing.
    if (!this.done) this.#readUnfinished(out)
    if (this.#failure) return { type: 'failed', failure: this.#failure }
    const raw = this.#status
    const finishReason = mapYandexgptFinishReason(raw)
    if (finishReason === undefined || raw === undefined) return { type: 'cut' }
    this.#giveCalls(out)
    return { type: 'finish', finishReason, rawFinishReason: raw, usage: this.#readUsage() }
  }

  get #openLine(): CumulativeLine | undefined {
    return this.#cumulative?.state === 'closed' ? undefined : this.#cumulative
  }

  /** Takes bytes of a line that is parsed as a whole. */
  #pushPlain(chunk: Buffer, at: number, out: StreamPart[]): number {
    if (this.#length === 0 && !this.#isForeign) {
      if (chunk[at] === lineFeed) return at + 1
      if (this.#cumulative?.knows) {
        this.#cumulative.start()
        return at
      }
    }
    const found = chunk.indexOf(lineFeed, at)
    const end = found === -1 ? chunk.length : found
    const length = this.#length + end - at
    if (length > lineLimit) return this.#failTooLong(chunk)
    if (length >= this.#longLine && this.#tries > 0 && !this.#isForeign) {
      this.#startLong()
      return at
    }
    if (found === -1) {
      // Copied: a view would keep the whole read alive.
      this.#pieces.push(Buffer.from(chunk.subarray(at)))
      this.#length = length
      return end
    }
    const line = this.#length === 0 ? chunk.toString('utf8', at, end) : this.#takeLine(chunk.subarray(at, end))
    this.#isForeign = false
    this.#readLine(line, out)
    return end + 1
  }

  /** Goes over to reading the line by its new part, from its start. */
  #startLong(): void {
    this.#cumulative ??= new CumulativeLine()
    this.#cumulative.start()
    for (const piece of this.#pieces) {
      this.#cumulative.push(piece, 0)
      if (this.#cumulative.state === 'foreign') return this.#giveUpLong(this.#cumulative)
    }
    this.#pieces = []
    this.#length = 0
  }

  /** Takes bytes of a line that is read by its new part. */
  #pushLong(line: CumulativeLine, chunk: Buffer, from: number, out: StreamPart[]): number {
    const at = line.push(chunk, from)
    if (line.length > lineLimit) return this.#failTooLong(chunk)
    if (line.state !== 'foreign') {
      if (at === chunk.length) return at
      if (this.#readLong(line, out)) return at + 1
    }
    this.#pieces = [line.bytes()]
    this.#length = line.length
    this.#giveUpLong(line)
    return at
  }

  /** This line is parsed as a whole after all, and so are all to come when that happens too often. */
  #giveUpLong(line: CumulativeLine): void {
    line.forget()
    this.#isForeign = true
    this.#tries--
    if (this.#tries === 0) this.#cumulative = undefined
  }

  #readLong(line: CumulativeLine, out: StreamPart[]): boolean {
    const read = line.read()
    if (!read) return false
    this.#takeAnswer(read.answer, out)
    if (read.usage !== undefined) this.#usage = read.usage
    if (read.continues) this.#takeSuffix(read.suffix, out)
    else this.#takeText(read.suffix, out)
    if (this.done) this.#giveCalls(out)
    return true
  }

  #readUnfinished(out: StreamPart[]): void {
    const line = this.#openLine
    if (line) {
      if (this.#readLong(line, out)) return
      this.#pieces = [line.bytes()]
      line.forget()
    }
    const text = this.#takeLine()
    if (parse(text) !== undefined) this.#readLine(text, out)
  }

  #takeLine(end?: Buffer): string {
    const bytes = Buffer.concat(end ? [...this.#pieces, end] : this.#pieces)
    this.#pieces = []
    this.#length = 0
    return bytes.toString('utf8')
  }

  #readLine(line: string, out: StreamPart[]): void {
    const document = parse(line)
    if (document === undefined) {
      if (line.trim() !== '') this.#fail(unreadable('a line of the stream is not JSON').failure)
      return
    }
    const read = readYandexgptLine(document)
    if ('failure' in read) return this.#fail(read.failure)
    this.#takeAnswer(read.answer, out)
    this.#takeText(read.answer.text ?? this.#given + this.#held, out)
    if (this.done) this.#giveCalls(out)
  }

  /** Takes all but the text. */
  #takeAnswer({ status, usage, modelVersion, toolCalls }: YandexgptLine, out: StreamPart[]): void {
    if (usage) this.#usage = usage
    if (toolCalls) this.#toolCalls = toolCalls
    // The same as that of the line before: it did not end the answer, nor was anything withheld.
    if (status !== this.#status) this.#takeStatus(status)
    if (!this.#announced || modelVersion !== this.#modelVersion) this.#announce(modelVersion, out)
  }

  #takeStatus(status: string | undefined): void {
    // What the filter withheld is not run either.
    if (mapYandexgptFinishReason(status) === 'content-filter') this.#toolCalls = []
    this.#status = status
    this.done = isFinalYandexgptStatus(status)
  }

  #announce(modelVersion: string | undefined, out: StreamPart[]): void {
    this.#modelVersion = modelVersion
    const modelId = convertAnsweredModel(modelVersion, this.#asked)
    if (this.#announced && modelId === this.modelId) return
    this.#announced = true
    this.modelId = modelId
    out.push({ type: 'response-metadata', ...(modelId !== undefined && { modelId }) })
  }

  /** `text` is the whole text so far: what goes on from the one before is a delta, anything else a rewrite. */
  #takeText(text: string, out: StreamPart[]): void {
    const given = this.#given
    const whole = this.done ? text : withoutHalf(text)
    this.#given = whole
    this.#held = text.slice(whole.length)
    // Faster than `startsWith` by far: the compared strings are flat.
    if (whole.length >= given.length && whole.slice(0, given.length) === given) {
      if (whole.length > given.length) out.push({ type: 'text-delta', text: copy(whole.slice(given.length)) })
    } else {
      out.push({ type: 'rewrite', text: whole })
    }
  }

  /** `suffix` goes on from the text before, as was proven by its bytes. */
  #takeSuffix(suffix: string, out: StreamPart[]): void {
    const text = this.#held + suffix
    const fresh = this.done ? text : withoutHalf(text)
    this.#held = text.slice(fresh.length)
    if (fresh === '') return
    this.#given += fresh
    out.push({ type: 'text-delta', text: fresh })
  }

  #giveCalls(out: StreamPart[]): void {
    out.push(...this.#toolCalls)
    this.#toolCalls = []
  }

  #readUsage(): Usage {
    return convertYandexgptUsage(typeof this.#usage === 'string' ? parse(this.#usage) : this.#usage)
  }

  #failTooLong(chunk: Buffer): number {
    this.#fail(unreadable(`a line of the stream is longer than ${lineLimit} bytes`).failure)
    return chunk.length
  }

  #fail(failure: ProviderFailure): void {
    this.#failure = failure
    this.#pieces = []
    this.#cumulative = undefined
    this.done = true
  }
}

/** Half of a surrogate pair at the end waits for its other half: a delta never ends in one. */
function withoutHalf(text: string): string {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text
}

/** A slice keeps the whole text alive that it was cut from; this is a string of its own. */
function copy(slice: string): string {
  return ` ${slice}`.slice(1)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
