import { checkApi, checkKeys, isObject, refuse, type GigachatApi } from './gigachat-settings.ts'
import { parseGigachatV2Options, type GigachatV2Options } from './gigachat-v2-options.ts'

/** Functions of the service itself that v1 runs. Source: «Работа с функциями», built-in functions. */
export const builtInFunctions = ['text2image', 'text2model3d', 'get_file_content'] as const

export type GigachatBuiltInFunction = (typeof builtInFunctions)[number]

/** `providerOptions.gigachat` of a call: what only GigaChat has. Strict. */
export interface GigachatOptions {
  /** The chat protocol of this call. Default: `gigachat({ api })`. */
  readonly api?: GigachatApi
  /** What only v2 knows: its built-in tools, the role of results, filters. Refused on v1. */
  readonly v2?: GigachatV2Options
  /**
   * Functions of the service that the model may run by itself (v1): what they make comes as `file` parts of the
   * answer. `toolChoice: 'none'` switches them off as well.
   */
  readonly builtInFunctions?: readonly GigachatBuiltInFunction[]
  /** Sorts out the functions before the model sees them. `topN`: how many are left, 1 and above. */
  readonly functionRanker?: { readonly enabled?: boolean; readonly topN?: number }
  /** The answer matches a regular expression, where the stand knows that form. Excludes `output`. */
  readonly responseFormat?: { readonly regex: string }
  /** Above 0; 1 is neutral, above 1 the model repeats itself less. Default: the model's own. */
  readonly repetitionPenalty?: number
  /** The filter of rude words; only for accounts with that right. */
  readonly profanityCheck?: boolean
  /** Least time between two events of a stream, in seconds; 0 and above. @default 0 */
  readonly updateInterval?: number
  /** Sent as `X-Session-ID`: calls with the same one share the service's prompt cache. Printable ASCII. */
  readonly sessionId?: string
  /** Sent as `X-Client-ID`: files belong to it. Printable ASCII. */
  readonly clientId?: string
  /** Feature flags of the service. */
  readonly flags?: readonly string[]
  /** Further fields of the request body, for what this client has no word for. Plain JSON. */
  readonly extraBody?: Readonly<Record<string, unknown>>
  /** Further request headers. The policy judges them as well. */
  readonly extraHeaders?: Readonly<Record<string, string>>
}

const optionNames = [
  'api',
  'v2',
  'builtInFunctions',
  'functionRanker',
  'responseFormat',
  'repetitionPenalty',
  'profanityCheck',
  'updateInterval',
  'sessionId',
  'clientId',
  'flags',
  'extraBody',
  'extraHeaders',
]

const neighbours: Readonly<Record<string, string>> = {
  frequencyPenalty: 'repetitionPenalty',
  temperature: 'temperature of the call itself',
  topP: 'topP of the call itself',
  maxTokens: 'maxOutputTokens of the call itself',
  xSessionId: 'sessionId',
  xClientId: 'clientId',
  xRequestId: 'extraHeaders',
  xServiceId: 'extraHeaders',
  xOperationId: 'extraHeaders',
  xTraceId: 'extraHeaders',
  xAgentId: 'extraHeaders',
  additionalFields: 'extraBody',
  additionalData: 'extraBody',
  headers: 'extraHeaders',
  functions: 'tools of the call itself',
  functionCall: 'toolChoice of the call itself',
  tools: 'tools of the call itself',
  reasoningEffort: 'reasoningEffort of the call itself',
  reasoning: 'reasoningEffort of the call itself',
  responseSchema: 'output of the call itself',
  apiVersion: 'api',
  builtInTools: 'v2.builtInTools',
  timezone: 'v2.timezone',
  disableFilter: 'v2.disableFilter',
  filterConfig: 'v2.filterConfig',
  rankerOptions: 'v2.rankerOptions',
  preset: 'v2.preset',
}

