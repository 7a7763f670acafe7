import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { StreamEnd, StreamPart } from '@shlyuz/core'
import { convertYandexgptUsage } from './convert-yandexgpt-usage.ts'
import { parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { convertAnsweredModel } from './yandexgpt-models.ts'
import { YandexgptStreamDecoder } from './yandexgpt-stream-decoder.ts'
import { UsageTemplate } from './yandexgpt-usage-template.ts'

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
  'calls and text', 'calls before text', 'calls behind text', 'calls behind no text',
  'error before text',
] as const // oxfmt-ignore

const counted = (tokens: number): string =>
  `"inputTextTokens":"7","completionTokens":"${tokens}","totalTokens":"${tokens + 7}"`

/** Members of the result that have to do with usage, regular and otherwise. */
const usages = {
  regular: (tokens: number) => `"usage":{${counted(tokens)}}`,
  nested: (tokens: number) =>
    `"usage":{${counted(tokens)},"completionTokensDetails":{"reasoningTokens":"${tokens % 10}"}}`,
  'null details': (tokens: number) => `"usage":{${counted(tokens)},"completionTokensDetails":null}`,
  none: () => '"unused":0',
  numbers: (tokens: number) => `"usage":{${counted(tokens).replaceAll(/:"(\d+)"/g, ':$1')}}`,
  // No JSON where a zero leads.
  padded: (tokens: number) => `"usage":{"completionTokens":${String(tokens).padStart(2, '0')}}`,
  escaped: (tokens: number) => `"usage":{"completionTokens":"\\u003${tokens % 10}"}`,
  'figures in names': (tokens: number) => `"usage":{${counted(7)},"completion${tokens % 10}Tokens":"5"}`,
  'a key twice': (tokens: number) => `"usage":{${counted(tokens)},"totalTokens":"${tokens % 10}"}`,
  spaced: (tokens: number) => `"usage" : {${counted(tokens).replaceAll(':', ': ')} }`,
  'in a string': (tokens: number) => `"note":${JSON.stringify(`{"usage":{${counted(tokens)}}}`)}`,
  before: (tokens: number) => `"usage":{${counted(tokens)}},"usage":{${counted(7)}}`,
  after: (tokens: number) => `"usage":{${counted(7)}},"usage":{${counted(tokens)}}`,
  outside: (tokens: number) => `"usage":{${counted(7)}},"cost":{"usage":{${counted(tokens)}}}`,
  inside: (tokens: number) => `"usage":{"usage":{${counted(tokens)}},"totalTokens":"${tokens}"}`,
} as const

const versions = [
  '09.02.2025',
  '09.02.2026',
  '',
  'yandexgpt-5.1',
  'yandexgpt-5',
  'gpt-oss-120b',
  'gpt-oss-20b',
] as const

interface Line {
  readonly kind: (typeof kinds)[number]
  readonly piece: string
  readonly order: 'usual' | 'usage first' | 'text first' | 'spaced'
  readonly escape: 'none' | 'all' | 'some'
  readonly status: 'PARTIAL' | 'FINAL' | 'CONTENT_FILTER' | 'TOOL_CALLS' | 'NEW'
  readonly usage: keyof typeof usages
  readonly tokens: number
  readonly version: (typeof versions)[number]
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
  usage: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('regular' as const, 'nested' as const) },
    fc.constantFrom(...(Object.keys(usages) as (keyof typeof usages)[])),
  ),
  tokens: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 10, max: 92 }) }, fc.integer({ min: 0, max: 120 })),
  version: fc.oneof({ weight: 12, arbitrary: fc.constant('09.02.2025' as const) }, fc.constantFrom(...versions)),
  crlf: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
})

