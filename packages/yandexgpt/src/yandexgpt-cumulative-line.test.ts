import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import type { StreamEnd, StreamPart } from '@shlyuz/core'
import { parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { YandexgptStreamDecoder } from './yandexgpt-stream-decoder.ts'

const asked = parseYandexgptModel('yandexgpt-5.1')

interface Decoded {
  readonly parts: readonly StreamPart[]
  readonly end: StreamEnd
}

/** `from`: bytes from which a line is read by its new part. The memory of each read is overwritten after it. */
function decode(body: Buffer, from: number, cuts: readonly number[] = []): Decoded {
  const decoder = new YandexgptStreamDecoder(asked, from)
  const parts: StreamPart[] = []
  let at = 0
  for (const to of [...new Set(cuts), body.length].toSorted((a, b) => a - b)) {
    if (to <= at) continue
    const read = Buffer.from(body.subarray(at, to))
    decoder.push(read, parts)
    read.fill(0)
    at = to
  }
  return { parts, end: decoder.end(parts) }
}

/** What a line may be, apart from going on with the text. */
const kinds = [
  'plain', 'rewrite', 'shorter', 'same', 'no text', 'decoy', 'twice', 'no json', 'error', 'blank', 'calls',
  'calls and text',
] as const // oxfmt-ignore

interface Line {
  readonly kind: (typeof kinds)[number]
  readonly piece: string
  readonly order: 'usual' | 'usage first' | 'text first' | 'spaced'
  readonly escape: 'none' | 'all' | 'some'
  readonly status: 'PARTIAL' | 'FINAL' | 'CONTENT_FILTER' | 'TOOL_CALLS' | 'NEW'
  readonly crlf: boolean
}

const pieces = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '"', '\\', '\\"', '\n', '\r\n', '}', '"text":"', 'Привет, мир. ', '👩‍🚀', '\uD83D', '\uDE00', '\uFFFD', '\uFEFF', '\u2028',
    ), // oxfmt-ignore
  },
)

const lines: fc.Arbitrary<Line> = fc.record({
  kind: fc.oneof({ weight: 12, arbitrary: fc.constant('plain' as const) }, fc.constantFrom(...kinds)),
  piece: pieces,
  order: fc.oneof(
    { weight: 4, arbitrary: fc.constant('usual' as const) },
    fc.constantFrom('usage first' as const, 'text first' as const, 'spaced' as const),
  ),
  escape: fc.oneof(
    { weight: 4, arbitrary: fc.constant('none' as const) },
    fc.constantFrom('all' as const, 'some' as const),
  ),
  status: fc.oneof(
    { weight: 12, arbitrary: fc.constant('PARTIAL' as const) },
    fc.constantFrom('FINAL' as const, 'CONTENT_FILTER' as const, 'TOOL_CALLS' as const, 'NEW' as const),
  ),
  crlf: fc.boolean(),
})

function encode(document: readonly Line[]): Buffer {
  let text = ''
  const encoded = document.map((line, index) => {
    if (line.kind === 'rewrite') text = line.piece
    else if (line.kind === 'shorter') text = text.slice(0, -3)
    else if (line.kind !== 'same') text += line.piece
    return `${encodeLine(line, text, index)}${line.crlf ? '\r' : ''}\n`
  })
  return Buffer.from(encoded.join(''))
}