/** Body fields that have a word of their own, and that word. */
const bodyWords: Readonly<Record<string, string>> = {
  model: 'model',
  messages: 'messages',
  stream: 'streamText',
  temperature: 'temperature',
  top_p: 'topP',
  max_tokens: 'maxOutputTokens',
  repetition_penalty: 'providerOptions.gigachat.repetitionPenalty',
  profanity_check: 'providerOptions.gigachat.profanityCheck',
  update_interval: 'providerOptions.gigachat.updateInterval',
  flags: 'providerOptions.gigachat.flags',
  functions: 'tools, or providerOptions.gigachat.builtInFunctions',
  function_call: 'toolChoice',
  response_format: 'output, or providerOptions.gigachat.responseFormat',
  reasoning_effort: 'reasoningEffort',
  function_ranker: 'providerOptions.gigachat.functionRanker',
  // Tools of the service reach elsewhere: the policy sees those of `builtInTools`.
  tools: 'tools, or providerOptions.gigachat.v2.builtInTools',
  tool_config: 'toolChoice, or providerOptions.gigachat.v2.forcedTool',
  disable_filter: 'providerOptions.gigachat.v2.disableFilter',
  filter_config: 'providerOptions.gigachat.v2.filterConfig',
  ranker_options: 'providerOptions.gigachat.v2.rankerOptions',
  user_info: 'providerOptions.gigachat.v2.timezone',
  // The answer is one: what further choices would say is not read.
  n: 'one call for each answer',
}

/** Headers that are the client's own business, and where their value comes from. The policy refuses others. */
const headerWords: Readonly<Record<string, string>> = {
  authorization: 'credentials',
  accept: 'generateText or streamText',
  'content-type': 'nothing: the body is always JSON',
  'x-session-id': 'providerOptions.gigachat.sessionId',
  'x-client-id': 'providerOptions.gigachat.clientId',
}

/** @throws ConfigurationError with the exact fix; values are not quoted */
export function parseGigachatOptions(options: unknown): GigachatOptions {
  if (options === undefined) return {}
  const where = 'providerOptions.gigachat'
  if (!isObject(options))
    return refuse(`${where} must be an object`, `${where}: объект, например { profanityCheck: true }.`)
  checkKeys(where, options, optionNames, neighbours)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const { repetitionPenalty, updateInterval, profanityCheck, flags } = given
  if (repetitionPenalty !== undefined && !(isFiniteNumber(repetitionPenalty) && repetitionPenalty > 0)) {
    refuse(`${where}.repetitionPenalty must be a number above 0`, 'repetitionPenalty: число больше 0; 1 — нейтрально.')
  }
  if (updateInterval !== undefined && !(isFiniteNumber(updateInterval) && updateInterval >= 0)) {
    refuse(`${where}.updateInterval must be a number, 0 or more`, 'updateInterval: секунды, число не меньше 0.')
  }
  if (profanityCheck !== undefined && typeof profanityCheck !== 'boolean') {
    refuse(`${where}.profanityCheck must be true or false`, 'profanityCheck: true или false.')
  }
  if (
    flags !== undefined &&
    !(Array.isArray(flags) && flags.every((flag) => typeof flag === 'string' && flag !== ''))
  ) {
    refuse(`${where}.flags must be a list of non-empty strings`, "flags: список строк, например ['preprocess'].")
  }
  for (const name of ['sessionId', 'clientId']) {
    if (given[name] !== undefined) checkHeaderValue(`${where}.${name}`, given[name])
  }
  checkApi(`${where}.api`, given['api'])
  checkBuiltIns(`${where}.builtInFunctions`, given['builtInFunctions'])
  checkRanker(`${where}.functionRanker`, given['functionRanker'])
  checkResponseFormat(`${where}.responseFormat`, given['responseFormat'])
  checkExtraHeaders(`${where}.extraHeaders`, given['extraHeaders'])
  const extraBody = readExtraBody(`${where}.extraBody`, given['extraBody'])
  const v2 = given['v2'] === undefined ? undefined : parseGigachatV2Options(given['v2'], `${where}.v2`)
  return Object.freeze({ ...given, ...(extraBody && { extraBody }), ...(v2 && { v2 }) })
}

