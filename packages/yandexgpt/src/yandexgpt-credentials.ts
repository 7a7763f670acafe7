import { constants, createPrivateKey, sign, type KeyObject } from 'node:crypto'
import { AuthError, ConfigurationError, Secret } from '@shlyuz/core'
import type { Access, Credential, Operation, Reply, SecretSource, WireRequest } from '@shlyuz/core'
import { isObject, type YandexgptSettings } from './yandexgpt-settings.ts'

/** `aud` of the JWT: a constant of the protocol, also where the exchange goes through another address. */
const audience = 'https://iam.api.cloud.yandex.net/iam/v1/tokens'

/** Longest life of the JWT that IAM accepts, in seconds. */
const jwtLifeSeconds = 3_600

const hourMs = 3_600_000

/** Later than any token lives: an expiry beyond it is nonsense. */
const longestLifeMs = 366 * 24 * hourMs

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

/** The API key of a service account, sent as it is. */
function createApiKeyCredential({ apiKey }: YandexgptSettings): Credential {
  return {
    name: 'API key (YC_API_KEY)',
    explicit: apiKey !== undefined,
    secrets: { key: toSource(apiKey, { env: 'YC_API_KEY' }) },
    // oxlint-disable-next-line require-yield -- an API key needs no exchange
    *authorize({ key = '' }) {
      checkSecretText('api-key', key)
      return { headers: { authorization: `Api-Key ${key}` } }
    },
  }
}

/** An IAM token fetched elsewhere. */
function createIamTokenCredential({ iamToken }: YandexgptSettings): Credential {
  return {
    name: 'IAM token (YC_IAM_TOKEN)',
    explicit: iamToken !== undefined,
    secrets: { token: toSource(iamToken, { env: 'YC_IAM_TOKEN' }) },
    // oxlint-disable-next-line require-yield -- a ready token needs no exchange
    *authorize({ token = '' }) {
      checkSecretText('iam-token', token)
      return { headers: { authorization: `Bearer ${token}` } }
    },
  }
}

/** The OAuth token of a person; it goes to IAM alone, never to the model. */
function createOauthCredential({ oauthToken }: YandexgptSettings): Credential {
  return {
    name: 'OAuth token (YC_OAUTH_TOKEN)',
    explicit: oauthToken !== undefined,
    secrets: { token: toSource(oauthToken, { env: 'YC_OAUTH_TOKEN' }) },
    *authorize({ token = '' }) {
      checkSecretText('oauth-token', token)
      return yield* exchangeAtIam({ yandexPassportOauthToken: token })
    },
  }
}

/** The authorised key of a service account: it signs a JWT, which IAM exchanges. */
function createServiceAccountCredential({ serviceAccountKey: key }: YandexgptSettings): Credential {
  const secret = isObject(key) && Object.hasOwn(key, 'private_key') ? JSON.stringify(key) : key
  return {
    name: 'authorised key (YC_SERVICE_ACCOUNT_KEY_FILE)',
    explicit: key !== undefined,
    secrets: {
      file: toSource(secret as Exclude<typeof key, { id: string }>, { fileFromEnv: 'YC_SERVICE_ACCOUNT_KEY_FILE' }),
    },
    *authorize({ file = '' }) {
      return yield* exchangeAtIam({ jwt: createJwt(readAuthorizedKey(file), Math.floor(Date.now() / 1000)) })
    },
  }
}

/** The service account of the cloud VM this runs on. Source: documentation, "Authentication from inside a VM". */
function createMetadataCredential(): Credential {
  return {
    name: 'metadata of the VM (metadata: true)',
    explicit: true,
    secrets: {},
    *authorize() {
      const answer = yield* fetchToken('metadata', { method: 'GET', headers: { 'metadata-flavor': 'Google' } })
      const seconds = answer['expires_in']
      const life = typeof seconds === 'number' ? seconds * 1000 : Number.NaN
      return toAccess(answer['access_token'], Date.now() + life, 'metadata')
    },
  }
}

type IamRequest = { readonly yandexPassportOauthToken: string } | { readonly jwt: string }

