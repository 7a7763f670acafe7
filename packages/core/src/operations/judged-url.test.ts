import { expect, test } from 'vitest'
import { createGuard } from '../policy/guard.ts'
import { domesticOnly } from '../policy/presets/domestic-only.ts'
import type { WireRequest } from '../provider.ts'
import { JudgedUrl } from './judged-url.ts'

const guard = createGuard([domesticOnly()])

function judge(url: string): JudgedUrl {
  const request = { credentialOnly: false, method: 'POST', hasBody: true }
  return new JudgedUrl(guard.judgeUrl(url, request), 'POST', true, 'GigaChat-2')
}

const ask = (path: string, query?: Record<string, string>): WireRequest => ({
  endpoint: 'api',
  operation: 'chat',
  method: 'POST',
  path,
  repeat: 'safe',
  accept: [],
  ...(query && { query }),
})

test('the path of an operation stands behind that of the address, whatever was asked before', () => {
  const judged = judge('https://gigachat.devices.sberbank.ru/api/v1/')
  const asked: [WireRequest, string][] = [
    [ask('', { a: '1' }), '/api/v1?a=1'],
    [ask('/chat/completions'), '/api/v1/chat/completions'],
    [ask('/chat/completions'), '/api/v1/chat/completions'],
    [ask('/models'), '/api/v1/models'],
    [ask('/files', { purpose: 'общее' }), '/api/v1/files?purpose=%D0%BE%D0%B1%D1%89%D0%B5%D0%B5'],
    [ask('/files', {}), '/api/v1/files'],
    [ask('', { a: '2' }), '/api/v1?a=2'],
    [ask(''), '/api/v1/'],
  ]
  for (const [request, path] of asked) expect(judged.pathOf(request)).toBe(path)
})

test('it holds for requests of its kind alone', () => {
  const judged = judge('https://gigachat.devices.sberbank.ru/api/v1')
  expect(judged.isFor('POST', true, 'GigaChat-2')).toBe(true)
  expect(judged.isFor('GET', true, 'GigaChat-2')).toBe(false)
  expect(judged.isFor('POST', false, 'GigaChat-2')).toBe(false)
  expect(judged.isFor('POST', true, undefined)).toBe(false)
})

test('a refused address has no origin', () => {
  const judged = judge('https://api.openai.com/v1')
  expect(judged.decision.verdict).toBe('deny')
  expect(judged.origin).toBeUndefined()
})
