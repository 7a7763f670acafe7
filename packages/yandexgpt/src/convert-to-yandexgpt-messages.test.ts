import { expect, it } from 'vitest'
import type { CallPart, PartMessage } from '@shlyuz/core'
import { convertToYandexgptMessages } from './convert-to-yandexgpt-messages.ts'

function call(toolCallId: string, toolName: string, input: unknown): CallPart {
  return { type: 'tool-call', toolCallId, toolName, input }
}

function result(toolCallId: string, toolName: string, output: unknown, isError = false): CallPart {
  return { type: 'tool-result', toolCallId, toolName, output, isError }
}

const question: PartMessage = { role: 'user', content: [{ type: 'text', text: 'Погода в Туле и Омске?' }] }

function resultsOf(...content: CallPart[]): unknown {
  const calls = content.map((part) => {
    if (part.type !== 'tool-result') throw new Error('no result')
    return call(part.toolCallId, part.toolName, {})
  })
  const messages = convertToYandexgptMessages([
    { role: 'assistant', content: calls },
    { role: 'tool', content },
  ])
  return messages.at(-1)
}

it('puts calls into a list and their results into one turn of the user, in the order of the calls', () => {
  const messages: readonly PartMessage[] = [
    question,
    {
      role: 'assistant',
      content: [call('a', 'weather', { city: 'Тула' }), call('b', 'weather', { city: 'Омск' }), call('c', 'time', {})],
    },
    { role: 'tool', content: [result('c', 'time', '12:00'), result('b', 'weather', { t: -20 })] },
    { role: 'tool', content: [result('a', 'weather', { t: -3 })] },
    { role: 'assistant', content: [{ type: 'text', text: '-3 и -20' }] },
  ]
  expect(convertToYandexgptMessages(messages)).toEqual([
    { role: 'user', text: 'Погода в Туле и Омске?' },
    {
      role: 'assistant',
      toolCallList: {
        toolCalls: [
          { functionCall: { name: 'weather', arguments: { city: 'Тула' } } },
          { functionCall: { name: 'weather', arguments: { city: 'Омск' } } },
          { functionCall: { name: 'time', arguments: {} } },
        ],
      },
    },
    {
      role: 'user',
      toolResultList: {
        toolResults: [
          { functionResult: { name: 'weather', content: '{"t":-3}' } },
          { functionResult: { name: 'weather', content: '{"t":-20}' } },
          { functionResult: { name: 'time', content: '12:00' } },
        ],
      },
    },
    { role: 'assistant', text: '-3 и -20' },
  ])
})

it('keeps the results of each turn apart', () => {
  const turns = ['a', 'b'].flatMap((id): PartMessage[] => [
    { role: 'assistant', content: [call(id, 'weather', { id })] },
    { role: 'tool', content: [result(id, 'weather', id)] },
  ])
  expect(convertToYandexgptMessages(turns)).toEqual(
    ['a', 'b'].flatMap((id) => [
      { role: 'assistant', toolCallList: { toolCalls: [{ functionCall: { name: 'weather', arguments: { id } } }] } },
      { role: 'user', toolResultList: { toolResults: [{ functionResult: { name: 'weather', content: id } }] } },
    ]),
  )
})

it('makes two messages of a turn with a text and calls, and none of a turn that only thought', () => {
  const messages: readonly PartMessage[] = [
    question,
    { role: 'assistant', content: [{ type: 'reasoning', text: 'Надо спросить.' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'Смотрю.' }, call('a', 'weather', {})] },
    { role: 'tool', content: [result('a', 'weather', 1)] },
  ]
  expect(convertToYandexgptMessages(messages)).toEqual([
    { role: 'user', text: 'Погода в Туле и Омске?' },
    { role: 'assistant', text: 'Смотрю.' },
    { role: 'assistant', toolCallList: { toolCalls: [{ functionCall: { name: 'weather', arguments: {} } }] } },
    { role: 'user', toolResultList: { toolResults: [{ functionResult: { name: 'weather', content: '1' } }] } },
  ])
})

it.each([
  ['a text', 'Ясно', false, 'Ясно'],
  ['an object', { t: -3 }, false, '{"t":-3}'],
  ['nothing', undefined, false, 'null'],
  ['an empty text', '', false, '""'],
  ['a failure', 'нет сети', true, '{"error":"нет сети"}'],
  ['a failure that says nothing', undefined, true, '{"error":null}'],
])('says as a result: %s', (_what, output, isError, content) => {
  expect(resultsOf(result('a', 'weather', output, isError))).toEqual({
    role: 'user',
    toolResultList: { toolResults: [{ functionResult: { name: 'weather', content } }] },
  })
})

it('sends arguments with any own key, and an empty object for what is none', () => {
  const input = JSON.parse('{"__proto__":{"admin":true},"city":"Тула"}') as unknown
  const messages = convertToYandexgptMessages([
    { role: 'assistant', content: [call('a', 'weather', input), call('b', 'weather', undefined)] },
  ])
  expect(JSON.stringify(messages)).toBe(
    '[{"role":"assistant","toolCallList":{"toolCalls":[' +
      '{"functionCall":{"name":"weather","arguments":{"__proto__":{"admin":true},"city":"Тула"}}},' +
      '{"functionCall":{"name":"weather","arguments":{}}}]}}]',
  )
})
