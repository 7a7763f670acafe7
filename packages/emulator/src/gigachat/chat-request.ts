import { isObject } from '../exchange.ts'
import { refuseSchema } from './refusals.ts'

/** A message of `POST /v1/chat/completions`, with its types checked. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'function'
  readonly content: string
  readonly functionCall: boolean
  readonly attachments: readonly string[]
}

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
  readonly functions: readonly unknown[]
  readonly functionCall?: unknown
  readonly responseFormat?: Readonly<Record<string, unknown>>
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
  const functions = body['functions'] ?? []
  if (!Array.isArray(functions)) throw refuseSchema('functions is not a list')
  checkFlags(body)
  return {
    model,
    messages: messages.map(readMessage),
    stream: body['stream'] === true,
    functions,
    ...readNumbers(body),
    ...('function_call' in body ? { functionCall: readFunctionCall(body['function_call']) } : {}),
    ...(body['response_format'] === undefined ? {} : { responseFormat: readObject(body, 'response_format') }),
    ...(body['storage'] === undefined ? {} : { storage: readObject(body, 'storage') }),
  }
}

function readMessage(message: unknown, index: number): ChatMessage {
  const where = `messages[${index}]`
  if (!isObject(message)) throw refuseSchema(`${where} is not an object`)
  const role = roles.find((known) => known === message['role'])
  if (role === undefined) throw refuseSchema(`${where}.role is not one of ${roles.join(', ')}`)
  const { content, attachments = [], function_call: functionCall } = message
  if (typeof content !== 'string') throw refuseSchema(`${where}.content is not a string`)
  if (!Array.isArray(attachments) || !attachments.every((id) => typeof id === 'string')) {
    throw refuseSchema(`${where}.attachments is not a list of strings`)
  }
  if (functionCall !== undefined && !isCall(functionCall)) {
    throw refuseSchema(`${where}.function_call needs a name and arguments as an object`)
  }
  return { role, content, functionCall: functionCall !== undefined, attachments }
}

function isCall(call: unknown): boolean {
  return isObject(call) && typeof call['name'] === 'string' && isObject(call['arguments'])
}

function readFunctionCall(choice: unknown): unknown {
  const fits = choice === 'none' || choice === 'auto' || (isObject(choice) && typeof choice['name'] === 'string')
  if (!fits) throw refuseSchema('function_call is neither none, auto nor a name')
  return choice
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

function readNumber(body: Record<string, unknown>, key: string): number | undefined {
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
  const { n, flags, reasoning_effort: effort } = body
  if (n !== undefined && n !== null && !Number.isInteger(n)) throw refuseSchema('n is not an integer')
  if (flags !== undefined && !(Array.isArray(flags) && flags.every((flag) => typeof flag === 'string'))) {
    throw refuseSchema('flags is not a list of strings')
  }
  if (effort !== undefined && effort !== 'low' && effort !== 'medium' && effort !== 'high') {
    throw refuseSchema('reasoning_effort is not low, medium or high')
  }
}
