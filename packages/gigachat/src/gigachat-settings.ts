import { X509Certificate } from 'node:crypto'
import { checkOptionKeys, ConfigurationError, type SecretRequest } from '@shlyuz/core'

/**
 * Where a secret comes from: the text itself, an environment variable, a file, or a function asked for each call
 * (one client for many tenants; tokens are kept per secret). Read at the first call that needs it.
 */
export type GigachatSecret =
  | string
  | { readonly env: string }
  | { readonly file: string }
  | ((request: SecretRequest) => string | Promise<string>)

/** PEM text, or the file or environment variable that holds it. */
export type GigachatPem = string | { readonly env: string } | { readonly file: string }

/**
 * What a key is good for: individuals, businesses with prepaid packages, businesses that pay as they go.
 * Source: official OpenAPI file (api.yml), `POST /oauth`.
 */
export type GigachatScope = (typeof scopes)[number]

/** Version of the chat protocol: `POST /v1/chat/completions` or `POST /v2/chat/completions`. */
export type GigachatApi = 'v1' | 'v2'

/** Settings of {@link gigachat}. All are optional; unknown ones are refused. */
export interface GigachatSettings<Name extends string = string> {
  /**
   * Prefix of model references. Give each its own when one client has two GigaChat accounts.
   * @default 'gigachat'
   */
  readonly name?: Name
  /**
   * Authorisation key: base64 of `client_id:client_secret`, as the account page shows it.
   * Default: the environment variable `GIGACHAT_CREDENTIALS`.
   */
  readonly credentials?: GigachatSecret
  /** Default: the environment variable `GIGACHAT_SCOPE`, else `GIGACHAT_API_PERS`. */
  readonly scope?: GigachatScope
  /** A token fetched elsewhere; it lives 30 minutes and is not renewed. Default: `GIGACHAT_ACCESS_TOKEN`. */
  readonly accessToken?: GigachatSecret
  /** User of a stand, together with `password`; exchanged at `{baseUrl}/token`. Default: `GIGACHAT_USER`. */
  readonly user?: GigachatSecret
  /** Default: `GIGACHAT_PASSWORD`. */
  readonly password?: GigachatSecret
  /**
   * Address of the API up to and including `/v1`. The policy must list its origin.
   * @default 'https://api.giga.chat/v1'
   */
  readonly baseUrl?: string
  /** @default 'https://ngw.devices.sberbank.ru:9443/api/v2/oauth' */
  readonly tokenUrl?: string
  /** PEM text of further authorities, trusted beside the default roots and the Russian root, for GigaChat only. */
  readonly ca?: string
  /** For stands that ask for one. Without any other credential it is the authorisation; with one it goes along. */
  readonly clientCertificate?: {
    readonly cert: GigachatPem
    readonly key: GigachatPem
    readonly passphrase?: GigachatPem
  }
  /**
   * The chat protocol; a call may take the other one with `providerOptions.gigachat.api`. Everything but the chat is
   * `v1` in any case.
   * @default 'v1'
   */
  readonly api?: GigachatApi
}

export const scopes = ['GIGACHAT_API_PERS', 'GIGACHAT_API_B2B', 'GIGACHAT_API_CORP'] as const

/** For hints: which scope is whose. */
export const scopeHint =
  'GIGACHAT_API_PERS — физлица, GIGACHAT_API_B2B — бизнес с пакетами, GIGACHAT_API_CORP — бизнес с оплатой по факту'

const settingNames = [
  'name',
  'credentials',
  'scope',
  'accessToken',
  'user',
  'password',
  'baseUrl',
  'tokenUrl',
  'ca',
  'clientCertificate',
  'api',
]

/** Names people bring along from other clients, and ours. */
const neighbours: Readonly<Record<string, string>> = {
  apiKey: 'credentials',
  key: 'credentials',
  authKey: 'credentials',
  authorizationKey: 'credentials',
  clientId: 'credentials',
  clientSecret: 'credentials',
  token: 'accessToken',
  username: 'user',
  login: 'user',
  url: 'baseUrl',
  authUrl: 'tokenUrl',
  oauthUrl: 'tokenUrl',
  caBundle: 'ca',
  caBundleFile: 'ca',
  rootCertificate: 'ca',
  cert: 'clientCertificate',
  certFile: 'clientCertificate',
  keyFile: 'clientCertificate',
  apiVersion: 'api',
}

/** What leaves the certificate unchecked elsewhere. */
const verificationSwitches = ['verify', 'verifySslCerts', 'rejectUnauthorized', 'insecure', 'httpsAgent']

/** @throws ConfigurationError with the exact fix; no value that may be a secret is quoted */
export function checkGigachatSettings(settings: unknown): asserts settings is GigachatSettings {
  if (!isObject(settings)) {
    refuse('gigachat() takes an object of settings', 'Пишите gigachat() или gigachat({ credentials: … }).')
  }
  for (const name of verificationSwitches) {
    if (!Object.hasOwn(settings, name)) continue
    refuse(
      `gigachat(): '${name}' is not supported: certificates are always verified`,
      `Уберите '${name}': корневой сертификат Минцифры уже встроен, для своего стенда передайте ca.`,
    )
  }
  checkKeys('gigachat()', settings, settingNames, neighbours)
  checkName(settings['name'])
  checkScope('scope', settings['scope'])
  for (const name of ['credentials', 'accessToken', 'user', 'password']) checkSecret(name, settings[name])
  for (const name of ['baseUrl', 'tokenUrl']) checkText(name, settings[name])
  checkAuthority(settings['ca'])
  checkClientCertificate(settings['clientCertificate'])
  checkApi('api', settings['api'])
  checkOneCredential(settings)
}

