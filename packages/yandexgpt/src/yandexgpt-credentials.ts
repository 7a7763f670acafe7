import { constants, createPrivateKey, sign, type KeyObject } from 'node:crypto'
import { AuthError, ConfigurationError, Secret } from '@shlyuz/core'
import type { Access, Credential, Operation, Reply, SecretSource, WireRequest } from '@shlyuz/core'
import { checkFolder, isObject, type YandexgptSecret, type YandexgptSettings } from './yandexgpt-settings.ts'

/** `aud` of the JWT: a constant of the protocol, also where the exchange goes through another address. */
const audience = 'https://iam.api.cloud.yandex.net/iam/v1/tokens'
/** Longest life of the JWT, in seconds. */
const jwtLifeSeconds = 3_600
const hourMs = 3_600_000

/** The ways to authorise, in the order of the documentation. */
export function createYandexgptCredentials(settings: YandexgptSettings): readonly Credential[] {
  return [
    createApiKeyCredential(settings),
    createIamTokenCredential(settings),
    createOauthCredential(settings),
    createServiceAccountCredential(settings),
    ...(settings.metadata ? [createMetadataCredential()] : []),
  ]
}

function createApiKeyCredential({ apiKey }: YandexgptSettings): Credential {
  return {
    name: 'API key (YC_API_KEY)',
    explicit: apiKey !== undefined,
    secrets: { key: toSource(apiKey, { env: 'YC_API_KEY' }) },
    // oxlint-disable-next-line require-yield -- an API key needs no exchange
    *authorize({ key = '' }) {
      checkKey('API key', 'YC_API_KEY', key)
      if (/^t\d\./.test(key))
        refuseKind('an IAM token stands where an API key belongs', 'YC_API_KEY', 'iamToken (YC_IAM_TOKEN)')
      if (/^y[0-3]_/.test(key))
        refuseKind('an OAuth token stands where an API key belongs', 'YC_API_KEY', 'oauthToken (YC_OAUTH_TOKEN)')
      return { headers: { authorization: `Api-Key ${key}` } }
    },
  }
}

function createIamTokenCredential({ iamToken }: YandexgptSettings): Credential {
  return {
    name: 'IAM token (YC_IAM_TOKEN)',
    explicit: iamToken !== undefined,
    secrets: { token: toSource(iamToken, { env: 'YC_IAM_TOKEN' }) },
    // oxlint-disable-next-line require-yield -- a ready token needs no exchange
    *authorize({ token = '' }) {
      checkKey('IAM token', 'YC_IAM_TOKEN', token)
      if (/^y[0-3]_/.test(token))
        refuseKind('an OAuth token stands where an IAM token belongs', 'YC_IAM_TOKEN', 'oauthToken (YC_OAUTH_TOKEN)')
      return { headers: { authorization: `Bearer ${token}` } }
    },
  }
}

/** A person's token, exchanged at IAM. Persons have no folder of their own, so it is named in a header. */
function createOauthCredential(settings: YandexgptSettings): Credential {
  return {
    name: 'OAuth token (YC_OAUTH_TOKEN)',
    explicit: settings.oauthToken !== undefined,
    secrets: { token: toSource(settings.oauthToken, { env: 'YC_OAUTH_TOKEN' }) },
    *authorize({ token = '' }) {
      checkKey('OAuth token', 'YC_OAUTH_TOKEN', token)
      if (/^t\d\./.test(token))
        refuseKind('an IAM token stands where an OAuth token belongs', 'YC_OAUTH_TOKEN', 'iamToken (YC_IAM_TOKEN)')
      const folder =
        settings.folderId ?? ((yield { do: 'read', source: { env: 'YC_FOLDER_ID' } }) as string | undefined)
      if (folder !== undefined) checkFolder('YC_FOLDER_ID', folder)
      const access = yield* exchange({ yandexPassportOauthToken: token })
      return { ...access, headers: { ...access.headers, ...(folder !== undefined && { 'x-folder-id': folder }) } }
    },
  }
}

function createServiceAccountCredential({ serviceAccountKey }: YandexgptSettings): Credential {
  return {
    name: 'authorised key (YC_SERVICE_ACCOUNT_KEY_FILE)',
    explicit: serviceAccountKey !== undefined,
    secrets: { file: toSource(serviceAccountKey, { fileFromEnv: 'YC_SERVICE_ACCOUNT_KEY_FILE' }) },
    *authorize({ file = '' }) {
      return yield* exchange({ jwt: createJwt(readAuthorizedKey(file), Math.floor(Date.now() / 1000)) })
    },
  }
}

function createMetadataCredential(): Credential {
  return {
    name: 'metadata of the VM (metadata: true)',
    explicit: true,
    secrets: {},
    *authorize() {
      const answer = yield* fetchToken({
        endpoint: 'metadata',
        operation: 'token',
        method: 'GET',
        path: '',
        headers: { 'metadata-flavor': 'Google' },
        repeat: 'safe',
        accept: [],
      })
      const life = answer['expires_in']
      if (typeof life !== 'number' || !(life > 0)) throw nonsense('it does not say how long the token lives')
      return toAccess(answer['access_token'], Date.now() + life * 1000)
    },
  }
}

