import type { ChoosableTool } from '../../answers/choose-tools.ts'
import { complain } from './complaint.ts'
import { isAbsent, readFlag, readObject, readText, type JsonObject } from './read-values.ts'
import type { ToolChoice } from './turn.ts'

const nameForm = /^[\w-]{1,64}$/

/** A function from its fields, wherever an API keeps them. @throws Complaint with 400 */
export function readFunction(fields: JsonObject, where: string): ChoosableTool {
  const name = readName(fields['name'], `${where}.name`)
  const description = isAbsent(fields['description']) ? '' : readText(fields['description'], `${where}.description`)
  readFlag(fields['strict'], `${where}.strict`)
  const parameters = isAbsent(fields['parameters'])
    ? { type: 'object', properties: {} }
    : readObject(fields['parameters'], `${where}.parameters`)
  return { name, description, parameters }
}

/** A name of a function or of a format: letters, digits, underscores and dashes, at most 64. @throws Complaint */
export function readName(value: unknown, where: string): string {
  const name = readText(value, where)
  if (!nameForm.test(name)) throw complain(400, `invalid value for field ${where}`, `${where} is not a name: ${name}`)
  return name
}

/**
 * `auto`, `none`, `required` or a named function, whose name `nameOf` finds in the object of the API.
 *
 * @throws Complaint with 400, also for a function that is not among the tools
 */
export function readToolChoice(
  value: unknown,
  tools: readonly ChoosableTool[],
  nameOf: (fields: JsonObject) => unknown,
): ToolChoice {
  if (isAbsent(value)) return 'auto'
  if (value === 'auto' || value === 'none') return value
  if (value === 'required') {
    if (tools.length === 0) throw complain(400, 'tool_choice is required but no tools are given')
    return value
  }
  const name = readText(nameOf(readObject(value, 'tool_choice')), 'tool_choice.function.name')
  if (!tools.some((tool) => tool.name === name)) throw complain(400, `tool_choice names an unknown function ${name}`)
  return { name }
}
