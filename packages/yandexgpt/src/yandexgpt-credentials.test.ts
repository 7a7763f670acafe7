import { constants, generateKeyPairSync, verify } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AuthError, ConfigurationError } from '@shlyuz/core'
import type { Access, Credential, Effect, ShlyuzError } from '@shlyuz/core'
import { createYandexgptCredentials } from './yandexgpt-credentials.ts'
import type { YandexgptSettings } from './yandexgpt-settings.ts'

const now = Date.UTC(2026, 10, 24, 12)
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keyFile = {
  id: 'aje00000000000000key',
  service_account_id: 'aje000000000000acct0',
  created_at: '2026-11-01T10:00:00.000000000Z',
  key_algorithm: 'RSA_2048',
  private_key: `PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <aje>\n${privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()}`,
}

afterEach(() => {
  vi.useRealTimers()
})

function credential(name: string, settings: YandexgptSettings = {}): Credential {
  const found = createYandexgptCredentials(settings).find((candidate) => candidate.name.startsWith(name))
  if (!found) throw new Error(`no credential '${name}'`)
  return found
}

/** Runs an authorisation at a fixed time; exchanges get `body` as their text. */
function authorize(
  chosen: Credential,
  secrets: Record<string, string>,
  body?: unknown,
): { access: Access; effects: Effect[] } {
  vi.useFakeTimers({ toFake: ['Date'], now })
  const effects: Effect[] = []
  const operation = chosen.authorize(secrets)
  let step = operation.next()
  while (!step.done) {
    effects.push(step.value)
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    step = operation.next({ status: 200, headers: {}, body: text })
  }
  return { access: step.value, effects }
}

function errorOf(act: () => unknown): ShlyuzError {
  try {
    act()
  } catch (error) {
    return error as ShlyuzError
  }
  throw new Error('nothing was thrown')
}

const iamAnswer = { iamToken: 't1.token', expiresAt: '2026-11-24T23:59:59.123456789Z' }

describe('the list', () => {
  it('names the environment, in which secrets are looked for', () => {
    expect(createYandexgptCredentials({})).toMatchObject([
      { explicit: false, secrets: { key: { env: 'YC_API_KEY' } } },
      { explicit: false, secrets: { token: { env: 'YC_IAM_TOKEN' } } },
      { explicit: false, secrets: { token: { env: 'YC_OAUTH_TOKEN' } } },
      { explicit: false, secrets: { file: { fileFromEnv: 'YC_SERVICE_ACCOUNT_KEY_FILE' } } },
    ])
  })

  it('marks what the settings give, from wherever', () => {
    const ask = (): string => 'AQVNkey'
    expect(credential('API key', { apiKey: { file: 'key.txt' } })).toMatchObject({
      explicit: true,
      secrets: { key: { file: 'key.txt' } },
    })
    expect(credential('API key', { apiKey: ask })).toMatchObject({ explicit: true, secrets: { key: { ask } } })
    expect(credential('IAM token', { iamToken: { env: 'TOKEN' } })).toMatchObject({
      explicit: true,
      secrets: { token: { env: 'TOKEN' } },
    })
    expect(credential('OAuth token', { oauthToken: 'y0_token' }).explicit).toBe(true)
    expect(credential('authorised key', { serviceAccountKey: { file: 'key.json' } })).toMatchObject({
      explicit: true,
      secrets: { file: { file: 'key.json' } },
    })
  })

  it('has the metadata of the VM only when chosen', () => {
    expect(createYandexgptCredentials({}).map(({ name }) => name)).not.toContain('metadata of the VM (metadata: true)')
    expect(credential('metadata', { metadata: true })).toMatchObject({ explicit: true, secrets: {} })
  })

  it('keeps literal secrets out of what is printed', () => {
    for (const settings of [
      { apiKey: 'top-secret' },
      { serviceAccountKey: { ...keyFile, private_key: 'top-secret' } },
    ]) {
      const printed = inspect(createYandexgptCredentials(settings), { depth: 9, showHidden: true })
      expect(printed).not.toContain('top-secret')
      expect(JSON.stringify(createYandexgptCredentials(settings))).not.toContain('top-secret')
    }
  })
})

