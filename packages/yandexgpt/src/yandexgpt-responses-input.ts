import type { JsonSchema, ReasoningEffort } from '@shlyuz/core'
import { checkKeys, isObject, refuse } from './yandexgpt-settings.ts'

/** What `createResponse` takes. Streams are what `streamText` is for. */
export interface YandexgptResponseInput {
  /** A model for conversations, as in a model reference without the provider's prefix. */
  readonly model: string
  readonly input: string | readonly YandexgptResponseItem[]
  /** What the model is to keep to, for this response alone. */
  readonly instructions?: string
  /** Goes on from a response that was stored. */
  readonly previousResponseId?: string
  readonly tools?: readonly YandexgptResponseTool[]
  /** `{ tool }`: the function of that name, or the service's tool of that type. */
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly tool: string }
  readonly parallelToolCalls?: boolean
  /** A positive integer. */
  readonly maxOutputTokens?: number
  /** Most calls of the service's own tools; a positive integer. */
  readonly maxToolCalls?: number
  /** 0 to 2; the service may take less. */
  readonly temperature?: number
  readonly format?: YandexgptResponseFormat
  /** The reference of 2025 marks it as not supported; models of other makers heed it. */
  readonly reasoningEffort?: ReasoningEffort
  /**
   * Let the service keep the response, for `previousResponseId`, `getResponse` and `background`. The service's own
   * default is to keep it; ours is not.
   * @default false
   */
  readonly store?: boolean
  /** Answer at once with status `queued`, to be looked at by `getResponse`. Needs `store: true`. @default false */
  readonly background?: boolean
  /** Further parts of the answer to give out, as the service names them. */
  readonly include?: readonly string[]
  /** Further fields of the request body, for what this client has no word for. Plain JSON. */
  readonly extraBody?: Readonly<Record<string, unknown>>
}

export type YandexgptResponseItem =
  | {
      readonly role: 'user' | 'assistant' | 'system' | 'developer'
      readonly content: string | readonly YandexgptResponsePart[]
    }
  | {
      readonly type: 'function_call'
      readonly callId: string
      readonly name: string
      readonly arguments: Readonly<Record<string, unknown>>
    }
  /** `output`: a text as it is, anything else as JSON. */
  | { readonly type: 'function_call_output'; readonly callId: string; readonly output: unknown }
  | { readonly type: 'mcp_approval_response'; readonly approvalRequestId: string; readonly approve: boolean }
  /** An item of an earlier answer, as it stands in its `output`: how to go on from a response that was not stored. */
  | { readonly type: 'output_item'; readonly item: Readonly<Record<string, unknown>> }

export type YandexgptResponsePart =
  | { readonly type: 'text'; readonly text: string }
  /** A data URL. Any other address is one that the service would fetch: the policy refuses that unless it allows it. */
  | { readonly type: 'image'; readonly url: string; readonly detail?: 'auto' | 'low' | 'high' }
  /** A file that the service holds, or an address that it would fetch. */
  | { readonly type: 'file'; readonly fileId: string }
  | { readonly type: 'file'; readonly url: string }

export type YandexgptResponseTool =
  | {
      readonly type: 'function'
      readonly name: string
      readonly description?: string
      readonly parameters: JsonSchema
      readonly strict?: boolean
    }
  /** Sends the query to Yandex Search; billed per call. `filters`, `userLocation`: as the service documents them. */
  | {
      readonly type: 'web_search'
      readonly filters?: Readonly<Record<string, unknown>>
      readonly userLocation?: Readonly<Record<string, unknown>>
      readonly searchContextSize?: 'low' | 'medium' | 'high'
    }
  | { readonly type: 'file_search'; readonly vectorStoreIds: readonly string[]; readonly maxNumResults?: number }
  /** `container`: as the service documents it. @default { type: 'auto' } */
  | { readonly type: 'code_interpreter'; readonly container?: string | Readonly<Record<string, unknown>> }
  /** The service sends data to that server: its address is judged as one of a file by URL is. */
  | {
      readonly type: 'mcp'
      readonly serverLabel: string
      readonly serverUrl: string
      readonly serverDescription?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly authorization?: string
      readonly allowedTools?: readonly string[]
      readonly requireApproval?: 'always' | 'never'
    }
  | { readonly type: 'image_generation' }

export type YandexgptResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly name: string; readonly schema: JsonSchema; readonly strict?: boolean }

