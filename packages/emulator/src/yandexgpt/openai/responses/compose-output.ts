import { randomUUID } from 'node:crypto'
import { drawJpeg } from '../../../answers/draw-jpeg.ts'
import { isObject } from '../../../exchange.ts'
import { askedText, type Generation } from '../generate.ts'
import type { JsonObject } from '../read-values.ts'
import type { TurnMessage } from '../turn.ts'
import { createItemId } from './read-input.ts'
import type { HostedTool, ResponseRequest } from './response-request.ts'

/** Items of an answer: reasoning, what the service's own tools did, calls of functions, a message. All complete. */
export function composeOutput(
  request: ResponseRequest,
  generation: Generation,
  messages: readonly TurnMessage[],
): JsonObject[] {
  const { reasoning, calls } = generation
  const used = calls.length > 0 ? [] : usedTools(request, messages)
  const hosted = used.map((tool) => composeHosted(tool, askedText(messages)))
  const called = calls.map(({ name, arguments: text, id }) =>
    item('function_call', {
      status: 'completed',
      call_id: id ?? `call_${randomUUID().replaceAll('-', '')}`,
      name,
      arguments: text,
    }),
  )
  const isSilent = calls.length > 0 && generation.text === ''
  return [
    ...(reasoning === '' ? [] : [composeReasoningItem(reasoning)]),
    ...hosted,
    ...called,
    ...(isSilent ? [] : [composeMessage(generation, used.some(isSearch) ? askedText(messages) : undefined)]),
  ]
}

function item(type: string, fields: JsonObject): JsonObject {
  return { id: createItemId(type), type, ...fields }
}

/** A search is made for every new question; the other tools are used when they must be, or tell what they offer. */
function usedTools({ hosted, toolChoice, forced }: ResponseRequest, messages: readonly TurnMessage[]): HostedTool[] {
  if (forced !== undefined) return hosted.filter(({ type }) => type === forced)
  if (toolChoice === 'none' || messages.at(-1)?.role === 'tool') return []
  const draws = /нарисуй|картин|изобрази|рисун|draw|picture|image/i.test(askedText(messages))
  return hosted.filter(({ type }) => type !== 'code_interpreter' && (type !== 'image_generation' || draws))
}

function isSearch({ type }: HostedTool): boolean {
  return type === 'web_search'
}

function composeHosted({ type, fields }: HostedTool, query: string): JsonObject {
  switch (type) {
    case 'web_search':
      return item('web_search_call', { status: 'completed', action: { type: 'search', query } })
    case 'file_search':
      return item('file_search_call', { status: 'completed', queries: [query], results: null })
    case 'code_interpreter':
      return item('code_interpreter_call', {
        status: 'completed',
        container_id: createItemId('cntr'),
        code: `print(${JSON.stringify(query)})`,
        outputs: null,
      })
    case 'mcp':
      return item('mcp_list_tools', { server_label: fields['server_label'], tools: [], error: null })
    case 'image_generation':
      return item('image_generation_call', {
        status: 'completed',
        result: Buffer.from(drawJpeg(query)).toString('base64'),
      })
    default:
      return type satisfies never
  }
}

function composeReasoningItem(text: string): JsonObject {
  return item('reasoning', { summary: [], content: [{ type: 'reasoning_text', text }] })
}

/** A message; after a search its last words point to where they were found. */
function composeMessage({ text, finish }: Generation, searched?: string): JsonObject {
  const annotations = searched === undefined || text === '' ? [] : [cite(text, searched)]
  return item('message', {
    status: finish === 'stop' || finish === 'tool_calls' || finish === null ? 'completed' : 'incomplete',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations, logprobs: [] }],
  })
}

/** Places are counted in UTF-16 units, as JavaScript does; which units the service counts in is unconfirmed. */
function cite(text: string, query: string): object {
  const start = Math.max(0, text.lastIndexOf(' ') + 1)
  return {
    type: 'url_citation',
    start_index: start,
    end_index: text.length,
    url: `https://example.ru/search?text=${encodeURIComponent(query.slice(0, 100))}`,
    title: `Найдено по запросу: ${query.slice(0, 60)}`,
  }
}

/** The text of a message item. */
export function textOfMessage(message: JsonObject): string {
  const content: unknown[] = Array.isArray(message['content']) ? message['content'] : []
  return content.map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('')
}
