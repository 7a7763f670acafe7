import { describe, expect, it } from 'vitest'
import { directServices } from '../../test-support/direct-services.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('GigaChat OAuth', () => {
  it('gives an opaque token of some 1.1 kB that expires in thirty minutes, in milliseconds', async () => {
    const before = Date.now()
    const { oauth } = directServices()
    const response = await oauth()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    const body = await response.json()
    expect(Object.keys(body)).toEqual(['access_token', 'expires_at'])
    expect(body.access_token.length).toBeGreaterThan(1000)
    expect(body.access_token.length).toBeLessThan(1300)
    expect(body.expires_at - before).toBeGreaterThanOrEqual(1_800_000)
    expect(body.expires_at - before).toBeLessThan(1_805_000)
  })

  it('gives a token that the API takes', async () => {
    const { oauth, chat } = directServices()
    const { access_token: token } = await (await oauth()).json()
    expect((await chat({}, { authorization: `Bearer ${token}` })).status).toBe(200)
  })

  it.each([
    ['no RqUID', { headers: { rquid: '' } }, 400, undefined, /RqUID/],
    [
      'an RqUID of another version',
      { headers: { rquid: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' } },
      400,
      undefined,
      /RqUID/,
    ],
    [
      'a key that is not base64',
      { headers: { authorization: 'Basic ключ'.replace('ключ', '%%%') } },
      401,
      4,
      "Can't decode 'Authorization' header",
    ],
    ['no key', { headers: { authorization: '' } }, 401, 4, "Can't decode 'Authorization' header"],
    [
      'another key',
      { headers: { authorization: `Basic ${base64('someone:else')}` } },
      401,
      6,
      "credentials doesn't match db data",
    ],
    ['no scope', { body: '' }, 400, 5, 'scope is empty'],
    ['a scope in JSON', { headers: { 'content-type': 'application/json' } }, 400, 5, 'scope is empty'],
    ['an unknown scope', { body: 'scope=GIGACHAT_API' }, 400, 1, 'scope data format invalid'],
    [
      'the scope of another account',
      { body: 'scope=GIGACHAT_API_CORP' },
      400,
      7,
      'scope from db not fully includes consumed scope',
    ],
  ])('refuses %s', async (_, change, status, code, message) => {
    const { oauth } = directServices()
    const response = await oauth(change)
    expect(response.status).toBe(status)
    const body = await response.json()
    expect(body.code).toBe(code)
    expect(body.message).toMatch(message)
  })

  it('answers 429 from the eleventh call of a second on', async () => {
    const { oauth } = directServices()
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await oauth()).status))
    expect(statuses.filter((status) => status === 200)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(2)
  })
})

describe('GigaChat token by user and password', () => {
  it('gives tok, and exp in seconds', async () => {
    const { send, chat, state } = directServices()
    const { user, password } = state.credentials.gigachat
    const response = await send('https://gigachat.devices.sberbank.ru/api/v1/token', {
      headers: { authorization: `Basic ${base64(`${user}:${password}`)}` },
    })
    const body = await response.json()
    expect(Object.keys(body)).toEqual(['tok', 'exp'])
    expect(body.exp).toBeLessThan(10 ** 12)
    expect((await chat({}, { authorization: `Bearer ${body.tok}` })).status).toBe(200)
  })

  it('refuses another password', async () => {
    const { send } = directServices()
    const response = await send('https://api.giga.chat/v1/token', {
      headers: { authorization: `Basic ${base64('emulator:wrong')}` },
    })
    expect(response.status).toBe(401)
    expect(await response.text()).toBe('{"status":401,"message":"Unauthorized"}\n')
  })
})