/** The headers that options ask for. */
export function createGigachatHeaders(options: GigachatOptions): Readonly<Record<string, string>> {
  const { extraHeaders, sessionId, clientId } = options
  return {
    ...extraHeaders,
    ...(sessionId !== undefined && { 'x-session-id': sessionId }),
    ...(clientId !== undefined && { 'x-client-id': clientId }),
  }
}

function checkBuiltIns(where: string, names: unknown): void {
  if (names === undefined) return
  const known: readonly unknown[] = builtInFunctions
  const isGood = Array.isArray(names) && names.every((name, at) => known.includes(name) && names.indexOf(name) === at)
  if (!isGood) {
    refuse(
      `${where} must be a list of ${builtInFunctions.join(', ')}, each once`,
      `${where}: список из ${builtInFunctions.join(', ')}, без повторов.`,
    )
  }
}

function checkRanker(where: string, ranker: unknown): void {
  if (ranker === undefined) return
  if (!isObject(ranker))
    return refuse(`${where} must be an object`, `${where}: объект, например { enabled: true, topN: 5 }.`)
  checkKeys(where, ranker, ['enabled', 'topN'])
  const { enabled, topN } = ranker
  if (enabled !== undefined && typeof enabled !== 'boolean') {
    refuse(`${where}.enabled must be true or false`, `${where}.enabled: true или false.`)
  }
  if (topN !== undefined && !(Number.isSafeInteger(topN) && (topN as number) > 0)) {
    refuse(`${where}.topN must be an integer above 0`, `${where}.topN: целое число больше 0.`)
  }
}

function checkResponseFormat(where: string, format: unknown): void {
  if (format === undefined) return
  const shape = `${where}: { regex: 'да|нет' }; для JSON есть output.`
  if (!isObject(format)) return refuse(`${where} must be an object with a regex`, shape)
  checkKeys(where, format, ['regex'], { schema: 'output of the call itself', type: 'regex, or output' })
  const { regex } = format
  if (typeof regex !== 'string' || regex === '') refuse(`${where}.regex must be a non-empty string`, shape)
}

function checkExtraHeaders(where: string, headers: unknown): void {
  if (headers === undefined) return
  if (!isObject(headers)) return refuse(`${where} must be an object of strings`, `${where}: { 'X-Имя': 'значение' }.`)
  for (const [name, value] of Object.entries(headers)) {
    const shown = name.slice(0, 60)
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      refuse(`${where} has a malformed header name`, `${where}: имя заголовка — латинские буквы, цифры и дефис.`)
    }
    const word = wordFor(headerWords, name.toLowerCase())
    if (word !== undefined) {
      refuse(
        `${where} may not set '${shown}'; it comes from ${word}`,
        `Уберите '${shown}' из extraHeaders: его задаёт ${word}.`,
      )
    }
    checkHeaderValue(`${where}['${shown}']`, value)
  }
}

function checkHeaderValue(where: string, value: unknown): void {
  if (typeof value === 'string' && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) return
  refuse(
    `${where} must be printable ASCII without line breaks and spaces at its ends`,
    `${where}: только печатные символы ASCII, без переводов строк и пробелов по краям.`,
  )
}

/** A plain copy: nothing in it runs when the body is written, and what was checked is what is sent. */
function readExtraBody(where: string, body: unknown): Readonly<Record<string, unknown>> | undefined {
  if (body === undefined) return undefined
  const copy = copyJson(body)
  if (!isObject(copy)) {
    return refuse(
      `${where} must be an object of plain JSON`,
      `${where}: объект из строк, чисел, списков и объектов, без циклов.`,
    )
  }
  for (const name of Object.keys(copy)) {
    const word = wordFor(bodyWords, name)
    if (word !== undefined)
      refuse(`${where} may not set '${name}'; use ${word}`, `Уберите '${name}' из extraBody: для него есть ${word}.`)
  }
  return Object.freeze(copy)
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
  const isKept = value === null || ['string', 'boolean', 'object'].includes(typeof value) || isFiniteNumber(value)
  if (!isKept) throw new TypeError('not JSON')
  return value
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function wordFor(words: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(words, name) ? words[name] : undefined
}
