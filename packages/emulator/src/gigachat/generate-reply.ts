import { chooseTools, type ChosenTool } from '../answers/choose-tools.ts'
import { blockedPhrase, composeAnswer, cutPieces } from '../answers/compose-answer.ts'
import { parseJson, isObject } from '../exchange.ts'
import type { GigaChatFinishReason } from '../script.ts'
import { countTokens, takeTokens } from '../tokens.ts'
import type { FunctionSpec } from './function-spec.ts'
import { writeFormatted, type ResponseFormat } from './response-format.ts'

/** What the topic filter says instead of an answer. */
export const blacklistPhrase = 'Об этом я говорить не могу. Давайте сменим тему.'

/** A message of a conversation, in the words of both versions of the chat. */
export interface DialogueMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'function'
  readonly text: string
  /** Names of the functions that the message calls. */
  readonly calls?: readonly string[]
  /** Results of functions, as JSON text. */
  readonly results?: readonly { readonly name: string; readonly json: string }[]
}

/** What the model is asked, in the words of both versions of the chat. */
export interface Dialogue {
  readonly messages: readonly DialogueMessage[]
  /** The user's own functions. */
  readonly functions: readonly FunctionSpec[]
  readonly choice: 'none' | 'auto' | { readonly name: string; readonly partialArguments?: object }
  /** Most calls of one answer. */
  readonly callLimit: number
  readonly format?: ResponseFormat
  readonly maxTokens?: number
  readonly thinks: boolean
  readonly isFiltered: boolean
}

/** A call that the model makes. */
export type GeneratedCall = Pick<ChosenTool, 'name' | 'arguments'>

/** What the model answers. */
export interface GeneratedReply {
  readonly pieces: readonly string[]
  readonly finishReason: GigaChatFinishReason
  readonly calls: readonly GeneratedCall[]
  readonly reasoning?: string
}

/**
 * Answers a conversation: the filter first, then calls of functions, then text in the form that is wanted. After the
 * result of a function the text quotes it, unless the prompt asks for further calls. Deterministic.
 */
export function generateReply(dialogue: Dialogue): GeneratedReply {
  const { messages, isFiltered, thinks } = dialogue
  if (isFiltered && messages.some(({ text }) => text.toLowerCase().includes(blockedPhrase))) {
    return { pieces: [blacklistPhrase], finishReason: 'blacklist', calls: [] }
  }
  const prompt = lastPrompt(messages)
  const reasoning = thinks ? { reasoning: think(prompt) } : {}
  const calls = chooseCalls(dialogue, prompt)
  if (calls.length > 0) return { pieces: [], finishReason: 'function_call', calls, ...reasoning }
  return { ...writeText(dialogue, prompt), calls: [], ...reasoning }
}

/** The text of the last message of the user. */
export function lastPrompt(messages: readonly DialogueMessage[]): string {
  return messages.findLast(({ role }) => role === 'user')?.text ?? messages.at(-1)?.text ?? ''
}

/** Calls that the prompt asks for and that were not made since. A forced function is called whatever was before. */
function chooseCalls({ functions, choice, callLimit, messages }: Dialogue, prompt: string): GeneratedCall[] {
  if (choice === 'none' || functions.length === 0) return []
  if (choice !== 'auto') {
    const forced = functions.filter(({ name }) => name === choice.name)
    const calls = chooseTools(prompt, forced, { limit: 1, force: true })
    return calls.map((call) => ({ ...call, arguments: { ...call.arguments, ...choice.partialArguments } }))
  }
  const made = callsOfTurn(messages)
  const wanted = chooseTools(prompt, functions, { limit: callLimit + made.length })
  const left = wanted.filter(({ name }) => {
    const at = made.indexOf(name)
    if (at >= 0) made.splice(at, 1)
    return at < 0
  })
  return left.slice(0, callLimit)
}

function callsOfTurn(messages: readonly DialogueMessage[]): string[] {
  const start = messages.findLastIndex(({ role }) => role === 'user')
  return messages.slice(start + 1).flatMap(({ calls = [] }) => calls)
}

function writeText({ messages, format, maxTokens }: Dialogue, prompt: string): Omit<GeneratedReply, 'calls'> {
  const start = messages.findLastIndex(({ role }) => role === 'user')
  const results =
    messages.at(-1)?.role === 'function' ? messages.slice(start + 1).flatMap((each) => each.results ?? []) : []
  if (format !== undefined) {
    return cut(writeFormatted(format, [prompt, ...results.map(({ json }) => json)].join('\n')), maxTokens)
  }
  if (results.length > 0) return cut(quoteResults(results, prompt), maxTokens)
  const texts = messages.map(({ role, text }) => ({ role, text }))
  const reply = composeAnswer({
    flavour: 'gigachat',
    messages: texts,
    ...(maxTokens === undefined ? {} : { maxTokens }),
  })
  if (reply.end === 'blocked') return cut(prompt, maxTokens)
  return { pieces: reply.pieces, finishReason: reply.end === 'cut' ? 'length' : 'stop' }
}

function cut(text: string, maxTokens: number | undefined): Omit<GeneratedReply, 'calls'> {
  const isCut = maxTokens !== undefined && countTokens(text) > maxTokens
  const kept = isCut ? takeTokens(text, maxTokens) : text
  const pieces = cutPieces(kept, 'gigachat')
  const rest = kept.slice(pieces.join('').length)
  return { pieces: rest === '' ? pieces : [...pieces, rest], finishReason: isCut ? 'length' : 'stop' }
}

/** What the functions gave, as a sentence. */
function quoteResults(results: readonly { readonly name: string; readonly json: string }[], prompt: string): string {
  const isRussian = /[а-яё]/iu.test(prompt)
  return results
    .map(({ name, json }) => {
      const said = flatten(parseJson(json)).join(', ').slice(0, 600) || json.slice(0, 600)
      return isRussian ? `Функция ${name} сообщает: ${said}.` : `The function ${name} says: ${said}.`
    })
    .join(' ')
}

function flatten(value: unknown, path: string = ''): string[] {
  const parts: (readonly [string, unknown])[] = Array.isArray(value)
    ? value.map((part: unknown) => [path, part] as const)
    : isObject(value)
      ? Object.entries(value).map(([key, part]) => [path === '' ? key : `${path}.${key}`, part] as const)
      : []
  if (parts.length > 0) return parts.slice(0, 40).flatMap(([key, part]) => flatten(part, key))
  const said = typeof value === 'string' ? value : JSON.stringify(value)
  return said === undefined ? [] : [path === '' ? said : `${path}: ${said}`]
}

function think(prompt: string): string {
  const flat = prompt.replace(/\s+/g, ' ').trim().slice(0, 160)
  return /[а-яё]/iu.test(prompt)
    ? `Меня просят: «${flat}». Сначала разберу, что дано, затем отвечу словами запроса.`
    : `I am asked: “${flat}”. First I look at what is given, then I answer in the words of the request.`
}
