import type { GigachatOptions } from './gigachat-options.ts'
import { checkKeys, isObject, refuse } from './gigachat-settings.ts'

/** Tools that the service runs by itself, by their key in `tools` of a v2 request. */
export type GigachatV2Tool = (typeof gigachatV2Tools)[number]

/**
 * Source: official OpenAPI file (api.yml), `POST /v2/chat/completions`, for images and 3D models; the official Python
 * and Java clients for the others. Seen on the public host: `web_search` and `url_content_extraction`.
 */
export const gigachatV2Tools = [
  'web_search',
  'url_content_extraction',
  'image_generate',
  'model_3d_generate',
  'code_interpreter',
  'get_datetime',
] as const

/** Settings of `web_search`. Source: the official Python client. */
export interface GigachatWebSearch {
  /** Default: the service's own. */
  readonly type?: (typeof searchTypes)[number]
  /** Where to search. */
  readonly indexes?: readonly string[]
  readonly flags?: readonly string[]
}

const searchTypes = ['actual_info_web_search', 'web_search', 'safe_search'] as const

/** `providerOptions.gigachat.v2`: what only `POST /v2/chat/completions` knows. Strict. */
export interface GigachatV2Options {
  /**
   * Tools the model may use by itself; what they find and make comes as `source` and `file` parts.
   * `toolChoice: 'none'` switches them off as well. Whether one is there depends on account and model.
   */
  readonly builtInTools?: {
    readonly web_search?: true | GigachatWebSearch
  } & { readonly [Name in Exclude<GigachatV2Tool, 'web_search'>]?: true }
  /** One of `builtInTools` that the model must use. Excludes `tools`. */
  readonly forcedTool?: GigachatV2Tool
  /**
   * Role of a tool's result. The public host wants `function`, the official OpenAPI file and other stands `tool`.
   * @default 'function'
   */
  readonly toolResultRole?: 'function' | 'tool'
  /** Switches the filter of topics off; only for accounts with that right. Before `profanityCheck`. */
  readonly disableFilter?: boolean
  /** What the filter looks at; only for accounts with that right. */
  readonly filterConfig?: {
    readonly requestContent?: { readonly neuro?: boolean; readonly blacklist?: boolean; readonly whitelist?: boolean }
    readonly responseContent?: { readonly blacklist?: boolean }
  }
  /** Sorts out the functions before the model sees them. Before `functionRanker`. `topN`: 1 and above. */
  readonly rankerOptions?: { readonly enabled?: boolean; readonly topN?: number; readonly embeddingsModel?: string }
  /** IANA name: `Asia/Novosibirsk`. */
  readonly timezone?: string
  /** Longest reasoning in tokens, 1 and above; goes with `reasoningEffort`. */
  readonly reasoningMaxTokens?: number
  /** True: the service leaves the order of messages as it is, and joins no neighbours. @default false */
  readonly unnormalizedHistory?: boolean
  /** A set of model settings by its name at the service. */
  readonly preset?: string
}

const optionNames = [
  'builtInTools',
  'forcedTool',
  'toolResultRole',
  'disableFilter',
  'filterConfig',
  'rankerOptions',
  'timezone',
  'reasoningMaxTokens',
  'unnormalizedHistory',
  'preset',
]

const neighbours: Readonly<Record<string, string>> = {
  tools: 'tools of the call itself, or builtInTools',
  toolConfig: 'toolChoice of the call itself, or forcedTool',
  builtInFunctions: 'builtInTools',
  profanityCheck: 'providerOptions.gigachat.profanityCheck',
  functionRanker: 'rankerOptions',
  userInfo: 'timezone',
  reasoning: 'reasoningEffort of the call itself',
  responseFormat: 'output of the call itself, or providerOptions.gigachat.responseFormat',
  parallelToolCalls: 'parallelToolCalls of the call itself',
}

/** The v2 options of a call, as {@link parseGigachatV2Options} made them. */
export function readV2Options(options: unknown): GigachatV2Options {
  return (options as GigachatOptions).v2 ?? {}
}

/** @throws ConfigurationError with the exact fix; values are not quoted */
export function parseGigachatV2Options(options: unknown, where: string): GigachatV2Options {
  if (options === undefined) return {}
  if (!isObject(options)) {
    return refuse(`${where} must be an object`, `${where}: объект, например { builtInTools: { web_search: true } }.`)
  }
  checkKeys(where, options, optionNames, neighbours)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const builtInTools = readBuiltInTools(`${where}.builtInTools`, given['builtInTools'])
  checkForcedTool(`${where}.forcedTool`, given['forcedTool'], builtInTools)
  const { toolResultRole } = given
  if (toolResultRole !== undefined && toolResultRole !== 'function' && toolResultRole !== 'tool') {
    refuse(
      `${where}.toolResultRole must be 'function' or 'tool'`,
      `${where}.toolResultRole: 'function' (api.giga.chat) или 'tool' (другие стенды).`,
    )
  }
  for (const name of ['disableFilter', 'unnormalizedHistory']) checkSwitch(`${where}.${name}`, given[name])
  checkFilterConfig(`${where}.filterConfig`, given['filterConfig'])
  checkRankerOptions(`${where}.rankerOptions`, given['rankerOptions'])
  checkTimezone(`${where}.timezone`, given['timezone'])
  checkCount(`${where}.reasoningMaxTokens`, given['reasoningMaxTokens'])
  checkWord(`${where}.preset`, given['preset'])
  // A plain copy: what was checked is what is sent.
  return Object.freeze(structuredClone({ ...given, ...(builtInTools && { builtInTools }) }))
}

