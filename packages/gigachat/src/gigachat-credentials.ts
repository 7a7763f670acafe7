import { randomUUID } from 'node:crypto'
import { AuthError, ConfigurationError, Secret } from '@shlyuz/core'
import type { Access, Credential, Operation, Reply, SecretSource, WireRequest } from '@shlyuz/core'
import { checkScope, isObject, type GigachatSecret, type GigachatSettings } from './gigachat-settings.ts'

/** A token is fetched anew this long before it expires, in ms, as the official Python client does. */
const refreshMarginMs = 60_000

/** Later than any token lives: an expiry beyond it is in another unit. */
const longestLifeMs = 366 * 86_400_000

/** Unix times below it are seconds, above it milliseconds: documentation and stands have both. */
const firstMilliseconds = 10 ** 12

/** The ways to authorise, in the order of the documentation. */
export function createGigachatCredentials(settings: GigachatSettings): readonly Credential[] {
  return [
    createKeyCredential(settings),
    createTokenCredential(settings),
    createPasswordCredential(settings),
    ...(settings.clientCertificate ? [createCertificateCredential()] : []),
  ]
}

/** The authorisation key, exchanged for a token of 30 minutes. Source: `POST /oauth`. */
function createKeyCredential({ credentials, scope }: GigachatSettings): Credential {
  return {
    name: 'authorisation key (GIGACHAT_CREDENTIALS)',
    explicit: credentials !== undefined,
    secrets: {
      key: toSource(credentials, 'GIGACHAT_CREDENTIALS'),
      ...(scope !== undefined && { scope: { value: scope } }),
    },
    *authorize({ key = '', scope: chosen }) {
      checkAuthorizationKey(key)
      const found = chosen ?? ((yield { do: 'read', source: { env: 'GIGACHAT_SCOPE' } }) as string | undefined)
      checkScope('GIGACHAT_SCOPE', found)
      return yield* fetchToken({
        endpoint: 'token',
        path: '',
        headers: {
          authorization: `Basic ${key}`,
          rquid: randomUUID(),
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        body: new URLSearchParams({ scope: found ?? 'GIGACHAT_API_PERS' }).toString(),
      })
    },
  }
}

/** A token fetched elsewhere. */
function createTokenCredential({ accessToken }: GigachatSettings): Credential {
  return {
    name: 'access token (GIGACHAT_ACCESS_TOKEN)',
    explicit: accessToken !== undefined,
    secrets: { token: toSource(accessToken, 'GIGACHAT_ACCESS_TOKEN') },
    // eslint-disable-next-line require-yield -- a ready token needs no exchange
    *authorize({ token = '' }) {
      checkStray('access token', 'GIGACHAT_ACCESS_TOKEN', token)
      if (!/^[\x21-\x7e]+$/.test(token)) {
        refuseSecret(
          'the access token holds characters that no token has',
          'Скопируйте токен целиком, без лишних символов (GIGACHAT_ACCESS_TOKEN).',
        )
      }
      return { headers: { authorization: `Bearer ${token}` } }
    },
  }
}

/** User and password of a stand, exchanged for a token at `POST {base}/token`. */
function createPasswordCredential({ user, password }: GigachatSettings): Credential {
  return {
    name: 'user and password (GIGACHAT_USER, GIGACHAT_PASSWORD)',
    explicit: user !== undefined,
    secrets: { user: toSource(user, 'GIGACHAT_USER'), password: toSource(password, 'GIGACHAT_PASSWORD') },
    *authorize({ user: name = '', password: word = '' }) {
      checkStray('user', 'GIGACHAT_USER', name)
      checkStray('password', 'GIGACHAT_PASSWORD', word)
      if (name.includes(':')) {
        refuseSecret(
          'the user holds a colon',
          'GIGACHAT_USER: уберите двоеточие; пароль передаётся отдельно, в GIGACHAT_PASSWORD.',
        )
      }
      return yield* fetchToken({
        endpoint: 'api',
        path: '/token',
        headers: {
          authorization: `Basic ${Buffer.from(`${name}:${word}`, 'utf8').toString('base64')}`,
          accept: 'application/json',
        },
      })
    },
  }
}

/** A stand that knows its callers by their certificate needs no header. */
function createCertificateCredential(): Credential {
  return {
    name: 'client certificate (clientCertificate)',
    explicit: false,
    fallback: true,
    secrets: {},
    // eslint-disable-next-line require-yield -- the TLS handshake is the authorisation
    *authorize() {
      return { headers: {} }
    },
  }
}

type TokenRequest = Pick<WireRequest, 'endpoint' | 'path' | 'headers' | 'body'>

/** Read as text, whatever its type: a page of a gateway must come out as a clear error, not as a decoding one. */
function* fetchToken(request: TokenRequest): Operation<Access> {
  const token = { operation: 'token', method: 'POST', repeat: 'safe', accept: [], ...request } as const
  const { body } = (yield { do: 'exchange', request: token, read: 'text' }) as Reply
  return readToken(body, Date.now())
}

/** Both shapes: `{ access_token, expires_at }` of OAuth, `{ tok, exp }` of stands; some stands mix them. */
function readToken(body: unknown, now: number): Access {
  const answer = parseJson(body)
  if (!isObject(answer))
    throw nonsense('it is not a JSON object', 'вместо токена пришла другая страница: проверьте tokenUrl и прокси')
  const token = answer['access_token'] ?? answer['tok']
  const stated = answer['expires_at'] ?? answer['exp']
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw nonsense('it holds no access token', 'проверьте tokenUrl')
  }
  if (typeof stated !== 'number' || !(stated > 0))
    throw nonsense('it does not say when the token expires', 'проверьте tokenUrl')
  const expiresAt = stated < firstMilliseconds ? stated * 1000 : stated
  if (expiresAt <= now) {
    throw nonsense('its token has already expired by the clock of this machine', 'сверьте часы этой машины')
  }
  if (expiresAt > now + longestLifeMs) {
    throw nonsense('its token would live for more than a year', 'сверьте часы этой машины и tokenUrl')
  }
  return { headers: { authorization: `Bearer ${token}` }, refreshAt: expiresAt - refreshMarginMs }
}

