import { isObject } from '../exchange.ts'
import { isAbsent, readFields, readList, readName, readOneOf, readString, type Fields } from './fields.ts'
import { refuse } from './refusals.ts'

/** A call of a function; the service has no ids for it. */
export interface FunctionCall {
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
}

/** What a function gave. */
export interface FunctionResult {
  readonly name: string
  readonly content: string
}

/** A message, with its types checked. */
export interface CompletionMessage {
  readonly role: 'system' | 'user' | 'assistant'
  /** Empty when the message carries calls or results. */
  readonly text: string
  readonly calls?: readonly FunctionCall[]
  readonly results?: readonly FunctionResult[]
}

const roles = ['system', 'user', 'assistant'] as const

/**
 * Reads and checks the messages of a completion: each with a text that is not empty, with calls (role `assistant`), or
 * with results (role `user` as the official client sends them, `assistant` as other clients do). Results must answer
 * calls that stand directly before them, by name, each once; the service has no ids to go by. Calls without a result
 * are taken: no source says otherwise. Apart from `empty message text`, the texts of the refusals are ours.
 *
 * @throws Refusal with 400
 */
export function readMessages(value: unknown): CompletionMessage[] {
  const list = readList(value, 'messages')
  if (list.length === 0) throw refuse(400, 'messages must not be empty')
  const messages = list.map((message, index) => readMessage(message, `messages[${index}]`))
  checkResults(messages)
  return messages
}

function readMessage(message: unknown, where: string): CompletionMessage {
  const fields = readFields(message, where)
  const role = roles.find((known) => known === fields['role'])
  if (role === undefined) {
    throw refuse(400, `unknown role in ${where}`, `${where}.role is not one of ${roles.join(', ')}`)
  }
  const content = readOneOf(fields, ['text', 'toolCallList', 'toolResultList'], where)
  if (content === 'toolCallList') return { role, text: '', calls: readCalls(fields, role, `${where}.toolCallList`) }
  if (content === 'toolResultList') {
    return { role, text: '', results: readResults(fields, role, `${where}.toolResultList`) }
  }
  const text = content === undefined ? '' : readString(fields['text'], `${where}.text`)
  if (text.trim() === '') throw refuse(400, 'empty message text')
  return { role, text }
}

function readCalls(fields: Fields, role: CompletionMessage['role'], where: string): FunctionCall[] {
  if (role !== 'assistant') throw refuse(400, `tool calls in a message of the ${role}`, `${where} with role ${role}`)
  return readItems(fields['toolCallList'], 'toolCalls', 'functionCall', where, (call, place) => ({
    name: readName(call['name'], `${place}.name`),
    arguments: readArguments(call['arguments'], `${place}.arguments`),
  }))
}

/** A google.protobuf.Struct: an object, not its text. */
function readArguments(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (isAbsent(value)) return {}
  if (isObject(value)) return value
  throw refuse(400, `invalid value for field ${where}`, `${where} is not an object`)
}

function readResults(fields: Fields, role: CompletionMessage['role'], where: string): FunctionResult[] {
  if (role === 'system') throw refuse(400, 'tool results in a message of the system', `${where} with role system`)
  return readItems(fields['toolResultList'], 'toolResults', 'functionResult', where, (result, place) => ({
    name: readName(result['name'], `${place}.name`),
    content: isAbsent(result['content']) ? '' : readString(result['content'], `${place}.content`),
  }))
}

/** The items of `{<listName>: [{<itemName>: {…}}]}`. */
function readItems<Item>(
  value: unknown,
  listName: string,
  itemName: string,
  where: string,
  read: (fields: Fields, place: string) => Item,
): Item[] {
  const items = readList(readFields(value, where)[listName], `${where}.${listName}`)
  if (items.length === 0) throw refuse(400, `${where}.${listName} must not be empty`)
  return items.map((item, index) => {
    const place = `${where}.${listName}[${index}]`
    return read(readFields(readFields(item, place)[itemName], `${place}.${itemName}`), `${place}.${itemName}`)
  })
}

function checkResults(messages: readonly CompletionMessage[]): void {
  let open: string[] = []
  for (const { calls, results } of messages) {
    for (const { name } of results ?? []) {
      const at = open.indexOf(name)
      if (at === -1) throw refuse(400, `tool result without a tool call: ${name}`)
      open.splice(at, 1)
    }
    if (results === undefined) open = (calls ?? []).map(({ name }) => name)
  }
}
