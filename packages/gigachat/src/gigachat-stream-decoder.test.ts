import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StreamEnd, StreamPart } from '@shlyuz/core'
import { parseGigachatModel } from './gigachat-models.ts'
import { GigachatStreamDecoder } from './gigachat-stream-decoder.ts'

const asked = parseGigachatModel('GigaChat-2')

function decode(...events: unknown[]): { parts: StreamPart[]; end: StreamEnd; done: boolean } {
  const decoder = new GigachatStreamDecoder(asked, 'sber')
  const parts: StreamPart[] = []
  for (const event of events) {
    decoder.push(undefined, typeof event === 'string' ? event : JSON.stringify(event), parts)
  }
  const end = decoder.end(parts)
  return { parts, end, done: decoder.done }
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
  ['function_call', 'stop'],
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

describe('a function call', () => {
  const stateId = '0199e210-2f13-744c-8fe5-c9a19fe27db7'
  const call = { name: 'weather', arguments: { city: 'Омск' } }
  const part = { type: 'tool-call', toolCallId: '', toolName: 'weather', input: { city: 'Омск' } }
  const withState = { ...part, providerMetadata: { gigachat: { functionsStateId: stateId } } }
  const forTools = { type: 'finish', finishReason: 'tool-calls', rawFinishReason: 'function_call', usage: neutralUsage }

  it('comes out whole, with the state that ties it to its turn', () => {
    const delta = { role: 'assistant', content: '', function_call: call, functions_state_id: stateId }
    expect(decode(chunk(delta, { usage }, 'function_call'), '[DONE]')).toEqual({
      parts: [metadata, withState],
      end: forTools,
      done: true,
    })
  })

  it('may have its state and its finish reason in events of their own, after text', () => {
    const events = [first, chunk({ functions_state_id: stateId }), chunk({ function_call: call })]
    expect(decode(...events, chunk({}, { usage }, 'function_call'), '[DONE]')).toMatchObject({
      parts: [metadata, texts[0], withState],
      end: forTools,
    })
  })

  it.each([
    ['an object', { city: 'Омск' }, { input: { city: 'Омск' } }],
    ['a string of JSON', '{"city":"Омск"}', { input: { city: 'Омск' } }],
    ['nothing', undefined, { input: {} }],
    ['no JSON', '{"city":', { input: undefined, invalidInput: '{"city":' }],
    ['a list', '[1]', { input: undefined, invalidInput: '[1]' }],
    ['a number', 7, { input: undefined, invalidInput: '7' }],
  ])('takes %s for its arguments', (_what, given, expected) => {
    const delta = { function_call: { name: 'weather', arguments: given } }
    expect(decode(chunk(delta, {}, 'function_call'), '[DONE]').parts).toEqual([
      metadata,
      { type: 'tool-call', toolCallId: '', toolName: 'weather', ...expected },
    ])
  })

  it('is put together from pieces', () => {
    const pieces = [{ name: 'weather', arguments: '{"city"' }, { arguments: ':"Омск"}' }]
    expect(
      decode(...pieces.map((piece) => chunk({ function_call: piece })), chunk({}, {}, 'function_call')).parts,
    ).toEqual([metadata, part])
  })

  it('makes the answer end for tools whatever the reason says of it', () => {
    expect(decode(chunk({ function_call: call }, {}, 'stop'), '[DONE]').end).toMatchObject({
      finishReason: 'tool-calls',
      rawFinishReason: 'stop',
    })
    expect(decode(chunk({ function_call: call }), '[DONE]')).toMatchObject({
      parts: [metadata, part],
      end: { finishReason: 'other' },
    })
  })

  it('is not given out when the stream is cut behind it', () => {
    expect(decode(chunk({ function_call: call }))).toEqual({ parts: [metadata], end: { type: 'cut' }, done: false })
  })

  it('without a name fails the stream', () => {
    expect(decode(chunk({ function_call: { arguments: {} } })).end).toMatchObject({
      type: 'failed',
      failure: { kind: 'protocol' },
    })
  })
})

it('tells how a built-in function gets on, and what it made', () => {
  const progress = chunk({ role: 'function_in_progress', name: 'text2image', content: 'Осталось 8 секунд' })
  const image = chunk({ role: 'assistant', content: '<img src="3727db23-91a3" fuse="true"/>', functions_state_id: 'a' })
  const said = chunk({ content: ' вот мой рисунок.' })
  expect(decode(progress, image, said, chunk({ content: '' }, { usage }, 'function_call'), '[DONE]')).toEqual({
    parts: [
      metadata,
      { type: 'tool-progress', toolName: 'text2image', state: 'running', message: 'Осталось 8 секунд' },
      { type: 'file', data: { fileId: '3727db23-91a3', provider: 'sber' }, mediaType: 'image/jpeg' },
      { type: 'text-delta', text: ' вот мой рисунок.' },
    ],
    end: { ...finish, rawFinishReason: 'function_call' },
    done: true,
  })
})

it('gives out what waited for the rest of a tag when the answer ends there', () => {
  expect(decode(chunk({ content: 'a <im' }), last, '[DONE]').parts).toEqual([
    metadata,
    { type: 'text-delta', text: 'a ' },
    { type: 'text-delta', text: '<im' },
  ])
})

it('gives what the model thinks apart from the answer', () => {
  expect(
    decode(chunk({ role: 'assistant', reasoning_content: 'Сначала ' }), chunk({ reasoning_content: 'реки' }), first)
      .parts,
  ).toEqual([
    metadata,
    { type: 'reasoning-delta', text: 'Сначала ' },
    { type: 'reasoning-delta', text: 'реки' },
    texts[0],
  ])
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

describe('events that differ in their text alone', () => {
  const kinds: Readonly<Record<string, (text: string) => object>> = {
    plain: (content) => chunk({ content }),
    role: (content) => chunk({ content, role: 'assistant' }),
    thought: (content) => chunk({ content, reasoning_content: 'Хм' }),
    call: (content) => chunk({ content, function_call: { name: 'weather', arguments: { city: content } } }),
    progress: (content) => chunk({ content, role: 'function_in_progress', name: 'text2image' }),
    state: (content) => chunk({ content, functions_state_id: 'state-1' }),
    usage: (content) => chunk({ content }, { usage: { prompt_tokens: content.length } }),
    'other model': (content) => chunk({ content }, { model: 'GigaChat-2-Max:2.0.28.2' }),
    'no model': (content) => chunk({ content }, { model: undefined }),
    reason: (content) => chunk({ content }, {}, 'stop'),
    unreadable: () => chunk({ content: 1 }),
  }
  const contents = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 16 }),
    fc.constantFrom(
      '',
      '<',
      '<img src="a',
      '" fuse="true"/>',
      '<img src="a" fuse="true"/>',
      '\uD83D',
      '\uDE00',
      ',',
      'Обь',
    ),
  )
  const kind = fc.oneof({ weight: 10, arbitrary: fc.constant('plain') }, fc.constantFrom(...Object.keys(kinds)))
  /** Runs of one kind, with others between. */
  const events = fc.array(fc.tuple(kind, fc.array(contents, { maxLength: 6 })), { maxLength: 10 })

  it('are read as if each were parsed', () => {
    fc.assert(
      fc.property(events, (given) => {
        const all = given.flatMap(([name, run]) => run.map((text) => JSON.stringify(kinds[name]!(text))))
        // White space that no other event has.
        const parsed = all.map((data, index) => ' '.repeat(index) + data)
        expect(decode(...all)).toEqual(decode(...parsed))
      }),
      { numRuns: 1_000 },
    )
  })
})