function parseJson(body: unknown): unknown {
  try {
    return JSON.parse(String(body)) as unknown
  } catch {
    return undefined
  }
}

function nonsense(why: string, fix: string): AuthError {
  return new AuthError(`GigaChat's token endpoint gave an answer that cannot be used: ${why}`, {
    hint: `Токен GigaChat не получен: ${fix}.`,
  })
}

/**
 * Refuses a key that the service could only answer with 400 or 401, and says what to take away.
 * @throws ConfigurationError; the key is never quoted
 */
function checkAuthorizationKey(key: string): void {
  if (/^(?:Basic|Bearer)\s/i.test(key)) {
    refuseSecret(
      'the authorisation key begins with its scheme',
      'Уберите слово Basic или Bearer в начале ключа (GIGACHAT_CREDENTIALS).',
    )
  }
  checkStray('authorisation key', 'GIGACHAT_CREDENTIALS', key)
  const source = 'скопируйте Authorization key из личного кабинета целиком'
  if (/^[^:]+:[^:]+$/.test(key)) {
    refuseSecret(
      'the authorisation key is not encoded',
      `Это client_id:client_secret без base64: ${source} (GIGACHAT_CREDENTIALS).`,
    )
  }
  if (/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(key)) {
    refuseSecret(
      'the authorisation key is a bare id',
      `Это Client ID или Client Secret, а нужен ключ из обоих: ${source}.`,
    )
  }
  const decoded = Buffer.from(key, 'base64')
  if (decoded.toString('base64') !== key || !/^[\x21-\x39\x3b-\x7e]+:[\x21-\x7e]+$/.test(decoded.toString('latin1'))) {
    refuseSecret(
      'the authorisation key is not base64 of client_id:client_secret',
      `Ключ повреждён или обрезан: ${source}, вместе со знаками = в конце (GIGACHAT_CREDENTIALS).`,
    )
  }
}

/** What editors and shells leave behind. A password may hold spaces, but no line break and no mark. */
function checkStray(what: string, variable: string, secret: string): void {
  if (secret.includes('\uFEFF')) {
    refuseSecret(`the ${what} holds a byte order mark`, `${variable}: уберите BOM — сохраните файл в UTF-8 без BOM.`)
  }
  if (/[\r\n]$/.test(secret)) {
    refuseSecret(
      `the ${what} ends with a line break`,
      `${variable}: уберите перевод строки в конце; в файл пишите printf %s, а не echo.`,
    )
  }
  const stray = what === 'password' ? /\p{Cc}/u : /[\s\p{Cc}]/u
  if (stray.test(secret)) {
    refuseSecret(`the ${what} holds whitespace`, `${variable}: уберите пробелы и переводы строк внутри и по краям.`)
  }
}

function refuseSecret(message: string, hint: string): never {
  throw new ConfigurationError(message, { code: 'config.credentials_malformed', hint })
}

function toSource(secret: GigachatSecret | undefined, variable: string): SecretSource {
  if (secret === undefined) return { env: variable }
  if (typeof secret === 'string') return { value: new Secret(secret) }
  if (typeof secret === 'function') return { ask: secret }
  return secret
}
