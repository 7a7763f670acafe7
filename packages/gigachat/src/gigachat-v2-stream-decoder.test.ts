import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StreamEnd, StreamPart } from '@shlyuz/core'
import { parseGigachatModel } from './gigachat-models.ts'
import { GigachatV2StreamDecoder } from './gigachat-v2-stream-decoder.ts'

const asked = parseGigachatModel('GigaChat-2-Max')

type Event = readonly [name: string | undefined, body: unknown]

function decode(...events: readonly Event[]): { parts: StreamPart[]; end: StreamEnd; done: boolean } {
  const decoder = new GigachatV2StreamDecoder(asked, 'sber')
  const parts: StreamPart[] = []
  for (const [name, body] of events) {
    decoder.push(name, typeof body === 'string' ? body : JSON.stringify(body), parts)
  }
  return { parts, end: decoder.end(), done: decoder.done }
}

function delta(...content: object[]): Event {
  return ['response.message.delta', { messages: [{ role: 'assistant', content }] }]
}

function finish(reason = 'stop', more: object = {}): Event {
  return ['response.message.done', { finish_reason: reason, ...more }]
}

/** The parts that are part of the answer. */
function contentOf({ parts }: { readonly parts: readonly StreamPart[] }): readonly StreamPart[] {
  return parts.filter(({ type }) => type !== 'response-metadata')
}

function textOf({ parts }: { readonly parts: readonly StreamPart[] }): string {
  return parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')
}

describe('a stream of version 2', () => {
  it('announces its model, gives text, and ends with the named event', () => {
    const head = { model: 'GigaChat-2-Max:2.0.30', created_at: 1_780_000_000 }
    const usage = { input_tokens: 9, input_tokens_details: { cached_tokens: 3 }, output_tokens: 2, total_tokens: 11 }
    const result = decode(
      ['response.message.delta', { ...head, messages: [{ role: 'assistant', content: [{ text: 'Обь ' }] }] }],
      ['response.message.delta', { ...head, messages: [{ content: [{ text: 'и Лена' }] }] }],
      ['response.message.done', { ...head, created_at: '1780000000', finish_reason: 'stop', usage }],
      ['response.message.delta', { ...head, messages: [{ content: [{ text: 'лишнее' }] }] }],
    )
    expect(result).toEqual({
      parts: [
        { type: 'response-metadata', modelId: 'GigaChat-2-Max', rawModel: 'GigaChat-2-Max:2.0.30' },
        { type: 'text-delta', text: 'Обь ' },
        { type: 'text-delta', text: 'и Лена' },
      ],
      end: {
        type: 'finish',
        finishReason: 'stop',
        rawFinishReason: 'stop',
        usage: { inputTokens: 9, cachedInputTokens: 3, outputTokens: 2, totalTokens: 11 },
      },
      done: true,
    })
  })

  it('gives thoughts apart from the answer', () => {
    const result = decode(
      ['response.message.delta', { messages: [{ role: 'reasoning', content: [{ text: 'Ду' }] }] }],
      ['response.message.delta', { messages: [{ content: [{ text: 'маю' }] }] }],
      delta({ text: 'Обь' }),
      finish(),
    )
    expect(result.parts).toEqual([
      { type: 'response-metadata' },
      { type: 'reasoning-delta', text: 'Ду' },
      { type: 'reasoning-delta', text: 'маю' },
      { type: 'text-delta', text: 'Обь' },
    ])
  })

  it('says how the tools of the service get on, and gives what they made', () => {
    const file = { files: [{ id: 'f1', mime: 'image/jpeg', target: 'image' }] }
    const execution = (more: object): object => ({
      messages: [
        { role: 'reasoning', content: [{ text: 'не ответ' }, { tool_execution: { name: 'image_generate', ...more } }] },
      ],
    })
    const sources = { inline_data: { sources: { 1: { url: 'https://a.example' } } } }
    const result = decode(
      ['response.tool.in_progress', execution({ seconds_left: 12 })],
      ['response.tool.completed', execution({ status: 'success', censored: true })],
      ['response.tool.completed', execution({ status: 'fail' })],
      ['response.tool.unheard_of', 'не JSON'],
      delta(file, { text: 'Готово.' }, sources),
      delta(sources),
      finish(),
    )
    expect(contentOf(result)).toEqual([
      { type: 'tool-progress', toolName: 'image_generate', state: 'running', secondsLeft: 12 },
      { type: 'tool-progress', toolName: 'image_generate', state: 'done', message: 'censored' },
      { type: 'tool-progress', toolName: 'image_generate', state: 'failed' },
      { type: 'file', data: { fileId: 'f1', provider: 'sber' }, mediaType: 'image/jpeg' },
      { type: 'text-delta', text: 'Готово.' },
      { type: 'source', id: '1', url: 'https://a.example' },
    ])
    expect(result.end).toMatchObject({ type: 'finish', warnings: [{ code: 'provider-tool-failed' }] })
  })

  it('takes calls out of the last event', () => {
    const content = [
      { function_call: { id: 'c1', name: 'depth', arguments: { river: 'Обь' } } },
      { function_call: { id: 'c2', name: 'depth', arguments: { river: 'Обь' } } },
    ]
    const messages = [{ role: 'assistant', tool_state_id: 'state', content }]
    const result = decode(finish('function_call', { messages }))
    const common = { type: 'tool-call', toolName: 'depth', providerMetadata: { gigachat: { toolStateId: 'state' } } }
    expect(contentOf(result)).toEqual([
      { ...common, toolCallId: 'c1', input: { river: 'Обь' } },
      { ...common, toolCallId: 'c2', input: { river: 'Обь' } },
    ])
    expect(result.end).toMatchObject({ finishReason: 'tool-calls', rawFinishReason: 'function_call' })
  })

  it('puts a call together, and gives it once though the last event has it again', () => {
    const whole = { function_call: { name: 'depth', arguments: { river: 'Обь' } } }
    const result = decode(
      delta({ text: 'Смотрю.' }),
      delta({ function_call: { name: 'depth', arguments: '{"river":' } }),
      delta({ function_call: { arguments: '"Обь"}' } }),
      delta({ function_call: { name: 'depth', arguments: { river: 'Лена' } } }),
      finish('function_call', {
        tools_state_id: 'late',
        messages: [{ role: 'assistant', content: [{ text: 'Смотрю.' }, whole] }],
      }),
    )
    const common = {
      type: 'tool-call',
      toolCallId: '',
      toolName: 'depth',
      providerMetadata: { gigachat: { toolStateId: 'late' } },
    }
    expect(contentOf(result)).toEqual([
      { type: 'text-delta', text: 'Смотрю.' },
      { ...common, input: { river: 'Обь' } },
      { ...common, input: { river: 'Лена' } },
    ])
  })

  it('keeps two calls of one function apart', () => {
    const same = { function_call: { name: 'depth', arguments: '{"river":"Обь"}' } }
    const result = decode(delta(same, same), finish('function_call'))
    expect(contentOf(result).map(({ type }) => type)).toEqual(['tool-call', 'tool-call'])
  })

  it('gives every text once, however it is cut and whatever of it the last event repeats', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 8 }),
        fc.string({ unit: 'grapheme' }),
        fc.boolean(),
        (pieces, rest, isRepeated) => {
          const told = pieces.join('')
          const last = isRepeated ? [{ role: 'assistant', content: [{ text: told }, { text: rest }] }] : undefined
          const result = decode(
            ...pieces.map((piece) => delta({ text: piece })),
            finish('stop', last && { messages: last }),
          )
          expect(textOf(result)).toBe(isRepeated ? told + rest : told)
        },
      ),
    )
  })

  it('adds a text of the last event that is another one', () => {
    const messages = [{ role: 'assistant', content: [{ text: ' и Лена' }] }]
    expect(textOf(decode(delta({ text: 'Обь' }), finish('stop', { messages })))).toBe('Обь и Лена')
    expect(textOf(decode(finish('blacklist', { messages })))).toBe(' и Лена')
  })

  it('reads events whose names were lost on the way', () => {
    const [, first] = delta({ text: 'Обь' })
    const [, last] = finish()
    expect(decode([undefined, first], [undefined, last])).toMatchObject({
      parts: [{ type: 'response-metadata' }, { type: 'text-delta', text: 'Обь' }],
      end: { type: 'finish', finishReason: 'stop' },
    })
  })
})

