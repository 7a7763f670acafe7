import { ConfigurationError, type SecretRequest } from '@shlyuz/core'

/**
 * Where a secret comes from: the text itself, an environment variable, a file, or a function asked for each call
 * (one client for many tenants; tokens are kept per secret). Read at the first call that needs it.
 */
export type YandexgptSecret =
  | string
  | { readonly env: string }
  | { readonly file: string }
  | ((request: SecretRequest) => string | Promise<string>)

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
   * Authorised key of a service account: the JSON text of its file, or `{ file }`. Default: the file that
   * `YC_SERVICE_ACCOUNT_KEY_FILE` names.
   */
  readonly serviceAccountKey?: YandexgptSecret
  /** Take IAM tokens from the metadata of the cloud VM this runs on. Only when set. @default false */
  readonly metadata?: boolean
  /** Folder of the models. A folder in the model URI wins. Default: `YC_FOLDER_ID`. */
  readonly folderId?: string
  /** Origin of the native API. The policy must list it. @default 'https://llm.api.cloud.yandex.net' */
  readonly baseUrl?: string
  /** @default 'https://iam.api.cloud.yandex.net/iam/v1/tokens' */
  readonly iamUrl?: string
  /** PEM text of further authorities, trusted beside the default roots, for these endpoints only. */
  readonly ca?: string
  /** Let the service store prompts (its own default is yes). @default false */
  readonly dataLogging?: boolean
  /** The surface to use. `auto` will choose the OpenAI-compatible one for other models once it is built. @default 'auto' */
  readonly api?: 'auto' | 'native'
}

const settingNames = [
  'name',
  'apiKey',
  'iamToken',
  'oauthToken',
  'serviceAccountKey',
  'metadata',
  'folderId',
  'baseUrl',
  'iamUrl',
  'ca',
  'dataLogging',
  'api',
]

/** Names people bring along from other clients, and ours. */
const neighbours: Readonly<Record<string, string>> = {
  folder: 'folderId',
  key: 'apiKey',
  token: 'iamToken',
  credentials: 'apiKey',
  oauth: 'oauthToken',
  authorizedKey: 'serviceAccountKey',
  authorisedKey: 'serviceAccountKey',
  url: 'baseUrl',
  endpoint: 'baseUrl',
  logging: 'dataLogging',
}

const secretNames = ['apiKey', 'iamToken', 'oauthToken', 'serviceAccountKey']

/** @throws ConfigurationError with the exact fix; no value that may be a secret is quoted */
export function checkYandexgptSettings(settings: unknown): asserts settings is YandexgptSettings {
  if (!isObject(settings)) {
    refuse('yandexgpt() takes an object of settings', 'Пишите yandexgpt() или yandexgpt({ apiKey: …, folderId: … }).')
  }
  checkKeys('yandexgpt()', settings, settingNames, neighbours)
  const { name, folderId, ca, api } = settings
  if (name !== undefined && !(typeof name === 'string' && /^[\w.-]+$/.test(name))) {
    refuse('name must be letters, digits, dots, hyphens or underscores', 'name: латинские буквы, цифры, точка, дефис.')
  }
  for (const secret of secretNames) checkSecret(secret, settings[secret])
  for (const text of ['baseUrl', 'iamUrl'] as const) {
    if (settings[text] === undefined || (typeof settings[text] === 'string' && settings[text] !== '')) continue
    refuse(`${text} must be a non-empty string`, `${text}: непустая строка с адресом.`)
  }
  for (const flag of ['metadata', 'dataLogging'] as const) {
    if (settings[flag] === undefined || typeof settings[flag] === 'boolean') continue
    refuse(`${flag} must be true or false`, `${flag}: true или false.`)
  }
  if (folderId !== undefined) checkFolder('folderId', folderId)
  if (ca !== undefined && !(typeof ca === 'string' && ca.includes('-----BEGIN CERTIFICATE-----'))) {
    refuse('ca must be PEM text', 'ca: текст сертификата PEM (-----BEGIN CERTIFICATE-----), а не путь.')
  }
  if (api !== undefined && api !== 'auto' && api !== 'native') {
    refuse("api must be 'auto' or 'native'", "api: 'auto' или 'native'; совместимый с OpenAI вариант появится позже.")
  }
  checkOneCredential(settings)
}

/** @throws ConfigurationError unless `folder` looks like a folder id */
export function checkFolder(name: string, folder: unknown): asserts folder is string {
  if (typeof folder === 'string' && /^[a-z0-9][a-z0-9-]{0,62}$/i.test(folder)) return
  refuse(`${name} is not a folder id`, `${name}: идентификатор каталога вида b1g…, без пробелов и переводов строк.`)
}

function checkSecret(name: string, secret: unknown): void {
  if (secret === undefined || typeof secret === 'function') return
  if (typeof secret === 'string' && secret !== '') return
  if (isObject(secret) && Object.keys(secret).length === 1) {
    const place = secret['env'] ?? secret['file']
    if (typeof place === 'string' && place !== '') return
  }
  refuse(
    `${name} must be a non-empty string, { env }, { file } or a function`,
    `${name}: непустая строка, { env: 'ПЕРЕМЕННАЯ' }, { file: 'путь' } или функция.`,
  )
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

/** Every key must be known: an option that does nothing is a promise broken in silence. */
export function checkKeys(
  where: string,
  given: object,
  known: readonly string[],
  others: Readonly<Record<string, string>> = {},
): void {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '')
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const shown = key.slice(0, 60)
    const other = Object.hasOwn(others, key) ? others[key] : undefined
    const better = other ?? known.find((name) => plain(name) === plain(key))
    if (better === undefined) {
      refuse(`${where}: unknown option '${shown}'`, `Уберите '${shown}': известны ${known.join(', ')}.`)
    }
    refuse(`${where}: unknown option '${shown}'; use ${better}`, `Замените '${shown}' на ${better}.`)
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Refuses a wrong value with its English reason and its Russian fix. The value itself is never quoted. */
export function refuse(message: string, hint: string, code?: string): never {
  throw new ConfigurationError(message, { hint, ...(code !== undefined && { code }) })
}
