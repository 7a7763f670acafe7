import { describe, expect, it } from 'vitest'
import { AuthError, ConfigurationError } from '@shlyuz/core'
import type { Access, Credential, Effect, ShlyuzError } from '@shlyuz/core'
import { createGigachatCredentials } from './gigachat-credentials.ts'
import type { GigachatSettings } from './gigachat-settings.ts'

const key = Buffer.from('5c0f6d1e-client:7d2a-secret').toString('base64')
const inHalfAnHour = (): number => Date.now() + 1_800_000

function credential(name: string, settings: GigachatSettings = {}): Credential {
  const found = createGigachatCredentials(settings).find((candidate) => candidate.name.startsWith(name))
  if (!found) throw new Error(`no credential '${name}'`)
  return found
}

/** Runs an authorisation: `read` effects get `setting`, exchanges get `body` as their text. */
function authorize(
  chosen: Credential,
  secrets: Record<string, string>,
  { body, setting }: { readonly body?: unknown; readonly setting?: string } = {},
): { access: Access; effects: Effect[] } {
  const effects: Effect[] = []
  const operation = chosen.authorize(secrets)
  let step = operation.next()
  while (!step.done) {
    effects.push(step.value)
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    step = operation.next(step.value.do === 'read' ? setting : { status: 200, headers: {}, body: text })
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

describe('the list', () => {
  it('names the environment, in which secrets are looked for', () => {
    expect(createGigachatCredentials({})).toMatchObject([
      { explicit: false, secrets: { key: { env: 'GIGACHAT_CREDENTIALS' } } },
      { explicit: false, secrets: { token: { env: 'GIGACHAT_ACCESS_TOKEN' } } },
      { explicit: false, secrets: { user: { env: 'GIGACHAT_USER' }, password: { env: 'GIGACHAT_PASSWORD' } } },
    ])
  })

  it('marks what the settings give, from wherever', () => {
    const ask = (): string => key
    expect(credential('authorisation key', { credentials: { file: 'key.txt' } })).toMatchObject({
      explicit: true,
      secrets: { key: { file: 'key.txt' } },
    })
    expect(credential('authorisation key', { credentials: ask })).toMatchObject({ secrets: { key: { ask } } })
    expect(credential('access token', { accessToken: 'token' }).explicit).toBe(true)
    expect(credential('user and password', { user: 'a', password: 'b' }).explicit).toBe(true)
  })

  it('keeps a literal secret out of what is printed', () => {
    expect(JSON.stringify(createGigachatCredentials({ credentials: key }))).not.toContain(key)
  })

  it('lets a client certificate stand alone when nothing else is there', () => {
    const certificate = credential('client certificate', {
      clientCertificate: { cert: { file: 'c' }, key: { file: 'k' } },
    })
    expect(certificate).toMatchObject({ explicit: false, fallback: true, secrets: {} })
    expect(authorize(certificate, {})).toEqual({ access: { headers: {} }, effects: [] })
  })
})

describe('the exchange of a key', () => {
  it('is the documented one, with a fresh RqUID', () => {
    const chosen = credential('authorisation key')
    const exchange = (): unknown =>
      authorize(chosen, { key }, { body: { access_token: 'token', expires_at: inHalfAnHour() } }).effects.at(-1)
    const effect = exchange() as Extract<Effect, { do: 'exchange' }>
    expect(effect).toEqual({
      do: 'exchange',
      read: 'text',
      request: {
        endpoint: 'token',
        operation: 'token',
        method: 'POST',
        path: '',
        headers: {
          authorization: `Basic ${key}`,
          rquid: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/) as string,
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        body: 'scope=GIGACHAT_API_PERS',
        repeat: 'safe',
        accept: [],
      },
    })
    expect((exchange() as typeof effect).request.headers?.['rquid']).not.toBe(effect.request.headers?.['rquid'])
  })

  it('asks for the scope of the settings, else of the environment', () => {
    const body = { access_token: 'token', expires_at: inHalfAnHour() }
    const bodyOf = (chosen: Credential, secrets: Record<string, string>, setting?: string): unknown => {
      const { effects } = authorize(chosen, secrets, { body, ...(setting !== undefined && { setting }) })
      return (effects.at(-1) as Extract<Effect, { do: 'exchange' }>).request.body
    }
    expect(bodyOf(credential('authorisation key'), { key }, 'GIGACHAT_API_CORP')).toBe('scope=GIGACHAT_API_CORP')
    const chosen = credential('authorisation key', { scope: 'GIGACHAT_API_B2B' })
    expect(chosen.secrets['scope']).toEqual({ value: 'GIGACHAT_API_B2B' })
    expect(bodyOf(chosen, { key, scope: 'GIGACHAT_API_B2B' }, 'GIGACHAT_API_CORP')).toBe('scope=GIGACHAT_API_B2B')
  })

  it('refuses a scope that does not exist', () => {
    const error = errorOf(() => authorize(credential('authorisation key'), { key }, { setting: 'PERS' }))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toBe('GIGACHAT_SCOPE must be one of GIGACHAT_API_PERS, GIGACHAT_API_B2B, GIGACHAT_API_CORP')
  })
})

describe('a key that cannot work is refused before anything is sent', () => {
  it.each([
    ['a line break at the end', `${key}\n`, 'ends with a line break', /перевод строки/],
    ['a Windows line break at the end', `${key}\r\n`, 'ends with a line break', /перевод строки/],
    ['a byte order mark', `\uFEFF${key}`, 'holds a byte order mark', /BOM/],
    ['a space in front', ` ${key}`, 'holds whitespace', /пробелы/],
    ['a break inside', `${key.slice(0, 8)}\n${key.slice(8)}`, 'holds whitespace', /пробелы/],
    ['its scheme', `Basic ${key}`, 'begins with its scheme', /Basic/],
    ['no encoding', 'my-client:my-secret', 'is not encoded', /без base64/],
    ['a bare id', '3f2a9c1e-0d4b-4b6e-9a52-7c1d2e3f4a5b', 'is a bare id', /Client ID/],
    ['a lost end', key.slice(0, -3), 'is not base64 of client_id:client_secret', /обрезан/],
    ['no colon', Buffer.from('no colon here').toString('base64'), 'is not base64 of', /повреждён/],
    ['no secret', Buffer.from('client:').toString('base64'), 'is not base64 of', /повреждён/],
    ['letters of another alphabet', 'ключ', 'is not base64 of', /повреждён/],
  ])('%s', (_what, wrong, message, hint) => {
    const error = errorOf(() => authorize(credential('authorisation key'), { key: wrong }))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.code).toBe('config.credentials_malformed')
    expect(error.message).toContain(message)
    expect(error.hint).toMatch(hint)
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(wrong)
  })
})

describe('the token', () => {
  const exchange = (body: unknown): Access => authorize(credential('authorisation key'), { key }, { body }).access

  it('is renewed a minute before it expires, whether that is stated in milliseconds or seconds', () => {
    const expiresAt = Math.ceil(inHalfAnHour() / 1000) * 1000
    const access = { headers: { authorization: 'Bearer token' }, refreshAt: expiresAt - 60_000 }
    expect(exchange({ access_token: 'token', expires_at: expiresAt })).toEqual(access)
    expect(exchange({ access_token: 'token', expires_at: expiresAt / 1000 })).toEqual(access)
    expect(exchange({ tok: 'token', exp: expiresAt })).toEqual(access)
  })

  it.each<[string, unknown, RegExp]>([
    ['an HTML page', '<html>login</html>', /not a JSON object/],
    ['nothing', '', /not a JSON object/],
    ['no token', { expires_at: inHalfAnHour() }, /no access token/],
    ['a token with a line break', { access_token: 'a\nb', expires_at: inHalfAnHour() }, /no access token/],
    ['no expiry', { access_token: 'token' }, /does not say when/],
    ['expiry as text', { access_token: 'token', expires_at: '1790000000' }, /does not say when/],
    ['a lifetime instead of a time', { access_token: 'token', expires_at: 1800 }, /already expired/],
    ['expiry in the past', { access_token: 'token', expires_at: Date.now() - 1 }, /already expired/],
    ['microseconds', { access_token: 'token', expires_at: inHalfAnHour() * 1000 }, /more than a year/],
  ])('is refused for %s', (_what, body, message) => {
    const error = errorOf(() => exchange(body))
    expect(error).toBeInstanceOf(AuthError)
    expect(error.isRetryable).toBe(false)
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(/Токен GigaChat не получен/)
  })
})

describe('user and password', () => {
  it('are exchanged at the stand itself', () => {
    const { access, effects } = authorize(
      credential('user and password'),
      { user: 'бот', password: 'a: b' },
      { body: { tok: 'token', exp: inHalfAnHour() } },
    )
    expect(access.headers).toEqual({ authorization: 'Bearer token' })
    expect(effects).toEqual([
      {
        do: 'exchange',
        read: 'text',
        request: {
          endpoint: 'api',
          operation: 'token',
          method: 'POST',
          path: '/token',
          headers: {
            authorization: `Basic ${Buffer.from('бот:a: b').toString('base64')}`,
            accept: 'application/json',
          },
          repeat: 'safe',
          accept: [],
        },
      },
    ])
  })

  it.each([
    [{ user: 'a:b', password: 'c' }, /colon/],
    [{ user: 'a\n', password: 'c' }, /the user ends with a line break/],
    [{ user: 'a', password: 'c\n' }, /the password ends with a line break/],
  ])('are refused when malformed: %#', (secrets, message) => {
    expect(errorOf(() => authorize(credential('user and password'), secrets)).message).toMatch(message)
  })
})

describe('a ready token', () => {
  it('goes as it is and is never renewed', () => {
    expect(authorize(credential('access token'), { token: 'ready' })).toEqual({
      access: { headers: { authorization: 'Bearer ready' } },
      effects: [],
    })
  })

  it.each(['ready\n', '\uFEFFready', 're ady', 'готов'])('is refused when malformed: %#', (token) => {
    const error = errorOf(() => authorize(credential('access token'), { token }))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).not.toContain(token)
  })
})
