import { describe, expect, it } from 'vitest'
import type { CallPart, PartMessage } from '@shlyuz/core'
import { convertToOpenAiMessages } from './convert-to-openai-messages.ts'

function text(role: PartMessage['role'], ...texts: readonly string[]): PartMessage {
  return { role, content: texts.map((one) => ({ type: 'text', text: one })) }
}

function file(mediaType: string, bytes = new Uint8Array([1, 2, 3])): CallPart {
  const modality = mediaType.startsWith('audio/') ? 'audio' : 'image'
  return { type: 'media', modality, source: { bytes, sha256: 'ab', mediaType, filename: 'file' } }
}

const calls: PartMessage = {
  role: 'assistant',
  content: [
    { type: 'reasoning', text: 'думаю' },
    { type: 'tool-call', toolCallId: 'a', toolName: 'weather', input: { city: 'Казань' } },
    { type: 'tool-call', toolCallId: 'b', toolName: 'weather', input: { city: 'Пермь' } },
  ],
}
const results: PartMessage = {
  role: 'tool',
  content: [
    { type: 'tool-result', toolCallId: 'b', toolName: 'weather', output: { degrees: -3 } },
    { type: 'tool-result', toolCallId: 'a', toolName: 'weather', output: 'нет связи', isError: true },
  ],
}

it('joins system messages in the first place and texts of a turn to one string', () => {
  const messages = [
    text('system', 'Кратко.'),
    text('system', 'По-русски.'),
    text('user', 'Имя ', 'реки?'),
    text('assistant', 'Обь'),
  ]
  expect(convertToOpenAiMessages(messages)).toEqual([
    { role: 'system', content: 'Кратко.\n\nПо-русски.' },
    { role: 'user', content: 'Имя реки?' },
    { role: 'assistant', content: 'Обь' },
  ])
})

it('sends files as what they are: images as data URLs or addresses, recordings as Base64', () => {
  const url: CallPart = { type: 'media', modality: 'image', source: new URL('https://images.example/a.png') }
  const content: readonly CallPart[] = [
    { type: 'text', text: 'Что здесь?' },
    file('image/png'),
    url,
    file('audio/mpeg'),
    file('audio/x-wav'),
  ]
  expect(convertToOpenAiMessages([{ role: 'user', content }])).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Что здесь?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } },
        { type: 'image_url', image_url: { url: 'https://images.example/a.png' } },
        { type: 'input_audio', input_audio: { data: 'AQID', format: 'mp3' } },
        { type: 'input_audio', input_audio: { data: 'AQID', format: 'wav' } },
      ],
    },
  ])
})

it('encodes only its own part of a shared buffer', () => {
  const bytes = new Uint8Array([9, 9, 1, 2, 3, 9]).subarray(2, 5)
  const [message] = convertToOpenAiMessages([{ role: 'user', content: [file('image/png', bytes)] }])
  expect(message).toEqual({
    role: 'user',
    content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } }],
  })
})

describe('calls and their results', () => {
  it('go by their ids, results in the order of the calls, and reasoning stays here', () => {
    expect(convertToOpenAiMessages([text('user', 'Погода?'), calls, results, text('user', 'Спасибо')])).toEqual([
      { role: 'user', content: 'Погода?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Казань"}' } },
          { id: 'b', type: 'function', function: { name: 'weather', arguments: '{"city":"Пермь"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: '{"error":"нет связи"}' },
      { role: 'tool', tool_call_id: 'b', content: '{"degrees":-3}' },
      { role: 'user', content: 'Спасибо' },
    ])
  })

  it('go by the names of their functions where the service does so', () => {
    const dialect = { toolCallIds: 'function-name', emptyContent: 'absent' } as const
    expect(convertToOpenAiMessages([calls, results], dialect)).toEqual([
      {
        role: 'assistant',
        tool_calls: [
          { index: 0, id: 'weather', type: 'function', function: { name: 'weather', arguments: '{"city":"Казань"}' } },
          { index: 1, id: 'weather', type: 'function', function: { name: 'weather', arguments: '{"city":"Пермь"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'weather', content: '{"error":"нет связи"}' },
      { role: 'tool', tool_call_id: 'weather', content: '{"degrees":-3}' },
    ])
  })

  it('keep the text beside calls, and the results of several tool messages together', () => {
    const [one, other] = results.content
    const split = [one, other].map((part): PartMessage => ({ role: 'tool', content: [part as CallPart] }))
    const turn: PartMessage = { role: 'assistant', content: [{ type: 'text', text: 'Смотрю.' }, ...calls.content] }
    const converted = convertToOpenAiMessages([turn, ...split])
    expect(converted[0]).toMatchObject({ role: 'assistant', content: 'Смотрю.' })
    expect(converted.slice(1).map((message) => 'tool_call_id' in message && message.tool_call_id)).toEqual(['a', 'b'])
  })

  it('never send arguments or results that a server could not parse', () => {
    const broken: PartMessage = {
      role: 'assistant',
      content: [{ type: 'tool-call', toolCallId: 'a', toolName: 'weather', input: undefined, invalidInput: '{"city' }],
    }
    const answers = [undefined, '', 'текст', 5, ['a']].map((output): PartMessage => ({
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'weather', output }],
    }))
    const converted = convertToOpenAiMessages([broken, ...answers])
    expect(converted[0]).toMatchObject({ tool_calls: [{ function: { arguments: '{}' } }] })
    expect(converted.slice(1).map(({ content }) => content)).toEqual(['null', '""', 'текст', '5', '["a"]'])
  })
})

it('leaves out a turn of reasoning alone', () => {
  const thinking: PartMessage = { role: 'assistant', content: [{ type: 'reasoning', text: 'думаю' }] }
  expect(convertToOpenAiMessages([text('user', 'Кто?'), thinking])).toEqual([{ role: 'user', content: 'Кто?' }])
})
