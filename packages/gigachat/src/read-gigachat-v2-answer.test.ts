import { describe, expect, it } from 'vitest'
import { ProtocolError, ServerError } from '@shlyuz/core'
import { parseGigachatModel } from './gigachat-models.ts'
import { readGigachatV2Answer } from './read-gigachat-v2-answer.ts'

const asked = parseGigachatModel('GigaChat-3-Ultra')

function read(body: object): ReturnType<typeof readGigachatV2Answer> {
  return readGigachatV2Answer({ model: 'GigaChat-3-Ultra:32.1', created_at: '1780000000', ...body }, asked, 'sber')
}

describe('a whole answer of version 2', () => {
  it('is text, with usage and finish reason', () => {
    const usage = {
      input_tokens: 12,
      input_tokens_details: { prompt_tokens: 12, cached_tokens: 4 },
      output_tokens: 3,
      total_tokens: 15,
    }
    const messages = [{ role: 'assistant', content: [{ text: 'Обь ' }, { text: 'и Лена' }] }]
    expect(read({ messages, finish_reason: 'stop', usage })).toEqual({
      content: [{ type: 'text', text: 'Обь и Лена' }],
      finishReason: 'stop',
      rawFinishReason: 'stop',
      usage: { inputTokens: 12, cachedInputTokens: 4, outputTokens: 3, totalTokens: 15 },
      modelId: 'GigaChat-3-Ultra',
      rawModel: 'GigaChat-3-Ultra:32.1',
    })
  })

  it('has thoughts, files, sources and what failed', () => {
    const messages = [
      { role: 'reasoning', content: [{ text: 'Поищу.' }, { tool_execution: { name: 'web_search', status: 'fail' } }] },
      { role: 'tool', content: [{ text: 'сырой ответ' }] },
      {
        role: 'assistant',
        content: [
          { files: [{ id: 'f1', mime: 'model/fbx', target: '3dmodel' }, { id: 'f2', target: 'image' }, { id: '' }] },
          {
            text: 'Вот [sources=[2]].',
            inline_data: { sources: { 1: { url: 'https://a.example', title: 'А' }, 2: { url: 'https://b.example' } } },
          },
          { logprobs: [{}] },
          { unheard_of: 1 },
        ],
      },
    ]
    const { content, warnings, finishReason } = read({ messages, finish_reason: 'stop' })
    expect(content).toEqual([
      { type: 'reasoning', text: 'Поищу.' },
      { type: 'file', data: { fileId: 'f1', provider: 'sber' }, mediaType: 'model/fbx' },
      { type: 'file', data: { fileId: 'f2', provider: 'sber' }, mediaType: 'image/jpeg' },
      { type: 'text', text: 'Вот [sources=[2]].' },
      { type: 'source', id: '1', url: 'https://a.example', title: 'А' },
      { type: 'source', id: '2', url: 'https://b.example' },
    ])
    expect(warnings?.map(({ code }) => code)).toEqual(['provider-tool-failed'])
    expect(finishReason).toBe('stop')
  })

  it.each(['tool_state_id', 'tools_state_id', 'functions_state_id'])('has calls, tied together by %s', (name) => {
    const content = [
      { function_call: { id: 'c1', name: 'depth', arguments: { river: 'Обь' } } },
      { function_call: { name: 'depth', arguments: '{"river":"Лена"}' } },
      { function_call: { name: 'depth', arguments: 'Обь' } },
    ]
    const providerMetadata = { gigachat: { toolStateId: 'state' } }
    const common = { type: 'tool-call', toolName: 'depth', providerMetadata }
    const expected = {
      content: [
        { ...common, toolCallId: 'c1', input: { river: 'Обь' } },
        { ...common, toolCallId: '', input: { river: 'Лена' } },
        { ...common, toolCallId: '', input: undefined, invalidInput: 'Обь' },
      ],
      finishReason: 'tool-calls',
    }
    const finish = { finish_reason: 'function_call' }
    expect(read({ ...finish, messages: [{ role: 'assistant', [name]: 'state', content }] })).toMatchObject(expected)
    expect(read({ ...finish, [name]: 'state', messages: [{ role: 'assistant', content }] })).toMatchObject(expected)
  })

  it.each([
    ['length', 'length'],
    ['blacklist', 'content-filter'],
    ['request_blacklist', 'content-filter'],
    ['request_whitelist', 'content-filter'],
    ['request_filter', 'content-filter'],
    ['response_blacklist', 'content-filter'],
    ['function_call', 'stop'],
    ['function_call_error', 'error'],
    ['error', 'error'],
    ['unheard_of', 'other'],
  ])('finishes with %s as %s', (raw, neutral) => {
    const messages = [{ role: 'assistant', content: 'Не могу.' }]
    expect(read({ messages, finish_reason: raw })).toMatchObject({
      content: [{ type: 'text', text: 'Не могу.' }],
      finishReason: neutral,
      rawFinishReason: raw,
    })
  })

  it('is refused when it is none', () => {
    expect(() => read({})).toThrow(ProtocolError)
    expect(() => readGigachatV2Answer([], asked, 'sber')).toThrow(ProtocolError)
    expect(() => read({ messages: [{ content: [{ function_call: {} }] }] })).toThrow(/has no name/)
    expect(() => read({ status: 500, message: 'Internal Server Error' })).toThrow(ServerError)
  })
})
