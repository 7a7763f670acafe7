import { X509Certificate } from 'node:crypto'
import { checkOptionKeys, ConfigurationError } from '@shlyuz/core'
import type { ClientCertificate, Credential, ModelCard, ProviderLogging, SecretRequest } from '@shlyuz/core'
import type { RequestDialect } from './create-chat-request-body.ts'

/**
 * Where the key comes from: the text itself, an environment variable, a file, or a function asked for each call (one
 * client for many tenants). Read at the first call that needs it.
 */
export type OpenAiCompatibleSecret =
  | string
  | { readonly env: string }
  | { readonly file: string }
  | ((request: SecretRequest) => string | Promise<string>)

/** Settings of {@link openaiCompatible}. Nothing has a vendor's default; unknown ones are refused. */
export interface OpenAiCompatibleSettings<
  Name extends string = string,
  Kind extends string = string,
  ModelId extends string = string,
> extends Pick<RequestDialect, 'tokenParameter' | 'includeUsage' | 'strictOutput' | 'emptyContent' | 'toolCallIds'> {
  /** Prefix of model references: `'vllm'` for `'vllm/some-model'`. */
  readonly name: Name
  /** Address of the API, usually ending in `/v1`. The policy must list its origin. */
  readonly baseUrl: string
  /**
   * Key of `providerOptions` and of the policy's records; give endpoints of different makers different kinds. The
   * kinds of the services that have an adapter of their own are refused: what is known of their models does not hold
   * for another server.
   * @default 'openai-compatible'
   */
  readonly kind?: Kind
  /** Sent as `Authorization: Bearer`. Without it, and without `credentials`, requests go unauthorised. */
  readonly apiKey?: OpenAiCompatibleSecret
  /** Other ways to authorise, instead of `apiKey`. */
  readonly credentials?: readonly Credential[]
  /** What is known of the models there: for types, prices, and the abilities that the loss table asks for. */
  readonly models?: readonly ModelCard<ModelId>[]
  /**
   * Names under which the server answers, and the model of the reference each stands for, as for a path of llama.cpp:
   * `{ '/models/some-model.gguf': 'some-model' }`. Any other name than that of the asked model ends the call.
   */
  readonly modelAliases?: Readonly<Record<string, string>>
  /** PEM text of further authorities, trusted beside the default roots, for this endpoint only. */
  readonly ca?: string
  /** Client certificate for mutual TLS. */
  readonly clientCertificate?: ClientCertificate
  /** Headers of every request; no secrets. The policy judges them as well. */
  readonly headers?: Readonly<Record<string, string>>
  /** What the owner of the endpoint does with prompts, stated on every receipt. @default 'not stated' */
  readonly providerLogging?: ProviderLogging
  /** Most texts in one request for embeddings, where the card of the model does not say. @default 1 */
  readonly embeddingsPerRequest?: number
}

/** What the operations need of the settings: nothing secret. */
export interface OpenAiCompatibleCallSettings extends RequestDialect {
  readonly name: string
  readonly kind: string
  readonly models: ReadonlyMap<string, ModelCard>
  readonly modelAliases: ReadonlyMap<string, string>
  readonly headers: Readonly<Record<string, string>>
}

const settingNames = [
  'name',
  'baseUrl',
  'kind',
  'apiKey',
  'credentials',
  'models',
  'modelAliases',
  'ca',
  'clientCertificate',
  'headers',
  'providerLogging',
  'embeddingsPerRequest',
  'tokenParameter',
  'includeUsage',
  'strictOutput',
  'emptyContent',
  'toolCallIds',
]

/** Names people bring along from other clients. */
const neighbours: Readonly<Record<string, string>> = {
  url: 'baseUrl',
  baseURL: 'baseUrl',
  apiBase: 'baseUrl',
  endpoint: 'baseUrl',
  host: 'baseUrl',
  key: 'apiKey',
  token: 'apiKey',
  accessToken: 'apiKey',
  defaultHeaders: 'headers',
  extraHeaders: 'headers',
  organization: "headers: { 'OpenAI-Organization': … }",
  project: "headers: { 'OpenAI-Project': … }",
  model: 'models, or model of the call itself',
  caBundle: 'ca',
  caFile: 'ca',
  logging: 'providerLogging',
  maxTokensParameter: 'tokenParameter',
}