type Fields = Readonly<Record<string, unknown>>

const names: readonly (keyof YandexgptResponseInput)[] = [
  'model',
  'input',
  'instructions',
  'previousResponseId',
  'tools',
  'toolChoice',
  'parallelToolCalls',
  'maxOutputTokens',
  'maxToolCalls',
  'temperature',
  'format',
  'reasoningEffort',
  'store',
  'background',
  'include',
  'extraBody',
]

const neighbours: Readonly<Record<string, string>> = {
  prompt: 'input',
  messages: 'input',
  text: 'format',
  responseFormat: 'format',
  output: 'format',
  maxTokens: 'maxOutputTokens',
  reasoning: 'reasoningEffort',
  stream: 'streamText',
  conversation: 'previousResponseId',
}

/** Fields of the body that have a word of their own. */
const bodyWords = new Set([
  'model', 'input', 'instructions', 'previous_response_id', 'tools', 'tool_choice', 'parallel_tool_calls',
  'max_output_tokens', 'max_tool_calls', 'temperature', 'text', 'reasoning', 'store', 'background', 'include', 'stream',
]) // oxfmt-ignore

/**
 * Checks what a caller gave, strictly, and gives the body of `POST /v1/responses` but its model.
 * Source: documentation, "Responses API", createResponse (2025-12).
 * @throws ConfigurationError with the exact fix; values are not quoted
 */
export function createResponseBody(input: YandexgptResponseInput): Readonly<Record<string, unknown>> {
  const given: unknown = input
  if (!isObject(given)) {
    return refuse('createResponse takes an object', "Пишите createResponse({ model: 'yandexgpt-5.1', input: '…' }).")
  }
  checkKeys('createResponse()', given, names, neighbours)
  const reader = new FieldReader('createResponse', given)
  const store = reader.flag('store') ?? false
  const background = reader.flag('background')
  if (background && !store) {
    refuse(
      'createResponse: background needs store: true, for the service has to keep the response',
      'background: добавьте store: true — иначе ответ негде взять; сервис сохранит запрос и ответ.',
    )
  }
  const effort = reader.oneOf('reasoningEffort', ['off', 'low', 'medium', 'high'])
  const instructions = reader.optionalText('instructions')
  const previous = reader.optionalText('previousResponseId')
  const tools = reader.optionalList('tools', convertTool)
  const include = reader.optionalTexts('include')
  const body = {
    ...readExtraBody(given['extraBody']),
    input: convertInput(given['input']),
    ...(instructions !== undefined && { instructions }),
    ...(previous !== undefined && { previous_response_id: previous }),
    ...(tools && { tools }),
    ...convertToolChoice(given['toolChoice'], tools ?? []),
    ...defined('parallel_tool_calls', reader.flag('parallelToolCalls')),
    ...defined('max_output_tokens', reader.number('maxOutputTokens', 1, Number.MAX_SAFE_INTEGER, true)),
    ...defined('max_tool_calls', reader.number('maxToolCalls', 1, Number.MAX_SAFE_INTEGER, true)),
    ...defined('temperature', reader.number('temperature', 0, 2)),
    ...(given['format'] !== undefined && { text: { format: convertFormat(given['format']) } }),
    ...(effort !== undefined && { reasoning: { effort: effort === 'off' ? 'none' : effort } }),
    store,
    ...defined('background', background),
    ...(include && { include }),
  }
  // A plain copy: nothing in it runs when the body is written, and what was counted is what is sent.
  return copyJson('createResponse()', body)
}

/** Fields whose address the service fetches, or sends data to. */
const fetchedFields = new Set(['image_url', 'file_url', 'server_url'])

/** Tools of the service that carry words of the conversation elsewhere: the policy decides on them. */
const remoteTools: readonly unknown[] = ['web_search', 'mcp']

/** Those of the body, by their names on the wire. */
export function listRemoteTools({ tools }: Fields): readonly string[] {
  const types = Array.isArray(tools) ? tools.map((tool: unknown) => (isObject(tool) ? tool['type'] : undefined)) : []
  return [...new Set(types)].filter((type): type is string => remoteTools.includes(type))
}

/** Counts the addresses in a body that make the service reach out; data URLs hold their content themselves. */
export function countRemoteUrls(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + countRemoteUrls(one), 0)
  if (!isObject(value)) return 0
  let count = 0
  for (const [name, one] of Object.entries(value)) {
    const isAddress = fetchedFields.has(name) && typeof one === 'string' && !/^data:/i.test(one)
    count += isAddress ? 1 : countRemoteUrls(one)
  }
  return count
}

