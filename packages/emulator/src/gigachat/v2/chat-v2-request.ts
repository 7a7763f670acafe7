import { Refusal } from '../../answer.ts'
import { isObject, parseJson } from '../../exchange.ts'
import { readNumber } from '../chat-request.ts'
import { badResult, type ChatNumbers } from '../check-chat-request.ts'
import { readFunctions, type FunctionSpec } from '../function-spec.ts'
import { apiError, refuseParams, refuseSchema } from '../refusals.ts'
import { readResponseFormat, type ResponseFormat } from '../response-format.ts'

/** One part of a message of `/v2`, with its types checked. */
export interface PartV2 {
  readonly text?: string
  /** Ids of files. */
  readonly files: readonly string[]
  readonly functionCall?: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> }
  readonly functionResult?: { readonly name: string; readonly json: string }
}

/** A message of `/v2`. Both `function` and `tool` are roles of results. */
export interface MessageV2 {
  readonly role: 'system' | 'user' | 'assistant' | 'function' | 'tool' | 'reasoning'
  readonly parts: readonly PartV2[]
}

/** How tools are chosen. `forced` has one of the names. */
export interface ToolConfig {
  readonly mode: 'auto' | 'none' | 'forced'
  readonly toolName?: string
  readonly functionName?: string
}

/** The fields of `POST /v2/chat/completions` that the emulator looks at, with their types checked. */
export interface ChatRequestV2 {
  readonly model: string
  readonly messages: readonly MessageV2[]
  readonly stream: boolean
  readonly numbers: ChatNumbers
  readonly responseFormat?: ResponseFormat
  readonly reasons: boolean
  /** False: one call an answer. */
  readonly isParallel: boolean
  readonly isFiltered: boolean
  readonly functions: readonly FunctionSpec[]
  /** Ids of the listed tools of the service, known or not. */
  readonly tools: readonly string[]
  readonly toolConfig: ToolConfig
}

const roles = ['system', 'user', 'assistant', 'function', 'tool', 'reasoning'] as const
const partKeys = ['text', 'files', 'function_call', 'function_result', 'inline_data', 'tool_execution', 'logprobs']

/**
 * Reads the body: a wrong type anywhere is 400 `Your request contains invalid JSON syntax.`, and so are a content that
 * is a string, a part that says `type`, and a tool with two keys. Unknown keys are tolerated.
 *
 * @throws Refusal with 400, or 422 for a forced tool without a name
 */
export function readChatRequestV2(body: unknown): ChatRequestV2 {
  if (!isObject(body)) throw refuseSchema('the body is not a JSON object')
  const { model, messages, stream, disable_filter: disableFilter } = body
  if (typeof model !== 'string') throw refuseSchema('model is not a string')
  if (!Array.isArray(messages) || messages.length === 0)
    throw refuseSchema('messages is not a list with something in it')
  for (const [name, value] of Object.entries({ stream, disable_filter: disableFilter })) {
    if (value !== undefined && typeof value !== 'boolean') throw refuseSchema(`${name} is not a boolean`)
  }
  for (const key of ['filter_config', 'ranker_options', 'storage', 'user_info']) objectOrNothing(body, key)
  const modelOptions = objectOrNothing(body, 'model_options') ?? {}
  const { functions, tools } = readTools(body['tools'] ?? [])
  return {
    model,
    messages: messages.map(readMessage),
    stream: stream === true,
    ...readModelOptions(modelOptions),
    isFiltered: disableFilter !== true,
    functions,
    tools,
    toolConfig: readToolConfig(objectOrNothing(body, 'tool_config')),
  }
}

type ModelOptions = Pick<ChatRequestV2, 'numbers' | 'responseFormat' | 'reasons' | 'isParallel'>

function readModelOptions(options: Record<string, unknown>): ModelOptions {
  const { unnormalized_history: raw, parallel_tool_calls: parallel, preset } = options
  for (const [name, value] of Object.entries({ unnormalized_history: raw, parallel_tool_calls: parallel })) {
    if (value !== undefined && value !== null && typeof value !== 'boolean') throw refuseSchema(`${name} is no boolean`)
  }
  if (preset !== undefined && preset !== null && typeof preset !== 'string') throw refuseSchema('preset is no string')
  const logprobs = readNumber(options, 'top_logprobs')
  if (logprobs !== undefined && !(Number.isInteger(logprobs) && logprobs >= 1 && logprobs <= 5)) {
    throw refuseParams('top_logprobs must be in range [1, 5]')
  }
  const responseFormat = readResponseFormat(options['response_format'])
  return {
    numbers: readNumbers(options),
    reasons: readReasoning(objectOrNothing(options, 'reasoning')),
    isParallel: parallel !== false,
    ...(responseFormat === undefined ? {} : { responseFormat }),
  }
}

function readNumbers(options: Record<string, unknown>): ChatNumbers {
  const maxTokens = readNumber(options, 'max_tokens')
  if (maxTokens !== undefined && !Number.isInteger(maxTokens)) throw refuseSchema('max_tokens is not an integer')
  const numbers = {
    temperature: readNumber(options, 'temperature'),
    topP: readNumber(options, 'top_p'),
    maxTokens,
    repetitionPenalty: readNumber(options, 'repetition_penalty'),
    updateInterval: readNumber(options, 'update_interval'),
  }
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined))
}

function readReasoning(reasoning: Record<string, unknown> | undefined): boolean {
  if (reasoning === undefined) return false
  const { effort } = reasoning
  readNumber(reasoning, 'max_tokens')
  if (effort === undefined || effort === null) return true
  if (effort === 'low' || effort === 'medium' || effort === 'high') return true
  if (effort === 'off') return false
  throw refuseSchema('reasoning.effort is not low, medium, high or off')
}

