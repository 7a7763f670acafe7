import { readBoolean, readEnum, readFields, readInt64, readNumber, readString, type Fields } from './fields.ts'
import { refuse } from './refusals.ts'

/** A message, with its types checked. */
export interface CompletionMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
}

/** The body of `POST /foundationModels/v1/completion`, with types and values checked. */
export interface CompletionRequest {
  readonly modelUri: string
  readonly messages: readonly CompletionMessage[]
  readonly stream: boolean
  readonly maxTokens?: number
}

const roles = ['system', 'user', 'assistant'] as const
const reasoningModes = ['REASONING_MODE_UNSPECIFIED', 'DISABLED', 'ENABLED_HIDDEN']

/**
 * Reads and checks a completion request: camel case or snake case, int64 as number or string, unknown fields
 * tolerated. Texts of the range errors are ours; the service publishes the ranges only.
 *
 * @throws Refusal with 400, or 501 for what is not emulated yet
 */
export function readCompletionRequest(body: unknown): CompletionRequest {
  const fields = readFields(body, 'body')
  refuseWhatIsNotEmulated(fields)
  const options =
    fields['completionOptions'] === undefined ? {} : readFields(fields['completionOptions'], 'completionOptions')
  const maxTokens = readInt64(options['maxTokens'], 'completionOptions.maxTokens')
  if (maxTokens !== undefined && maxTokens <= 0) throw refuse(400, 'max_tokens must be greater than 0')
  checkTemperature(options)
  checkReasoning(options)
  return {
    modelUri: readString(fields['modelUri'], 'modelUri'),
    messages: readMessages(fields['messages']),
    stream: readBoolean(options['stream'], 'completionOptions.stream') ?? false,
    ...(maxTokens === undefined ? {} : { maxTokens }),
  }
}

function readMessages(messages: unknown): CompletionMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) throw refuse(400, 'messages must not be empty')
  return messages.map(readMessage)
}

function readMessage(message: unknown, index: number): CompletionMessage {
  const where = `messages[${index}]`
  const fields = readFields(message, where)
  const role = roles.find((known) => known === fields['role'])
  if (role === undefined)
    throw refuse(400, `unknown role in ${where}`, `${where}.role is not one of ${roles.join(', ')}`)
  if (fields['toolCallList'] !== undefined || fields['toolResultList'] !== undefined) {
    throw refuse(501, 'Not implemented', 'tools are not emulated yet')
  }
  const text = fields['text'] === undefined ? '' : readString(fields['text'], `${where}.text`)
  if (text.trim() === '') throw refuse(400, 'empty message text')
  return { role, text }
}

function checkTemperature(options: Fields): void {
  const temperature = readNumber(options['temperature'], 'completionOptions.temperature')
  if (temperature !== undefined && (temperature < 0 || temperature > 1)) {
    throw refuse(400, 'temperature must be in range [0, 1]')
  }
}

function checkReasoning(options: Fields): void {
  if (options['reasoningOptions'] === undefined) return
  const { mode } = readFields(options['reasoningOptions'], 'completionOptions.reasoningOptions')
  readEnum(mode, 'reasoningOptions.mode', reasoningModes)
}

/** Tools and structured output come later; until then they get the service's answer for what it cannot do. */
function refuseWhatIsNotEmulated(fields: Fields): void {
  const { tools, toolChoice, jsonObject, jsonSchema } = fields
  const asked = (Array.isArray(tools) && tools.length > 0) || [toolChoice, jsonObject, jsonSchema].some(Boolean)
  if (asked) throw refuse(501, 'Not implemented', 'tools and structured output are not emulated yet')
}
