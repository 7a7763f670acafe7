import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StreamEnd, StreamPart } from '@shlyuz/core'
import { ChatCompletionStreamDecoder } from './chat-completion-stream-decoder.ts'
import type { AnswerDialect } from './read-chat-completion.ts'

interface Decoded {
  readonly parts: readonly StreamPart[]
  readonly end: StreamEnd
}

function decode(events: readonly string[], dialect: AnswerDialect = {}): Decoded {
  const decoder = new ChatCompletionStreamDecoder(dialect)
  const parts: StreamPart[] = []
  for (const event of events) decoder.push(undefined, event, parts)
  const end = decoder.end(parts)
  return { parts, end }
}

function chunk(given: object | undefined, reason?: string | null, more: object = {}): string {
  const choice = { index: 0, ...(given && { delta: given }), ...(reason !== undefined && { finish_reason: reason }) }
  return JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'our-model', choices: [choice], ...more })
}

function piece(index: number | undefined, id: string, name: string, args: unknown, type = 'function'): object {
  return { tool_calls: [{ ...(index !== undefined && { index }), id, type, function: { name, arguments: args } }] }
}

/** Joins neighbouring deltas: where a text is cut must make no difference. */
function joined(parts: readonly StreamPart[]): readonly StreamPart[] {
  const all: StreamPart[] = []
  for (const part of parts) {
    const last = all.at(-1)
    if (part.type === 'text-delta' && last?.type === 'text-delta') {
      all[all.length - 1] = { type: 'text-delta', text: last.text + part.text }
    } else all.push(part)
  }
  return all
}

const done = '[DONE]'
const metadata = { type: 'response-metadata', modelId: 'our-model', rawModel: 'our-model' }
const usageChunk = JSON.stringify({
  model: 'our-model',
  choices: [],
  usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
})
const usage = { inputTokens: 9, outputTokens: 4, totalTokens: 13 }

function delta(text: string): StreamPart {
  return { type: 'text-delta', text }
}

function toolCall(toolCallId: string, toolName: string, input: unknown): object {
  return { type: 'tool-call', toolCallId, toolName, input }
}

function finish(finishReason: string, raw?: string, figures: object = {}): object {
  return { type: 'finish', finishReason, ...(raw !== undefined && { rawFinishReason: raw }), usage: figures }
}

describe('a text', () => {
  it('comes token by token, with a role before and the usage after', () => {
    const events = [
      chunk({ role: 'assistant', content: '' }, null, { usage: null }),
      chunk({ content: 'Ка' }),
      chunk({ content: 'зань' }, null),
      chunk({}, 'stop'),
      usageChunk,
      done,
    ]
    expect(decode(events)).toEqual({
      parts: [metadata, delta('Ка'), delta('зань')],
      end: finish('stop', 'stop', usage),
    })
  })

  it('comes in few pieces, the last with its reason, and without usage', () => {
    const events = [chunk({ role: 'assistant', content: 'Ка' }), chunk({ content: 'зань.' }, 'stop'), done]
    expect(decode(events)).toEqual({ parts: [metadata, delta('Ка'), delta('зань.')], end: finish('stop', 'stop') })
  })

  it('is the same however it is cut', () => {
    const text = 'Обь 🌊, Енисей'
    const whole = joined(decode([chunk({ content: text }, 'stop'), done]).parts)
    expect(whole).toEqual([metadata, delta(text)])
    for (let at = 1; at < text.length; at++) {
      const events = [
        chunk({ content: text.slice(0, at) }),
        chunk({ content: text.slice(at) }),
        chunk({}, 'stop'),
        done,
      ]
      const { parts } = decode(events)
      expect(joined(parts), `cut at ${at}`).toEqual(whole)
      for (const part of parts)
        expect(part).not.toMatchObject({ text: expect.stringMatching(/[\ud800-\udbff]$/) as string })
    }
  })

  it('keeps usage that stands in every chunk', () => {
    const early = { usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 } }
    const events = [chunk({ content: 'О' }, null, early), chunk({ content: 'бь' }, 'stop'), usageChunk, done]
    expect(decode(events).end).toEqual(finish('stop', 'stop', usage))
  })
})