function encodeLine(line: Line, text: string, index: number): string {
  if (line.kind === 'blank') return ''
  if (line.kind === 'no json') return `{"result":${'"'.repeat(index % 3)}`
  if (line.kind === 'error') return JSON.stringify({ error: { grpcCode: 14, httpCode: 503, message: 'unavailable' } })
  const spelled = `"text":${spell(text, line.escape)}`
  const isSilent = line.kind === 'no text' || line.kind === 'calls'
  const said = isSilent ? '' : line.kind === 'twice' ? `"text":"",${spelled}` : spelled
  const message = [`"role":"assistant"`, spellCalls(line, text, index), said].filter(Boolean)
  if (line.order === 'text first') message.reverse()
  const status = `"status":"ALTERNATIVE_STATUS_${line.status}"`
  const alternatives = `"alternatives":[{"message":{${message.join(',')}},${status}}]`
  const usage = `"usage":{"inputTextTokens":"7","completionTokens":"${index}","totalTokens":"${index + 7}"}`
  const members = line.order === 'usage first' ? [usage, alternatives] : [alternatives, usage]
  if (line.kind === 'decoy') members.unshift(`"note":{"text":${spell(text, line.escape)}}`)
  const whole = `{"result":{${members.join(',')},"modelVersion":"09.02.2025"}}`
  return line.order === 'spaced' ? ` ${whole.replace('"text":', '"text" :\t')} ` : whole
}

/** Arguments that look like the text of a line. */
function spellCalls({ kind, escape }: Line, text: string, index: number): string {
  if (kind !== 'calls' && kind !== 'calls and text') return ''
  const call = `{"functionCall":{"name":"f${index}","arguments":{"text":${spell(text, escape)},"days":2.0}}}`
  return `"toolCallList":{"toolCalls":[${call},${call}]}`
}

