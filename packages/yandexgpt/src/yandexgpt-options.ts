import { checkKeys, isObject, isYandexgptApi, refuse, type YandexgptApi } from './yandexgpt-settings.ts'

/** `providerOptions.yandexgpt` of a call: what only YandexGPT has. Strict. */
export interface YandexgptOptions {
  /** The surface for this call. Default: that of `yandexgpt({ api })`. */
  readonly api?: YandexgptApi
  /**
   * Hidden reasoning of the native API; `enabled-hidden` only on YandexGPT Pro 5. Its tokens are billed. Wins over
   * `reasoningEffort`. Default: the service's own (off).
   */
  readonly reasoningMode?: 'disabled' | 'enabled-hidden'
  /**
   * Any JSON object for an answer, as text; ask for JSON in the prompt too. With `output` the schema is sent instead.
   * @default false
   */
  readonly jsonObject?: boolean
  /**
   * How much prompt and instructions of an image weigh (YandexART alone). The service reads a negative weight as what
   * the image is not to have, and marks that as not supported. @default 1 each
   */
  readonly imageWeights?: { readonly prompt?: number; readonly instructions?: number }
  /** Sent as `x-client-request-id`, for the support of the service. Up to 100 visible ASCII characters. */
  readonly clientRequestId?: string
  /** Further fields of the request body, for what this client has no word for. Plain JSON. */
  readonly extraBody?: Readonly<Record<string, unknown>>
  /** Further request headers. The policy judges them as well. */
  readonly extraHeaders?: Readonly<Record<string, string>>
}

const where = 'providerOptions.yandexgpt'

const optionNames = [
  'api',
  'reasoningMode',
  'jsonObject',
  'imageWeights',
  'clientRequestId',
  'extraBody',
  'extraHeaders',
]

const neighbours: Readonly<Record<string, string>> = {
  reasoning: 'reasoningMode',
  reasoningOptions: 'reasoningMode',
  requestId: 'clientRequestId',
  temperature: 'temperature of the call itself',
  maxTokens: 'maxOutputTokens of the call itself',
  completionOptions: 'extraBody.completionOptions',
  reasoningEffort: 'reasoningEffort of the call itself',
  json: 'jsonObject',
  jsonSchema: 'output of the call itself',
  responseFormat: 'jsonObject, or output of the call itself',
  tools: 'tools of the call itself',
  toolChoice: 'toolChoice of the call itself',
  parallelToolCalls: 'parallelToolCalls of the call itself',
  headers: 'extraHeaders',
  weight: 'imageWeights',
  seed: 'seed of the call itself',
  dimensions: 'dimensions of the call itself',
  dim: 'dimensions of the call itself',
  dataLogging: 'yandexgpt({ dataLogging })',
  folderId: 'yandexgpt({ folderId })',
}

/** Body fields that have a word of their own, and that word. The service takes either case of letters. */
const bodyWords: Readonly<Record<string, string>> = {
  modeluri: 'model',
  model: 'model',
  messages: 'messages',
  stream: 'streamText',
  completionoptions: 'completionOptions',
  tools: 'tools',
  paralleltoolcalls: 'parallelToolCalls',
  jsonschema: 'output',
  jsonobject: `${where}.jsonObject`,
  toolchoice: 'toolChoice',
  responseformat: `output, or ${where}.jsonObject`,
  temperature: 'temperature',
  topp: 'topP',
  maxtokens: 'maxOutputTokens',
  maxcompletiontokens: 'maxOutputTokens',
  frequencypenalty: 'frequencyPenalty',
  presencepenalty: 'presencePenalty',
  stop: 'stop',
  // The answer is one: what further choices would say is not read.
  n: 'one call for each answer',
  text: 'value or values',
  dim: 'dimensions',
  prompt: 'prompt',
  generationoptions: 'seed and aspectRatio',
  // Searches reach elsewhere: the policy sees them there.
  websearchoptions: 'createResponse with the tool web_search',
}

const completionWords: Readonly<Record<string, string>> = {
  stream: 'streamText',
  temperature: 'temperature',
  maxtokens: 'maxOutputTokens',
  reasoningoptions: `${where}.reasoningMode`,
}

/** Headers that are the client's own business, and where their value comes from. The policy refuses others. */
const headerWords: Readonly<Record<string, string>> = {
  authorization: 'apiKey',
  accept: 'generateText or streamText',
  'content-type': 'nothing: the body is always JSON',
  'x-folder-id': 'yandexgpt({ sendFolderId: true })',
  'openai-project': 'yandexgpt({ folderId })',
  'x-data-logging-enabled': 'yandexgpt({ dataLogging: true })',
  'x-client-request-id': `${where}.clientRequestId`,
}

