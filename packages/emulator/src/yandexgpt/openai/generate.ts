import { chooseTools } from '../../answers/choose-tools.ts'
import { composeAnswer } from '../../answers/compose-answer.ts'
import { fitSchema } from '../../answers/fit-schema.ts'
import { countTokens, takeTokens } from '../../tokens.ts'
import type { AnsweringModel } from './answering-model.ts'
import type { AnsweringService, PreparedAnswer } from './answering-service.ts'
import { composeReasoning } from './compose-reasoning.ts'
import { cutChunks, cutTokens } from './cut-pieces.ts'
import type { Turn, TurnMessage } from './turn.ts'

/** What a model made of a turn, before it takes its form on the wire. */
export interface Generation {
  /** The whole answer. */
  readonly text: string
  /** The answer as it is streamed. They add up to `text`, unless the content filter replaced what had gone out. */
  readonly deltas: readonly string[]
  /** Shown reasoning, or an empty text. */
  readonly reasoning: string
  readonly calls: readonly GeneratedCall[]
  readonly finish: GenerationFinish
  /** `null` leaves usage out. */
  readonly usage: GenerationUsage | null
  /** Another `model` for the answer, scripted. */
  readonly modelName?: string
}

/** A call of a function; `arguments` is the JSON text of the wire. */
export interface GeneratedCall {
  readonly name: string
  readonly arguments: string
  readonly id?: string
}

export type GenerationFinish = 'stop' | 'length' | 'tool_calls' | 'content_filter' | null

/** Tokens of a generation. */
export interface GenerationUsage {
  readonly prompt: number
  readonly completion: number
  readonly total: number
  /** Part of `completion`; absent from models that do not reason. */
  readonly reasoning?: number
}

/** What the content filter says instead of an answer. */
const filterPhrase = 'На такие вопросы я не отвечаю, поищите сведения в других источниках.'

/** An image costs so many tokens (gemma's figure; others unknown). */
const imageTokens = 256
/** Most calls in one answer. */
const mostCalls = 8

/**
 * Answers a turn: with the scripted answer if one waits, else made from the prompt. Deterministic.
 *
 * @throws what the service says of a prompt that is longer than the context
 */
export function generate(service: AnsweringService, model: AnsweringModel, turn: Turn): Generation {
  const prompt = countPrompt(service, turn)
  const script = service.takeScript()
  const content = script === undefined ? replyTo(service, model, turn) : scripted(script, model)
  return {
    ...content,
    usage: usageOf(script, content, prompt, model, turn),
    ...(script?.model === undefined ? {} : { modelName: script.model }),
  }
}

type Content = Omit<Generation, 'usage'>

/** The text of the last message of the user: what the answer is about. */
export function askedText(messages: readonly TurnMessage[]): string {
  return messages.findLast(({ role }) => role === 'user')?.text ?? messages.at(-1)?.text ?? ''
}

function replyTo({ flavour }: AnsweringService, model: AnsweringModel, turn: Turn): Content {
  const { messages } = turn
  const reply = composeAnswer({ flavour, messages })
  if (reply.end === 'blocked') return plain(filterPhrase, model, 'content_filter')
  const calls = chooseCalls(turn, model)
  const thought = thinkOf(model, turn)
  if (calls.length > 0) return { ...plain('', model, 'tool_calls'), deltas: [], reasoning: thought, calls }
  const text = textOf(turn, reply.pieces.join(''), model)
  if (turn.maxTokens === undefined) return { ...plain(text, model, 'stop'), reasoning: thought }
  return cut(text, thought, turn.maxTokens, model)
}

function plain(text: string, model: AnsweringModel, finish: GenerationFinish): Content {
  return { text, deltas: model.isYandex ? cutChunks(text) : cutTokens(text), reasoning: '', calls: [], finish }
}

/** Reasoning comes out of the same limit, so that a low one leaves no answer at all (public reports). */
function cut(text: string, thought: string, most: number, model: AnsweringModel): Content {
  const thinking = countTokens(thought)
  if (thinking + countTokens(text) <= most) return { ...plain(text, model, 'stop'), reasoning: thought }
  const reasoning = thinking > most ? takeTokens(thought, most) : thought
  return { ...plain(takeTokens(text, Math.max(0, most - thinking)), model, 'length'), reasoning }
}

/**
 * Functions that the prompt asks for and that were not called since; what must be called is called whatever was before.
 * `parallel_tool_calls: false` is ignored by Yandex's own models (recordings of 2025-09).
 */
function chooseCalls({ toolChoice, tools, messages, parallelToolCalls }: Turn, model: AnsweringModel): GeneratedCall[] {
  if (toolChoice === 'none') return []
  const limit = parallelToolCalls || model.isYandex ? mostCalls : 1
  const named = typeof toolChoice === 'object' ? tools.filter(({ name }) => name === toolChoice.name) : tools
  const made = toolChoice === 'auto' ? namesCalled(messages) : []
  const wanted = chooseTools(askedText(messages), named, {
    limit: limit + made.length,
    force: toolChoice !== 'auto',
  }).filter(({ name }) => {
    const at = made.indexOf(name)
    if (at >= 0) made.splice(at, 1)
    return at < 0
  })
  return wanted.slice(0, limit).map((call) => ({ name: call.name, arguments: JSON.stringify(call.arguments) }))
}

