import { isObject } from '../exchange.ts'
import { isAbsent, readBoolean, readEnum, readFields, readList, readName, readOneOf, readString } from './fields.ts'
import type { Fields } from './fields.ts'
import { refuse } from './refusals.ts'

/** A function that the model may call. */
export interface Tool {
  readonly name: string
  readonly description?: string
  /** JSON schema of the arguments. */
  readonly parameters?: Readonly<Record<string, unknown>>
}

/** What a request says about functions. */
export interface ToolSettings {
  readonly tools: readonly Tool[]
  /** One function by its name, or how free the model is. */
  readonly choice: 'NONE' | 'AUTO' | 'REQUIRED' | { readonly functionName: string }
  readonly parallel: boolean
}

const modes = ['TOOL_CHOICE_MODE_UNSPECIFIED', 'NONE', 'AUTO', 'REQUIRED'] as const

/**
 * Reads `tools`, `toolChoice` and `parallelToolCalls`. A choice that no tool can meet is refused, in words of ours.
 *
 * @throws Refusal with 400
 */
export function readToolSettings(fields: Fields): ToolSettings {
  const list = isAbsent(fields['tools']) ? [] : readList(fields['tools'], 'tools')
  const tools = list.map((tool, index) => readTool(tool, `tools[${index}]`))
  return {
    tools,
    choice: readChoice(fields['toolChoice'], tools),
    parallel: readBoolean(fields['parallelToolCalls'], 'parallelToolCalls') ?? true,
  }
}

function readTool(value: unknown, where: string): Tool {
  const place = `${where}.function`
  const { name, description, parameters, strict } = readFields(readFields(value, where)['function'], place)
  readBoolean(strict, `${place}.strict`)
  if (!isAbsent(parameters) && !isObject(parameters)) {
    throw refuse(400, `invalid value for field ${place}.parameters`, `${place}.parameters is not an object`)
  }
  return {
    name: readName(name, `${place}.name`),
    ...(isAbsent(description) ? {} : { description: readString(description, `${place}.description`) }),
    ...(isObject(parameters) ? { parameters } : {}),
  }
}

function readChoice(value: unknown, tools: readonly Tool[]): ToolSettings['choice'] {
  if (isAbsent(value)) return 'AUTO'
  const fields = readFields(value, 'toolChoice')
  if (readOneOf(fields, ['mode', 'functionName'], 'toolChoice') === 'functionName') {
    const functionName = readName(fields['functionName'], 'toolChoice.functionName')
    if (tools.some(({ name }) => name === functionName)) return { functionName }
    throw refuse(400, `toolChoice names an unknown function: ${functionName}`)
  }
  const mode = readEnum(fields['mode'], 'toolChoice.mode', modes)
  if (mode === undefined || mode === 'TOOL_CHOICE_MODE_UNSPECIFIED') return 'AUTO'
  if (mode === 'REQUIRED' && tools.length === 0) throw refuse(400, 'toolChoice REQUIRED needs tools')
  return mode
}