function* exchange(body: Readonly<Record<string, string>>): Operation<Access> {
  const answer = yield* fetchToken({
    endpoint: 'iam',
    operation: 'token',
    method: 'POST',
    path: '',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    repeat: 'safe',
    accept: [],
  })
  return toAccess(answer['iamToken'], Date.parse(String(answer['expiresAt'])))
}

/** Read as text, whatever its type: a page of a gateway must come out as a clear error. */
function* fetchToken(request: WireRequest): Operation<Readonly<Record<string, unknown>>> {
  const { body } = (yield { do: 'exchange', request, read: 'text' }) as Reply
  try {
    const answer: unknown = JSON.parse(String(body))
    if (isObject(answer)) return answer
  } catch {
    // Said below, without the text.
  }
  throw nonsense('it is not a JSON object')
}

/** Renewed after an hour or nine tenths of its life, whichever is sooner, as the documentation advises. */
function toAccess(token: unknown, expiresAt: number): Access {
  const now = Date.now()
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw nonsense('it holds no token')
  if (!(expiresAt > now)) throw nonsense('its token has expired by the clock of this machine')
  return {
    headers: { authorization: `Bearer ${token}` },
    refreshAt: now + Math.min(hourMs, (expiresAt - now) * 0.9),
  }
}

function nonsense(why: string): AuthError {
  return new AuthError(`the answer of the token service cannot be used: ${why}`, {
    hint: 'Токен Yandex Cloud не получен: проверьте iamUrl, прокси и часы этой машины.',
  })
}

interface AuthorizedKey {
  readonly id: string
  readonly serviceAccountId: string
  readonly privateKey: KeyObject
}

/** @throws ConfigurationError; nothing of the key is quoted */
function readAuthorizedKey(text: string): AuthorizedKey {
  const fix =
    'нужен JSON авторизованного ключа сервисного аккаунта (yc iam key create) с полями id, service_account_id, private_key.'
  let file: unknown
  try {
    file = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return refuseSecret('the authorised key is not JSON', `YC_SERVICE_ACCOUNT_KEY_FILE: ${fix}`)
  }
  const { id, service_account_id: account, private_key: pem } = isObject(file) ? file : {}
  if (typeof id !== 'string' || typeof account !== 'string' || typeof pem !== 'string') {
    return refuseSecret(
      'the authorised key lacks id, service_account_id or private_key',
      `YC_SERVICE_ACCOUNT_KEY_FILE: ${fix}`,
    )
  }
  try {
    // Newer files begin with a line for people, which a strict reader of PEM refuses.
    const privateKey = createPrivateKey(pem.slice(Math.max(0, pem.indexOf('-----BEGIN'))))
    return { id, serviceAccountId: account, privateKey }
  } catch {
    return refuseSecret('the private key of the authorised key is not PEM', `YC_SERVICE_ACCOUNT_KEY_FILE: ${fix}`)
  }
}

/** PS256 with a salt as long as the hash is the only algorithm that IAM accepts. */
function createJwt({ id, serviceAccountId, privateKey }: AuthorizedKey, now: number): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  const head = encode({ typ: 'JWT', alg: 'PS256', kid: id })
  const claims = encode({ iss: serviceAccountId, aud: audience, iat: now, exp: now + jwtLifeSeconds })
  const signature = sign('sha256', Buffer.from(`${head}.${claims}`), {
    key: privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 32,
  })
  return `${head}.${claims}.${signature.toString('base64url')}`
}

/** What editors and shells leave behind. */
function checkKey(what: string, variable: string, key: string): void {
  if (key.includes('\uFEFF'))
    refuseSecret(`the ${what} holds a byte order mark`, `${variable}: уберите BOM — сохраните файл в UTF-8 без BOM.`)
  if (/[\r\n]$/.test(key)) {
    refuseSecret(
      `the ${what} ends with a line break`,
      `${variable}: уберите перевод строки в конце; в файл пишите printf %s, а не echo.`,
    )
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    refuseSecret(
      `the ${what} holds whitespace or characters that no key has`,
      `${variable}: скопируйте ключ целиком, без пробелов и кавычек.`,
    )
  }
}

function refuseKind(message: string, variable: string, right: string): never {
  refuseSecret(message, `В ${variable} лежит другой вид ключа: передайте его как ${right}.`)
}

function refuseSecret(message: string, hint: string): never {
  throw new ConfigurationError(message, { code: 'config.credentials_malformed', hint })
}

function toSource(secret: YandexgptSecret | undefined, ambient: SecretSource): SecretSource {
  if (secret === undefined) return ambient
  if (typeof secret === 'string') return { value: new Secret(secret) }
  if (typeof secret === 'function') return { ask: secret }
  return secret
}
