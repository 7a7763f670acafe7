import { expect, it } from 'vitest'
import type { TextCall, ToolSpec } from '@shlyuz/core'
import { createChatRequestBody } from './create-chat-request-body.ts'

const call: TextCall = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Привет' }] }],
  settings: {},
  stream: false,
  tools: [],
  toolChoice: 'auto',
  options: {},
}
const weather: ToolSpec = { name: 'weather', description: 'Погода', inputSchema: { type: 'object' } }
const messages = [{ role: 'user', content: 'Привет' }]

it('sends what was asked for and nothing else', () => {
  expect(createChatRequestBody(call, 'our-model')).toEqual({ model: 'our-model', messages, stream: false })
})

it('sends every setting under its word', () => {
  const settings = {
    maxOutputTokens: 100,
    temperature: 0,
    topP: 0.5,
    seed: 7,
    frequencyPenalty: -1,
    presencePenalty: 1,
    reasoningEffort: 'low',
  } as const
  expect(createChatRequestBody({ ...call, settings }, 'm')).toEqual({
    model: 'm',
    messages,
    max_tokens: 100,
    temperature: 0,
    top_p: 0.5,
    seed: 7,
    frequency_penalty: -1,
    presence_penalty: 1,
    reasoning_effort: 'low',
    stream: false,
  })
})

it('keeps to the dialect of the endpoint', () => {
  const settings = { maxOutputTokens: 100, seed: 7, reasoningEffort: 'off' } as const
  const asked = { ...call, settings, output: { name: 'answer', schema: { type: 'object' } } }
  expect(createChatRequestBody(asked, 'm', { tokenParameter: 'max_completion_tokens' })).toMatchObject({
    max_completion_tokens: 100,
    seed: 7,
    reasoning_effort: 'none',
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' }, strict: true } },
  })
  const body = createChatRequestBody(asked, 'm', { strictOutput: false, withoutSettings: ['seed', 'reasoningEffort'] })
  expect(body).toEqual({
    model: 'm',
    messages,
    max_tokens: 100,
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } },
    stream: false,
  })
})

it('asks for the usage of a stream unless told not to', () => {
  const streamed = { ...call, stream: true }
  expect(createChatRequestBody(streamed, 'm')).toMatchObject({ stream: true, stream_options: { include_usage: true } })
  expect(createChatRequestBody(streamed, 'm', { includeUsage: false })).not.toHaveProperty('stream_options')
})

it('offers tools and says how they may be called', () => {
  const tools = [weather, { name: 'clock', inputSchema: { type: 'object' }, strict: true }]
  const asked: TextCall = { ...call, tools, toolChoice: { tool: 'clock' }, parallelToolCalls: false }
  expect(createChatRequestBody(asked, 'm')).toEqual({
    model: 'm',
    messages,
    tools: [
      { type: 'function', function: { name: 'weather', description: 'Погода', parameters: { type: 'object' } } },
      { type: 'function', function: { name: 'clock', parameters: { type: 'object' }, strict: true } },
    ],
    tool_choice: { type: 'function', function: { name: 'clock' } },
    parallel_tool_calls: false,
    stream: false,
  })
  for (const toolChoice of ['auto', 'none', 'required'] as const) {
    expect(createChatRequestBody({ ...asked, toolChoice }, 'm')).toMatchObject({ tool_choice: toolChoice })
  }
  expect(createChatRequestBody({ ...asked, tools: [] }, 'm')).toEqual({ model: 'm', messages, stream: false })
})

it('lets no further field win over one that has a word of its own', () => {
  const extra = { model: 'other', stream: true, messages: [], top_k: 5 }
  expect(createChatRequestBody(call, 'm', {}, extra)).toEqual({ model: 'm', messages, stream: false, top_k: 5 })
})