describe('the end of a stream of version 2', () => {
  it('is a cut without the last event, also after a finish reason and a call', () => {
    expect(decode(delta({ text: 'Обь' })).end).toEqual({ type: 'cut' })
    expect(decode(['response.message.delta', { finish_reason: 'stop', messages: [] }]).end).toEqual({ type: 'cut' })
    const cut = decode(delta({ function_call: { name: 'depth', arguments: {} } }))
    expect(cut.end).toEqual({ type: 'cut' })
    expect(contentOf(cut)).toEqual([])
  })

  it.each<[string, Event, object]>([
    [
      'an error event',
      ['response.error', { error: { status: 500, message: 'Internal Server Error' } }],
      { kind: 'server', status: 500 },
    ],
    [
      'an error event of another shape',
      ['error', { status: 429, message: 'Too Many Requests' }],
      { kind: 'rate-limit', status: 429 },
    ],
    ['an error in place of a message', ['response.message.delta', { error: { message: 'Oops' } }], { kind: 'server' }],
    ['what is not JSON', ['response.message.delta', '{"messages":['], { kind: 'protocol' }],
    ['messages that are no list', ['response.message.delta', { messages: 'Обь' }], { kind: 'protocol' }],
    ['a call without a name', delta({ function_call: { arguments: {} } }), { kind: 'protocol' }],
  ])('is a failure after %s, and nothing comes after it', (_what, event, failure) => {
    const result = decode(delta({ text: 'Обь' }), event, delta({ text: ' и Лена' }), finish())
    expect(result).toMatchObject({ end: { type: 'failed', failure }, done: true })
    expect(textOf(result)).toBe('Обь')
  })

  it('is one of the three ends whatever comes, and never an exception', () => {
    const names = [
      'response.message.delta',
      'response.message.done',
      'response.tool.completed',
      'response.error',
      undefined,
    ]
    const piece = fc.oneof(
      fc.record({ text: fc.oneof(fc.string(), fc.jsonValue()) }),
      fc.record({ function_call: fc.jsonValue() }),
      fc.record({ inline_data: fc.record({ sources: fc.jsonValue() }), files: fc.jsonValue() }),
      fc.jsonValue(),
    )
    const message = fc.record({ role: fc.oneof(fc.constant('reasoning'), fc.jsonValue()), content: fc.array(piece) })
    const body = fc.oneof(fc.record({ messages: fc.array(message), finish_reason: fc.jsonValue() }), fc.jsonValue())
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), body), { maxLength: 6 }), (events) => {
        const { end, done } = decode(...events)
        expect(['finish', 'cut', 'failed']).toContain(end.type)
        expect(done).toBe(end.type !== 'cut')
      }),
    )
  })
})