it('gives reasoning under either name before the text', () => {
  const events = [
    chunk({ reasoning_content: 'Так' }),
    chunk({ reasoning: '…', content: null }),
    chunk({ content: 'Обь', reasoning_content: null }),
    chunk({}, 'stop'),
    done,
  ]
  expect(decode(events).parts).toEqual([
    metadata,
    { type: 'reasoning-delta', text: 'Так' },
    { type: 'reasoning-delta', text: '…' },
    delta('Обь'),
  ])
})

describe('tool calls', () => {
  it('come in one piece', () => {
    const events = [chunk({ role: 'assistant', ...piece(0, 'clock', 'clock', '{"zone":"UTC"}') }, 'tool_calls'), done]
    expect(decode(events)).toEqual({
      parts: [metadata, toolCall('clock', 'clock', { zone: 'UTC' })],
      end: finish('tool-calls', 'tool_calls'),
    })
  })

  it('come in pieces whose empty id, type and name say nothing, however the arguments are cut', () => {
    const args = '{"city":"Казань 🌊","days":2}'
    for (let at = 0; at <= args.length; at++) {
      const events = [
        chunk({ role: 'assistant' }),
        // An empty type may even come first.
        chunk(piece(0, 'call-1', 'weather', '', '')),
        chunk(piece(0, '', '', args.slice(0, at), '')),
        chunk(piece(0, '', '', args.slice(at), '')),
        chunk({}, 'tool_calls'),
        usageChunk,
        done,
      ]
      expect(decode(events), `cut at ${at}`).toEqual({
        parts: [metadata, toolCall('call-1', 'weather', { city: 'Казань 🌊', days: 2 })],
        end: finish('tool-calls', 'tool_calls', usage),
      })
    }
  })

  it('are told apart by their index, also when their pieces mix and share an id', () => {
    const events = [
      chunk(piece(0, 'weather', 'weather', '{"city":')),
      chunk(piece(1, 'weather', 'weather', '{"city":"Пермь"}')),
      chunk(piece(0, '', '', '"Омск"}')),
      chunk({}, 'tool_calls'),
      done,
    ]
    expect(decode(events).parts).toEqual([
      metadata,
      toolCall('weather', 'weather', { city: 'Омск' }),
      toolCall('weather', 'weather', { city: 'Пермь' }),
    ])
  })

  it('are told apart by their ids where a server numbers all of them 0, or none', () => {
    for (const index of [0, undefined]) {
      const events = [
        chunk(piece(index, 'call-1', 'weather', '{"city":"Омск"}')),
        chunk(piece(index, 'call-2', 'weather', '{"city":')),
        chunk(piece(index, 'call-2', 'weather', '"Пермь"}')),
        chunk({}, 'tool_calls'),
        done,
      ]
      expect(decode(events).parts).toEqual([
        metadata,
        toolCall('call-1', 'weather', { city: 'Омск' }),
        toolCall('call-2', 'weather', { city: 'Пермь' }),
      ])
    }
  })

  it('stand after the text before them, and are cut to the first where one alone was asked for', () => {
    const events = [
      chunk({ content: 'Смотрю.' }),
      chunk(piece(0, 'a', 'clock', '{}')),
      chunk(piece(1, 'b', 'clock', '{}')),
      chunk({}, 'tool_calls'),
      done,
    ]
    expect(decode(events, { firstToolCallOnly: true }).parts).toEqual([
      metadata,
      delta('Смотрю.'),
      toolCall('a', 'clock', {}),
    ])
  })

  it('that were cut by the token limit are given on as they came', () => {
    const events = [chunk(piece(0, 'a', 'weather', '{"city":"Ка')), chunk({}, 'length'), done]
    expect(decode(events)).toEqual({
      parts: [metadata, { ...toolCall('a', 'weather', undefined), invalidInput: '{"city":"Ка' }],
      end: finish('length', 'length'),
    })
  })

  it('are not given out of a stream that was cut', () => {
    const events = [chunk({ content: 'Смотрю.' }), chunk(piece(0, 'a', 'clock', '{}'))]
    expect(decode(events)).toEqual({ parts: [metadata, delta('Смотрю.')], end: { type: 'cut' } })
  })
})