/** Documents of any lines, and such whose lines are alike but for the figures, as nearly all of the service are. */
function documents(minLength: number, maxLength: number): fc.Arbitrary<readonly Line[]> {
  const isOdd = fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true))
  const alike = fc
    .tuple(lines, fc.array(fc.tuple(lines, isOdd), { minLength, maxLength }))
    .map(([{ order, escape, usage, version, crlf, status: first }, all]) => {
      const status = first === 'NEW' ? first : 'PARTIAL'
      return all.map(([line, odd]): Line => {
        return odd ? line : { ...line, kind: 'plain', order, escape, usage, version, crlf, status }
      })
    })
  return fc.oneof(fc.array(lines, { minLength, maxLength }), alike)
}

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
  const spelled = `"text":${line.kind === 'calls behind no text' ? '""' : spell(text, line.escape)}`
  const isSilent = line.kind === 'no text' || line.kind === 'calls'
  const said = isSilent ? '' : line.kind === 'twice' ? `"text":"",${spelled}` : spelled
  const calls = spellCalls(line, text, index)
  const inOrder = line.kind.startsWith('calls behind') ? [said, calls] : [calls, said]
  const message = [`"role":"assistant"`, ...inOrder].filter(Boolean)
  if (line.order === 'text first') message.reverse()
  const status = `"status":"ALTERNATIVE_STATUS_${line.status}"`
  const alternatives = `"alternatives":[{"message":{${message.join(',')}},${status}}]`
  const usage = usages[line.usage](line.tokens)
  const members = line.order === 'usage first' ? [usage, alternatives] : [alternatives, usage]
  if (line.kind === 'decoy') members.unshift(`"note":{"text":${spell(text, line.escape)}}`)
  const error = line.kind === 'error before text' ? '"error":{"grpcCode":14,"httpCode":503},' : ''
  const whole = `{${error}"result":{${members.join(',')},"modelVersion":"${line.version}"}}`
  return line.order === 'spaced' ? ` ${whole.replace('"text":', '"text" :\t')} ` : whole
}

/** Arguments that look like the text of a line, mostly. */
function spellCalls({ kind, escape }: Line, text: string, index: number): string {
  if (!kind.startsWith('calls')) return ''
  const decoy = kind === 'calls before text' ? '' : `"text":${spell(text, escape)},`
  const call = `{"functionCall":{"name":"f${index}","arguments":{${decoy}"days":2.0}}}`
  return `"toolCallList":{"toolCalls":[${call},${call}]}`
}

