import { expect, test } from 'vitest'
import { ChatRequest } from './chat-request.ts'
import { JsonExchange } from './json-exchange.ts'

test('a chat request is a POST of JSON that may be repeated, and awaits what was asked for', () => {
  const body = { model: 'any', messages: [] }
  const whole = new ChatRequest('api', '/chat', { 'x-a': '1' }, body, false)
  expect({ ...whole }).toEqual({
    endpoint: 'api',
    operation: 'chat',
    method: 'POST',
    path: '/chat',
    headers: { 'x-a': '1' },
    body: JSON.stringify(body),
    repeat: 'safe',
    accept: ['application/json'],
  })
  expect(new ChatRequest('api', '/chat', {}, body, true).accept).toEqual(['text/event-stream'])
  expect(new ChatRequest('api', '/chat', {}, body, true, ['application/x-ndjson']).accept).toEqual([
    'application/x-ndjson',
  ])
  const shape = (): never => {
    throw new Error('not made before it is needed')
  }
  expect({ ...new JsonExchange(whole, shape) }).toEqual({ do: 'exchange', request: whole, read: 'json', shape })
})