describe('a filter', () => {
  const replaces = { filteredTextReplaces: true }

  it('replaces the text where the service sends a whole one in its place', () => {
    const events = [chunk({ content: 'Итак, ' }), chunk({ content: 'Не могу.' }, 'content_filter'), done]
    expect(decode(events, replaces)).toEqual({
      parts: [metadata, delta('Итак, '), { type: 'rewrite', text: 'Не могу.' }],
      end: finish('content-filter', 'content_filter'),
    })
  })

  it('goes on with a text that begins as the one given out', () => {
    const events = [chunk({ content: 'Итак, ' }), chunk({ content: 'Итак, нет.' }, 'content_filter'), done]
    expect(decode(events, replaces).parts).toEqual([metadata, delta('Итак, '), delta('нет.')])
    expect(decode([chunk({ content: 'Нет.' }, 'content_filter'), done], replaces).parts).toEqual([
      metadata,
      delta('Нет.'),
    ])
  })

  it('leaves the text as it is where it comes without one, or the service is of another kind', () => {
    const empty = [chunk({ content: 'Итак' }), chunk({ content: '' }, 'content_filter'), done]
    expect(decode(empty, replaces).parts).toEqual([metadata, delta('Итак')])
    const other = [chunk({ content: 'Итак, ' }), chunk({ content: 'всё.' }, 'content_filter'), done]
    expect(decode(other).parts).toEqual([metadata, delta('Итак, '), delta('всё.')])
  })
})

describe('the end', () => {
  it('is whole after a reason, also without [DONE]', () => {
    expect(decode([chunk({ content: 'Обь' }, 'stop')]).end).toEqual(finish('stop', 'stop'))
  })

  it('is whole after [DONE], also without a reason', () => {
    expect(decode([chunk({ content: 'Обь' }), done]).end).toEqual(finish('other'))
    expect(decode([chunk(piece(0, 'a', 'clock', '{}')), done])).toEqual({
      parts: [metadata, toolCall('a', 'clock', {})],
      end: finish('tool-calls'),
    })
  })

  it('is a cut anywhere before', () => {
    const events = [chunk({ role: 'assistant' }), chunk({ content: 'Ка' }), chunk({ content: 'зань' })]
    for (let count = 0; count <= events.length; count++) {
      expect(decode(events.slice(0, count)).end, `after ${count} events`).toEqual({ type: 'cut' })
    }
  })

  it('is a failure when nothing came before [DONE]', () => {
    expect(decode([done])).toMatchObject({ parts: [], end: { type: 'failed', failure: { kind: 'protocol' } } })
  })

  it('makes it deaf', () => {
    const events = [chunk({ content: 'Обь' }, 'stop'), done, chunk({ content: ' и Лена' }), 'no JSON']
    expect(decode(events)).toEqual({ parts: [metadata, delta('Обь')], end: finish('stop', 'stop') })
  })
})

describe('an error in the middle', () => {
  it.each<[string, unknown, string]>([
    ['a text', { error: 'model crashed' }, 'model crashed'],
    ['an object with a message', { error: { message: 'model crashed' } }, 'model crashed'],
    ['an object with an error', { error: { error: 'model crashed' } }, 'model crashed'],
    ['an object without an envelope', { object: 'error', message: 'model crashed', code: 500 }, 'model crashed'],
    ['an empty object', { error: {} }, 'an error without text'],
  ])('%s ends the stream with it', (_what, event, message) => {
    const events = [chunk({ content: 'Обь' }), JSON.stringify(event), chunk({ content: '!' }, 'stop'), done]
    expect(decode(events, { service: 'vllm' })).toEqual({
      parts: [metadata, delta('Обь')],
      end: {
        type: 'failed',
        failure: expect.objectContaining({
          kind: 'server',
          message: `vllm reported in its answer: ${message}`,
          status: 500,
        }) as object,
      },
    })
  })

  it('is none when it is falsy', () => {
    expect(decode([chunk({ content: 'Обь' }, 'stop', { error: null }), done]).end).toEqual(finish('stop', 'stop'))
  })

  it('is also what is no JSON object', () => {
    for (const event of ['{"choices":', '[]', '5', 'null']) {
      expect(decode([chunk({ content: 'Обь' }), event]).end, event).toMatchObject({
        type: 'failed',
        failure: { kind: 'protocol' },
      })
    }
  })
})

