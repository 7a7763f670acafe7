import type { ChoosableTool } from '../../../answers/choose-tools.ts'
import { complain } from '../complaint.ts'
import { readFunction, readName, readToolChoice } from '../read-tools.ts'
import {
  isAbsent,
  readChoice,
  readCount,
  readFlag,
  readList,
  readNumberWithin,
  readObject,
  readText,
  type JsonObject,
} from '../read-values.ts'
import { reasoningEfforts, type ReasoningEffort, type ToolChoice, type TurnFormat } from '../turn.ts'

/** The body of `POST /v1/responses` without its input, checked. */
export interface ResponseRequest {
  readonly instructions?: string
  readonly previousId?: string
  readonly functions: readonly ChoosableTool[]
  /** Tools that the service runs itself. */
  readonly hosted: readonly HostedTool[]
  /** For functions. */
  readonly toolChoice: ToolChoice
  /** A tool of the service that must be used. */
  readonly forced?: HostedTool['type']
  readonly parallelToolCalls: boolean
  readonly format: TurnFormat
  readonly maxTokens?: number
  readonly effort?: ReasoningEffort
  readonly stream: boolean
  readonly background: boolean
  readonly store: boolean
}

/** A tool that the service runs itself, as listed in the reference. */
export interface HostedTool {
  readonly type: 'web_search' | 'file_search' | 'code_interpreter' | 'mcp' | 'image_generation'
  readonly fields: JsonObject
}

/**
 * Reads a request of the Responses API. What the reference marks as not supported (`truncation`) and what it does not
 * know is taken and ignored; so is `reasoning`, whose `effort` public clients of 2026 send to open models.
 *
 * @throws Complaint with 400, or 404 and 501 for what is kept elsewhere and not emulated
 */
export function readResponseRequest(fields: JsonObject): ResponseRequest {
  if (!isAbsent(fields['conversation'])) throw complain(501, 'Not implemented', 'conversations are not emulated')
  if (!isAbsent(fields['prompt'])) throw complain(404, 'Prompt not found', 'stored prompts are not emulated')
  readNumberWithin(fields['temperature'], 'temperature', 0, 2)
  const tools = isAbsent(fields['tools']) ? [] : readList(fields['tools'], 'tools').map(readTool)
  const functions = tools.flatMap((tool) => ('fields' in tool ? [] : [tool]))
  const hosted = tools.flatMap((tool) => ('fields' in tool ? [tool] : []))
  const background = readFlag(fields['background'], 'background') ?? false
  const store = readFlag(fields['store'], 'store') ?? true
  if (background && !store) throw complain(400, 'background requires store')
  const effort = isAbsent(fields['reasoning']) ? undefined : readObject(fields['reasoning'], 'reasoning')['effort']
  return {
    ...readOptionalText(fields, 'instructions', 'instructions'),
    ...readOptionalText(fields, 'previous_response_id', 'previousId'),
    functions,
    hosted,
    ...readChoiceOfTool(fields['tool_choice'], functions, hosted),
    parallelToolCalls: readFlag(fields['parallel_tool_calls'], 'parallel_tool_calls') ?? true,
    format: readFormat(fields['text']),
    ...defined('maxTokens', readCount(fields['max_output_tokens'], 'max_output_tokens')),
    ...defined('effort', readChoice(effort, 'reasoning.effort', reasoningEfforts)),
    stream: readFlag(fields['stream'], 'stream') ?? false,
    background,
    store,
  }
}

function defined<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]?: Value })
}

function readOptionalText<Name extends string>(
  fields: JsonObject,
  field: string,
  name: Name,
): { readonly [Key in Name]?: string } {
  return defined(name, isAbsent(fields[field]) ? undefined : readText(fields[field], field))
}

function readTool(item: unknown, index: number): ChoosableTool | HostedTool {
  const where = `tools[${index}]`
  const fields = readObject(item, where)
  switch (fields['type']) {
    case 'function':
      return readFunction(fields, where)
    case 'web_search':
    case 'web_search_preview':
      return { type: 'web_search', fields }
    case 'file_search':
      readList(fields['vector_store_ids'], `${where}.vector_store_ids`)
      return { type: 'file_search', fields }
    case 'code_interpreter':
      return { type: 'code_interpreter', fields }
    case 'mcp':
      readText(fields['server_label'], `${where}.server_label`)
      readText(fields['server_url'] ?? fields['connector_id'], `${where}.server_url`)
      return { type: 'mcp', fields }
    case 'image_generation':
      return { type: 'image_generation', fields: checkImageTool(fields, where) }
    default:
      throw complain(400, `unsupported type of ${where}`)
  }
}

/** Public reports of 2026: it works only with `action: generate`, and without `model` and `output_format`. */
function checkImageTool(fields: JsonObject, where: string): JsonObject {
  for (const name of ['model', 'output_format']) {
    if (!isAbsent(fields[name])) throw complain(400, `${where}.${name} is not supported`)
  }
  if (fields['action'] !== 'generate') throw complain(400, `${where}.action must be generate`)
  return fields
}

function readChoiceOfTool(
  value: unknown,
  functions: readonly ChoosableTool[],
  hosted: readonly HostedTool[],
): Pick<ResponseRequest, 'toolChoice' | 'forced'> {
  if (value === 'required') {
    const [only] = hosted
    if (functions.length === 0 && only !== undefined) return { toolChoice: 'none', forced: only.type }
  }
  if (typeof value !== 'object' || value === null) return { toolChoice: readToolChoice(value, functions, () => value) }
  const fields = readObject(value, 'tool_choice')
  if (fields['type'] === 'function') return { toolChoice: readToolChoice(value, functions, ({ name }) => name) }
  if (fields['type'] === 'allowed_tools') {
    const mode = readChoice(fields['mode'], 'tool_choice.mode', ['auto', 'required'])
    return { toolChoice: readToolChoice(mode, functions, () => mode) }
  }
  const type = String(fields['type']).replace(/^web_search.*$/, 'web_search')
  const forced = hosted.find((tool) => tool.type === type)
  if (forced === undefined) throw complain(400, `tool_choice names an unknown tool ${type}`)
  return { toolChoice: 'none', forced: forced.type }
}

function readFormat(text: unknown): TurnFormat {
  const format = isAbsent(text) ? undefined : readObject(text, 'text')['format']
  if (isAbsent(format)) return { type: 'text' }
  const fields = readObject(format, 'text.format')
  const type = readChoice(fields['type'], 'text.format.type', ['text', 'json_object', 'json_schema'])
  if (type === undefined) throw complain(400, 'text.format.type is required')
  if (type !== 'json_schema') return { type }
  readName(fields['name'], 'text.format.name')
  return { type, schema: readObject(fields['schema'], 'text.format.schema') }
}
