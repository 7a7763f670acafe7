import { describe, expect, it } from 'vitest'
import type { StreamEnd, StreamPart } from '@shlyuz/core'
import { parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { YandexgptStreamDecoder } from './yandexgpt-stream-decoder.ts'

const asked = parseYandexgptModel('yandexgpt-5.1')

interface Decoded {
  readonly parts: readonly StreamPart[]
  readonly end: StreamEnd
  readonly done: boolean
}

function decode(body: string | Buffer, cuts: readonly number[] = []): Decoded {
  const bytes = Buffer.from(body)
  const decoder = new YandexgptStreamDecoder(asked)
  const parts: StreamPart[] = []
  let at = 0
  for (const to of [...cuts, bytes.length]) {
    decoder.push(bytes.subarray(at, to), parts)
    at = to
  }
  const { done } = decoder
  return { parts, end: decoder.end(parts), done }
}

function line(text: string | undefined, status = 'PARTIAL', tokens = 1, more: object = {}): string {
  const message = { role: 'assistant', ...(text !== undefined && { text }), ...more }
  return `${JSON.stringify({
    result: {
      alternatives: [{ message, status: `ALTERNATIVE_STATUS_${status}` }],
      usage: {
        inputTextTokens: '12',
        completionTokens: String(tokens),
        totalTokens: String(12 + tokens),
        completionTokensDetails: { reasoningTokens: '0' },
      },
      modelVersion: '28.08.2025',
    },
  })}\n`
}

function delta(text: string): StreamPart {
  return { type: 'text-delta', text }
}

function finish(finishReason: string, rawFinishReason: string, outputTokens: number): object {
  const usage = { inputTokens: 12, outputTokens, reasoningTokens: 0, totalTokens: 12 + outputTokens }
  return { type: 'finish', finishReason, rawFinishReason, usage }
}

const metadata = { type: 'response-metadata' }
const answer = line('Обь') + line('Обь, Енисей', 'PARTIAL', 2) + line('Обь, Енисей, Лена', 'FINAL', 3)
const decoded = {
  parts: [metadata, delta('Обь'), delta(', Енисей'), delta(', Лена')],
  end: finish('stop', 'ALTERNATIVE_STATUS_FINAL', 3),
  done: true,
}

it('turns the whole text of each line into deltas', () => {
  expect(decode(answer)).toEqual(decoded)
})

it('gives the same parts when cut at every byte', () => {
  const { length } = Buffer.from(answer)
  for (let at = 1; at < length; at++) expect(decode(answer, [at]), `cut at byte ${at}`).toEqual(decoded)
  expect(decode(answer, [...Buffer.from(answer).keys()])).toEqual(decoded)
})

it('is deaf after the final status', () => {
  expect(decode(answer + line('Обь, Енисей, Лена, Амур', 'FINAL', 9))).toEqual(decoded)
})

it('reads a last line without its line end, but no half of one', () => {
  expect(decode(answer.trimEnd())).toEqual({ ...decoded, done: false, end: decoded.end })
  expect(decode(answer.trimEnd().slice(0, -1))).toEqual({
    parts: decoded.parts.slice(0, 3),
    end: { type: 'cut' },
    done: false,
  })
})

it('takes CRLF and empty lines', () => {
  expect(decode(answer.replaceAll('\n', '\r\n\r\n\n'))).toEqual(decoded)
})

it.each([0, 1, 2])('is cut when the stream ends after %i lines without a final status', (count) => {
  const body = answer
    .split(/(?<=\n)/)
    .slice(0, count)
    .join('')
  expect(decode(body)).toEqual({ parts: decoded.parts.slice(0, count && count + 1), end: { type: 'cut' }, done: false })
})

it.each([
  ['FINAL', 'stop'],
  ['TRUNCATED_FINAL', 'length'],
  ['CONTENT_FILTER', 'content-filter'],
  ['TOOL_CALLS', 'tool-calls'],
])('%s ends the stream as %s', (status, neutral) => {
  expect(decode(line('Обь', status))).toEqual({
    parts: [metadata, delta('Обь')],
    end: finish(neutral, `ALTERNATIVE_STATUS_${status}`, 1),
    done: true,
  })
})

it('waits behind a status it does not know, and takes it for the end when nothing follows', () => {
  expect(decode(line('Обь', 'THINKING') + line('Обь, Лена', 'FINAL')).parts).toEqual([
    metadata,
    delta('Обь'),
    delta(', Лена'),
  ])
  expect(decode(line('Обь', 'SOMETHING_NEW'))).toMatchObject({
    end: { type: 'finish', finishReason: 'other', rawFinishReason: 'ALTERNATIVE_STATUS_SOMETHING_NEW' },
    done: false,
  })
})

describe('a text that does not go on from the one before', () => {
  it.each([
    ['another', 'Об этом я не говорю.'],
    ['a shorter', 'Обь'],
    ['an empty', ''],
  ])('is a rewrite: %s text', (_what, text) => {
    const { parts, end } = decode(line('Обь, Ени') + line(text, 'CONTENT_FILTER'))
    expect(parts).toEqual([metadata, delta('Обь, Ени'), { type: 'rewrite', text }])
    expect(end).toMatchObject({ finishReason: 'content-filter' })
  })

  it('goes on from the rewritten text', () => {
    const body = line('Обь, Ени') + line('Иртыш') + line('Иртыш, Тобол', 'FINAL')
    expect(decode(body).parts).toEqual([
      metadata,
      delta('Обь, Ени'),
      { type: 'rewrite', text: 'Иртыш' },
      delta(', Тобол'),
    ])
  })

  it('is nothing of the kind when a line has no text, or the same', () => {
    const call = { toolCallList: { toolCalls: [{ functionCall: { name: 'weather', arguments: {} } }] } }
    const body = line('Обь') + line('Обь') + line(undefined, 'TOOL_CALLS', 3, call)
    expect(decode(body)).toEqual({
      parts: [metadata, delta('Обь'), { type: 'tool-call', toolCallId: '', toolName: 'weather', input: {} }],
      end: finish('tool-calls', 'ALTERNATIVE_STATUS_TOOL_CALLS', 3),
      done: true,
    })
  })
})

describe('tool calls', () => {
  const listOf = (...calls: object[]): object => ({
    toolCallList: { toolCalls: calls.map((functionCall) => ({ functionCall })) },
  })
  const part = (toolName: string, input: unknown): object => ({ type: 'tool-call', toolCallId: '', toolName, input })

  it('come in their order, without ids, whole numbers as such', () => {
    const body = line(undefined, 'TOOL_CALLS', 3, listOf({ name: 'weather', arguments: { days: 2 } }, { name: 'time' }))
    expect(decode(body.replace('"days":2', '"days":2.0')).parts).toEqual([
      metadata,
      part('weather', { days: 2 }),
      part('time', {}),
    ])
  })

  it('are those of the last list, given out at the end', () => {
    const weather = { name: 'weather', arguments: { city: 'Тула' } }
    const first = line(undefined, 'PARTIAL', 1, listOf(weather))
    const second = line(undefined, 'TOOL_CALLS', 2, listOf(weather, { name: 'time', arguments: {} }))
    expect(decode(first).parts).toEqual([metadata])
    expect(decode(first + second).parts).toEqual([metadata, part('weather', { city: 'Тула' }), part('time', {})])
  })

  it('are not given out when the stream is cut, or the answer withheld', () => {
    const first = line(undefined, 'PARTIAL', 1, listOf({ name: 'weather', arguments: {} }))
    expect(decode(first)).toEqual({ parts: [metadata], end: { type: 'cut' }, done: false })
    expect(decode(first + line('Нет.', 'CONTENT_FILTER')).parts).toEqual([metadata, delta('Нет.')])
  })

  it('keep arguments that are no object as text', () => {
    const body = line(undefined, 'TOOL_CALLS', 1, listOf({ name: 'weather', arguments: 'Тула' }))
    expect(decode(body).parts).toEqual([
      metadata,
      { type: 'tool-call', toolCallId: '', toolName: 'weather', input: undefined, invalidInput: 'Тула' },
    ])
  })

  it.each([[{ toolCalls: {} }], [[]], [{ toolCalls: [{}] }], [{ toolCalls: [{ functionCall: { arguments: {} } }] }]])(
    'fail the stream when they are %j',
    (toolCallList) => {
      expect(decode(line(undefined, 'TOOL_CALLS', 1, { toolCallList }))).toMatchObject({
        end: { type: 'failed', failure: { kind: 'protocol' } },
      })
    },
  )
})

describe('half a surrogate pair', () => {
  it('waits for its other half', () => {
    const body = line('река 🌊'.slice(0, -1)) + line('река 🌊 Обь', 'FINAL')
    expect(decode(body).parts).toEqual([metadata, delta('река '), delta('🌊 Обь')])
  })

  it('makes no rewrite when another character comes in its place', () => {
    const body = line('река \uD83C') + line('река !', 'FINAL')
    expect(decode(body).parts).toEqual([metadata, delta('река '), delta('!')])
  })

  it('is given as it is at the end', () => {
    expect(decode(line('река \uD83C') + line('река \uD83C', 'FINAL')).parts).toEqual([
      metadata,
      delta('река '),
      delta('\uD83C'),
    ])
  })
})

it('reports an error in the middle as the failure it is', () => {
  const error = {
    grpcCode: 14,
    httpCode: 503,
    message: 'service is unavailable',
    httpStatus: 'Service Unavailable',
    details: [],
  }
  expect(decode(line('Обь') + JSON.stringify({ error }))).toEqual({
    parts: [metadata, delta('Обь')],
    end: {
      type: 'failed',
      failure: {
        kind: 'server',
        message: 'YandexGPT reported in its answer: service is unavailable',
        hint: expect.stringMatching(/fallback/) as string,
        status: 503,
        providerCode: '14',
      },
    },
    done: false,
  })
})

it.each([
  ['no JSON', 'data: {}\n'],
  ['no object', '[]\n'],
  ['no result', '{"answer":1}\n'],
  ['no alternatives', '{"result":{"alternatives":[]}}\n'],
  ['a message that is a string', '{"result":{"alternatives":[{"message":"Обь"}]}}\n'],
  ['a text that is no string', '{"result":{"alternatives":[{"message":{"text":["Обь"]}}]}}\n'],
])('fails on %s', (_what, body) => {
  const { end, done, parts } = decode(body)
  expect(end).toMatchObject({ type: 'failed', failure: { kind: 'protocol', isRetryable: false } })
  expect({ done, parts }).toEqual({ done: true, parts: [] })
  expect(JSON.stringify(end)).not.toContain('Обь')
})

it.each([
  ['plain', Buffer.alloc(1024 * 1024, 'x')],
  ['with a text', Buffer.concat([Buffer.from('{"text":"'), Buffer.alloc(1024 * 1024, 'x')])],
])('fails on a line without an end, %s', (_what, chunk) => {
  const decoder = new YandexgptStreamDecoder(asked)
  let reads = 0
  while (!decoder.done && reads < 200) {
    decoder.push(chunk, [])
    reads++
  }
  expect([64, 65]).toContain(reads)
  expect(decoder.end([])).toMatchObject({ type: 'failed', failure: { kind: 'protocol' } })
})

it('keeps nothing of the reads and lines of which it gave pieces', () => {
  const parts: StreamPart[] = []
  const decoder = new YandexgptStreamDecoder(asked)
  const read = Buffer.from(answer)
  decoder.push(read.subarray(0, 100), parts)
  read.fill(0, 0, 100)
  decoder.push(read.subarray(100), parts)
  expect(parts).toEqual(decoded.parts)
})

describe('the model that answered', () => {
  const said = (modelVersion: string): string => line('Обь', 'FINAL').replace('28.08.2025', modelVersion)

  it.each(['28.08.2025', '', 'release-7', '28.08.2025-hotfix'])('is not stated by the version %j', (version) => {
    expect(decode(said(version)).parts[0]).toEqual({ type: 'response-metadata' })
  })

  it.each([
    ['gpt-oss-120b', 'gpt-oss-120b'],
    ['gpt://b1gfolder/yandexgpt-lite/latest', 'yandexgpt-lite'],
    ['yandexgpt-5.1', 'yandexgpt-5.1'],
  ])('is judged when %j stands there', (version, modelId) => {
    expect(decode(said(version)).parts[0]).toEqual({ type: 'response-metadata', modelId })
  })
})
