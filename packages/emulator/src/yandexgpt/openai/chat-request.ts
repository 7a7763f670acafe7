import type { AnsweringModel } from './answering-model.ts'
import { complain } from './complaint.ts'
import { readChatMessages } from './read-chat-messages.ts'
import { readFunction, readName, readToolChoice } from './read-tools.ts'
import {
  isAbsent,
  readChoice,
  readCount,
  readFlag,
  readList,
  readNumberWithin,
  readObject,
  type JsonObject,
} from './read-values.ts'
import { reasoningEfforts, type Turn, type TurnFormat } from './turn.ts'

/** The body of `POST /v1/chat/completions`, checked. */
export interface ChatRequest extends Turn {
  readonly stream: boolean
}

/**
 * Reads a chat request. What the reference marks as not supported (`stop`, `seed`, `n`, `logprobs` and others) and what
 * it does not know is taken and ignored, as a recording shows for `top_k`. The range of `temperature` is OpenAI's: the
 * reference states none.
 *
 * @throws Complaint with 400
 */
export function readChatRequest(fields: JsonObject, model: AnsweringModel): ChatRequest {
  const tools = isAbsent(fields['tools']) ? [] : readList(fields['tools'], 'tools').map(readTool)
  readNumberWithin(fields['temperature'], 'temperature', 0, 2)
  const deprecated = readCount(fields['max_tokens'], 'max_tokens')
  const maxTokens = readCount(fields['max_completion_tokens'], 'max_completion_tokens') ?? deprecated
  const effort = readChoice(fields['reasoning_effort'], 'reasoning_effort', reasoningEfforts)
  return {
    messages: readChatMessages(fields['messages'], model),
    tools,
    toolChoice: readToolChoice(fields['tool_choice'], tools, nameOfChoice),
    parallelToolCalls: readFlag(fields['parallel_tool_calls'], 'parallel_tool_calls') ?? true,
    format: readFormat(fields['response_format']),
    stream: readFlag(fields['stream'], 'stream') ?? false,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(effort === undefined ? {} : { effort }),
  }
}

function readTool(item: unknown, index: number): ReturnType<typeof readFunction> {
  const where = `tools[${index}]`
  const fields = readObject(item, where)
  if (fields['type'] !== 'function') throw complain(400, `unsupported type of ${where}`, `${where} is not a function`)
  return readFunction(readObject(fields['function'], `${where}.function`), `${where}.function`)
}

function nameOfChoice(fields: JsonObject): unknown {
  return readObject(fields['function'], 'tool_choice.function')['name']
}

function readFormat(value: unknown): TurnFormat {
  if (isAbsent(value)) return { type: 'text' }
  const fields = readObject(value, 'response_format')
  const type = readChoice(fields['type'], 'response_format.type', ['text', 'json_object', 'json_schema'])
  if (type === undefined) throw complain(400, 'response_format.type is required')
  if (type !== 'json_schema') return { type }
  const where = 'response_format.json_schema'
  const format = readObject(fields['json_schema'], where)
  readName(format['name'], `${where}.name`)
  return { type, schema: readObject(format['schema'], `${where}.schema`) }
}
