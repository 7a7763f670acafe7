import { randomUUID } from 'node:crypto'
import { complain } from '../complaint.ts'
import type { AskedModel } from '../find-open-ai-model.ts'
import { readImageUrl } from '../read-image-url.ts'
import { isAbsent, readChoice, readList, readObject, readText, type JsonObject } from '../read-values.ts'
import type { TurnImage, TurnMessage } from '../turn.ts'

/** Items of earlier answers that a client sends back and that say nothing to the model here. */
const silentTypes = [
  'reasoning',
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_list_tools',
  'mcp_call',
]

/** Input in the one form that is kept and shown: a list of items, each with an id. @throws Complaint with 400 */
export function readInputItems(value: unknown): JsonObject[] {
  if (typeof value === 'string') {
    return [withId({ type: 'message', role: 'user', content: [{ type: 'input_text', text: value }] })]
  }
  return readList(value, 'input').map((item, index) => {
    const fields = readObject(item, `input[${index}]`)
    return withId({ ...fields, type: fields['type'] ?? 'message' })
  })
}

/** Prefixes of ids by the type of an item, as in OpenAI's own answers. */
const prefixes: Readonly<Record<string, string>> = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'fco',
  reasoning: 'rs',
  web_search_call: 'ws',
  file_search_call: 'fs',
  image_generation_call: 'ig',
  mcp_list_tools: 'mcpl',
}

/** An id for a new item or response, such as `msg_<32 hexadecimal digits>`. */
export function createItemId(type: string): string {
  return `${prefixes[type] ?? type}_${randomUUID().replaceAll('-', '')}`
}

function withId(item: JsonObject): JsonObject {
  const { id, type, ...rest } = item
  return { id: typeof id === 'string' ? id : createItemId(String(type)), type, ...rest }
}

/**
 * The messages of a conversation of items. Results must answer a call of the conversation by its `call_id`.
 *
 * @throws Complaint with 400
 */
export function convertItems(items: readonly JsonObject[], model: AskedModel): TurnMessage[] {
  const calls = new Map<string, string>()
  return items.flatMap((item, index): TurnMessage[] => {
    const where = `input[${index}]`
    const type = readText(item['type'], `${where}.type`)
    if (silentTypes.includes(type)) return []
    switch (type) {
      case 'message':
        return [convertMessage(item, where, model)]
      case 'function_call': {
        const name = readText(item['name'], `${where}.name`)
        calls.set(readText(item['call_id'], `${where}.call_id`), name)
        const text = readText(item['arguments'], `${where}.arguments`)
        return [{ role: 'assistant', text: '', images: [], calls: [{ name, arguments: text }] }]
      }
      case 'function_call_output':
        return [convertResult(item, where, calls)]
      default:
        throw complain(400, `unsupported type of ${where}`, `${where}.type is ${type}`)
    }
  })
}

function convertResult(item: JsonObject, where: string, calls: ReadonlyMap<string, string>): TurnMessage {
  const id = readText(item['call_id'], `${where}.call_id`)
  const toolName = calls.get(id)
  if (toolName === undefined) throw complain(400, `No tool call found for function call output with call_id ${id}.`)
  const { text } = readContent(item['output'], `${where}.output`)
  return { role: 'tool', text, images: [], toolName }
}

function convertMessage(item: JsonObject, where: string, model: AskedModel): TurnMessage {
  const role = readChoice(item['role'], `${where}.role`, ['user', 'assistant', 'system', 'developer'])
  if (role === undefined) throw complain(400, `unknown role in ${where}`)
  const content = readContent(item['content'], `${where}.content`, role === 'user' ? model : undefined)
  const isEmpty = content.text.trim() === '' && content.images.length === 0 && role !== 'assistant'
  if (isEmpty && model.isYandex) throw complain(400, 'empty message text', `${where} is empty`)
  return { role: role === 'developer' ? 'system' : role, ...content }
}

function readContent(
  value: unknown,
  where: string,
  model?: AskedModel,
): { readonly text: string; readonly images: readonly TurnImage[] } {
  if (typeof value === 'string') return { text: value, images: [] }
  const texts: string[] = []
  const images: TurnImage[] = []
  for (const [index, entry] of readList(value, where).entries()) {
    const at = `${where}[${index}]`
    const part = readObject(entry, at)
    const { type } = part
    if (type === 'input_text' || type === 'output_text') {
      texts.push(readText(part['text'], `${at}.text`))
    } else if (type === 'input_image' && model !== undefined && isAbsent(part['file_id'])) {
      images.push(readImageUrl(readText(part['image_url'], `${at}.image_url`), at, model))
    } else if (type !== 'refusal') {
      throw complain(400, `unsupported content part in ${at}`)
    }
  }
  return { text: texts.join('\n'), images }
}
