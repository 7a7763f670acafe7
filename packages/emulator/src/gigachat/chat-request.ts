import { isObject } from '../exchange.ts'
import { readFunctions, type FunctionSpec } from './function-spec.ts'
import { refuseSchema } from './refusals.ts'
import { readResponseFormat, type ResponseFormat } from './response-format.ts'

/** A message of `POST /v1/chat/completions`, with its types checked. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'function'
  readonly content: string
  readonly functionCall?: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> }
  /** Of a function's result; may be left out. */
  readonly name?: string
  readonly attachments: readonly string[]
}

/** Which function the model may or must call. */
export type FunctionChoice = 'none' | 'auto' | { readonly name: string; readonly partialArguments?: object }

/** The fields of `POST /v1/chat/completions` that the emulator looks at, with their types checked. */
export interface ChatRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly stream: boolean
  readonly temperature?: number
  readonly topP?: number
  readonly maxTokens?: number
  readonly repetitionPenalty?: number
  readonly updateInterval?: number
  readonly functions: readonly FunctionSpec[]
  /** Absent is `none`, as the documentation has it. */
  readonly functionChoice: FunctionChoice
  readonly responseFormat?: ResponseFormat
  readonly reasons: boolean
  readonly storage?: unknown
}

const roles = ['system', 'user', 'assistant', 'function'] as const

/**
 * Reads the body as the service does: a wrong type anywhere is 400 `Your request contains invalid JSON syntax.`;
 * unknown keys are tolerated; `null` stands for absent where the schema says so.
 *
 * @throws Refusal with 400
 */
export function readChatRequest(body: unknown): ChatRequest {
  if (!isObject(body)) throw refuseSchema('the body is not a JSON object')
  const { model, messages } = body
  if (typeof model !== 'string') throw refuseSchema('model is not a string')
  if (!Array.isArray(messages) || messages.length === 0)
    throw refuseSchema('messages is not a list with something in it')
  checkFlags(body)
  const responseFormat = readResponseFormat(body['response_format'])
  return {
    model,
    messages: messages.map(readMessage),
    stream: body['stream'] === true,
    functions: readFunctions(body['functions'] ?? [], 'functions'),
    functionChoice: readFunctionChoice(body['function_call'] ?? 'none'),
    reasons: body['reasoning_effort'] !== undefined && body['reasoning_effort'] !== null,
    ...readNumbers(body),
    ...(responseFormat === undefined ? {} : { responseFormat }),
    ...(body['storage'] === undefined ? {} : { storage: readObject(body, 'storage') }),
  }
}

function readMessage(message: unknown, index: number): ChatMessage {
  const where = `messages[${index}]`
  if (!isObject(message)) throw refuseSchema(`${where} is not an object`)
  const role = roles.find((known) => known === message['role'])
  if (role === undefined) throw refuseSchema(`${where}.role is not one of ${roles.join(', ')}`)
  const { content, attachments, function_call: call, functions_state_id: stateId, name } = message
  if (typeof content !== 'string') throw refuseSchema(`${where}.content is not a string`)
  if (stateId !== undefined && typeof stateId !== 'string') {
    throw refuseSchema(`${where}.functions_state_id is not a string`)
  }
  if (name !== undefined && typeof name !== 'string') throw refuseSchema(`${where}.name is not a string`)
  return {
    role,
    content,
    attachments: readAttachments(attachments ?? [], where),
    ...(name === undefined ? {} : { name }),
    ...(call === undefined ? {} : { functionCall: readCall(call, where) }),
  }
}

function readAttachments(attachments: unknown, where: string): string[] {
  if (!Array.isArray(attachments) || !attachments.every((id) => typeof id === 'string')) {
    throw refuseSchema(`${where}.attachments is not a list of strings`)
  }
  return attachments
}

function readCall(call: unknown, where: string): NonNullable<ChatMessage['functionCall']> {
  if (isObject(call) && typeof call['name'] === 'string' && isObject(call['arguments'])) {
    return { name: call['name'], arguments: call['arguments'] }
  }
  throw refuseSchema(`${where}.function_call needs a name and arguments as an object`)
}

/** `partial_arguments` beside the name is of the Python SDK. */
function readFunctionChoice(choice: unknown): FunctionChoice {
  if (choice === 'none' || choice === 'auto') return choice
  if (!isObject(choice) || typeof choice['name'] !== 'string') {
    throw refuseSchema('function_call is neither none, auto nor a name')
  }
  const { name, partial_arguments: partial } = choice
  if (partial === undefined || partial === null) return { name }
  if (!isObject(partial)) throw refuseSchema('function_call.partial_arguments is not an object')
  return { name, partialArguments: partial }
}

function readNumbers(body: Record<string, unknown>): Partial<ChatRequest> {
  const maxTokens = readNumber(body, 'max_tokens')
  if (maxTokens !== undefined && !Number.isInteger(maxTokens)) throw refuseSchema('max_tokens is not an integer')
  const numbers = {
    temperature: readNumber(body, 'temperature'),
    topP: readNumber(body, 'top_p'),
    maxTokens,
    repetitionPenalty: readNumber(body, 'repetition_penalty'),
    updateInterval: readNumber(body, 'update_interval'),
  }
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined))
}

/** A number, or `undefined` where it is absent or `null`. @throws Refusal with 400 */
export function readNumber(body: Record<string, unknown>, key: string): number | undefined {
  const value = body[key]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw refuseSchema(`${key} is not a number`)
  return value
}

function readObject(body: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = body[key]
  if (!isObject(value)) throw refuseSchema(`${key} is not an object`)
  return value
}

function checkFlags(body: Record<string, unknown>): void {
  for (const key of ['stream', 'profanity_check']) {
    if (body[key] !== undefined && typeof body[key] !== 'boolean') throw refuseSchema(`${key} is not a boolean`)
  }
  for (const key of ['function_ranker', 'additional_data']) {
    if (body[key] !== undefined && body[key] !== null) readObject(body, key)
  }
  const { n, flags, reasoning_effort: effort } = body
  if (n !== undefined && n !== null && !Number.isInteger(n)) throw refuseSchema('n is not an integer')
  if (flags !== undefined && !(Array.isArray(flags) && flags.every((flag) => typeof flag === 'string'))) {
    throw refuseSchema('flags is not a list of strings')
  }
  if (effort !== undefined && effort !== null && effort !== 'low' && effort !== 'medium' && effort !== 'high') {
    throw refuseSchema('reasoning_effort is not low, medium or high')
  }
}