/** What leaves the certificate unchecked elsewhere. */
const verificationSwitches = ['verify', 'verifySslCerts', 'rejectUnauthorized', 'insecure', 'httpsAgent']

/** Kinds with reviewed records of models, which describe the services of their makers alone. */
const foreignKinds = ['gigachat', 'yandexgpt']

const choices: Readonly<Record<string, readonly unknown[]>> = {
  tokenParameter: ['max_tokens', 'max_completion_tokens'],
  includeUsage: [true, false],
  strictOutput: [true, false],
  emptyContent: ['null', 'absent'],
  toolCallIds: ['own', 'function-name'],
  providerLogging: ['off', 'on', 'cannot be switched off', 'not stated'],
}

/** Headers that are the client's own business, and where their value comes from. */
const headerWords: Readonly<Record<string, string>> = {
  authorization: 'apiKey',
  accept: 'generateText or streamText',
  'content-type': 'nothing: the body is always JSON',
}

const modelKinds: readonly unknown[] = ['chat', 'embedding', 'image', 'classifier', 'other']

/** @throws ConfigurationError with the exact fix; no value that may be a secret is quoted */
export function checkOpenAiCompatibleSettings(settings: unknown): asserts settings is OpenAiCompatibleSettings {
  if (!isObject(settings)) {
    refuse(
      'openaiCompatible() takes an object of settings',
      "Пишите openaiCompatible({ name: 'vllm', baseUrl: 'https://llm.corp.example:8443/v1' }).",
    )
  }
  for (const name of verificationSwitches) {
    if (!Object.hasOwn(settings, name)) continue
    refuse(
      `openaiCompatible(): '${name}' is not supported: certificates are always verified`,
      `Уберите '${name}': для своего центра сертификации передайте ca.`,
    )
  }
  checkKeys('openaiCompatible()', settings, settingNames, neighbours)
  checkName(settings['name'])
  checkKind(settings['kind'])
  checkBaseUrl(settings['baseUrl'])
  checkSecret(settings['apiKey'])
  checkCredentials(settings)
  checkModels(settings['models'])
  checkAliases(settings['modelAliases'])
  checkAuthority(settings['ca'])
  if (settings['clientCertificate'] !== undefined && !isObject(settings['clientCertificate'])) {
    refuse('clientCertificate must be { cert, key }', 'clientCertificate: { cert: { file }, key: { file } }.')
  }
  checkHeaders('headers', settings['headers'])
  for (const [name, allowed] of Object.entries(choices)) checkChoice(name, settings[name], allowed)
  checkBatch(settings['embeddingsPerRequest'])
}

function checkName(name: unknown): void {
  if (typeof name === 'string' && /^[a-z0-9][\w.-]*$/i.test(name)) return
  refuse(
    'name is required: letters, digits, dots, hyphens or underscores',
    "name обязателен: латинские буквы, цифры, точка, дефис и подчёркивание, например 'vllm'.",
  )
}

function checkKind(kind: unknown): void {
  if (kind === undefined) return
  if (typeof kind !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(kind)) {
    return refuse('kind must be in kebab-case', "kind: строчные латинские буквы, цифры и дефис: 'our-stand'.")
  }
  if (!foreignKinds.includes(kind)) return
  refuse(
    `kind '${kind}' belongs to an adapter of its own`,
    `Для сервиса ${kind} есть свой адаптер @shlyuz/${kind}; модели своего сервера объявите в политике: also: [{ origin, addresses, models }].`,
  )
}

function checkBaseUrl(url: unknown): void {
  const parsed = typeof url === 'string' ? URL.parse(url) : null
  if (parsed && parsed.search === '' && parsed.hash === '') return
  refuse(
    'baseUrl is required: an absolute address without a query',
    "baseUrl обязателен: полный адрес, например 'https://llm.corp.example:8443/v1'.",
  )
}