/** JSON of a string in one of the ways in which it may be written. */
function spell(text: string, escape: Line['escape']): string {
  const json = JSON.stringify(text)
  if (escape === 'none') return json
  const which = escape === 'all' ? /[^\x20-\x7e]/g : /[а-я]/g
  return json.replaceAll(which, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

interface CallOnWire {
  readonly functionCall: { readonly name: string; readonly arguments: unknown }
}

/** The same in the simplest words: every line is parsed as a whole. */
function decodePlainly(body: Buffer): Decoded {
  const parts: StreamPart[] = [{ type: 'response-metadata' }]
  let text = ''
  let given = ''
  let end: unknown = { type: 'cut' }
  let announced = false
  let calls: readonly StreamPart[] = []
  const all = body.toString('utf8').split('\n')
  for (const [index, line] of all.entries()) {
    if (line.trim() === '') continue
    let document: Record<string, never>
    try {
      document = JSON.parse(line) as Record<string, never>
    } catch {
      if (index < all.length - 1)
        end = { type: 'failed', failure: expect.objectContaining({ kind: 'protocol' }) as unknown }
      break
    }
    if (document['error']) {
      end = { type: 'failed', failure: expect.objectContaining({ kind: 'server', status: 503 }) as unknown }
      break
    }
    announced = true
    const { alternatives, usage } = document['result'] as unknown as {
      alternatives: [{ message: { text?: string; toolCallList?: { toolCalls: CallOnWire[] } }; status: string }]
      usage: { completionTokens: string; totalTokens: string }
    }
    const [{ message, status }] = alternatives
    const isFinal = /_(?:FINAL|FILTER|CALLS)$/.test(status)
    const { toolCallList } = message
    if (toolCallList) {
      calls = toolCallList.toolCalls.map(({ functionCall: { name, arguments: input } }) => ({
        type: 'tool-call',
        toolCallId: '',
        toolName: name,
        input,
      }))
    }
    if (status.endsWith('_FILTER')) calls = []
    text = (toolCallList && message.text === '' ? undefined : message.text) ?? text
    const whole = isFinal ? text : text.replace(/[\uD800-\uDBFF]$/, '')
    if (whole.slice(0, given.length) !== given) parts.push({ type: 'rewrite', text: whole })
    else if (whole.length > given.length) parts.push({ type: 'text-delta', text: whole.slice(given.length) })
    given = whole
    const finishReason = { FINAL: 'stop', FILTER: 'content-filter', CALLS: 'tool-calls', NEW: 'other' }[
      status.split('_').at(-1) ?? ''
    ]
    const counted = { inputTokens: 7, outputTokens: +usage.completionTokens, totalTokens: +usage.totalTokens }
    end = finishReason ? { type: 'finish', finishReason, rawFinishReason: status, usage: counted } : { type: 'cut' }
    if (isFinal) break
  }
  if ((end as StreamEnd).type === 'finish') parts.push(...calls)
  return { parts: announced ? parts : [], end: end as StreamEnd }
}

it('gives what parsing every line gives, for any document cut anywhere', () => {
  fc.assert(
    fc.property(
      fc.array(lines, { maxLength: 12 }),
      fc.constantFrom(1, 64, 200, 100_000),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
      fc.boolean(),
      (document, from, places, isUnended) => {
        const encoded = encode(document)
        const body = isUnended ? encoded.subarray(0, -1) : encoded
        const cuts = places.map((place) => Math.floor(place * body.length))
        expect(decode(body, from, cuts)).toEqual(decodePlainly(body))
      },
    ),
    { numRuns: 3_000 },
  )
})

it('gives the same in reads of any size, and cut at every byte', () => {
  for (const document of fc.sample(fc.array(lines, { minLength: 4, maxLength: 10 }), { numRuns: 12, seed: 7 })) {
    const body = encode(document)
    const whole = decodePlainly(body)
    for (const step of [1, 2, 3, 7]) {
      const cuts = Array.from({ length: Math.ceil(body.length / step) }, (_, index) => index * step)
      expect(decode(body, 1, cuts)).toEqual(whole)
    }
    for (let at = 1; at < body.length; at++) expect(decode(body, 1, [at])).toEqual(whole)
  }
})

it('gives the same when bytes are broken', () => {
  fc.assert(
    fc.property(
      fc.array(lines, { minLength: 2, maxLength: 8 }),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
        maxLength: 3,
      }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
      (document, broken, places) => {
        const body = encode(document)
        for (const [place, byte] of broken) body[Math.floor(place * (body.length - 1))] = byte
        const cuts = places.map((place) => Math.floor(place * body.length))
        // A line that is never long is parsed as a whole.
        expect(decode(body, 1, cuts)).toEqual(decode(body, Infinity))
      },
    ),
    { numRuns: 2_000 },
  )
})

it('joins no characters from bytes of two lines', () => {
  const lineOf = (bytes: string): Buffer =>
    Buffer.concat([
      Buffer.from('{"result":{"alternatives":[{"message":{"text":"'),
      Buffer.from(bytes, 'hex'),
      Buffer.from('"},"status":"ALTERNATIVE_STATUS_PARTIAL"}]}}\n'),
    ])
  // The first line ends in half of a two-byte letter, the second has all of it.
  const body = Buffer.concat([lineOf('d0b4d0'), lineOf('d0b4d0b0')])
  const parts = [
    { type: 'response-metadata' },
    { type: 'text-delta', text: 'д\uFFFD' },
    { type: 'rewrite', text: 'да' },
  ]
  expect(decode(body, 1)).toEqual({ parts, end: { type: 'cut' } })
})

it('reads long answers without parsing them line for line', () => {
  const sentence = 'Съешь ещё этих «мягких» булок, да выпей чаю: "раз" \\ два\n 👩‍🚀 '
  const texts = Array.from({ length: 400 }, (_, index) => sentence.repeat(index + 1))
  const body = Buffer.from(
    texts
      .map((text, index) => {
        const status = `ALTERNATIVE_STATUS_${index === texts.length - 1 ? 'FINAL' : 'PARTIAL'}`
        return `${JSON.stringify({ result: { alternatives: [{ message: { role: 'assistant', text }, status }] } })}\n`
      })
      .join(''),
  )
  const cuts = Array.from({ length: Math.ceil(body.length / 65_536) }, (_, index) => index * 65_536)
  const parse = vi.spyOn(JSON, 'parse')
  const { parts, end } = decode(body, 4 * 1024, cuts)
  const parsed = parse.mock.calls.reduce((sum, [text]) => sum + text.length, 0)
  parse.mockRestore()
  expect(parts.slice(1)).toEqual(texts.map(() => ({ type: 'text-delta', text: sentence })))
  expect(end).toMatchObject({ type: 'finish', finishReason: 'stop' })
  expect(parsed).toBeLessThan(body.length / 50)
})