/** @throws ConfigurationError with the exact fix; values are not quoted */
export function parseYandexgptOptions(options: unknown): YandexgptOptions {
  if (options === undefined) return {}
  if (!isObject(options)) {
    return refuse(`${where} must be an object`, 'Пишите providerOptions: { yandexgpt: { … } }.')
  }
  checkKeys(where, options, optionNames, neighbours)
  const { api, reasoningMode, jsonObject, imageWeights, clientRequestId } = options
  if (api !== undefined && !isYandexgptApi(api)) {
    refuse(`${where}.api must be 'auto', 'native' or 'openai'`, "api: 'auto', 'native' или 'openai'.")
  }
  if (jsonObject !== undefined && typeof jsonObject !== 'boolean') {
    refuse(`${where}.jsonObject must be true or false`, 'jsonObject: true или false.')
  }
  if (reasoningMode !== undefined && reasoningMode !== 'disabled' && reasoningMode !== 'enabled-hidden') {
    refuse(
      `${where}.reasoningMode must be 'disabled' or 'enabled-hidden'`,
      "reasoningMode: 'disabled' или 'enabled-hidden'.",
    )
  }
  checkImageWeights(imageWeights)
  const isId = typeof clientRequestId === 'string' && /^[\x21-\x7e]{1,100}$/.test(clientRequestId)
  if (clientRequestId !== undefined && !isId) {
    refuse(
      `${where}.clientRequestId must be up to 100 visible ASCII characters`,
      'clientRequestId: до 100 знаков латиницей без пробелов, например UUID.',
    )
  }
  const extraBody = readExtraBody(options['extraBody'])
  const extraHeaders = readExtraHeaders(options['extraHeaders'])
  return Object.freeze({
    ...(api !== undefined && { api }),
    ...(jsonObject !== undefined && { jsonObject }),
    ...(reasoningMode !== undefined && { reasoningMode }),
    ...(imageWeights !== undefined && { imageWeights: Object.freeze({ ...imageWeights }) }),
    ...(isId && { clientRequestId }),
    ...(extraBody && { extraBody }),
    ...(extraHeaders && { extraHeaders }),
  })
}

function checkImageWeights(weights: unknown): asserts weights is YandexgptOptions['imageWeights'] {
  if (weights === undefined) return
  const place = `${where}.imageWeights`
  if (!isObject(weights)) {
    return refuse(`${place} must be an object`, `${place}: объект, например { prompt: 2, instructions: 1 }.`)
  }
  checkKeys(place, weights, ['prompt', 'instructions'])
  for (const name of ['prompt', 'instructions']) {
    const weight = weights[name]
    if (weight === undefined || (typeof weight === 'number' && Number.isFinite(weight))) continue
    refuse(`${place}.${name} must be a number`, `${place}.${name}: число.`)
  }
}

/** A plain copy: nothing in it runs when the body is written, and what was checked is what is sent. */
function readExtraBody(given: unknown): Readonly<Record<string, unknown>> | undefined {
  if (given === undefined) return undefined
  const place = `${where}.extraBody`
  const copy = copyJson(given)
  if (!isObject(copy)) {
    return refuse(
      `${place} must be an object of plain JSON`,
      `${place}: объект из строк, чисел, списков и объектов, без циклов.`,
    )
  }
  const { completionOptions, ...body } = copy
  checkWords(place, body, bodyWords)
  if (completionOptions === undefined) return Object.freeze(body)
  if (!isObject(completionOptions)) {
    return refuse(`${place}.completionOptions must be an object`, `${place}.completionOptions: нужен объект.`)
  }
  checkWords(`${place}.completionOptions`, completionOptions, completionWords)
  return Object.freeze({ ...body, completionOptions })
}

function checkWords(place: string, given: object, words: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(given)) {
    const plain = name.replaceAll('_', '').toLowerCase()
    const word = Object.hasOwn(words, plain) ? words[plain] : undefined
    if (word === undefined) continue
    refuse(
      `${place} may not set '${name.slice(0, 60)}'; use ${word}`,
      `Уберите '${name.slice(0, 60)}': для него есть ${word}.`,
    )
  }
}

function readExtraHeaders(given: unknown): Readonly<Record<string, string>> | undefined {
  if (given === undefined) return undefined
  const place = `${where}.extraHeaders`
  if (!isObject(given)) {
    return refuse(`${place} must be an object of strings`, `${place}: { 'X-Имя': 'значение' }.`)
  }
  const headers = { ...given }
  for (const [name, value] of Object.entries(headers)) {
    const shown = name.slice(0, 60)
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      refuse(`${place} has a malformed header name`, `${place}: имя заголовка — латинские буквы, цифры и дефис.`)
    }
    const lower = name.toLowerCase()
    if (Object.hasOwn(headerWords, lower)) {
      refuse(
        `${place} may not set '${shown}'; it comes from ${headerWords[lower]}`,
        `Уберите '${shown}' из extraHeaders: его задаёт ${headerWords[lower]}.`,
      )
    }
    if (typeof value === 'string' && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) continue
    refuse(
      `${place}['${shown}'] must be printable ASCII without line breaks and spaces at its ends`,
      `${place}['${shown}']: только печатные символы ASCII, без переводов строк и пробелов по краям.`,
    )
  }
  return Object.freeze(headers as Record<string, string>)
}

function copyJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value, refuseNonJson)) as unknown
  } catch {
    return undefined
  }
}

/** What JSON would drop or turn into `null` in silence. */
function refuseNonJson(_key: string, value: unknown): unknown {
  const isNumber = typeof value === 'number' && Number.isFinite(value)
  if (value === null || isNumber || ['string', 'boolean', 'object'].includes(typeof value)) return value
  throw new TypeError('not JSON')
}
