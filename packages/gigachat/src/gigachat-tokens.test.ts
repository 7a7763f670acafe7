import { expect, it } from 'vitest'
import type { Effect, TextCall } from '@shlyuz/core'
import { parseGigachatModel } from './gigachat-models.ts'
import { countTokens } from './gigachat-tokens.ts'

const model = parseGigachatModel('GigaChat-2')

function call(messages: TextCall['messages']): TextCall {
  return { messages, settings: {}, stream: false, tools: [], toolChoice: 'auto', options: { sessionId: 's' } }
}

it('asks for every text of the conversation, and gives the sum', () => {
  const operation = countTokens(
    call([
      { role: 'system', content: [{ type: 'text', text: 'Кратко.' }] },
      { role: 'user', content: [{ type: 'text', text: 'Погода?' }] },
      {
        role: 'assistant',
        content: [{ type: 'tool-call', toolCallId: 'a', toolName: 'weather', input: { city: 'Омск' } }],
      },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'weather', output: { t: 1 } }] },
    ]),
    model,
  )
  const { request } = operation.next().value as Extract<Effect, { do: 'exchange' }>
  expect({ ...request, body: JSON.parse(request.body as string) as unknown }).toEqual({
    endpoint: 'api',
    operation: 'tokens',
    method: 'POST',
    path: '/tokens/count',
    headers: { 'x-session-id': 's' },
    body: { model: 'GigaChat-2', input: ['Кратко.', 'Погода?', '{"city":"Омск"}', '{"t":1}'] },
    repeat: 'safe',
    accept: ['application/json'],
  })
  const body = [2, 3, 5, 4].map((tokens) => ({ object: 'tokens', tokens, characters: 10 }))
  expect(operation.next({ status: 200, headers: {}, body })).toEqual({ done: true, value: { tokens: 14 } })
})

it('asks nothing where there is no text', () => {
  expect(countTokens(call([{ role: 'user', content: [] }]), model).next()).toEqual({ done: true, value: { tokens: 0 } })
})
