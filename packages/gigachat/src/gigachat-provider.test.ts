import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { ConfigurationError, type TextCall } from '@shlyuz/core'
import { gigachat } from './gigachat-provider.ts'
import { russianTrustedRootCa } from './russian-trusted-root-ca.ts'

it('needs no settings', () => {
  const provider = gigachat()
  expect(provider.kind).toBe('gigachat')
  expect(provider.name).toBe('gigachat')
  expect(provider.endpoints).toEqual({
    api: { url: 'https://api.giga.chat/v1', ca: russianTrustedRootCa },
    v2: { url: 'https://api.giga.chat/v2', ca: russianTrustedRootCa },
    token: { url: 'https://ngw.devices.sberbank.ru:9443/api/v2/oauth', ca: russianTrustedRootCa },
  })
})

it('takes the addresses and trust of a stand as they are spelled', () => {
  const { endpoints } = gigachat({
    baseUrl: 'https://Stand.example/v1/',
    tokenUrl: 'https://stand.example/oauth',
    ca: russianTrustedRootCa,
    clientCertificate: { cert: { file: 'client.pem' }, key: { env: 'KEY' }, passphrase: 'word' },
  })
  const ca = `${russianTrustedRootCa}\n${russianTrustedRootCa}`
  expect(endpoints).toMatchObject({
    api: {
      url: 'https://Stand.example/v1/',
      ca,
      clientCertificate: { cert: { file: 'client.pem' }, key: { env: 'KEY' } },
    },
    v2: {
      url: 'https://Stand.example/v2/',
      ca,
      clientCertificate: { cert: { file: 'client.pem' }, key: { env: 'KEY' } },
    },
    token: { url: 'https://stand.example/oauth', ca },
  })
  expect(endpoints['token']).not.toHaveProperty('clientCertificate')
})

it('lists no token address where none can be asked', () => {
  expect(Object.keys(gigachat({ accessToken: 'token' }).endpoints)).toEqual(['api', 'v2'])
  expect(Object.keys(gigachat({ user: 'a', password: 'b' }).endpoints)).toEqual(['api', 'v2'])
})

it('carries its name and model ids in its type', () => {
  expectTypeOf(gigachat({ name: 'sber-second' }).name).toEqualTypeOf<'sber-second'>()
  expectTypeOf(gigachat().name).toEqualTypeOf<'gigachat'>()
  expectTypeOf<'GigaChat-2-Max'>().toExtend<ReturnType<typeof gigachat>['models'][number]['id']>()
})

describe('the chat protocol', () => {
  const call: TextCall = {
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Назови реку' }] }],
    settings: { reasoningEffort: 'off' },
    stream: false,
    tools: [],
    toolChoice: 'auto',
    options: {},
  }

  it.each([
    ['v1 of itself', undefined, undefined, 'gigachat-v1', 'api'],
    ['that of the settings', 'v2', undefined, 'gigachat-v2', 'v2'],
    ['that of the call', undefined, 'v2', 'gigachat-v2', 'v2'],
    ['that of the call before that of the settings', 'v2', 'v1', 'gigachat-v1', 'api'],
  ] as const)('is %s', (_what, setting, option, surface, endpoint) => {
    const provider = gigachat(setting === undefined ? {} : { api: setting })
    const options = provider.parseOptions(option === undefined ? undefined : { api: option })
    const model = provider.parseModel('GigaChat-2-Max')
    const asked = { ...call, options }
    expect(provider.surfaceOf(model, options).id).toBe(surface)
    expect(provider.surfaces).toContain(provider.surfaceOf(model, options))
    expect(provider.text(asked, model).next().value).toMatchObject({
      do: 'exchange',
      request: { endpoint, path: '/chat/completions' },
    })
    const warned = provider.check(asked, model).map(({ setting: about }) => about)
    expect(warned).toEqual(surface === 'gigachat-v1' ? ['reasoningEffort'] : [])
  })
})

it('names its own operations in its type', () => {
  const provider = gigachat()
  expectTypeOf<'balance' | 'uploadFile'>().toExtend<keyof NonNullable<typeof provider.extras>>()
  expect(provider.extras).toHaveProperty('balance')
  expect(provider.deferred?.callsPerSubmission).toBeGreaterThan(1)
})

it('does not print its secrets', () => {
  const provider = gigachat({
    credentials: 'top-secret',
    clientCertificate: { cert: { file: 'c' }, key: '-----BEGIN top-secret' },
  })
  expect(inspect(provider, { depth: 20, showHidden: true })).not.toContain('top-secret')
  expect(JSON.stringify(provider)).not.toContain('top-secret')
})

describe('refuses at construction', () => {
  const pem = '-----BEGIN PRIVATE KEY-----'
  it.each<[string, unknown, RegExp, RegExp]>([
    ['no object', 'key', /takes an object/, /gigachat\(\{ credentials/],
    ['an unknown setting', { colour: 1 }, /unknown option 'colour'/, /Уберите/],
    ['apiKey', { apiKey: 'secret' }, /use credentials/, /Замените 'apiKey' на credentials/],
    ['another case', { baseURL: 'x' }, /use baseUrl/, /baseUrl/],
    ['a proto key', JSON.parse('{"__proto__":1}'), /unknown option '__proto__'/, /Уберите/],
    ['a switch of verification', { verifySslCerts: false }, /always verified/, /передайте ca/],
    ['a name with a slash', { name: 'a/b' }, /name must be/, /sber-second/],
    ['an empty key', { credentials: '' }, /credentials must be a non-empty string/, /непустая строка/],
    ['a key of another type', { credentials: { path: 'secret' } }, /credentials must be/, /\{ env/],
    ['an unknown scope', { scope: 'secret' }, /scope must be one of GIGACHAT_API_PERS/, /физлица/],
    ['an address of another type', { baseUrl: new URL('https://x.example') }, /baseUrl must be/, /строка/],
    ['a path as ca', { ca: '/etc/ca.pem' }, /ca holds no PEM certificate/, /а не путь/],
    [
      'a broken ca',
      { ca: '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----' },
      /no certificate/,
      /openssl/,
    ],
    ['a path as certificate', { clientCertificate: { cert: 'a.pem', key: pem } }, /cert must be PEM/, /\{ file \}/],
    ['no key beside the certificate', { clientCertificate: { cert: pem } }, /key must be PEM/, /PEM/],
    ['a protocol that is none', { api: 'v3' }, /api must be 'v1' or 'v2'/, /v1/],
    ['a user alone', { user: 'secret' }, /user but no password/, /не хватает password/],
    ['a password alone', { password: 'secret' }, /password but no user/, /не хватает user/],
    [
      'two credentials',
      { credentials: 'secret', accessToken: 'secret' },
      /2 credentials at once: credentials, accessToken/,
      /Оставьте один/,
    ],
  ])('%s', (_what, settings, message, hint) => {
    let thrown: unknown
    try {
      gigachat(settings as object)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ConfigurationError)
    expect((thrown as ConfigurationError).message).toMatch(message)
    expect((thrown as ConfigurationError).hint).toMatch(hint)
    expect(inspect(thrown)).not.toContain('secret')
  })
})