function convertInput(input: unknown): unknown {
  if (typeof input === 'string' && input.trim() !== '') return input
  if (Array.isArray(input) && input.length > 0)
    return input.map((item: unknown, at) => convertItem(item, `input[${at}]`))
  return refuse(
    'createResponse(): input must be a non-empty string or a list of items',
    "input: непустая строка или список: [{ role: 'user', content: '…' }].",
  )
}

function convertItem(item: unknown, where: string): unknown {
  if (!isObject(item)) return refuse(`${where} must be an object`, `${where}: нужен объект { role, content }.`)
  const reader = new FieldReader(where, item)
  switch (item['type']) {
    case undefined:
      checkKeys(where, item, ['role', 'content'])
      return { role: reader.role(), content: convertContent(item['content'], where, item['role'] === 'assistant') }
    case 'function_call':
      checkKeys(where, item, ['type', 'callId', 'name', 'arguments'])
      return {
        type: 'function_call',
        call_id: reader.text('callId'),
        name: reader.text('name'),
        arguments: JSON.stringify(reader.object('arguments')),
      }
    case 'function_call_output': {
      checkKeys(where, item, ['type', 'callId', 'output'])
      const { output = null } = item
      return {
        type: 'function_call_output',
        call_id: reader.text('callId'),
        output: typeof output === 'string' ? output : JSON.stringify(output),
      }
    }
    case 'mcp_approval_response':
      checkKeys(where, item, ['type', 'approvalRequestId', 'approve'])
      return {
        type: 'mcp_approval_response',
        approval_request_id: reader.text('approvalRequestId'),
        approve: reader.flag('approve') ?? reader.refuse('approve', 'is required', 'нужно true или false'),
      }
    case 'output_item':
      checkKeys(where, item, ['type', 'item'])
      new FieldReader(`${where}.item`, reader.object('item')).text('type')
      return item['item']
    default:
      return reader.refuse(
        'type',
        'must be function_call, function_call_output, mcp_approval_response or output_item; a message has none',
        'function_call, function_call_output, mcp_approval_response или output_item; у сообщения type не нужен',
      )
  }
}

function convertContent(content: unknown, where: string, isAssistant: boolean): unknown {
  if (typeof content === 'string' && content !== '') return content
  if (Array.isArray(content) && content.length > 0) {
    return content.map((part: unknown, at) => convertPart(part, `${where}.content[${at}]`, isAssistant))
  }
  return refuse(
    `${where}.content must be a non-empty string or a list of parts`,
    `${where}.content: непустая строка или список частей.`,
  )
}

function convertPart(part: unknown, where: string, isAssistant: boolean): unknown {
  const fields = isObject(part) ? part : {}
  const reader = new FieldReader(where, fields)
  if (fields['type'] === 'text') {
    checkKeys(where, fields, ['type', 'text'])
    return { type: isAssistant ? 'output_text' : 'input_text', text: reader.text('text') }
  }
  if (fields['type'] === 'image' && !isAssistant) {
    checkKeys(where, fields, ['type', 'url', 'detail'])
    const detail = reader.oneOf('detail', ['auto', 'low', 'high'])
    return { type: 'input_image', image_url: reader.address('url', true), ...defined('detail', detail) }
  }
  if (fields['type'] === 'file' && !isAssistant) {
    checkKeys(where, fields, ['type', 'fileId', 'url'])
    return fields['fileId'] === undefined
      ? { type: 'input_file', file_url: reader.address('url', false) }
      : { type: 'input_file', file_id: reader.text('fileId') }
  }
  return reader.refuse(
    'type',
    isAssistant ? 'must be text' : 'must be text, image or file',
    isAssistant ? 'text' : 'text, image или file',
  )
}

