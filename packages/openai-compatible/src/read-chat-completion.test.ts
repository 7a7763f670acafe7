import { describe, expect, it } from 'vitest'
import { readChatCompletion } from './read-chat-completion.ts'

function document(message: object, reason: string | null = 'stop', more: object = {}): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'our-model',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: reason }],
    usage: {
      prompt_tokens: 20,
      completion_tokens: 5,
      total_tokens: 25,
      prompt_tokens_details: { cached_tokens: 16 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
    ...more,
  }
}

function call(id: string, name: string, args: unknown): object {
  return { id, type: 'function', function: { name, arguments: args } }
}

const usage = { inputTokens: 20, cachedInputTokens: 16, outputTokens: 5, reasoningTokens: 3, totalTokens: 25 }
const model = { modelId: 'our-model', rawModel: 'our-model' }

it('reads text, reasoning, usage and the model', () => {
  expect(readChatCompletion(document({ content: 'Обь', reasoning_content: 'Сибирь…' }))).toEqual({
    answer: {
      content: [
        { type: 'reasoning', text: 'Сибирь…' },
        { type: 'text', text: 'Обь' },
      ],
      finishReason: 'stop',
      rawFinishReason: 'stop',
      usage,
      ...model,
    },
  })
})

it('reads reasoning under its other name, and content that is a list of parts', () => {
  const message = {
    content: [
      { type: 'text', text: 'О' },
      { type: 'text', text: 'бь' },
    ],
    reasoning: 'Так.',
  }
  expect(readChatCompletion(document(message))).toMatchObject({
    answer: {
      content: [
        { type: 'reasoning', text: 'Так.' },
        { type: 'text', text: 'Обь' },
      ],
    },
  })
})

it.each([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
  ['abort', 'error'],
  ['brand_new', 'other'],
])('maps finish_reason %s to %s', (raw, finishReason) => {
  expect(readChatCompletion(document({ content: 'x' }, raw))).toMatchObject({
    answer: { finishReason, rawFinishReason: raw },
  })
})

it('takes a refusal of the model for its text, and for a filter', () => {
  expect(readChatCompletion(document({ content: null, refusal: 'Не могу' }))).toMatchObject({
    answer: { content: [{ type: 'text', text: 'Не могу' }], finishReason: 'content-filter' },
  })
})

describe('tool calls', () => {
  it('come whole, also those that share an id, or have none', () => {
    const calls = [
      call('weather', 'weather', '{"city":"Казань"}'),
      call('weather', 'weather', '{"city":"Пермь"}'),
      { function: { name: 'clock', arguments: '' } },
    ]
    expect(readChatCompletion(document({ content: '', tool_calls: calls }, 'tool_calls'))).toMatchObject({
      answer: {
        content: [
          { type: 'tool-call', toolCallId: 'weather', toolName: 'weather', input: { city: 'Казань' } },
          { type: 'tool-call', toolCallId: 'weather', toolName: 'weather', input: { city: 'Пермь' } },
          { type: 'tool-call', toolCallId: '', toolName: 'clock', input: {} },
        ],
        finishReason: 'tool-calls',
      },
    })
  })

  it('whose arguments are no JSON object are given on as they came', () => {
    const calls = ['{"city', '[1]', '"text"', '5'].map((args) => call('a', 'weather', args))
    const read = readChatCompletion(document({ tool_calls: calls }, 'tool_calls'))
    expect('answer' in read && read.answer.content).toEqual(
      ['{"city', '[1]', '"text"', '5'].map((invalidInput) => ({
        type: 'tool-call',
        toolCallId: 'a',
        toolName: 'weather',
        input: undefined,
        invalidInput,
      })),
    )
  })

  it('whose arguments come as an object are taken as well', () => {
    expect(readChatCompletion(document({ tool_calls: [call('a', 'weather', { city: 'Омск' })] }))).toMatchObject({
      answer: { content: [{ input: { city: 'Омск' } }] },
    })
  })

  it("mean 'tool-calls' where the server says stop, as for a tool it was told to call", () => {
    expect(readChatCompletion(document({ tool_calls: [call('a', 'clock', '{}')] }, 'stop'))).toMatchObject({
      answer: { finishReason: 'tool-calls', rawFinishReason: 'stop' },
    })
  })

  it('are cut to the first where one alone was asked for', () => {
    const calls = [call('a', 'clock', '{}'), call('b', 'clock', '{}')]
    const read = readChatCompletion(document({ tool_calls: calls }, 'tool_calls'), { firstToolCallOnly: true })
    expect('answer' in read && read.answer.content).toEqual([
      { type: 'tool-call', toolCallId: 'a', toolName: 'clock', input: {} },
    ])
  })

  it('cannot reach a prototype by their arguments', () => {
    const read = readChatCompletion(document({ tool_calls: [call('a', 'clock', '{"__proto__":{"polluted":true}}')] }))
    expect(read).toHaveProperty('answer')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

it('states no model and no figure that the answer leaves out', () => {
  const read = readChatCompletion({ model: '', choices: [{ message: { content: 'Обь' } }] })
  expect(read).toEqual({ answer: { content: [{ type: 'text', text: 'Обь' }], finishReason: 'other', usage: {} } })
})

it('reads figures that are strings, and leaves out what is no count', () => {
  const odd = { prompt_tokens: '20', completion_tokens: -1, total_tokens: 1.5, prompt_tokens_details: null }
  expect(readChatCompletion(document({ content: 'x' }, 'stop', { usage: odd }))).toMatchObject({
    answer: { usage: { inputTokens: 20 } },
  })
})

it('asks its dialect which model a spelling stands for', () => {
  const dialect = { convertModel: (spelled: string) => (spelled === 'our-model' ? 'theirs' : undefined) }
  expect(readChatCompletion(document({ content: 'x' }), dialect)).toMatchObject({
    answer: { modelId: 'theirs', rawModel: 'our-model' },
  })
})

describe('what is no answer', () => {
  it.each<[string, unknown, RegExp]>([
    ['a list', [], /not a JSON object/],
    ['null', null, /not a JSON object/],
    ['no choices', {}, /no choices/],
    ['empty choices', { choices: [] }, /no choices/],
  ])('%s is a failure of the protocol', (_what, given, message) => {
    expect(readChatCompletion(given, { service: 'vllm' })).toEqual({
      failure: {
        kind: 'protocol',
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(/baseUrl/) as string,
        isRetryable: false,
      },
    })
  })

  it('an error in a body of 200 is the failure it reports', () => {
    const reported = { error: { message: 'maximum context length is 8192 tokens', code: 400 } }
    expect(readChatCompletion(reported, { service: 'vllm' })).toMatchObject({
      failure: {
        kind: 'context-length',
        status: 400,
        message: 'vllm reported in its answer: maximum context length is 8192 tokens',
      },
    })
    expect(readChatCompletion(document({ content: 'x' }, 'stop', { error: null }))).toHaveProperty('answer')
  })
})