function readBuiltInTools(where: string, tools: unknown): Record<string, unknown> | undefined {
  if (tools === undefined) return undefined
  if (!isObject(tools)) {
    return refuse(`${where} must be an object`, `${where}: объект вида { web_search: true, image_generate: true }.`)
  }
  checkKeys(where, tools, gigachatV2Tools, { text2image: 'image_generate', text2model3d: 'model_3d_generate' })
  const given = Object.fromEntries(Object.entries(tools).filter(([, value]) => value !== undefined))
  for (const [name, value] of Object.entries(given)) {
    if (value === true) continue
    if (name !== 'web_search') refuse(`${where}.${name} must be true`, `${where}.${name}: true, или уберите его.`)
    checkWebSearch(`${where}.web_search`, value)
  }
  return given
}

function checkWebSearch(where: string, search: unknown): void {
  if (!isObject(search)) {
    return refuse(`${where} must be true or an object`, `${where}: true или { type: 'actual_info_web_search' }.`)
  }
  checkKeys(where, search, ['type', 'indexes', 'flags'])
  const { type, indexes, flags } = search
  const types: readonly unknown[] = searchTypes
  if (type !== undefined && !types.includes(type)) {
    refuse(
      `${where}.type must be one of ${searchTypes.join(', ')}`,
      `${where}.type: одно из ${searchTypes.join(', ')}.`,
    )
  }
  for (const [name, list] of Object.entries({ indexes, flags })) {
    if (list === undefined || (Array.isArray(list) && list.every((one) => typeof one === 'string' && one !== '')))
      continue
    refuse(`${where}.${name} must be a list of non-empty strings`, `${where}.${name}: список непустых строк.`)
  }
}

function checkForcedTool(where: string, name: unknown, tools: Record<string, unknown> | undefined): void {
  if (name === undefined) return
  if (typeof name === 'string' && tools !== undefined && Object.hasOwn(tools, name)) return
  refuse(
    `${where} must be one of builtInTools of the call`,
    `${where}: имя из builtInTools, например builtInTools: { web_search: true }, forcedTool: 'web_search'.`,
  )
}

function checkFilterConfig(where: string, config: unknown): void {
  if (config === undefined) return
  const shape = `${where}: объект вида { requestContent: { neuro, blacklist, whitelist }, responseContent: { blacklist } }.`
  if (!isObject(config)) return refuse(`${where} must be an object`, shape)
  checkKeys(where, config, ['requestContent', 'responseContent'])
  for (const [side, words] of Object.entries({
    requestContent: ['neuro', 'blacklist', 'whitelist'],
    responseContent: ['blacklist'],
  })) {
    const switches = config[side]
    if (switches === undefined) continue
    if (!isObject(switches)) return refuse(`${where}.${side} must be an object`, shape)
    checkKeys(`${where}.${side}`, switches, words)
    for (const word of words) checkSwitch(`${where}.${side}.${word}`, switches[word])
  }
}

function checkRankerOptions(where: string, ranker: unknown): void {
  if (ranker === undefined) return
  if (!isObject(ranker))
    return refuse(`${where} must be an object`, `${where}: объект вида { enabled: true, topN: 5 }.`)
  checkKeys(where, ranker, ['enabled', 'topN', 'embeddingsModel'])
  checkSwitch(`${where}.enabled`, ranker['enabled'])
  checkCount(`${where}.topN`, ranker['topN'])
  checkWord(`${where}.embeddingsModel`, ranker['embeddingsModel'])
}

/** By its form: the list of zones is the service's. */
function checkTimezone(where: string, zone: unknown): void {
  if (zone === undefined || (typeof zone === 'string' && /^[A-Za-z][\w+-]*(?:\/[\w+-]+){0,2}$/.test(zone))) return
  refuse(`${where} must be an IANA name of a time zone`, `${where}: имя часового пояса, например 'Europe/Moscow'.`)
}

function checkSwitch(where: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return
  refuse(`${where} must be true or false`, `${where}: true или false.`)
}

function checkCount(where: string, value: unknown): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0)) return
  refuse(`${where} must be an integer above 0`, `${where}: целое число больше 0.`)
}

function checkWord(where: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return
  refuse(`${where} must be a non-empty string`, `${where}: непустая строка.`)
}
