import { createParser, type EventSourceParser } from 'eventsource-parser'
import { ResponseTooLargeError } from '../errors/response-too-large-error.ts'
import type { Decoder, LineDecoder, SseDecoder } from '../provider.ts'
import type { StreamPart } from '../vocabulary/stream-parts.ts'
import { Utf8Decoder } from './utf8-decoder.ts'

/** Cuts the bytes of a body into what the decoder of an adapter wants. Synchronous. */
export interface Framing {
  push(bytes: Buffer, out: StreamPart[]): void
  /** The body is over: what is still held goes to the decoder as far as the format allows. */
  end(out: StreamPart[]): void
}

/** Longest line or event, in characters. Far above any answer; a guard against a stream without line ends. */
const frameLimit = 16 * 1024 * 1024

const lineFeed = 0x0a
const space = 0x20

export function createFraming(decoder: Decoder): Framing {
  switch (decoder.framing) {
    case 'sse':
      return new SseFraming(decoder)
    case 'lines':
      return createLineFraming(decoder)
    case 'bytes':
      return { push: (bytes, out) => decoder.push(bytes, out), end: () => {} }
  }
}

/**
 * Server-sent events, as in the HTML standard: an unfinished last event is dropped. Events of one `data` line each,
 * which is how services send them, are cut here: that needs no state. All else is the parser's, which is made when it
 * is first needed, and has the word until what it was given ends an event.
 */
class SseFraming implements Framing {
  readonly #decoder: SseDecoder
  readonly #utf8 = new Utf8Decoder()
  #parser: EventSourceParser | undefined
  /** The parser holds the beginning of an event. */
  #isInParser = false
  #isFirst = true
  #isTooLarge = false
  #parts: StreamPart[] = []

  constructor(decoder: SseDecoder) {
    this.#decoder = decoder
  }

  push(bytes: Buffer, out: StreamPart[]): void {
    const text = this.#utf8.push(bytes)
    // Where a line may end in CR, it takes more to know where an event ends.
    const from = text.includes('\r')
      ? 0
      : this.#pushPlain(text, this.#isInParser ? this.#leaveParser(text, out) : 0, out)
    if (from < text.length) this.#parse(from === 0 ? text : text.slice(from), out)
  }

  end(): void {}

  /** Gives the parser the rest of the event that it holds. */
  #leaveParser(text: string, out: StreamPart[]): number {
    const end = text.indexOf('\n\n')
    if (end === -1) return 0
    this.#parse(text.slice(0, end + 2), out)
    return end + 2
  }

  /** Takes whole events of one `data` line each, as far as there are such. */
  #pushPlain(text: string, from: number, out: StreamPart[]): number {
    let at = from
    while (!this.#isInParser && text.startsWith('data:', at)) {
      const end = text.indexOf('\n', at)
      if (end === -1 || text.charCodeAt(end + 1) !== lineFeed) break
      const start = text.charCodeAt(at + 5) === space ? at + 6 : at + 5
      if (!this.#decoder.done) this.#decoder.push(undefined, text.slice(start, end), out)
      at = end + 2
    }
    if (at > from) this.#isFirst = false
    return at
  }

  #parse(text: string, out: StreamPart[]): void {
    const parser = (this.#parser ??= this.#createParser())
    this.#parts = out
    parser.feed(text)
    if (this.#isTooLarge) throw frameTooLarge()
    // An empty line ends an event, and all that the parser holds of it.
    this.#isInParser = !text.endsWith('\n\n')
  }

  #createParser(): EventSourceParser {
    const parser = createParser({
      maxBufferSize: frameLimit,
      onEvent: ({ event, data }) => {
        if (!this.#decoder.done) this.#decoder.push(event, data, this.#parts)
      },
      // Unknown fields are reported here too, and ignored as the standard says.
      onError: (error) => {
        if ((error.type as string) === 'max-buffer-size-exceeded') this.#isTooLarge = true
      },
    })
    // A byte order mark stands at the beginning of a body or is none.
    if (!this.#isFirst) parser.feed('\n')
    return parser
  }
}

/** Lines ended by LF or CRLF; empty ones are skipped, the last one needs no end. */
function createLineFraming(decoder: LineDecoder): Framing {
  const utf8 = new Utf8Decoder()
  let rest = ''
  const pushLine = (line: string, out: StreamPart[]): void => {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    if (text !== '' && !decoder.done) decoder.push(text, out)
  }
  return {
    push(bytes, out) {
      const lines = (rest + utf8.push(bytes)).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > frameLimit) throw frameTooLarge()
      for (const line of lines) pushLine(line, out)
    },
    end(out) {
      pushLine(rest + utf8.end(), out)
      rest = ''
    },
  }
}

function frameTooLarge(): ResponseTooLargeError {
  return new ResponseTooLargeError(`a line or event of the stream is longer than ${frameLimit} characters`, {
    hint: 'Поток не похож на ответ модели: проверьте адрес сервиса и прокси.',
  })
}