/** `POST /iam/v1/tokens`: `{ iamToken, expiresAt }`, the time in RFC 3339 with up to nanoseconds. */
function* exchangeAtIam(body: IamRequest): Operation<Access> {
  const answer = yield* fetchToken('iam', { method: 'POST', body: JSON.stringify(body) })
  return toAccess(answer['iamToken'], Date.parse(String(answer['expiresAt'])), 'iam')
}

type TokenEndpoint = 'iam' | 'metadata'

/** Read as text, whatever its type: a page of a gateway must come out as a clear error, not as a decoding one. */
function* fetchToken(
  endpoint: TokenEndpoint,
  { headers, ...more }: Pick<WireRequest, 'method' | 'body' | 'headers'>,
): Operation<Readonly<Record<string, unknown>>> {
  const request: WireRequest = {
    endpoint,
    operation: 'token',
    path: '',
    headers: { accept: 'application/json', ...headers },
    repeat: 'safe',
    accept: [],
    ...more,
  }
  const { body } = (yield { do: 'exchange', request, read: 'text' }) as Reply
  const answer = parseJson(String(body))
  if (!isObject(answer)) throw nonsense(endpoint, 'it is not a JSON object')
  return answer
}

/** Renewed after an hour or nine tenths of its life, whichever is sooner, as the documentation advises. */
function toAccess(token: unknown, expiresAt: number, endpoint: TokenEndpoint): Access {
  const now = Date.now()
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw nonsense(endpoint, 'it holds no token')
  if (Number.isNaN(expiresAt)) throw nonsense(endpoint, 'it does not say when the token expires')
  if (expiresAt <= now) throw nonsense(endpoint, 'its token has already expired by the clock of this machine')
  if (expiresAt > now + longestLifeMs) throw nonsense(endpoint, 'its token would live for more than a year')
  return {
    headers: { authorization: `Bearer ${token}` },
    refreshAt: now + Math.min(hourMs, Math.floor((expiresAt - now) * 0.9)),
  }
}

function nonsense(endpoint: TokenEndpoint, why: string): AuthError {
  const [subject, fix] =
    endpoint === 'iam'
      ? ['Yandex Cloud IAM', 'проверьте iamUrl, прокси и часы этой машины']
      : ['the metadata service of the VM', 'проверьте, что это ВМ Yandex Cloud с сервисным аккаунтом, и её часы']
  return new AuthError(`${subject} gave an answer that cannot be used: ${why}`, {
    hint: `IAM-токен не получен: ${fix}.`,
  })
}

interface AuthorizedKey {
  readonly id: string
  readonly serviceAccountId: string
  readonly privateKey: KeyObject
}

const keyFix =
  'нужен JSON авторизованного ключа сервисного аккаунта (yc iam key create --output key.json) с полями id, service_account_id, private_key'

/** @throws ConfigurationError; nothing of the key is quoted */
function readAuthorizedKey(text: string): AuthorizedKey {
  const file = parseJson(text.replace(/^\uFEFF/, ''))
  if (!isObject(file)) {
    const isPath = !/[\s{}]/.test(text) && /\.json$|[/\\]/.test(text)
    const fix = isPath ? "похоже на путь: пишите serviceAccountKey: { file: 'key.json' }" : keyFix
    return refuseSecret('the authorised key is not the JSON of a key file', `serviceAccountKey: ${fix}.`)
  }
  const missing = ['id', 'service_account_id', 'private_key'].filter((name) => !isFilled(file[name]))
  if (missing.length > 0) {
    const names = missing.join(', ')
    return refuseSecret(`the authorised key lacks ${names}`, `Ключ сервисного аккаунта: нет ${names}; ${keyFix}.`)
  }
  const { id, service_account_id: serviceAccountId, private_key: pem } = file as Record<string, string>
  return { id: id ?? '', serviceAccountId: serviceAccountId ?? '', privateKey: readPrivateKey(pem ?? '') }
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}

