import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StreamEnd, StreamPart } from '@shlyuz/core'
import { parseGigachatModel } from './gigachat-models.ts'
import { GigachatStreamDecoder } from './gigachat-stream-decoder.ts'

const asked = parseGigachatModel('GigaChat-2')

function decode(...events: unknown[]): { parts: StreamPart[]; end: StreamEnd; done: boolean } {
  const decoder = new GigachatStreamDecoder(asked)
  const parts: StreamPart[] = []
  for (const event of events) {
    decoder.push(undefined, typeof event === 'string' ? event : JSON.stringify(event), parts)
  }
  return { parts, end: decoder.end(), done: decoder.done }
}

function chunk(delta: object, more: object = {}, finishReason?: string): object {
  return {
    choices: [{ index: 0, delta, ...(finishReason !== undefined && { finish_reason: finishReason }) }],
    created: 1_790_000_000,
    model: 'GigaChat-2:2.0.31.4',
    object: 'chat.completion',
    ...more,
  }
}

const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17, precached_prompt_tokens: 4 }
const neutralUsage = { inputTokens: 12, cachedInputTokens: 4, outputTokens: 5, totalTokens: 17 }
const metadata = { type: 'response-metadata', modelId: 'GigaChat-2', rawModel: 'GigaChat-2:2.0.31.4' }
const first = chunk({ role: 'assistant', content: 'Обь, ' })
const second = chunk({ content: 'Енисей' })
const last = chunk({ content: '' }, { usage }, 'stop')
const finish = { type: 'finish', finishReason: 'stop', rawFinishReason: 'stop', usage: neutralUsage }
const texts = [
  { type: 'text-delta', text: 'Обь, ' },
  { type: 'text-delta', text: 'Енисей' },
]

it('gives the model, the pieces, then finish reason and usage', () => {
  expect(decode(first, second, last, '[DONE]')).toEqual({ parts: [metadata, ...texts], end: finish, done: true })
})

it('is not done before the end mark, and deaf after it', () => {
  expect(decode(first, second, last)).toEqual({ parts: [metadata, ...texts], end: finish, done: false })
  expect(decode(first, last, '[DONE]', second).parts).toEqual([metadata, texts[0]])
})

it.each([0, 1, 2])('is cut when the stream ends after %i events without finish reason and end mark', (count) => {
  expect(decode(...[first, second].slice(0, count)).end).toEqual({ type: 'cut' })
})

it('reads usage that comes after the finish reason, in an event of its own', () => {
  expect(decode(first, chunk({ content: '' }, {}, 'stop'), { choices: [], usage }, '[DONE]').end).toEqual(finish)
  expect(decode(first, chunk({ content: '' }, {}, 'stop'), { usage }, '[DONE]').end).toEqual(finish)
})

it('takes an end mark without finish reason as an end of unknown reason', () => {
  expect(decode(first, '[DONE]').end).toEqual({ type: 'finish', finishReason: 'other', usage: {} })
})

it.each([
  ['length', 'length'],
  ['function_call', 'tool-calls'],
  ['blacklist', 'content-filter'],
  ['error', 'error'],
  ['whatever_comes', 'other'],
])('keeps the reason %s beside the neutral %s', (raw, neutral) => {
  expect(decode(first, chunk({ content: '' }, { usage }, raw), '[DONE]').end).toEqual({
    type: 'finish',
    finishReason: neutral,
    rawFinishReason: raw,
    usage: neutralUsage,
  })
})

it('lets a function call pass: the answer ends for tools', () => {
  const call = { role: 'assistant', content: '', function_call: { name: 'weather', arguments: { city: 'Омск' } } }
  expect(decode(chunk(call, { usage }, 'function_call'), '[DONE]')).toEqual({
    parts: [metadata],
    end: { type: 'finish', finishReason: 'tool-calls', rawFinishReason: 'function_call', usage: neutralUsage },
    done: true,
  })
})

it('leaves out what a built-in function says of its progress', () => {
  const progress = chunk({ role: 'function_in_progress', name: 'text2image', content: 'Осталось 8 секунд' })
  expect(decode(progress, first, last, '[DONE]').parts).toEqual([metadata, texts[0]])
})

describe('the model', () => {
  it('is announced once, and anew when a later event names another', () => {
    expect(decode(first, { ...second, model: 'GigaChat-2-Max:2.0' }).parts).toEqual([
      metadata,
      texts[0],
      { type: 'response-metadata', modelId: 'GigaChat-2-Max', rawModel: 'GigaChat-2-Max:2.0' },
      texts[1],
    ])
  })

  it('is announced as not stated before content that names none', () => {
    expect(decode({ ...first, model: undefined }, { ...second, model: undefined }).parts).toEqual([
      { type: 'response-metadata' },
      ...texts,
    ])
  })
})

describe('a stream that cannot be read fails, after what was well', () => {
  it.each([
    ['cut JSON', '{"choices":[{"del'],
    ['no JSON', 'oops'],
    ['a list', '[]'],
    ['null', 'null'],
    ['choices that are no list', { choices: {} }],
    ['content that is no string', chunk({ content: 7 })],
  ])('%s', (_what, event) => {
    const { parts, end, done } = decode(first, event, second, '[DONE]')
    expect(parts).toEqual([metadata, texts[0]])
    expect(done).toBe(true)
    expect(end).toMatchObject({ type: 'failed', failure: { kind: 'protocol', isRetryable: false } })
  })

  it.each([
    [{ status: 500, message: 'Internal Server Error' }, 'server', 'GigaChat answered 500: Internal Server Error'],
    [{ status: 429, message: 'Too Many Requests' }, 'rate-limit', 'GigaChat answered 429: Too Many Requests'],
    [{ error: { message: 'broken', code: 503 } }, 'server', 'GigaChat answered 503: broken (code 503)'],
    [{ error: 'broken' }, 'server', 'GigaChat answered 500: an error without text'],
  ])('the error %j', (event, kind, message) => {
    expect(decode(first, event, '[DONE]').end).toMatchObject({ type: 'failed', failure: { kind, message } })
  })
})

describe('for any stream', () => {
  it('the pieces are the answer, however it is cut into events', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (pieces) => {
        const { parts, end } = decode(...pieces.map((content) => chunk({ content })), last, '[DONE]')
        const text = parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')
        expect(text).toBe(pieces.join(''))
        expect(parts.every((part) => part.type !== 'text-delta' || part.text !== '')).toBe(true)
        expect(end).toEqual(finish)
      }),
    )
  })

  it('nothing throws, and the end is one of the three', () => {
    const event = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((json) => `{"choices":[{"delta":${json}}]}`),
    )
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const { end } = decode(...events)
        expect(['finish', 'cut', 'failed']).toContain(end.type)
      }),
    )
  })
})