it('sends an API key and an IAM token as they are', () => {
  expect(authorize(credential('API key'), { key: 'AQVN-key_1' })).toEqual({
    access: { headers: { authorization: 'Api-Key AQVN-key_1' } },
    effects: [],
  })
  expect(authorize(credential('IAM token'), { token: 't1.9eu.sig' })).toEqual({
    access: { headers: { authorization: 'Bearer t1.9eu.sig' } },
    effects: [],
  })
})

it('exchanges an OAuth token at IAM', () => {
  const { access, effects } = authorize(credential('OAuth token'), { token: 'y0_token' }, iamAnswer)
  expect(effects).toEqual([
    {
      do: 'exchange',
      read: 'text',
      request: {
        endpoint: 'iam',
        operation: 'token',
        method: 'POST',
        path: '',
        headers: { accept: 'application/json' },
        body: '{"yandexPassportOauthToken":"y0_token"}',
        repeat: 'safe',
        accept: [],
      },
    },
  ])
  expect(access).toEqual({ headers: { authorization: 'Bearer t1.token' }, refreshAt: now + 3_600_000 })
})

it.each([
  ['its text', { file: JSON.stringify(keyFile) }],
  ['its text with a byte order mark', { file: `\uFEFF${JSON.stringify(keyFile, undefined, 2)}\n` }],
])('signs a JWT with an authorised key and exchanges it: %s', (_what, secrets) => {
  const { access, effects } = authorize(credential('authorised key'), secrets, iamAnswer)
  const [effect] = effects as [Extract<Effect, { do: 'exchange' }>]
  expect(effect.request).toMatchObject({ endpoint: 'iam', method: 'POST', path: '' })
  const { jwt } = JSON.parse(effect.request.body as string) as { jwt: string }
  const [head = '', claims = '', signature = ''] = jwt.split('.')
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
  expect(read(head)).toEqual({ typ: 'JWT', alg: 'PS256', kid: keyFile.id })
  expect(read(claims)).toEqual({
    iss: keyFile.service_account_id,
    aud: 'https://iam.api.cloud.yandex.net/iam/v1/tokens',
    iat: now / 1000,
    exp: now / 1000 + 3600,
  })
  const key = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  expect(verify('sha256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(true)
  expect(access.headers).toEqual({ authorization: 'Bearer t1.token' })
})

it('takes an authorised key as an object', () => {
  const { secrets } = credential('authorised key', { serviceAccountKey: keyFile })
  const { value } = secrets['file'] as { value: { reveal(): string } }
  expect(authorize(credential('authorised key'), { file: value.reveal() }, iamAnswer).effects).toHaveLength(1)
})

it('asks the metadata of the VM', () => {
  const answer = { access_token: 't1.token', expires_in: 600, token_type: 'Bearer' }
  const { access, effects } = authorize(credential('metadata', { metadata: true }), {}, answer)
  expect(effects).toEqual([
    {
      do: 'exchange',
      read: 'text',
      request: {
        endpoint: 'metadata',
        operation: 'token',
        method: 'GET',
        path: '',
        headers: { accept: 'application/json', 'metadata-flavor': 'Google' },
        repeat: 'safe',
        accept: [],
      },
    },
  ])
  expect(access).toEqual({ headers: { authorization: 'Bearer t1.token' }, refreshAt: now + 540_000 })
})

describe('a token is renewed', () => {
  it.each([
    ['2026-11-24T12:10:00Z', 540_000],
    ['2026-11-24T15:10:00.5+03:00', 540_450],
    ['2026-11-25T00:00:00.000000001Z', 3_600_000],
  ])('in time before %s', (expiresAt, ms) => {
    const { access } = authorize(credential('OAuth token'), { token: 'y0_token' }, { iamToken: 't1.token', expiresAt })
    expect(access.refreshAt).toBe(now + ms)
  })
})

describe('an answer that makes no sense', () => {
  it.each([
    ['a page', '<html>', /not a JSON object/],
    ['a list', [], /not a JSON object/],
    ['no token', { expiresAt: iamAnswer.expiresAt }, /holds no token/],
    ['a token with a line break', { ...iamAnswer, iamToken: 't1.\n' }, /holds no token/],
    ['no expiry', { iamToken: 't1.token' }, /does not say when/],
    ['an expiry in words', { iamToken: 't1.token', expiresAt: 'soon' }, /does not say when/],
    ['an expiry gone by', { iamToken: 't1.token', expiresAt: '2026-11-24T11:59:59Z' }, /already expired/],
    ['an expiry in a far year', { iamToken: 't1.token', expiresAt: '2126-11-24T11:59:59Z' }, /more than a year/],
  ])('of IAM is an AuthError: %s', (_what, body, message) => {
    const error = errorOf(() => authorize(credential('OAuth token'), { token: 'y0_token' }, body))
    expect(error).toBeInstanceOf(AuthError)
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(/iamUrl/)
    expect(inspect(error)).not.toContain('t1.')
  })

  it.each([
    ['no life', { access_token: 't1.token' }],
    ['a life as text', { access_token: 't1.token', expires_in: '600' }],
    ['a life of nothing', { access_token: 't1.token', expires_in: 0 }],
  ])('of the metadata is an AuthError: %s', (_what, body) => {
    const error = errorOf(() => authorize(credential('metadata', { metadata: true }), {}, body))
    expect(error).toBeInstanceOf(AuthError)
    expect(error.hint).toMatch(/ВМ/)
  })
})

describe('a malformed secret is refused and never shown', () => {
  it.each<[string, string, RegExp, RegExp]>([
    ['API key', 'AQVNsecret\n', /ends with a line break/, /YC_API_KEY: уберите перевод строки/],
    ['API key', 'AQVNsecret\r\n', /ends with a line break/, /printf/],
    ['API key', '\uFEFFAQVNsecret', /byte order mark/, /BOM/],
    ['API key', 'AQVN secret', /whitespace/, /пробелы/],
    ['API key', ' AQVNsecret', /whitespace/, /пробелы/],
    ['API key', 'AQVN\u0000secret', /whitespace/, /пробелы/],
    ['API key', '"AQVNsecret"', /quotes/, /кавычки/],
    ['API key', 'ключsecret', /characters that no key has/, /латиницей/],
    ['API key', 'Api-Key AQVNsecret', /its scheme/, /слово Api-Key/],
    ['API key', 't1.secret.sig', /looks like an IAM token/, /iamToken \(YC_IAM_TOKEN\)/],
    ['API key', 'y0_secret', /looks like an OAuth token/, /oauthToken \(YC_OAUTH_TOKEN\)/],
    ['API key', '{"id":"secret"}', /authorised key/, /serviceAccountKey/],
    ['API key', 'aje0secret0000000000', /id of a key/, /AQVN…/],
    ['IAM token', 'Bearer t1.secret.sig', /its scheme/, /слово Bearer/],
    ['IAM token', 'y0_secret', /looks like an OAuth token/, /oauthToken/],
    ['IAM token', 'AQVNsecret', /looks like an API key/, /apiKey \(YC_API_KEY\)/],
    ['IAM token', 't1.secret.sig\n', /ends with a line break/, /YC_IAM_TOKEN/],
    ['OAuth token', 't1.secret.sig', /looks like an IAM token/, /iamToken/],
    ['OAuth token', 'AQVNsecret', /looks like an API key/, /apiKey/],
  ])('%s %j', (name, secret, message, hint) => {
    const error = errorOf(() => authorize(credential(name), { key: secret, token: secret }, iamAnswer))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.code).toBe('config.credentials_malformed')
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret')
  })

  const ecKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  it.each<[string, unknown, RegExp, RegExp]>([
    ['a path', './secret/key.json', /not the JSON of a key file/, /\{ file: 'key.json' \}/],
    ['a text', 'secret', /not the JSON of a key file/, /yc iam key create/],
    ['a list', '["secret"]', /not the JSON of a key file/, /yc iam key create/],
    ['no id', { ...keyFile, id: undefined }, /lacks id$/, /нет id/],
    ['empty fields', { ...keyFile, id: '', service_account_id: ' ' }, /lacks id, service_account_id/, /нет id/],
    ['no private key', { ...keyFile, private_key: 1 }, /lacks private_key/, /private_key/],
    ['no PEM', { ...keyFile, private_key: 'secret' }, /not PEM/, /PEM-ключом RSA/],
    ['half a PEM', { ...keyFile, private_key: keyFile.private_key.slice(0, 500) }, /not PEM/, /целиком/],
    ['another kind of key', { ...keyFile, private_key: ecKey }, /not an RSA key/, /RSA/],
  ])('authorised key: %s', (_what, file, message, hint) => {
    const text = typeof file === 'string' ? file : JSON.stringify(file)
    const error = errorOf(() => authorize(credential('authorised key'), { file: text }, iamAnswer))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/secret|BEGIN/)
  })
})
