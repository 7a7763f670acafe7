import { chooseTools } from '../answers/choose-tools.ts'
import { composeAnswer, cutPieces } from '../answers/compose-answer.ts'
import { fitSchema } from '../answers/fit-schema.ts'
import { parseJson } from '../exchange.ts'
import type { YandexGptScript, YandexGptStatus } from '../script.ts'
import { countTokens, takeTokens } from '../tokens.ts'
import type { CompletionRequest } from './completion-request.ts'
import { encodeSpacedJson, encodeStruct } from './encode-json.ts'
import type { CompletionMessage } from './read-messages.ts'

/** What the model made of a request. */
export interface CompletionContent {
  /** The whole text of each line of a stream. */
  readonly texts: readonly string[]
  /** Calls instead of the last text. */
  readonly calls: readonly EncodedCall[]
  /** Of the last line. */
  readonly status: YandexGptStatus
  /** Tokens of hidden reasoning. */
  readonly reasoningTokens: number
}

/** A call of a function; `arguments` is the JSON text of the wire. */
export interface EncodedCall {
  readonly name: string
  readonly arguments: string
}

/** What the content filter says instead of an answer. */
const filterPhrase = 'На такие вопросы я не отвечаю, поищите сведения в других источниках.'

/** Most calls in one answer. */
const mostCalls = 8

/** Answers a request from its own words: with calls, JSON or prose. Deterministic. */
export function composeCompletion(request: CompletionRequest): CompletionContent {
  const prose = request.messages.filter(({ text }) => text !== '')
  const reply = composeAnswer({ flavour: 'yandexgpt', messages: prose })
  if (reply.end === 'blocked') return content([filterPhrase], 'ALTERNATIVE_STATUS_CONTENT_FILTER')
  const reasoningTokens = request.reasons ? countReasoning(request.messages) : 0
  const calls = callTools(request)
  if (calls.length > 0) return { texts: [], calls, status: 'ALTERNATIVE_STATUS_TOOL_CALLS', reasoningTokens }
  const text = writeText(request, reply.pieces.join(''))
  return { ...cutToLimit(text, request.maxTokens, reasoningTokens), reasoningTokens }
}

/** The content that a test wrote beforehand. */
export function readScript(script: YandexGptScript): CompletionContent {
  const calls = (script.toolCalls ?? []).map((call) => ({ name: call.name, arguments: encodeScripted(call.arguments) }))
  const usual = calls.length > 0 ? 'ALTERNATIVE_STATUS_TOOL_CALLS' : 'ALTERNATIVE_STATUS_FINAL'
  const { text = calls.length > 0 ? [] : '', lines, status = usual } = script
  const texts = lines ?? accumulate(typeof text === 'string' ? [text] : text)
  return { texts, calls, status, reasoningTokens: 0 }
}

function content(texts: readonly string[], status: YandexGptStatus): CompletionContent {
  return { texts, calls: [], status, reasoningTokens: 0 }
}

/** Text that is JSON goes out as it is, so that a test has every digit in hand; other text as a JSON string. */
function encodeScripted(value: Readonly<Record<string, unknown>> | string): string {
  if (typeof value !== 'string') return encodeStruct(value)
  return parseJson(value) === undefined ? JSON.stringify(value) : value
}

/** After results the model speaks, unless it must call. */
function callTools({ messages, tools, choice, parallel }: CompletionRequest): EncodedCall[] {
  const isAuto = choice === 'AUTO'
  if (choice === 'NONE' || (isAuto && messages.at(-1)?.results !== undefined)) return []
  const allowed = typeof choice === 'object' ? tools.filter(({ name }) => name === choice.functionName) : tools
  const chosen = chooseTools(askedText(messages), allowed, { limit: parallel ? mostCalls : 1, force: !isAuto })
  return chosen.map((call) => ({ name: call.name, arguments: encodeStruct(call.arguments) }))
}

function writeText({ messages, format }: CompletionRequest, reply: string): string {
  const results = messages.at(-1)?.results ?? []
  const answer = results.length === 0 ? reply : results.map(({ name, content: got }) => `${name}: ${got}`).join('\n')
  if (format.type === 'text') return answer
  if (format.type === 'json') return encodeSpacedJson({ answer })
  const about = [askedText(messages), ...results.map((result) => result.content)].join('\n')
  return encodeSpacedJson(fitSchema(format.schema, about))
}

/** The last text of the user. */
function askedText(messages: readonly CompletionMessage[]): string {
  const texts = messages.filter(({ text }) => text !== '')
  return (texts.findLast(({ role }) => role === 'user') ?? texts.at(-1))?.text ?? ''
}

/** A model thinks longer than it is asked; the factor is ours. */
function countReasoning(messages: readonly CompletionMessage[]): number {
  return 16 + 3 * countTokens(askedText(messages))
}

/** Reasoning comes out of the same limit, so that a low one leaves no answer at all (public reports). */
function cutToLimit(text: string, limit: number | undefined, reasoningTokens: number): CompletionContent {
  const most = Math.max(0, (limit ?? Number.POSITIVE_INFINITY) - reasoningTokens)
  const isWhole = countTokens(text) <= most
  const kept = isWhole ? text : takeTokens(text, most)
  const status = isWhole ? 'ALTERNATIVE_STATUS_FINAL' : 'ALTERNATIVE_STATUS_TRUNCATED_FINAL'
  return content(accumulate(cutPieces(kept, 'yandexgpt')), status)
}

function accumulate(pieces: readonly string[]): string[] {
  let whole = ''
  return pieces.map((piece) => (whole += piece))
}