/** JSON of a string in one of the ways in which it may be written. */
function spell(text: string, escape: Line['escape']): string {
  const json = JSON.stringify(text)
  if (escape === 'none') return json
  const which = escape === 'all' ? /[^\x20-\x7e]/g : /[а-я]/g
  return json.replaceAll(which, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

interface LineOnWire {
  readonly error?: unknown
  readonly result: {
    readonly alternatives: [
      {
        readonly message: { readonly text?: string; readonly toolCallList?: { readonly toolCalls: CallOnWire[] } }
        readonly status: string
      },
    ]
    readonly usage: unknown
    readonly modelVersion: string
  }
}

interface CallOnWire {
  readonly functionCall: { readonly name: string; readonly arguments: unknown }
}

/** The same in the simplest words: every line is parsed as a whole. */
function decodePlainly(body: Buffer): Decoded {
  const parts: StreamPart[] = []
  let text = ''
  let given = ''
  let end: unknown = { type: 'cut' }
  let announced: string | undefined
  let lastUsage: unknown
  let calls: readonly StreamPart[] = []
  const all = body.toString('utf8').split('\n')
  for (const [index, line] of all.entries()) {
    if (line.trim() === '') continue
    let document: LineOnWire
    try {
      document = JSON.parse(line) as LineOnWire
    } catch {
      if (index < all.length - 1)
        end = { type: 'failed', failure: expect.objectContaining({ kind: 'protocol' }) as unknown }
      break
    }
    if (document.error) {
      end = { type: 'failed', failure: expect.objectContaining({ kind: 'server', status: 503 }) as unknown }
      break
    }
    const { alternatives, usage, modelVersion } = document.result
    lastUsage = usage ?? lastUsage
    const modelId = convertAnsweredModel(modelVersion, asked)
    if (parts.length === 0 || modelId !== announced) {
      parts.push({ type: 'response-metadata', ...(modelId !== undefined && { modelId }) })
    }
    announced = modelId
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
    end = finishReason
      ? { type: 'finish', finishReason, rawFinishReason: status, usage: convertYandexgptUsage(lastUsage) }
      : { type: 'cut' }
    if (isFinal) break
  }
  if ((end as StreamEnd).type === 'finish') parts.push(...calls)
  return { parts, end: end as StreamEnd }
}

/** Any byte, or one of those that count in JSON. */
const strayBytes = fc.oneof(
  fc.integer({ min: 0, max: 255 }),
  fc.constantFrom(...'0123456789"\\{},:-.eu\n').map((unit) => unit.charCodeAt(0)),
)

it('gives what parsing every line gives, for any document cut anywhere', () => {
  fc.assert(
    fc.property(
      documents(0, 12),
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
  for (const document of fc.sample(documents(4, 10), { numRuns: 12, seed: 7 })) {
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
      documents(2, 8),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), strayBytes), { maxLength: 3 }),
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

describe('lines that differ in their text and in figures of the usage alone', () => {
  /** A line for each number of tokens, with a word more each. */
  function growing(
    tokens: readonly number[],
    lastStatus = 'FINAL',
    usage: Line['usage'] = 'nested',
  ): readonly string[] {
    const line: Line = {
      kind: 'plain',
      piece: '',
      order: 'usual',
      escape: 'none',
      status: 'PARTIAL',
      usage,
      tokens: 0,
      version: '09.02.2025',
      crlf: false,
    }
    return tokens.map((count, index) => {
      const status = index === tokens.length - 1 ? (lastStatus as Line['status']) : 'PARTIAL'
      return encodeLine({ ...line, tokens: count, status }, 'слово '.repeat(index + 1), index)
    })
  }

  const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)

  it('are parsed only when a figure gets longer, and at the end', () => {
    const body = Buffer.from(`${growing(upTo(300)).join('\n')}\n`)
    const parse = vi.spyOn(JSON, 'parse')
    const { parts, end } = decode(body, 1)
    const { length } = parse.mock.calls
    parse.mockRestore()
    expect(parts.slice(1)).toEqual(upTo(300).map(() => ({ type: 'text-delta', text: 'слово ' })))
    expect(end).toMatchObject({ usage: { inputTokens: 7, outputTokens: 300, reasoningTokens: 0, totalTokens: 307 } })
    // The first line, those with 3, 10, 93 and 100 tokens, and the last one: each once more for the proof.
    expect(length).toBe(12)
  })

  it('are parsed as lines of any other kind where the usage is not spelled as the service does', () => {
    const body = Buffer.from(`${growing(upTo(300), 'FINAL', 'numbers').join('\n')}\n`)
    const parse = vi.spyOn(JSON, 'parse')
    const { end } = decode(body, 1)
    const { length } = parse.mock.calls
    parse.mockRestore()
    expect(end).toMatchObject({ usage: { outputTokens: 300, totalTokens: 307 } })
    expect(length).toBe(300)
  })

  it.each(['\n', ''])('give the usage of the last one that had it (%j at the end)', (lineEnd) => {
    const tokens = [10, 11, 12, 13]
    const parsed = growing(tokens)
    expect(decode(Buffer.from(parsed.join('\n') + lineEnd), 1).end).toMatchObject({ usage: { outputTokens: 13 } })
    // A status that is not known ends the answer when nothing follows.
    const unknown = parsed.map((line) => line.replace(/PARTIAL|FINAL/, 'NEW'))
    expect(decode(Buffer.from(unknown.join('\n') + lineEnd), 1).end).toMatchObject({ usage: { outputTokens: 13 } })
    const silent = growing([14], 'FINAL', 'none')[0]!
    const withSilent = [...growing(tokens, 'PARTIAL'), silent.replace('слово ', 'слово '.repeat(5))]
    expect(decode(Buffer.from(withSilent.join('\n') + lineEnd), 1).end).toMatchObject({ usage: { outputTokens: 13 } })
  })

  it('are not taken for such when they differ before the text', () => {
    const [first, second, third] = growing([10, 11, 12], 'PARTIAL') as [string, string, string]
    const reported = third.replace('{', '{"error":{"grpcCode":14,"httpCode":503},')
    const { end } = decode(Buffer.from([first, second, reported, ''].join('\n')), 1)
    expect(end).toMatchObject({ type: 'failed', failure: { kind: 'server', status: 503 } })
  })

  it('are common among those that the properties above try', () => {
    const match = vi.spyOn(UsageTemplate.prototype, 'match')
    for (const document of fc.sample(documents(0, 12), { numRuns: 500, seed: 7 })) decode(encode(document), 1)
    const matched = match.mock.results.filter(({ value }) => value !== undefined)
    match.mockRestore()
    expect(matched.length).toBeGreaterThan(500)
  })
})

it('takes no empty text beside calls for the text', () => {
  const lineOf = (message: object, status: string): string =>
    JSON.stringify({ result: { alternatives: [{ message, status: `ALTERNATIVE_STATUS_${status}` }] } })
  const call = { functionCall: { name: 'f', arguments: { note: 'x'.repeat(200) } } }
  const calls = lineOf({ text: '', toolCallList: { toolCalls: [call] } }, 'TOOL_CALLS')
  const body = Buffer.from(`${lineOf({ text: 'Обь' }, 'PARTIAL')}\n${calls}\n`)
  // The first line is short, the second one long.
  expect(decode(body, 200)).toEqual(decode(body, Infinity))
})
