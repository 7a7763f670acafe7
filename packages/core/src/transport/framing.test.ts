import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SseDecoder } from '../provider.ts'
import { createFraming } from './framing.ts'

type Event = readonly [event: string | undefined, data: string]

/** The events of a body that comes in the given reads. */
function frame(reads: readonly Buffer[], last = Infinity): readonly Event[] {
  const events: Event[] = []
  const decoder: SseDecoder = {
    framing: 'sse',
    get done() {
      return events.length >= last
    },
    push: (event, data) => void events.push([event, data]),
    end: () => ({ type: 'cut' }),
  }
  const framing = createFraming(decoder)
  for (const read of reads) framing.push(read, [])
  framing.end([])
  return events
}

/** The same by the parser alone, in one piece. */
function parse(body: string): readonly Event[] {
  const events: Event[] = []
  createParser({ onEvent: ({ event, data }) => events.push([event, data]) }).feed(body)
  return events
}

const lines = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('data: {"text":"Обь"}\n\n', 'data:{}\n\n', 'data: [DONE]\n\n') },
  fc.constantFrom(
    'data: a\ndata: b\n\n',
    'event: note\ndata: c\n\n',
    ': ping\n\n',
    'id: 7\n',
    'retry: 1\n',
    'data\n\n',
  ),
  fc.constantFrom('data: d\r\n\r\n', 'data: e\r\r', 'data: f\n', 'data:  g\n\n', 'data: \n\n', 'unknown: h\n\n'),
  fc.constantFrom('\n', '\r', '\r\n', '\uFEFF', 'ï»¿', 'data', 'da', ' ', '🌍', '\u2028'),
)

describe('server-sent events', () => {
  it('are those of the standard, whatever stands between them and wherever they are cut', () => {
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 12 }), fc.array(fc.nat(400), { maxLength: 12 }), (given, cuts) => {
        const body = given.join('')
        const bytes = Buffer.from(body)
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
        const reads = places.slice(1).map((to, index) => bytes.subarray(places[index], to))
        expect(frame(reads)).toEqual(parse(body))
        expect(frame(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(parse(body))
      }),
      { numRuns: 3_000 },
    )
  })

  it('are not given to a decoder that is done', () => {
    const body = 'data: a\n\ndata: b\n\nevent: c\ndata: c\n\ndata: d\n\n'
    for (const last of [0, 1, 2, 3]) expect(frame([Buffer.from(body)], last)).toEqual(parse(body).slice(0, last))
  })

  it('without an end are refused from a size on that no answer has', () => {
    const read = Buffer.alloc(1024 * 1024, 'data: and so on')
    expect(() => frame(Array.from({ length: 20 }, () => read))).toThrow('is longer than')
  })
})
