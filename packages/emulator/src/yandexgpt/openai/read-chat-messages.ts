import type { AnsweringModel } from './answering-model.ts'
import { complain } from './complaint.ts'
import { readImageUrl } from './read-image-url.ts'
import { isAbsent, readList, readObject, readText, type JsonObject } from './read-values.ts'
import type { TurnCall, TurnImage, TurnMessage } from './turn.ts'

const roles = { system: 'system', developer: 'system', user: 'user', assistant: 'assistant', tool: 'tool' } as const

/**
 * Reads the messages of a chat. A result must answer a call of the model's turn before it; from Yandex's own models the
 * id of a call is its function's name, so that two calls may share one, and take a result each.
 *
 * @throws Complaint with 400
 */
export function readChatMessages(value: unknown, model: AnsweringModel): TurnMessage[] {
  const list = readList(value, 'messages')
  if (list.length === 0) throw complain(400, 'messages must not be empty')
  let open: OpenCall[] = []
  return list.map((item, index) => {
    const where = `messages[${index}]`
    const fields = readObject(item, where)
    if (fields['role'] === 'tool') return readResult(fields, where, open)
    open = fields['role'] === 'assistant' ? readCalls(fields['tool_calls'], `${where}.tool_calls`) : []
    return readMessage(fields, where, model, open)
  })
}

interface OpenCall extends TurnCall {
  readonly id: string
}

function readMessage(
  fields: JsonObject,
  where: string,
  model: AnsweringModel,
  calls: readonly OpenCall[],
): TurnMessage {
  const role = roleOf(fields['role'], where)
  const { text, images } = readContent(fields['content'], `${where}.content`, role, model)
  const isEmpty = text.trim() === '' && images.length === 0 && calls.length === 0
  if (isEmpty && model.isYandex) throw complain(400, 'empty message text', `${where} is empty`)
  return { role, text, images, ...(calls.length === 0 ? {} : { calls: [...calls] }) }
}

function roleOf(value: unknown, where: string): TurnMessage['role'] {
  if (typeof value === 'string' && Object.hasOwn(roles, value)) return roles[value as keyof typeof roles]
  throw complain(400, `unknown role in ${where}`, `${where}.role is not one of ${Object.keys(roles).join(', ')}`)
}

function readResult(fields: JsonObject, where: string, open: OpenCall[]): TurnMessage {
  const id = readText(fields['tool_call_id'], `${where}.tool_call_id`)
  const at = open.findIndex((call) => call.id === id)
  const [call] = at < 0 ? [] : open.splice(at, 1)
  if (call === undefined) {
    throw complain(400, `${where}.tool_call_id '${id}' does not answer a call of the preceding assistant message`)
  }
  const { text } = readContent(fields['content'], `${where}.content`, 'tool')
  return { role: 'tool', text, images: [], toolName: call.name }
}

function readCalls(value: unknown, where: string): OpenCall[] {
  if (isAbsent(value)) return []
  return readList(value, where).map((item, index) => {
    const call = readObject(item, `${where}[${index}]`)
    const called = readObject(call['function'], `${where}[${index}].function`)
    return {
      id: readText(call['id'], `${where}[${index}].id`),
      name: readText(called['name'], `${where}[${index}].function.name`),
      arguments: readText(called['arguments'], `${where}[${index}].function.arguments`),
    }
  })
}

interface Content {
  readonly text: string
  readonly images: readonly TurnImage[]
}

/** Only a user's message may hold images, so only there a model is given. */
function readContent(value: unknown, where: string, role: TurnMessage['role'], model?: AnsweringModel): Content {
  if (isAbsent(value) && role === 'assistant') return { text: '', images: [] }
  if (typeof value === 'string') return { text: value, images: [] }
  const texts: string[] = []
  const images: TurnImage[] = []
  for (const [index, item] of readList(value, where).entries()) {
    const part = readObject(item, `${where}[${index}]`)
    if (part['type'] === 'text') {
      texts.push(readText(part['text'], `${where}[${index}].text`))
    } else if (part['type'] === 'image_url' && role === 'user' && model !== undefined) {
      const { url } = readObject(part['image_url'], `${where}[${index}].image_url`)
      images.push(readImageUrl(readText(url, `${where}[${index}].image_url.url`), `${where}[${index}]`, model))
    } else {
      throw complain(400, `unsupported content part in ${where}[${index}]`)
    }
  }
  return { text: texts.join('\n'), images }
}
