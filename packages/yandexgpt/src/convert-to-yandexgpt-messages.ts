import type { CallPart, PartMessage, TextCall, ToolCallPart, ToolResultPart } from '@shlyuz/core'
import { isObject } from './yandexgpt-settings.ts'

/** A message of the native completion: a text, calls of functions, or their results. */
export type YandexgptMessage = YandexgptTextMessage | YandexgptToolCallMessage | YandexgptToolResultMessage

/** A text, by whoever said it. */
export interface YandexgptTextMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
}

/** Calls of functions by the model: without ids, arguments as objects. */
export interface YandexgptToolCallMessage {
  readonly role: 'assistant'
  readonly toolCallList: {
    readonly toolCalls: readonly {
      readonly functionCall: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> }
    }[]
  }
}

/** Results of functions: a turn of the user, matched to the calls by name and order. */
export interface YandexgptToolResultMessage {
  readonly role: 'user'
  readonly toolResultList: {
    readonly toolResults: readonly {
      readonly functionResult: { readonly name: string; readonly content: string }
    }[]
  }
}

/**
 * The conversation as YandexGPT takes it. System messages are joined in the first place, apart by an empty line, as
 * on GigaChat, so that a switch of the provider changes nothing.
 *
 * A message holds either a text or calls: a turn with both becomes two messages. Calls have no ids: the results of a
 * turn go into one message, in the order of its calls, because name and order are all that ties them together.
 * Reasoning stays here: the service takes none.
 * Source: yandex/cloud/ai/foundation_models/v1/text_common.proto, Message; the role of results is that of the
 * service's own client.
 */
export function convertToYandexgptMessages(messages: TextCall['messages']): readonly YandexgptMessage[] {
  const instructions = messages.filter(({ role }) => role === 'system').map(joinText)
  const converted: YandexgptMessage[] =
    instructions.length > 0 ? [{ role: 'system', text: instructions.join('\n\n') }] : []
  let calls: readonly ToolCallPart[] = []
  let results: ToolResultPart[] = []
  const flush = (): void => {
    if (results.length > 0) converted.push(convertResults(results, calls))
    results = []
  }
  for (const message of messages) {
    if (message.role === 'tool') {
      results.push(...message.content.filter(isResult))
      continue
    }
    flush()
    if (message.role === 'user') converted.push({ role: 'user', text: joinText(message) })
    if (message.role !== 'assistant') continue
    calls = message.content.filter(isCall)
    const text = joinText(message)
    // A message without a text is refused by the service, and says nothing beside calls or reasoning.
    if (text !== '') converted.push({ role: 'assistant', text })
    if (calls.length > 0) converted.push(convertCalls(calls))
  }
  flush()
  return converted
}

function convertCalls(calls: readonly ToolCallPart[]): YandexgptToolCallMessage {
  return {
    role: 'assistant',
    toolCallList: {
      toolCalls: calls.map(({ toolName, input }) => ({
        functionCall: { name: toolName, arguments: isObject(input) ? input : {} },
      })),
    },
  }
}

function convertResults(
  results: readonly ToolResultPart[],
  calls: readonly ToolCallPart[],
): YandexgptToolResultMessage {
  const places = new Map(calls.map(({ toolCallId }, at) => [toolCallId, at]))
  const place = ({ toolCallId }: ToolResultPart): number => places.get(toolCallId) ?? calls.length
  return {
    role: 'user',
    toolResultList: {
      toolResults: results
        .toSorted((one, other) => place(one) - place(other))
        .map((result) => ({ functionResult: { name: result.toolName, content: convertOutput(result) } })),
    },
  }
}

/** A text as it is, anything else as JSON. There is no mark for a failure, so the content says that it is one. */
function convertOutput({ output, isError = false }: ToolResultPart): string {
  if (isError) return JSON.stringify({ error: output ?? null })
  // An empty content is refused as an empty message is.
  return typeof output === 'string' && output !== '' ? output : JSON.stringify(output ?? null)
}

function joinText({ content }: PartMessage): string {
  return content
    .filter((part): part is Extract<CallPart, { type: 'text' }> => part.type === 'text')
    .map(({ text }) => text)
    .join('')
}

function isCall(part: CallPart): part is ToolCallPart {
  return part.type === 'tool-call'
}

function isResult(part: CallPart): part is ToolResultPart {
  return part.type === 'tool-result'
}
