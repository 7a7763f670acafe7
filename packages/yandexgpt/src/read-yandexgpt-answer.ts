import type { ProviderFailure, ToolCallPart, Usage } from '@shlyuz/core'
import { convertYandexgptUsage } from './convert-yandexgpt-usage.ts'
import { readYandexgptFailure } from './yandexgpt-errors.ts'
import { isObject } from './yandexgpt-settings.ts'

/** What a whole answer of the native completion says. */
export interface YandexgptAnswer extends Omit<YandexgptLine, 'usage'> {
  readonly usage?: Usage
}

/** What one document of the native completion says: a whole answer, or a line of a stream. */
export interface YandexgptLine {
  /** The whole text so far; absent where the document has none, as with tool calls. */
  readonly text?: string
  /** The whole list of calls so far; absent where the document has none. They have no ids. */
  readonly toolCalls?: readonly ToolCallPart[]
  /** The service's word, such as `ALTERNATIVE_STATUS_PARTIAL`. */
  readonly status?: string
  /** As it came: each line has the figures so far, of which the last ones count. */
  readonly usage?: Readonly<Record<string, unknown>>
  /** A date such as `09.02.2025`; empty in filtered answers. */
  readonly modelVersion?: string
}

interface Unread {
  readonly failure: ProviderFailure
}

type ReadAnswer = { readonly answer: YandexgptAnswer } | Unread
type ReadLine = { readonly answer: YandexgptLine } | Unread

/**
 * Reads `{ result: { alternatives: [{ message: { text | toolCallList }, status }], usage, modelVersion } }`. There is
 * one alternative in practice; further ones are not looked at. Unknown fields pass.
 * Source: `POST /foundationModels/v1/completion`, CompletionResponse.
 *
 * @returns a failure for an error that the service reports, and for anything else that is no answer
 */
export function readYandexgptAnswer(document: unknown): ReadAnswer {
  return convertUsage(readYandexgptLine(document))
}

/** The same of a line of a stream. */
export function readYandexgptLine(document: unknown): ReadLine {
  if (!isObject(document)) return unreadable('it is not a JSON object')
  const reported = readYandexgptFailure(document)
  if (reported) return { failure: reported }
  const { result } = document
  return isObject(result) ? readResult(result) : unreadable('it has no result')
}

/** Reads a CompletionResponse without the wrapper `result`: so it stands in an operation that is done. */
export function readYandexgptCompletion(result: Readonly<Record<string, unknown>>): ReadAnswer {
  return convertUsage(readResult(result))
}

function convertUsage(read: ReadLine): ReadAnswer {
  if ('failure' in read) return read
  const { usage, ...answer } = read.answer
  return { answer: { ...answer, ...(usage && { usage: convertYandexgptUsage(usage) }) } }
}

function readResult(result: Readonly<Record<string, unknown>>): ReadLine {
  const alternative: unknown = Array.isArray(result['alternatives']) ? result['alternatives'][0] : undefined
  if (!isObject(alternative)) return unreadable('it has no alternatives')
  const { message = {}, status } = alternative
  if (!isObject(message)) return unreadable('its message is not an object')
  const text = message['text'] ?? undefined
  if (text !== undefined && typeof text !== 'string') return unreadable('its text is not a string')
  const toolCalls = readToolCalls(message['toolCallList'] ?? undefined)
  if (toolCalls === 'unreadable') return unreadable('its tool calls are not a list of calls with names')
  const { usage, modelVersion } = result
  return {
    answer: {
      // A message holds either; an empty text beside calls says nothing of the text before.
      ...(text !== undefined && !(toolCalls && text === '') && { text }),
      ...(toolCalls && { toolCalls }),
      ...(typeof status === 'string' && { status }),
      ...(isObject(usage) && { usage }),
      ...(typeof modelVersion === 'string' && { modelVersion }),
    },
  }
}

/** A document that is neither an answer nor a reported error. */
export function unreadable(why: string): Unread {
  return {
    failure: {
      kind: 'protocol',
      message: `YandexGPT's answer cannot be read: ${why}`,
      hint: 'Ответ не похож на YandexGPT: проверьте baseUrl и прокси между вами и сервисом.',
      isRetryable: false,
    },
  }
}

/**
 * `{ toolCalls: [{ functionCall: { name, arguments } }] }`. The arguments are an object, in which whole numbers come
 * as `5.0`: the parser of JSON makes 5 of that. What is no object stays as text, for a repair.
 */
function readToolCalls(list: unknown): readonly ToolCallPart[] | 'unreadable' | undefined {
  if (list === undefined) return undefined
  const calls = isObject(list) ? (list['toolCalls'] ?? []) : undefined
  if (!Array.isArray(calls)) return 'unreadable'
  const parts: ToolCallPart[] = []
  for (const call of calls as unknown[]) {
    const given = isObject(call) ? call['functionCall'] : undefined
    if (!isObject(given) || typeof given['name'] !== 'string') return 'unreadable'
    const { name: toolName, arguments: input = {} } = given
    const part = { type: 'tool-call', toolCallId: '', toolName } as const
    // Protocol buffers leave out an empty object.
    if (isObject(input) || input === null) parts.push({ ...part, input: input ?? {} })
    else parts.push({ ...part, input: undefined, invalidInput: toText(input) })
  }
  return parts
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