function readMessage(message: unknown, index: number): MessageV2 {
  const where = `messages[${index}]`
  if (!isObject(message)) throw refuseSchema(`${where} is not an object`)
  const role = roles.find((known) => known === message['role'])
  if (role === undefined) throw refuseSchema(`${where}.role is not one of ${roles.join(', ')}`)
  const { content } = message
  if (!Array.isArray(content) || content.length === 0) throw refuseSchema(`${where}.content is not a list of parts`)
  for (const key of ['tool_state_id', 'tools_state_id', 'functions_state_id', 'message_id']) {
    const value = message[key]
    if (value !== undefined && value !== null && typeof value !== 'string') {
      throw refuseSchema(`${where}.${key} is not a string`)
    }
  }
  const parts = content.map((part: unknown, at) => readPart(part, `${where}.content[${at}]`))
  const isResult = role === 'function' || role === 'tool'
  for (const part of parts) {
    if (part.functionCall !== undefined && role !== 'assistant') throw refuseSchema(`${where} must not call functions`)
    if ((part.functionResult !== undefined) !== isResult) throw refuseSchema(`${where} and results do not go together`)
  }
  return { role, parts }
}

function readPart(part: unknown, where: string): PartV2 {
  if (!isObject(part)) throw refuseSchema(`${where} is not an object`)
  if ('type' in part) throw refuseSchema(`${where} says its type, parts go by their key`)
  if (!partKeys.some((key) => key in part)) throw refuseSchema(`${where} has none of ${partKeys.join(', ')}`)
  const { text, files, function_call: call, function_result: result } = part
  if (text !== undefined && typeof text !== 'string') throw refuseSchema(`${where}.text is not a string`)
  return {
    ...(text === undefined ? {} : { text }),
    files: files === undefined ? [] : readFiles(files, where),
    ...(call === undefined ? {} : { functionCall: readCall(call, where) }),
    ...(result === undefined ? {} : { functionResult: readResult(result, where) }),
  }
}

function readFiles(files: unknown, where: string): string[] {
  if (!Array.isArray(files)) throw refuseSchema(`${where}.files is not a list`)
  return files.map((file: unknown) => {
    if (!isObject(file) || typeof file['id'] !== 'string') throw refuseSchema(`${where}.files need an id each`)
    return file['id']
  })
}

/** Arguments as a string are 400 (seen live), although the specification types them so. */
function readCall(call: unknown, where: string): NonNullable<PartV2['functionCall']> {
  if (!isObject(call) || typeof call['name'] !== 'string' || !isObject(call['arguments'])) {
    throw refuseSchema(`${where}.function_call needs a name and arguments as an object`)
  }
  if (call['id'] !== undefined && typeof call['id'] !== 'string') throw refuseSchema(`${where}.function_call.id`)
  return { name: call['name'], arguments: call['arguments'] }
}

/** A result is JSON text (seen live) or, as in recordings of another stand, an object. */
function readResult(result: unknown, where: string): NonNullable<PartV2['functionResult']> {
  if (!isObject(result) || typeof result['name'] !== 'string') {
    throw refuseSchema(`${where}.function_result needs a name`)
  }
  const { name, result: value } = result
  if (isObject(value)) return { name, json: JSON.stringify(value) }
  if (typeof value !== 'string') throw refuseSchema(`${where}.function_result.result is neither text nor an object`)
  if (parseJson(value) === undefined) throw new Refusal(apiError(400, badResult), `${where}: ${badResult}`)
  return { name, json: value }
}

/** Each tool is an object of one key; a list as OpenAI has it is 400 (seen live). */
function readTools(list: unknown): { readonly functions: FunctionSpec[]; readonly tools: string[] } {
  if (!Array.isArray(list)) throw refuseSchema('tools is not a list')
  const functions: FunctionSpec[] = []
  const tools: string[] = []
  for (const [index, tool] of list.entries()) {
    const where = `tools[${index}]`
    if (!isObject(tool)) throw refuseSchema(`${where} is not an object`)
    const [id, ...more] = Object.keys(tool)
    if (id === undefined || more.length > 0) throw refuseSchema(`${where} must have exactly one key`)
    const settings = tool[id]
    if (!isObject(settings)) throw refuseSchema(`${where}.${id} is not an object`)
    if (id === 'functions') functions.push(...readFunctions(settings['specifications'], `${where}.specifications`))
    else tools.push(id)
  }
  return { functions, tools }
}

/** `tool` as a mode is written in the docs of gpt2giga alone; here it means `forced`. */
function readToolConfig(config: Record<string, unknown> | undefined): ToolConfig {
  if (config === undefined) return { mode: 'auto' }
  const { mode = 'auto', tool_name: toolName, function_name: functionName } = config
  for (const [key, value] of Object.entries({ tool_name: toolName, function_name: functionName })) {
    if (value !== undefined && value !== null && typeof value !== 'string') throw refuseSchema(`${key} is not a string`)
  }
  if (mode === 'auto' || mode === 'none') return { mode }
  if (mode !== 'forced' && mode !== 'tool') throw refuseSchema('tool_config.mode is not auto, none or forced')
  if (typeof functionName === 'string') return { mode: 'forced', functionName }
  if (typeof toolName === 'string') return { mode: 'forced', toolName }
  throw refuseParams('tool_config.mode forced needs tool_name or function_name')
}

function objectOrNothing(body: Record<string, unknown>, key: string): Record<string, unknown> | undefined {
  const value = body[key]
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw refuseSchema(`${key} is not an object`)
  return value
}