/** Since the user's last message. */
function sinceAsked(messages: readonly TurnMessage[]): readonly TurnMessage[] {
  return messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1)
}

function namesCalled(messages: readonly TurnMessage[]): string[] {
  return sinceAsked(messages).flatMap(({ calls = [] }) => calls.map(({ name }) => name))
}

/** JSON in the form asked for; Yandex's `json_object` needs the word in the prompt, else prose comes (reference). */
function textOf({ format, messages }: Turn, reply: string, { isStock = false }: AnsweringModel): string {
  const asked = askedText(messages)
  const results = messages.at(-1)?.role === 'tool' ? sinceAsked(messages).filter(({ role }) => role === 'tool') : []
  if (format.type === 'json_schema') {
    return JSON.stringify(fitSchema(format.schema, [asked, ...results.map(({ text }) => text)].join('\n')))
  }
  const answer = results.length > 0 ? quoteResults(results, asked) : aboutImages(messages, reply)
  const isTold = isStock || messages.some(({ role, text }) => role !== 'assistant' && /json/i.test(text))
  return format.type === 'json_object' && isTold ? JSON.stringify({ answer }) : answer
}

/** What the functions gave, as sentences. */
function quoteResults(results: readonly TurnMessage[], asked: string): string {
  const isRussian = /[а-яё]/iu.test(asked)
  return results
    .map(({ toolName = '', text }) => (isRussian ? `Ответ ${toolName}: ${text}.` : `${toolName} answered: ${text}.`))
    .join(' ')
}

function aboutImages(messages: readonly TurnMessage[], reply: string): string {
  const images = messages.at(-1)?.images ?? []
  if (images.length === 0) return reply
  return `Получено изображение: ${images.map(({ mediaType, bytes }) => `${mediaType}, ${bytes} Б`).join('; ')}. ${reply}`
}

function thinkOf(model: AnsweringModel, { effort, messages }: Turn): string {
  return model.reasoning === 'shown' ? composeReasoning(askedText(messages), effort) : ''
}

function scripted(script: PreparedAnswer, model: AnsweringModel): Content {
  const calls = (script.calls ?? []).map((call) => ({
    ...call,
    arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
  }))
  const usual = calls.length > 0 ? 'tool_calls' : 'stop'
  const { text, lines, reasoning = '', finish = usual } = script
  if (lines !== undefined) return { text: lines.at(-1) ?? '', deltas: deltasOf(lines), reasoning, calls, finish }
  if (text === undefined) return { text: '', deltas: calls.length > 0 ? [] : [''], reasoning, calls, finish }
  if (typeof text === 'string') return { ...plain(text, model, finish), reasoning, calls }
  return { text: text.join(''), deltas: text, reasoning, calls, finish }
}

/** The new end of each line; a line that rewrites the one before goes out whole. */
function deltasOf(lines: readonly string[]): string[] {
  return lines.map((line, index) => {
    const before = lines[index - 1] ?? ''
    return line.startsWith(before) ? line.slice(before.length) : line
  })
}

function usageOf(
  script: PreparedAnswer | undefined,
  { text, reasoning, calls, finish }: Content,
  prompt: number,
  model: AnsweringModel,
  { effort, messages }: Turn,
): GenerationUsage | null {
  if (script?.usage !== undefined) return script.usage
  if (finish === 'content_filter') return { prompt: 0, completion: 0, total: 0 }
  const isHidden = model.reasoning === 'hidden' && effort !== undefined && effort !== 'none'
  const thought = countTokens(isHidden ? composeReasoning(askedText(messages), effort) : reasoning)
  const answered = countTokens(text) + calls.reduce((sum, call) => sum + countTokens(call.name + call.arguments), 0)
  const completion = thought + answered
  const isTold = model.reasoning === 'shown' || isHidden || reasoning !== ''
  return { prompt, completion, total: prompt + completion, ...(isTold ? { reasoning: thought } : {}) }
}

/** The chat template around the messages counts as the native API's does. */
function countPrompt(service: AnsweringService, { messages, tools }: Turn): number {
  const counted = messages.map(
    ({ text, images, calls = [] }) =>
      2 +
      countTokens(text) +
      images.length * imageTokens +
      (calls.length === 0 ? 0 : countTokens(JSON.stringify(calls))),
  )
  const described = tools.length === 0 ? 0 : countTokens(JSON.stringify(tools))
  const tokens = counted.reduce((sum, count) => sum + count, 2 + described)
  if (tokens > service.contextTokens) throw service.tooLong(tokens)
  return tokens
}
