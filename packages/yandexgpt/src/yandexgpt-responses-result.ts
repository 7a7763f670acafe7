import type { ContentPart, Shape, SourcePart, ToolCallPart, Usage } from '@shlyuz/core'
import { isObject } from './yandexgpt-settings.ts'

/** A response of the Responses API. */
export interface YandexgptResponse {
  /** For `getResponse` and `previousResponseId`, where it was stored. */
  readonly id: string
  /** `completed`, `incomplete`, `failed`, `queued`, `in_progress`, `cancelled`: the service's own word. */
  readonly status: string
  /** Why an answer is `incomplete`: `max_output_tokens`, `content_filter`. */
  readonly incompleteReason?: string
  /** What went wrong, in the service's own words, when it `failed`. */
  readonly error?: { readonly code?: string; readonly message?: string }
  /** All texts of the answer. */
  readonly text: string
  /** Text, reasoning, calls of functions, and where a search found something: in the order of the answer. */
  readonly content: readonly ContentPart[]
  /** The items as the service gave them, with what its own tools did. */
  readonly output: readonly Readonly<Record<string, unknown>>[]
  readonly usage: Usage
  /** The model as the service spelled it. */
  readonly rawModel?: string
}

/** Items of the input of a stored response. */
export interface YandexgptResponseItems {
  /** As the service gave them. */
  readonly items: readonly Readonly<Record<string, unknown>>[]
  readonly hasMore: boolean
  /** For `after` of the next page. */
  readonly lastId?: string
}

/** Source: documentation, "Responses API", createResponse; items are OpenAI's. Errors of status 200 have no id. */
export const responseShape: Shape = (z) =>
  z.looseObject({
    id: z.string().optional(),
    status: z.string().nullish(),
    output: z.array(z.looseObject({ type: z.string().nullish() })).nullish(),
    usage: z.looseObject({}).nullish(),
  })

/** Source: documentation, "Responses API", listInputItems. */
export const itemsShape: Shape = (z) =>
  z.looseObject({ data: z.array(z.looseObject({})), has_more: z.boolean().nullish(), last_id: z.string().nullish() })

type Fields = Readonly<Record<string, unknown>>

/** Reads a response that keeps {@link responseShape}. Items we do not know stay in `output` alone. */
export function readResponse(document: Fields): YandexgptResponse {
  const output = objectsOf(document['output'])
  const content = output.flatMap(readItem)
  const reason = isObject(document['incomplete_details']) ? document['incomplete_details']['reason'] : undefined
  const error = readError(document['error'])
  const { id, status, model } = document
  return {
    id: String(id),
    status: typeof status === 'string' ? status : 'completed',
    ...(typeof reason === 'string' && { incompleteReason: reason }),
    ...(error && { error }),
    text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    content,
    output,
    usage: readUsage(document['usage']),
    ...(typeof model === 'string' && model !== '' && { rawModel: model }),
  }
}

/** Reads a page of items that keeps {@link itemsShape}. */
export function readResponseItems(document: Fields): YandexgptResponseItems {
  const { has_more: hasMore, last_id: lastId } = document
  return {
    items: objectsOf(document['data']),
    hasMore: hasMore === true,
    ...(typeof lastId === 'string' && { lastId }),
  }
}

function readItem(item: Fields): readonly ContentPart[] {
  switch (item['type']) {
    case 'message':
      return objectsOf(item['content']).flatMap(readPart)
    case 'reasoning': {
      const pieces = [...objectsOf(item['content']), ...objectsOf(item['summary'])].map(({ text }) => textOf(text))
      const text = pieces.filter((piece) => piece !== '').join('\n')
      return text === '' ? [] : [{ type: 'reasoning', text }]
    }
    case 'function_call':
      return [readCall(item)]
    default:
      return []
  }
}

function readPart(part: Fields): readonly ContentPart[] {
  const text = textOf(part['text']) || textOf(part['refusal'])
  const sources = objectsOf(part['annotations']).flatMap(readSource)
  return [...(text === '' ? [] : [{ type: 'text', text } as const]), ...sources]
}

/** Where a web search found something; other annotations point into files of the service. */
function readSource({ type, url, title }: Fields): readonly SourcePart[] {
  if (type !== 'url_citation' || typeof url !== 'string' || url === '') return []
  return [{ type: 'source', url, ...(typeof title === 'string' && title !== '' && { title }) }]
}

function readCall(item: Fields): ToolCallPart {
  const text = textOf(item['arguments'])
  const input = text.trim() === '' ? {} : parse(text)
  return {
    type: 'tool-call',
    toolCallId: textOf(item['call_id']),
    toolName: textOf(item['name']),
    ...(isObject(input) ? { input } : { input: undefined, invalidInput: text }),
  }
}

function readError(error: unknown): YandexgptResponse['error'] {
  if (!error) return undefined
  if (typeof error === 'string') return { message: error }
  const { code, message } = isObject(error) ? error : {}
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof message === 'string' && { message }),
  }
}

/** The words of the Responses API differ from those of chat completions. */
function readUsage(usage: unknown): Usage {
  if (!isObject(usage)) return {}
  const input = isObject(usage['input_tokens_details']) ? usage['input_tokens_details'] : {}
  const output = isObject(usage['output_tokens_details']) ? usage['output_tokens_details'] : {}
  const figures = {
    inputTokens: toCount(usage['input_tokens']),
    cachedInputTokens: toCount(input['cached_tokens']),
    outputTokens: toCount(usage['output_tokens']),
    reasoningTokens: toCount(output['reasoning_tokens']),
    totalTokens: toCount(usage['total_tokens']),
  }
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)) as Usage
}

function toCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

function objectsOf(list: unknown): readonly Fields[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