/** Newer key files begin with a line for people, which a strict reader of PEM refuses. */
function readPrivateKey(pem: string): KeyObject {
  const fix = 'private_key должен быть PEM-ключом RSA целиком, как в файле от yc iam key create'
  let key: KeyObject
  try {
    key = createPrivateKey(pem.slice(Math.max(0, pem.indexOf('-----BEGIN '))))
  } catch {
    return refuseSecret('the private_key of the authorised key is not PEM', `Ключ сервисного аккаунта: ${fix}.`)
  }
  if (key.asymmetricKeyType === 'rsa') return key
  return refuseSecret('the private_key of the authorised key is not an RSA key', `Ключ сервисного аккаунта: ${fix}.`)
}

/**
 * PS256 with a salt as long as the hash is the only algorithm that IAM accepts.
 * Source: documentation, "Getting an IAM token for a service account".
 */
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

type SecretKind = 'api-key' | 'iam-token' | 'oauth-token'

/** How each kind is called and set; `form` is how it begins. Source: the official SDK tells them apart this way. */
const kinds = {
  'api-key': { name: 'API key', variable: 'YC_API_KEY', setting: 'apiKey', form: /^AQV/ },
  'iam-token': { name: 'IAM token', variable: 'YC_IAM_TOKEN', setting: 'iamToken', form: /^t\d\./ },
  'oauth-token': { name: 'OAuth token', variable: 'YC_OAUTH_TOKEN', setting: 'oauthToken', form: /^y[0-3]_/ },
} as const

/**
 * Refuses what the service could only answer with 401, and says what to take away or which setting to use.
 * @throws ConfigurationError; the secret is never quoted
 */
function checkSecretText(kind: SecretKind, secret: string): void {
  const { name, variable } = kinds[kind]
  if (secret.includes('\uFEFF')) {
    refuseSecret(`the ${name} holds a byte order mark`, `${variable}: уберите BOM — сохраните файл в UTF-8 без BOM.`)
  }
  const scheme = /^(Api-Key|Bearer|OAuth)\s/i.exec(secret)?.[1]
  if (scheme !== undefined) {
    refuseSecret(`the ${name} begins with its scheme`, `${variable}: уберите слово ${scheme} в начале.`)
  }
  if (/^\s*\{/.test(secret)) {
    refuseSecret(
      `the authorised key of a service account stands where the ${name} belongs`,
      `В ${variable} лежит JSON авторизованного ключа: передайте его как serviceAccountKey (YC_SERVICE_ACCOUNT_KEY_FILE).`,
    )
  }
  if (/[\r\n]$/.test(secret)) {
    refuseSecret(
      `the ${name} ends with a line break`,
      `${variable}: уберите перевод строки в конце; в файл пишите printf %s, а не echo.`,
    )
  }
  if (/^["'].*["']$/s.test(secret)) {
    refuseSecret(`the ${name} is in quotes`, `${variable}: уберите кавычки вокруг ключа.`)
  }
  if (/[\s\p{Cc}]/u.test(secret)) {
    refuseSecret(`the ${name} holds whitespace`, `${variable}: уберите пробелы и переводы строк внутри и по краям.`)
  }
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    refuseSecret(`the ${name} holds characters that no key has`, `${variable}: скопируйте ключ целиком, латиницей.`)
  }
  checkKind(kind, secret)
}

function checkKind(kind: SecretKind, secret: string): void {
  const { name, variable } = kinds[kind]
  for (const other of Object.values(kinds)) {
    if (other.variable === variable || !other.form.test(secret)) continue
    refuseSecret(
      `what looks like an ${other.name} stands where the ${name} belongs`,
      `В ${variable} лежит другой вид ключа: передайте его как ${other.setting} (${other.variable}).`,
    )
  }
  if (kind === 'api-key' && /^aje[a-z0-9]{17}$/.test(secret)) {
    refuseSecret(
      'the API key is the id of a key or of a service account',
      'YC_API_KEY: это идентификатор, а нужен секрет (AQVN…), который показывают один раз при создании ключа.',
    )
  }
}

function refuseSecret(message: string, hint: string): never {
  throw new ConfigurationError(message, { code: 'config.credentials_malformed', hint })
}

type GivenSecret = YandexgptSettings['apiKey']

function toSource(secret: GivenSecret, ambient: SecretSource): SecretSource {
  if (secret === undefined) return ambient
  if (typeof secret === 'string') return { value: new Secret(secret) }
  if (typeof secret === 'function') return { ask: secret }
  return secret
}
