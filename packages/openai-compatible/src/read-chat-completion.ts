import type { ContentPart, ProviderFailure, TextResult, ToolCallPart } from '@shlyuz/core'
import { convertOpenAiUsage } from './convert-openai-usage.ts'
import { mapOpenAiFinishReason } from './map-openai-finish-reason.ts'
import { readOpenAiFailure } from './openai-compatible-errors.ts'
import { isObject } from './openai-compatible-settings.ts'
import { ToolCallCollector } from './tool-call-collector.ts'

/** How the answers of an endpoint are to be read. */
export interface AnswerDialect {
  /** For messages. @default 'the endpoint' */
  readonly service?: string
  /** The catalogue id behind the `model` of an answer; `undefined` when it names none. Default: the word itself. */
  readonly convertModel?: (model: string) => string | undefined
  /** Of several tool calls the first alone is given out: the service does not keep `parallel_tool_calls: false`. */
  readonly firstToolCallOnly?: boolean
  /** The text beside `finish_reason: content_filter` replaces what a stream gave before. @default false */
  readonly filteredTextReplaces?: boolean
  /** What a document with an `error` reports. Default: {@link readOpenAiFailure}. */
  readonly readFailure?: (document: Readonly<Record<string, unknown>>) => ProviderFailure | undefined
}

/**
 * Reads a whole chat completion: `{ model, choices: [{ message, finish_reason }], usage }`. Further choices are not
 * looked at, unknown fields pass. Reasoning stands in `reasoning_content`, or in `reasoning`.
 * Source: the OpenAI API reference, "The chat completion object"; vLLM, documentation of reasoning outputs.
 *
 * @returns a failure for an error that stands in the answer, and for anything else that is no answer
 */
export function readChatCompletion(
  document: unknown,
  dialect: AnswerDialect = {},
): { readonly answer: TextResult } | { readonly failure: ProviderFailure } {
  if (!isObject(document)) return { failure: unreadable('it is not a JSON object', dialect) }
  const reported = readReported(document, dialect)
  if (reported) return { failure: reported }
  const choice: unknown = Array.isArray(document['choices']) ? document['choices'][0] : undefined
  if (!isObject(choice)) return { failure: unreadable('it has no choices', dialect) }
  const message = isObject(choice['message']) ? choice['message'] : {}
  const content: ContentPart[] = []
  const reasoning = readReasoning(message)
  if (reasoning !== '') content.push({ type: 'reasoning', text: reasoning })
  const text = readText(message)
  if (text !== '') content.push({ type: 'text', text })
  const calls = readCalls(message['tool_calls'], dialect)
  if (calls.length > 0) content.push(...calls)
  const raw = readReason(choice)
  const { modelId, rawModel } = readModel(document, dialect)
  const answer: { -readonly [Fact in keyof TextResult]: TextResult[Fact] } = {
    content,
    finishReason: isRefusal(message) ? 'content-filter' : mapOpenAiFinishReason(raw, calls.length > 0),
    usage: convertOpenAiUsage(document['usage']),
  }
  if (raw !== undefined) answer.rawFinishReason = raw
  if (modelId !== undefined) answer.modelId = modelId
  if (rawModel !== undefined) answer.rawModel = rawModel
  return { answer }
}

function readCalls(given: unknown, { firstToolCallOnly = false }: AnswerDialect): readonly ToolCallPart[] {
  if (given === undefined || given === null) return noCalls
  const collector = new ToolCallCollector()
  collector.pushWhole(given)
  const calls = collector.calls()
  return firstToolCallOnly ? calls.slice(0, 1) : calls
}

const noCalls: readonly ToolCallPart[] = Object.freeze([])

/** The model that answered, as it is spelled and as the catalogue has it. */
export function readModel(
  document: Readonly<Record<string, unknown>>,
  { convertModel = (model) => model }: AnswerDialect,
): { readonly modelId?: string; readonly rawModel?: string } {
  const { model } = document
  if (typeof model !== 'string' || model === '') return {}
  const modelId = convertModel(model)
  return modelId === undefined ? { rawModel: model } : { rawModel: model, modelId }
}

/** An error in an answer of status 200, or in an event of a stream; the falsy ones of good answers mean nothing. */
export function readReported(
  document: Readonly<Record<string, unknown>>,
  { service, readFailure }: AnswerDialect,
): ProviderFailure | undefined {
  // vLLM has printed errors without an envelope, marked by their `object`.
  if (!document['error'] && document['object'] !== 'error') return undefined
  return readFailure ? readFailure(document) : readOpenAiFailure(document, service)
}

/** Text of a message or a delta: a string, or a list of text parts. A refusal of the model is its text, too. */
export function readText(message: Readonly<Record<string, unknown>>): string {
  const { content, refusal } = message
  const text = Array.isArray(content)
    ? content.map((part: unknown) => (isObject(part) ? stringOf(part['text']) : '')).join('')
    : stringOf(content)
  return text === '' ? stringOf(refusal) : text
}

/** `refusal` is filled when the model declines; elsewhere it is absent or null. */
export function isRefusal(message: Readonly<Record<string, unknown>>): boolean {
  return stringOf(message['refusal']) !== ''
}

export function readReasoning(message: Readonly<Record<string, unknown>>): string {
  return stringOf(message['reasoning_content']) || stringOf(message['reasoning'])
}

export function readReason(choice: Readonly<Record<string, unknown>>): string | undefined {
  return stringOf(choice['finish_reason']) || undefined
}

/** A document that is neither an answer nor a reported error. */
export function unreadable(why: string, { service = 'the endpoint' }: AnswerDialect): ProviderFailure {
  return {
    kind: 'protocol',
    message: `the answer of ${service} cannot be read: ${why}`,
    hint: 'Ответ не похож на OpenAI-совместимый: проверьте baseUrl (обычно он кончается на /v1) и прокси.',
    isRetryable: false,
  }
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
