import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { call, chatCall, type Call, type CallError } from '../../test-support/call.ts'
import { startEmulator, type Emulator } from '../start-emulator.ts'
import type { Operation } from '../service.ts'

let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator({ pace: 'instant' })
})
afterEach(() => emulator.reset())
afterAll(() => emulator.close())

const secondVersion = (change: object = {}): Call => ({
  ...chatCall(emulator, { messages: [{ role: 'user', content: [{ text: 'Привет: как дела?' }] }], ...change }),
  path: '/v2/chat/completions',
})

function request(path: string, body: unknown, method = 'POST', contentType = 'application/json'): Call {
  return {
    origin: 'https://api.giga.chat',
    path: `/v1${path}`,
    method,
    headers: {
      authorization: `Bearer ${emulator.credentials.gigachat.accessToken}`,
      'content-type': contentType,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  }
}

describe('GigaChat over a socket', () => {
  it('streams the second version whole, however small the pieces are', async () => {
    const whole = await call(emulator, secondVersion())
    emulator.fail({ service: 'gigachat', kind: 'split', bytes: 3 })
    const split = await call(emulator, secondVersion())
    const withoutTime = (text: string) => text.replaceAll(/"created_at":\d+/g, '')
    expect(withoutTime(split.text)).toBe(withoutTime(whole.text))
    expect(split.pieces.length).toBeGreaterThan(10)
    expect(split.text).toContain('event: response.message.done\ndata: {')
  })

  it('breaks streams of the second version in their own form', async () => {
    emulator.fail({ service: 'gigachat', kind: 'error-event', pieces: 1 })
    const { text } = await call(emulator, secondVersion())
    expect(
      text.endsWith('event: response.error\ndata: {"error":{"status":503,"message":"Service Unavailable"}}\n\n'),
    ).toBe(true)
    emulator.fail({ service: 'gigachat', kind: 'reset', after: 'content', pieces: 2 })
    const error = (await call(emulator, secondVersion()).catch((cause: unknown) => cause)) as CallError
    expect(error.code).toBe('ECONNRESET')
    expect(error.text).not.toContain('response.message.done')
  })

  it.each<[Operation, () => Call]>([
    ['chat', secondVersion],
    ['embeddings', () => request('/embeddings', { model: 'Embeddings', input: 'да' })],
    ['files', () => request('/files', undefined, 'GET')],
    ['batches', () => request('/batches', undefined, 'GET')],
    ['check', () => request('/filter/check', { model: 'GigaFilter', messages: [{ role: 'user', content: 'да' }] })],
    ['balance', () => request('/balance', undefined, 'GET')],
    ['functions', () => request('/functions/validate', { name: 'f' })],
  ])('a fault for %s meets that operation alone', async (operation, send) => {
    emulator.fail({ service: 'gigachat', operation, kind: 'status', status: 500 })
    expect((await call(emulator, request('/models', undefined, 'GET'))).status).toBe(200)
    expect((await call(emulator, send())).status).toBe(500)
    expect((await call(emulator, send())).status).not.toBe(500)
    expect(emulator.requests.map((each) => each.operation)).toEqual(['models', operation, operation])
  })

  it('carries the bytes of a file there and back', async () => {
    const content = 'Строка — с тире\r\n--и чертой'
    const body = [
      '--граница',
      'Content-Disposition: form-data; name="file"; filename="а.txt"',
      'Content-Type: text/plain',
      '',
      content,
      '--граница',
      'Content-Disposition: form-data; name="purpose"',
      '',
      'general',
      '--граница--',
      '',
    ]
      .join('\r\n')
      .replaceAll('граница', 'xYzZy')
    const stored = await call(emulator, request('/files', body, 'POST', 'multipart/form-data; boundary="xYzZy"'))
    expect(stored.status).toBe(200)
    const { id, filename, bytes } = JSON.parse(stored.text)
    expect({ filename, bytes }).toEqual({ filename: 'а.txt', bytes: Buffer.byteLength(content) })
    const loaded = await call(emulator, request(`/files/${id}/content`, undefined, 'GET'))
    expect(loaded.text).toBe(content)
    expect(loaded.headers['content-type']).toBe('text/plain')
  })
})