function checkSecret(secret: unknown): void {
  if (secret === undefined || typeof secret === 'function' || isPlace(secret)) return
  if (typeof secret === 'string' && secret !== '') return
  refuse(
    'apiKey must be a non-empty string, { env }, { file } or a function',
    "apiKey: непустая строка, { env: 'ПЕРЕМЕННАЯ' }, { file: 'путь' } или функция; ключ не нужен — уберите.",
  )
}

function isPlace(value: unknown): boolean {
  if (!isObject(value) || Object.keys(value).length !== 1) return false
  const place = value['env'] ?? value['file']
  return typeof place === 'string' && place !== ''
}

function checkCredentials({ apiKey, credentials }: Readonly<Record<string, unknown>>): void {
  if (credentials === undefined) return
  if (apiKey !== undefined) {
    refuse(
      'openaiCompatible() has apiKey and credentials at once',
      'Оставьте одно: apiKey или credentials.',
      'config.credentials_conflict',
    )
  }
  const isCredential = (one: unknown): boolean => isObject(one) && typeof one['authorize'] === 'function'
  if (Array.isArray(credentials) && credentials.every(isCredential)) return
  refuse(
    'credentials must be a list of credentials',
    'credentials: список объектов { name, explicit, secrets, authorize }.',
  )
}

function checkModels(models: unknown): void {
  if (models === undefined) return
  const isCard = (one: unknown): boolean => isObject(one) && isModelId(one['id']) && modelKinds.includes(one['kind'])
  if (Array.isArray(models) && models.every(isCard)) return
  refuse(
    'models must be a list of { id, kind, … }',
    "models: [{ id: 'some-model', kind: 'chat', abilities: ['tools', 'output'] }].",
  )
}

function checkAliases(aliases: unknown): void {
  if (aliases === undefined) return
  if (isObject(aliases) && Object.values(aliases).every(isModelId)) return
  refuse('modelAliases must be an object of model ids', "modelAliases: { 'имя в ответе сервера': 'модель из ссылки' }.")
}

/**
 * True for what may be the id of a model: names with dots, colons and slashes, as on hubs of open models. No percent
 * signs, spaces or control characters, and no dot segments: those may be read otherwise elsewhere.
 */
export function isModelId(id: unknown): id is string {
  if (typeof id !== 'string' || id.length > 200) return false
  return id.split('/').every((part) => /^[a-z0-9][\w.:@+-]*$/i.test(part))
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

/** @throws ConfigurationError unless these are headers that a caller may set; values are not quoted */
export function checkHeaders(where: string, headers: unknown): void {
  if (headers === undefined) return
  if (!isObject(headers)) return refuse(`${where} must be an object of strings`, `${where}: { 'X-Имя': 'значение' }.`)
  for (const [name, value] of Object.entries(headers)) {
    const shown = name.slice(0, 60)
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      refuse(`${where} has a malformed header name`, `${where}: имя заголовка — латинские буквы, цифры и дефис.`)
    }
    const lower = name.toLowerCase()
    if (Object.hasOwn(headerWords, lower)) {
      refuse(
        `${where} may not set '${shown}'; it comes from ${headerWords[lower]}`,
        `Уберите '${shown}' из ${where}: его задаёт ${headerWords[lower]}.`,
      )
    }
    if (typeof value === 'string' && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) continue
    refuse(
      `${where}['${shown}'] must be printable ASCII without line breaks and spaces at its ends`,
      `${where}['${shown}']: только печатные символы ASCII, без переводов строк и пробелов по краям.`,
    )
  }
}

function checkChoice(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (value === undefined || allowed.includes(value)) return
  const list = allowed.map((one) => (typeof one === 'string' ? `'${one}'` : String(one)))
  refuse(`${name} must be ${list.join(' or ')}`, `${name}: ${list.join(' или ')}.`)
}

function checkBatch(count: unknown): void {
  if (count === undefined || (Number.isInteger(count) && (count as number) >= 1 && (count as number) <= 2_048)) return
  refuse('embeddingsPerRequest must be an integer from 1 to 2048', 'embeddingsPerRequest: целое от 1 до 2048.')
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