function convertTool(tool: unknown, where: string): Fields {
  if (!isObject(tool)) return refuse(`${where} must be an object`, `${where}: нужен объект { type }.`)
  const reader = new FieldReader(where, tool)
  switch (tool['type']) {
    case 'function':
      checkKeys(where, tool, ['type', 'name', 'description', 'parameters', 'strict'])
      return {
        type: 'function',
        name: reader.text('name'),
        ...defined('description', reader.optionalText('description')),
        parameters: reader.object('parameters'),
        ...defined('strict', reader.flag('strict')),
      }
    case 'web_search':
      checkKeys(where, tool, ['type', 'filters', 'userLocation', 'searchContextSize'])
      return {
        type: 'web_search',
        ...defined('filters', reader.optionalObject('filters')),
        ...defined('user_location', reader.optionalObject('userLocation')),
        ...defined('search_context_size', reader.oneOf('searchContextSize', ['low', 'medium', 'high'])),
      }
    case 'file_search':
      checkKeys(where, tool, ['type', 'vectorStoreIds', 'maxNumResults'])
      return {
        type: 'file_search',
        vector_store_ids: reader.texts('vectorStoreIds'),
        ...defined('max_num_results', reader.number('maxNumResults', 1, 50, true)),
      }
    case 'code_interpreter': {
      checkKeys(where, tool, ['type', 'container'])
      const isId = typeof tool['container'] === 'string'
      const container = isId ? reader.text('container') : (reader.optionalObject('container') ?? { type: 'auto' })
      return { type: 'code_interpreter', container }
    }
    case 'mcp':
      return convertMcp(tool, where, reader)
    case 'image_generation':
      checkKeys(where, tool, ['type'])
      // It works with this action alone, and without a model or a format. Source: third parties, 2026.
      return { type: 'image_generation', action: 'generate' }
    default:
      return reader.refuse(
        'type',
        'must be function, web_search, file_search, code_interpreter, mcp or image_generation',
        'function, web_search, file_search, code_interpreter, mcp или image_generation',
      )
  }
}

function convertMcp(tool: Fields, where: string, reader: FieldReader): Fields {
  checkKeys(where, tool, [
    'type',
    'serverLabel',
    'serverUrl',
    'serverDescription',
    'headers',
    'authorization',
    'allowedTools',
    'requireApproval',
  ])
  const headers = reader.optionalObject('headers')
  if (headers && Object.values(headers).some((value) => typeof value !== 'string')) {
    reader.refuse('headers', 'must be an object of strings', 'объект строк')
  }
  return {
    type: 'mcp',
    server_label: reader.text('serverLabel'),
    server_url: reader.address('serverUrl', false),
    ...defined('server_description', reader.optionalText('serverDescription')),
    ...defined('headers', headers),
    ...defined('authorization', reader.optionalText('authorization')),
    ...defined('allowed_tools', reader.optionalTexts('allowedTools')),
    ...defined('require_approval', reader.oneOf('requireApproval', ['always', 'never'])),
  }
}

function convertToolChoice(choice: unknown, tools: readonly Fields[]): Fields {
  if (choice === undefined) return {}
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { tool_choice: choice }
  const wanted = isObject(choice) && Object.keys(choice).length === 1 ? choice['tool'] : undefined
  const found = tools.find((tool) => (tool['type'] === 'function' ? tool['name'] : tool['type']) === wanted)
  if (found?.['type'] === 'function') return { tool_choice: { type: 'function', name: wanted } }
  if (found?.['type'] === 'mcp') return { tool_choice: { type: 'mcp', server_label: found['server_label'] } }
  if (found) return { tool_choice: { type: wanted } }
  return refuse(
    "createResponse(): toolChoice must be 'auto', 'none', 'required' or { tool } with one of the tools",
    "toolChoice: 'auto', 'none', 'required' или { tool: имя функции либо тип инструмента } из tools.",
  )
}

function convertFormat(format: unknown): Fields {
  const fields = isObject(format) ? format : {}
  const where = 'createResponse.format'
  const reader = new FieldReader(where, fields)
  if (fields['type'] === 'text' || fields['type'] === 'json_object') {
    checkKeys(where, fields, ['type'])
    return { type: fields['type'] }
  }
  if (fields['type'] !== 'json_schema') {
    reader.refuse('type', 'must be text, json_object or json_schema', 'text, json_object или json_schema')
  }
  checkKeys(where, fields, ['type', 'name', 'schema', 'strict'])
  return {
    type: 'json_schema',
    name: reader.text('name'),
    schema: reader.object('schema'),
    ...defined('strict', reader.flag('strict')),
  }
}

