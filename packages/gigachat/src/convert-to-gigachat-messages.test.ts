import { expect, it } from 'vitest'
import type { MediaPart, PartMessage, ToolCallPart } from '@shlyuz/core'
import { convertToGigachatMessages, toResultText } from './convert-to-gigachat-messages.ts'

const user: PartMessage = { role: 'user', content: [{ type: 'text', text: 'Погода в Омске и Туле?' }] }
const asked = { role: 'user', content: 'Погода в Омске и Туле?' }

function toolCall(id: string, city: string, more: Partial<ToolCallPart> = {}): ToolCallPart {
  return { type: 'tool-call', toolCallId: id, toolName: 'weather', input: { city }, ...more }
}

it('makes successive turns of parallel calls, each with its result, whatever the order of the results', () => {
  const gigachat = { functionsStateId: 'state' }
  const messages: PartMessage[] = [
    user,
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Два города' },
        { type: 'text', text: 'Смотрю.' },
        toolCall('a', 'Омск', { providerMetadata: { gigachat, other: { functionsStateId: 'theirs' } } }),
        toolCall('b', 'Тула', { providerMetadata: { other: { functionsStateId: 'theirs' } } }),
      ],
    },
    { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'b', toolName: 'weather', output: 'снег' }] },
    { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'weather', output: { t: -5 } }] },
    { role: 'assistant', content: [{ type: 'text', text: 'Мороз и снег' }] },
  ]
  expect(convertToGigachatMessages(messages)).toEqual([
    asked,
    {
      role: 'assistant',
      content: 'Смотрю.',
      function_call: { name: 'weather', arguments: { city: 'Омск' } },
      functions_state_id: 'state',
    },
    { role: 'function', name: 'weather', content: '{"t":-5}' },
    { role: 'assistant', content: '', function_call: { name: 'weather', arguments: { city: 'Тула' } } },
    { role: 'function', name: 'weather', content: '{"result":"снег"}' },
    { role: 'assistant', content: 'Мороз и снег' },
  ])
})

it('sends an object for arguments that were none', () => {
  const call = toolCall('a', 'Омск', { input: undefined, invalidInput: '{"city' })
  expect(convertToGigachatMessages([user, { role: 'assistant', content: [call] }])).toEqual([
    asked,
    { role: 'assistant', content: '', function_call: { name: 'weather', arguments: {} } },
  ])
})

it.each([
  [{ a: 1 }, false, '{"a":1}'],
  ['text', false, '{"result":"text"}'],
  [[1], false, '{"result":[1]}'],
  [undefined, false, '{"result":null}'],
  ['нет связи', true, '{"error":"нет связи"}'],
  [{ code: 1 }, true, '{"error":{"code":1}}'],
  [undefined, true, '{"error":"failed"}'],
])('gives the result %j (failed: %s) as %s', (output, isError, text) => {
  expect(toResultText({ type: 'tool-result', toolCallId: 'a', toolName: 'weather', output, isError })).toBe(text)
})

it('attaches files by their ids', () => {
  const image: MediaPart = { type: 'media', modality: 'image', source: { fileId: 'file-1' } }
  const messages: PartMessage[] = [{ role: 'user', content: [{ type: 'text', text: 'Опиши' }, image] }]
  expect(convertToGigachatMessages(messages, new Map([[image, 'file-1']]))).toEqual([
    { role: 'user', content: 'Опиши', attachments: ['file-1'] },
  ])
})
