import { resolveSchema, type ResolvedSchema } from '../schemas/resolve-schema.ts'
import type { Tool, ToolChoice, ToolSpec } from '../vocabulary/tools.ts'
import { checkKeys, checkNumber, isObject, refuse } from './checks.ts'

/** A tool, checked: what the model is told of it, and what runs here. */
export interface CheckedTool {
  readonly spec: ToolSpec
  readonly input: ResolvedSchema
  readonly tool: Tool
}

export type CheckedTools = ReadonlyMap<string, CheckedTool>

/** What both services and the OpenAI-compatible ones take for a name. */
const nameForm = /^[A-Za-z][\w-]{0,63}$/

const toolLimit = 128

const toolKeys = [
  'description',
  'inputSchema',
  'execute',
  'needsApproval',
  'timeoutMs',
  'strict',
  'examples',
  'outputSchema',
]

const noTools: CheckedTools = new Map()

/** @throws ConfigurationError */
export function checkTools(tools: unknown): CheckedTools {
  if (tools === undefined) return noTools
  if (!isObject(tools))
    refuse(
      'tools must be an object of tools by name',
      'Пишите tools: { имя: tool({ description, inputSchema, execute }) }: объект, а не список, имя — ключ.',
    )
  const names = Object.keys(tools)
  if (names.length > toolLimit) {
    refuse(`${names.length} tools are more than ${toolLimit}`, `Не больше ${toolLimit} инструментов в одном запросе.`)
  }
  return new Map(names.map((name) => [name, checkTool(name, tools[name])]))
}

function checkTool(name: string, given: unknown): CheckedTool {
  const where = `tools.${name.slice(0, 70)}`
  if (!nameForm.test(name)) {
    refuse(
      `${where}: a tool's name is Latin letters, digits, _ and -, a letter first, up to 64 characters`,
      `${where}: имя инструмента — латиница, цифры, _ и -, начинается с буквы, до 64 знаков.`,
    )
  }
  if (!isObject(given))
    refuse(
      `${where} must be a tool`,
      `${where}: передайте tool({ description, inputSchema: z.object({ … }), execute }).`,
    )
  checkKeys(where, given, toolKeys)
  const tool = given as unknown as Tool
  const { description, execute, needsApproval, timeoutMs, strict, examples, outputSchema } = tool
  if (description !== undefined && typeof description !== 'string') {
    refuse(`${where}.description must be a string`, `${where}.description: строка.`)
  }
  if (execute !== undefined && typeof execute !== 'function') {
    refuse(`${where}.execute must be a function`, `${where}.execute: функция.`)
  }
  if (needsApproval !== undefined && typeof needsApproval !== 'boolean' && typeof needsApproval !== 'function') {
    refuse(
      `${where}.needsApproval must be true, false or a function`,
      `${where}.needsApproval: true, false или функция.`,
    )
  }
  if (strict !== undefined && typeof strict !== 'boolean') {
    refuse(`${where}.strict must be true or false`, `${where}.strict: true или false.`)
  }
  if (examples !== undefined && !isExamples(examples)) {
    refuse(`${where}.examples must be a list of { request, input }`, `${where}.examples: список { request, input }.`)
  }
  checkNumber(`${where}.timeoutMs`, timeoutMs, 1, 2 ** 31 - 1)
  const input = resolveSchema(tool.inputSchema, `${where}.inputSchema`)
  if (input.jsonSchema['type'] !== 'object' && input.jsonSchema['$ref'] === undefined) {
    refuse(
      `${where}.inputSchema must be of type object`,
      `${where}.inputSchema: аргументы инструмента — объект, например z.object({ … }).`,
    )
  }
  const spec: ToolSpec = {
    name,
    inputSchema: input.jsonSchema,
    ...(description !== undefined && { description }),
    ...(strict !== undefined && { strict }),
    ...(examples !== undefined && { examples }),
    ...(outputSchema !== undefined && {
      outputSchema: resolveSchema(outputSchema, `${where}.outputSchema`).jsonSchema,
    }),
  }
  return { spec: Object.freeze(spec), input, tool }
}

function isExamples(examples: unknown): boolean {
  return (
    Array.isArray(examples) &&
    examples.every((one: unknown) => isObject(one) && typeof one['request'] === 'string' && isObject(one['input']))
  )
}

/** @throws ConfigurationError */
export function checkToolChoice(choice: unknown, tools: CheckedTools): ToolChoice {
  if (choice === undefined) return 'auto'
  if (choice === 'auto' || choice === 'none') return choice
  const named = isObject(choice) && typeof choice['tool'] === 'string' ? choice['tool'] : undefined
  if (choice !== 'required' && named === undefined) {
    refuse(
      "toolChoice must be 'auto', 'none', 'required' or { tool: name }",
      typeof choice === 'string' && tools.has(choice)
        ? `Пишите toolChoice: { tool: '${choice}' }.`
        : "toolChoice: 'auto', 'none', 'required' (хотя бы один инструмент) или { tool: 'имя' }.",
    )
  }
  if (isObject(choice)) checkKeys('toolChoice', choice, ['tool'])
  if (tools.size === 0)
    refuse('toolChoice asks for tools, and there are none', 'Добавьте tools или уберите toolChoice.')
  if (named === undefined) return 'required'
  if (!tools.has(named)) {
    refuse(
      `toolChoice names '${named.slice(0, 70)}', which is not among tools`,
      `toolChoice: возьмите имя из tools: ${[...tools.keys()].join(', ')}.`,
    )
  }
  return Object.freeze({ tool: named })
}
