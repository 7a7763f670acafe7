import { X509Certificate } from 'node:crypto'
import { checkOptionKeys, ConfigurationError, type SecretRequest } from '@shlyuz/core'

/**
 * Where a secret comes from: the text itself, an environment variable, a file, or a function asked for each call
 * (one client for many tenants; tokens are kept per secret). Read at the first call that needs it.
 */
export type YandexgptSecret =
  | string
  | { readonly env: string }
  | { readonly file: string }
  | ((request: SecretRequest) => string | Promise<string>)

/**
 * The authorised key of a service account as its file has it; further fields are allowed.
 * Source: documentation, "Creating authorized keys".
 */
export interface YandexgptServiceAccountKey {
  readonly id: string
  readonly service_account_id: string
  /** PEM. */
  readonly private_key: string
}

/** A surface: the native API, the OpenAI-compatible one, or by the model. */
export type YandexgptApi = (typeof apis)[number]

const apis = ['auto', 'native', 'openai'] as const

/** True for the word of a surface. */
export function isYandexgptApi(value: unknown): value is YandexgptApi {
  return apis.some((api) => api === value)
}

/** Settings of {@link yandexgpt}. All are optional; unknown ones are refused. */
export interface YandexgptSettings<Name extends string = string> {
  /**
   * Prefix of model references. Give each its own when one client has two folders.
   * @default 'yandexgpt'
   */
  readonly name?: Name
  /** API key of a service account. Default: the environment variable `YC_API_KEY`. */
  readonly apiKey?: YandexgptSecret
  /** IAM token fetched elsewhere; lives up to 12 hours and is not renewed. Default: `YC_IAM_TOKEN`. */
  readonly iamToken?: YandexgptSecret
  /** OAuth token of a person, exchanged for IAM tokens. Default: `YC_OAUTH_TOKEN`. */
  readonly oauthToken?: YandexgptSecret
  /**
   * Authorised key of a service account, exchanged for IAM tokens: `{ file }`, its JSON text, or that parsed.
   * Default: the file that `YC_SERVICE_ACCOUNT_KEY_FILE` names.
   */
  readonly serviceAccountKey?: YandexgptSecret | YandexgptServiceAccountKey
  /** Take IAM tokens from the metadata of the cloud VM this runs on. Only when set. @default false */
  readonly metadata?: boolean
  /** Folder of the models, `b1g…`. A folder in the model URI wins. Default: `YC_FOLDER_ID`. */
  readonly folderId?: string
  /**
   * Send the folder in `x-folder-id` as well. The service wants that from people and not from service accounts, so
   * set it for an `iamToken` of a person.
   * @default true for `oauthToken`, else false
   */
  readonly sendFolderId?: boolean
  /**
   * Origin of the native API. The policy must list it. Given as a stand of your own, it also is the default of
   * `openaiUrl` (with `/v1`), `operationsUrl` and `searchUrl`: one address for the whole stand.
   * @default 'https://llm.api.cloud.yandex.net'
   */
  readonly baseUrl?: string
  /** Base of the OpenAI-compatible API, with its version. @default 'https://ai.api.cloud.yandex.net/v1' */
  readonly openaiUrl?: string
  /** Origin of the operations that deferred jobs are. @default 'https://operation.api.cloud.yandex.net' */
  readonly operationsUrl?: string
  /** Origin of the generative search. @default 'https://searchapi.api.cloud.yandex.net' */
  readonly searchUrl?: string
  /** @default 'https://iam.api.cloud.yandex.net/iam/v1/tokens' */
  readonly iamUrl?: string
  /** PEM text of further authorities, trusted beside the default roots, for these endpoints only. */
  readonly ca?: string
  /** Let the service store prompts (its own default is yes). @default false */
  readonly dataLogging?: boolean
  /**
   * The surface of text calls. `auto`: the native one for the models it serves and for names we do not know, the
   * OpenAI-compatible one for the rest (Alice AI Flash, open models). `providerOptions.yandexgpt.api` wins.
   * @default 'auto'
   */
  readonly api?: YandexgptApi
}

const settingNames = [
  'name',
  'apiKey',
  'iamToken',
  'oauthToken',
  'serviceAccountKey',
  'metadata',
  'folderId',
  'sendFolderId',
  'baseUrl',
  'openaiUrl',
  'operationsUrl',
  'searchUrl',
  'iamUrl',
  'ca',
  'dataLogging',
  'api',
]