function readExtraBody(given: unknown): Fields {
  if (given === undefined) return {}
  if (!isObject(given)) {
    return refuse('createResponse(): extraBody must be an object', 'extraBody: объект из простого JSON.')
  }
  if (given['prompt'] !== undefined) {
    refuse(
      "createResponse(): extraBody may not set 'prompt': a prompt of the console may bring tools the policy cannot see",
      "Уберите 'prompt' из extraBody: текст и инструменты задайте в input, instructions и tools.",
    )
  }
  for (const name of Object.keys(given)) {
    if (!bodyWords.has(name)) continue
    refuse(
      `createResponse(): extraBody may not set '${name}'`,
      `Уберите '${name}' из extraBody: для него есть своё поле.`,
    )
  }
  return given
}

function copyJson(where: string, value: object): Fields {
  try {
    return JSON.parse(JSON.stringify(value)) as Fields
  } catch {
    return refuse(`${where} takes plain JSON alone`, 'Параметры — простой JSON: без циклов, BigInt и функций.')
  }
}

function defined<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]?: Value })
}

/** Reads the fields of one object; a wrong type is refused by the place and the name. */
class FieldReader {
  readonly #where: string
  readonly #fields: Fields

  constructor(where: string, fields: Fields) {
    this.#where = where
    this.#fields = fields
  }

  text(name: string): string {
    const text = this.#fields[name]
    if (typeof text === 'string' && text !== '') return text
    return this.refuse(name, 'must be a non-empty string', 'непустая строка')
  }

  optionalText(name: string): string | undefined {
    return this.#fields[name] === undefined ? undefined : this.text(name)
  }

  /** An absolute address; `data`: a data URL will do as well. */
  address(name: string, data: boolean): string {
    const text = this.text(name)
    const protocol = URL.parse(text)?.protocol
    if (protocol === 'https:' || protocol === 'http:' || (data && protocol === 'data:')) return text
    return this.refuse(
      name,
      data ? 'must be a data URL, or an address' : 'must be an address',
      data ? 'data:image/png;base64,… или полный адрес' : 'полный адрес, https://…',
    )
  }

  flag(name: string): boolean | undefined {
    const flag = this.#fields[name]
    if (flag === undefined || typeof flag === 'boolean') return flag
    return this.refuse(name, 'must be true or false', 'true или false')
  }

  number(name: string, least: number, most: number, isWhole = false): number | undefined {
    const value = this.#fields[name]
    if (value === undefined) return undefined
    const isNumber = typeof value === 'number' && value >= least && value <= most
    if (isNumber && (!isWhole || Number.isInteger(value))) return value
    const kind = isWhole ? 'an integer' : 'a number'
    return this.refuse(
      name,
      most === Number.MAX_SAFE_INTEGER ? `must be ${kind} from ${least}` : `must be ${kind} from ${least} to ${most}`,
      `${isWhole ? 'целое' : 'число'} от ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` до ${most}`}`,
    )
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const word = this.#fields[name]
    if (word === undefined || words.some((known) => known === word)) return word as Word | undefined
    return this.refuse(name, `must be one of ${words.join(', ')}`, `одно из: ${words.join(', ')}`)
  }

  role(): string {
    const role = this.oneOf('role', ['user', 'assistant', 'system', 'developer'])
    return role ?? this.refuse('role', 'is required', 'user, assistant, system или developer')
  }

  object(name: string): Fields {
    const value = this.#fields[name]
    return isObject(value) ? value : this.refuse(name, 'must be an object', 'нужен объект')
  }

  optionalObject(name: string): Fields | undefined {
    return this.#fields[name] === undefined ? undefined : this.object(name)
  }

  texts(name: string): readonly string[] {
    const texts = this.#fields[name]
    const isList = Array.isArray(texts) && texts.length > 0
    if (isList && texts.every((text) => typeof text === 'string' && text !== '')) return texts as string[]
    return this.refuse(name, 'must be a list of non-empty strings', 'список непустых строк')
  }

  optionalTexts(name: string): readonly string[] | undefined {
    return this.#fields[name] === undefined ? undefined : this.texts(name)
  }

  optionalList<One>(name: string, convert: (one: unknown, where: string) => One): readonly One[] | undefined {
    const list = this.#fields[name]
    if (list === undefined) return undefined
    if (Array.isArray(list)) return list.map((one: unknown, at) => convert(one, `${name}[${at}]`))
    return this.refuse(name, 'must be a list', 'нужен список')
  }

  refuse(name: string, must: string, russian: string): never {
    return refuse(`${this.#where}: ${name} ${must}`, `${this.#where}.${name}: ${russian}.`)
  }
}