/** @throws ConfigurationError unless `scope` is absent or one the service knows */
export function checkScope(name: string, scope: unknown): asserts scope is GigachatScope | undefined {
  if (scope === undefined || scopes.includes(scope as GigachatScope)) return
  refuse(`${name} must be one of ${scopes.join(', ')}`, `${name}: ${scopeHint}.`)
}

function checkName(name: unknown): void {
  if (name === undefined || (typeof name === 'string' && /^[\w.-]+$/.test(name))) return
  refuse(
    'name must be letters, digits, dots, hyphens or underscores',
    'name: латинские буквы, цифры, точка, дефис и подчёркивание, например sber-second.',
  )
}

function checkSecret(name: string, secret: unknown): void {
  if (secret === undefined || typeof secret === 'function' || isPlace(secret)) return
  if (typeof secret === 'string' && secret !== '') return
  refuse(
    `${name} must be a non-empty string, { env }, { file } or a function`,
    `${name}: непустая строка, { env: 'ПЕРЕМЕННАЯ' }, { file: 'путь' } или функция.`,
  )
}

function checkText(name: string, text: unknown): void {
  if (text === undefined || (typeof text === 'string' && text !== '')) return
  refuse(`${name} must be a non-empty string`, `${name}: непустая строка с адресом.`)
}

function checkAuthority(ca: unknown): void {
  if (ca === undefined) return
  const hint = 'ca: текст сертификата PEM (-----BEGIN CERTIFICATE-----), а не путь: readFileSync(путь, "utf8").'
  if (typeof ca !== 'string') return refuse('ca must be PEM text', hint)
  const certificates = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (certificates.length === 0) refuse('ca holds no PEM certificate', hint)
  for (const certificate of certificates) {
    try {
      void new X509Certificate(certificate)
    } catch {
      refuse('ca holds a PEM block that is no certificate', `${hint} Проверьте файл: openssl x509 -in файл -noout.`)
    }
  }
}

function checkClientCertificate(certificate: unknown): void {
  if (certificate === undefined) return
  const shape = 'clientCertificate: { cert, key, passphrase? }, каждый — текст PEM, { file } или { env }.'
  if (!isObject(certificate)) return refuse('clientCertificate must be an object', shape)
  checkKeys('clientCertificate', certificate, ['cert', 'key', 'passphrase'], { ca: 'gigachat({ ca })' })
  const { cert, key, passphrase } = certificate
  if (!isPem(cert)) refuse('clientCertificate.cert must be PEM text, { file } or { env }', shape)
  if (!isPem(key)) refuse('clientCertificate.key must be PEM text, { file } or { env }', shape)
  if (passphrase === undefined || isPlace(passphrase) || (typeof passphrase === 'string' && passphrase !== '')) return
  refuse('clientCertificate.passphrase must be a non-empty string, { file } or { env }', shape)
}

/** @throws ConfigurationError unless `api` is absent or a version of the chat */
export function checkApi(where: string, api: unknown): asserts api is GigachatApi | undefined {
  if (api === undefined || api === 'v1' || api === 'v2') return
  refuse(`${where} must be 'v1' or 'v2'`, `${where}: 'v1', 'v2' или без настройки.`)
}

/** Each way to authorise excludes the others; a client certificate goes along with any. */
function checkOneCredential(settings: Readonly<Record<string, unknown>>): void {
  const given = ['credentials', 'accessToken', 'user'].filter((name) => settings[name] !== undefined)
  if (given.length > 1) {
    refuse(
      `gigachat() has ${given.length} credentials at once: ${given.join(', ')}`,
      `Оставьте один способ авторизации: задано сразу ${given.join(', ')}.`,
      'config.credentials_conflict',
    )
  }
  if ((settings['user'] === undefined) === (settings['password'] === undefined)) return
  const [has, lacks] = settings['user'] === undefined ? ['password', 'user'] : ['user', 'password']
  refuse(`gigachat() has ${has} but no ${lacks}`, `Задайте user и password вместе: не хватает ${lacks}.`)
}

function isPem(value: unknown): boolean {
  return isPlace(value) || (typeof value === 'string' && value.includes('-----BEGIN '))
}

function isPlace(value: unknown): boolean {
  if (!isObject(value) || Object.keys(value).length !== 1) return false
  const name = value['env'] ?? value['file']
  return typeof name === 'string' && name !== ''
}

/** Every key must be known. */
export const checkKeys = checkOptionKeys

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Refuses a wrong value with its English reason and its Russian fix. The value itself is never quoted. */
export function refuse(message: string, hint: string, code?: string): never {
  throw new ConfigurationError(message, { hint, ...(code !== undefined && { code }) })
}