/** Names people bring along from other clients, and ours. */
const neighbours: Readonly<Record<string, string>> = {
  folder: 'folderId',
  catalogId: 'folderId',
  project: 'folderId',
  key: 'apiKey',
  auth: 'apiKey',
  credentials: 'apiKey',
  token: 'iamToken (t1.…), oauthToken (y0_…) or apiKey',
  accessToken: 'iamToken',
  iam: 'iamToken',
  oauth: 'oauthToken',
  authorizedKey: 'serviceAccountKey',
  authorisedKey: 'serviceAccountKey',
  serviceAccount: 'serviceAccountKey',
  saKey: 'serviceAccountKey',
  keyFile: 'serviceAccountKey: { file }',
  serviceAccountKeyFile: 'serviceAccountKey: { file }',
  url: 'baseUrl',
  baseURL: 'baseUrl',
  endpoint: 'baseUrl',
  host: 'baseUrl',
  iamEndpoint: 'iamUrl',
  openaiBaseUrl: 'openaiUrl',
  operationUrl: 'operationsUrl',
  searchApiUrl: 'searchUrl',
  caBundle: 'ca',
  caFile: 'ca',
  logging: 'dataLogging',
  disableLogging: 'dataLogging',
  enableLogging: 'dataLogging',
  dataLoggingEnabled: 'dataLogging',
  modelUri: 'model of the call itself',
}

/** What leaves the certificate unchecked elsewhere. */
const verificationSwitches = ['verify', 'verifySslCerts', 'rejectUnauthorized', 'insecure', 'httpsAgent']

const secretNames = ['apiKey', 'iamToken', 'oauthToken', 'serviceAccountKey']

/** @throws ConfigurationError with the exact fix; no value that may be a secret is quoted */
export function checkYandexgptSettings(settings: unknown): asserts settings is YandexgptSettings {
  if (!isObject(settings)) {
    refuse('yandexgpt() takes an object of settings', 'Пишите yandexgpt() или yandexgpt({ apiKey: …, folderId: … }).')
  }
  for (const name of verificationSwitches) {
    if (!Object.hasOwn(settings, name)) continue
    refuse(
      `yandexgpt(): '${name}' is not supported: certificates are always verified`,
      `Уберите '${name}': для своего центра сертификации передайте ca.`,
    )
  }
  checkKeys('yandexgpt()', settings, settingNames, neighbours)
  checkName(settings['name'])
  for (const name of secretNames) checkSecret(name, settings[name])
  for (const name of ['baseUrl', 'openaiUrl', 'operationsUrl', 'searchUrl', 'iamUrl']) checkText(name, settings[name])
  for (const name of ['metadata', 'dataLogging', 'sendFolderId']) checkFlag(name, settings[name])
  if (settings['folderId'] !== undefined) checkFolder('folderId', settings['folderId'])
  checkAuthority(settings['ca'])
  checkApi(settings['api'])
  checkOneCredential(settings)
}

/** @throws ConfigurationError unless `folder` looks like a folder id; it is not quoted */
export function checkFolder(name: string, folder: unknown): asserts folder is string {
  if (typeof folder === 'string' && /^[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,126}$/i.test(folder)) return
  refuse(`${name} is not a folder id`, `${name}: идентификатор каталога вида b1g…, без пробелов и переводов строк.`)
}

function checkName(name: unknown): void {
  if (name === undefined || (typeof name === 'string' && /^[\w.-]+$/.test(name))) return
  refuse(
    'name must be letters, digits, dots, hyphens or underscores',
    'name: латинские буквы, цифры, точка, дефис и подчёркивание, например yandex-second.',
  )
}

function checkSecret(name: string, secret: unknown): void {
  if (secret === undefined || typeof secret === 'function' || isPlace(secret)) return
  if (typeof secret === 'string' && secret !== '') return
  if (name === 'serviceAccountKey') {
    if (isObject(secret) && Object.hasOwn(secret, 'private_key')) return
    refuse(
      'serviceAccountKey must be { file }, { env }, the JSON of a key file, or a function',
      "serviceAccountKey: { file: 'путь к key.json' }, его JSON (текст или объект) или функция.",
    )
  }
  refuse(
    `${name} must be a non-empty string, { env }, { file } or a function`,
    `${name}: непустая строка, { env: 'ПЕРЕМЕННАЯ' }, { file: 'путь' } или функция.`,
  )
}

function isPlace(value: unknown): boolean {
  if (!isObject(value) || Object.keys(value).length !== 1) return false
  const place = value['env'] ?? value['file']
  return typeof place === 'string' && place !== ''
}

function checkText(name: string, text: unknown): void {
  if (text === undefined || (typeof text === 'string' && text !== '')) return
  refuse(`${name} must be a non-empty string`, `${name}: непустая строка с адресом.`)
}

function checkFlag(name: string, flag: unknown): void {
  if (flag === undefined || typeof flag === 'boolean') return
  refuse(`${name} must be true or false`, `${name}: true или false.`)
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

function checkApi(api: unknown): void {
  if (api === undefined || isYandexgptApi(api)) return
  refuse("api must be 'auto', 'native' or 'openai'", "api: 'auto', 'native', 'openai' или без настройки.")
}

function checkOneCredential(settings: Readonly<Record<string, unknown>>): void {
  const given = [...secretNames, 'metadata'].filter((name) => settings[name] !== undefined && settings[name] !== false)
  if (given.length < 2) return
  refuse(
    `yandexgpt() has ${given.length} credentials at once: ${given.join(', ')}`,
    `Оставьте один способ авторизации: задано сразу ${given.join(', ')}.`,
    'config.credentials_conflict',
  )
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
