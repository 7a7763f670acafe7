import { createParser } from 'eventsource-parser'
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

export function createFraming(decoder: Decoder): Framing {
  switch (decoder.framing) {
    case 'sse':
      return createSseFraming(decoder)
    case 'lines':
      return createLineFraming(decoder)
    case 'bytes':
      return { push: (bytes, out) => decoder.push(bytes, out), end: () => {} }
  }
}

/** Server-sent events, as in the HTML standard: an unfinished last event is dropped. */
function createSseFraming(decoder: SseDecoder): Framing {
  const utf8 = new Utf8Decoder()
  let parts: StreamPart[] = []
  let tooLarge = false
  const parser = createParser({
    maxBufferSize: frameLimit,
    onEvent: (event) => {
      if (!decoder.done) decoder.push(event.event, event.data, parts)
    },
    // Unknown fields are reported here too, and ignored as the standard says.
    onError: (error) => {
      if ((error.type as string) === 'max-buffer-size-exceeded') tooLarge = true
    },
  })
  return {
    push(bytes, out) {
      parts = out
      parser.feed(utf8.push(bytes))
      if (tooLarge) throw frameTooLarge()
    },
    end() {},
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