describe('what means nothing', () => {
  it('is passed over: empty events, chunks without choices, further choices', () => {
    const other = JSON.stringify({ model: 'our-model', choices: [{ index: 1, delta: { content: 'Лена' } }] })
    const events = ['', ' ', '{}', '{"choices":[]}', other, chunk(undefined), chunk({ content: 'Обь' }, 'stop'), done]
    expect(decode(events)).toEqual({ parts: [metadata, delta('Обь')], end: finish('stop', 'stop') })
  })
})

describe('the model', () => {
  it('is told once, and again when another one goes on', () => {
    const events = [chunk({ content: 'О' }), chunk({ content: 'бь' }, 'stop', { model: 'other' }), done]
    expect(decode(events).parts).toEqual([
      metadata,
      delta('О'),
      { type: 'response-metadata', modelId: 'other', rawModel: 'other' },
      delta('бь'),
    ])
  })

  it('is unknown where the service does not say', () => {
    expect(decode([chunk({ content: 'Обь' }, 'stop', { model: '' }), done]).parts).toEqual([
      { type: 'response-metadata' },
      delta('Обь'),
    ])
  })
})

describe('events that differ in their text alone', () => {
  const kinds: Readonly<Record<string, (text: string) => string>> = {
    plain: (content) => chunk({ content }, null),
    role: (content) => chunk({ role: 'assistant', content }, null),
    'no calls': (content) => chunk({ content, tool_calls: [] }, null),
    call: (content) => chunk({ content, ...piece(0, 'c1', 'weather', '{}') }),
    'part of a call': () => chunk(piece(0, '', '', ' ')),
    reasoning: (content) => chunk({ content, reasoning_content: 'Хм' }),
    refusal: (content) => chunk({ content, refusal: 'Нет.' }),
    reason: (content) => chunk({ content }, 'stop'),
    filter: (content) => chunk({ content }, 'content_filter'),
    usage: (content) => chunk({ content }, null, { usage: { prompt_tokens: content.length } }),
    'other usage': (content) => chunk({ content }, null, { usage: { prompt_tokens: 7 } }),
    'other model': (content) => chunk({ content }, null, { model: 'other' }),
    'no model': (content) => chunk({ content }, null, { model: undefined }),
    message: (content) => JSON.stringify({ model: 'our-model', choices: [{ message: { content } }] }),
    'second choice': (content) => JSON.stringify({ choices: [{ index: 1, delta: { content } }] }),
    error: () => JSON.stringify({ error: { message: 'overloaded' } }),
    done: () => done,
  }
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 16 }),
    fc.constantFrom('', '\uD83D', '\uDE00', '"', ',', '\\n', 'О', 'Обь'),
  )
  const kind = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom('plain', 'no calls', 'usage', 'other usage') },
    fc.constantFrom(...Object.keys(kinds)),
  )
  const event = fc.tuple(kind, texts).map(([name, text]) => kinds[name]!(text))
  /** Runs of one kind, with others between. */
  const events = fc.array(fc.oneof(event, fc.tuple(kind, fc.array(texts, { maxLength: 6 }))), { maxLength: 12 })

  it.each([{}, { filteredTextReplaces: true }])('are read as if each were parsed, %j', (dialect) => {
    fc.assert(
      fc.property(events, (given) => {
        const all = given.flatMap((one) =>
          typeof one === 'string' ? [one] : one[1].map((text) => kinds[one[0]]!(text)),
        )
        // White space that no other event has.
        const parsed = all.map((data, index) =>
          data.startsWith('{') ? data.replace('{', `{${' '.repeat(index)}`) : data,
        )
        expect(decode(all, dialect)).toEqual(decode(parsed, dialect))
      }),
      { numRuns: 1_000 },
    )
  })
})
