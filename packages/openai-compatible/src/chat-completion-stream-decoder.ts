import {
  DeltaTemplate,
  type FinishReason,
  type ProviderFailure,
  type SseDecoder,
  type StreamEnd,
  type StreamPart,
  type Usage,
} from '@shlyuz/core'
import { convertOpenAiUsage } from './convert-openai-usage.ts'
import { mapOpenAiFinishReason } from './map-openai-finish-reason.ts'
import { isObject } from './openai-compatible-settings.ts'
import {
  isRefusal,
  readModel,
  readReason,
  readReasoning,
  readReported,
  readText,
  unreadable,
  type AnswerDialect,
} from './read-chat-completion.ts'
import { ToolCallCollector } from './tool-call-collector.ts'

/**
 * Decodes the stream of a chat completion: events of JSON with deltas, `[DONE]` at the end. The usage may stand in any
 * chunk, in one more without choices, or nowhere. Tool calls come in pieces and are given out whole, when the answer
 * is finished. A stream that ends after a `finish_reason` is whole also without `[DONE]`; any other end is a cut.
 *
 * Source: the OpenAI API reference, "The chat completion chunk object"; what servers of open models do otherwise is
 * told where it is handled.
 */
export class ChatCompletionStreamDecoder implements SseDecoder {
  readonly framing = 'sse'
  /** True after `[DONE]` or a failure. */
  done = false
  /** The model that answered, as a catalogue id, as far as the answer named one. */
  modelId: string | undefined
  /** The same as the service spelled it. */
  rawModel: string | undefined
  readonly #dialect: AnswerDialect
  /** Made for the first piece of a call: most answers have none. */
  #calls: ToolCallCollector | undefined
  /** Of the last event, when it brought a piece of text and nothing else that is new. */
  readonly #template = new DeltaTemplate(readDeltaContent)
  #announced = false
  /** The text given out, where a filter may replace it. */
  #given = ''
  /** Half a character that waits for its other half. */
  #held = ''
  #reason: string | undefined
  #refused = false
  #callsGiven = false
  #usage: Usage = noUsage
  #failure: ProviderFailure | undefined

  constructor(dialect: AnswerDialect = {}) {
    this.#dialect = dialect
  }

  push(_event: string | undefined, data: string, out: StreamPart[]): void {
    if (this.done) return
    const content = this.#template.match(data)
    if (content !== undefined) return this.#giveText(content, out)
    // An event that holds a document is not copied to look at its ends.
    const text = data.startsWith('{') ? data : data.trim()
    if (text === '') return
    if (text === '[DONE]') return this.#finish(out)
    const document = parse(text)
    if (!isObject(document)) return this.#fail(unreadable('an event of the stream is not a JSON object', this.#dialect))
    const reported = readReported(document, this.#dialect)
    if (reported) return this.#fail(reported)
    if (isObject(document['usage'])) this.#usage = convertOpenAiUsage(document['usage'])
    const choice = findChoice(document)
    if (!choice) return
    this.#announce(document, out)
    const delta = readDelta(choice)
    const reason = readReason(choice)
    this.#take(delta, reason, out)
    if (reason === undefined && isPlainText(delta)) this.#template.remember(data, delta.content)
  }

  end(out: StreamPart[]): StreamEnd {
    if (this.#failure) return { type: 'failed', failure: this.#failure }
    if (this.#reason === undefined && !this.done) return { type: 'cut' }
    this.#giveRest(out)
    return {
      type: 'finish',
      finishReason: this.#finishReason(),
      ...(this.#reason !== undefined && { rawFinishReason: this.#reason }),
      usage: this.#usage,
    }
  }

  #take(delta: Readonly<Record<string, unknown>>, reason: string | undefined, out: StreamPart[]): void {
    const reasoning = readReasoning(delta)
    if (reasoning !== '') out.push({ type: 'reasoning-delta', text: reasoning })
    const text = readText(delta)
    if (reason === 'content_filter' && this.#dialect.filteredTextReplaces) this.#replace(text, out)
    else this.#giveText(text, out)
    this.#refused ||= isRefusal(delta)
    if (hasCalls(delta)) (this.#calls ??= new ToolCallCollector()).push(delta['tool_calls'])
    // Arguments may come after the reason: calls are given out at the end.
    this.#reason = reason ?? this.#reason
  }

  #giveText(text: string, out: StreamPart[]): void {
    if (text === '') return
    const whole = this.#held + text
    const fresh = withoutHalf(whole)
    this.#held = whole.slice(fresh.length)
    if (fresh === '') return
    if (this.#dialect.filteredTextReplaces) this.#given += fresh
    out.push({ type: 'text-delta', text: fresh })
  }

  /** A filtered chunk holds the whole text that is to stand; where it only goes on, it is a delta like others. */
  #replace(text: string, out: StreamPart[]): void {
    const given = this.#given + this.#held
    if (text === '') return
    if (text.startsWith(given)) return this.#giveText(text.slice(given.length), out)
    this.#held = ''
    this.#given = text
    out.push({ type: 'rewrite', text })
  }

  #announce(document: Readonly<Record<string, unknown>>, out: StreamPart[]): void {
    // Every event names the model: one that was announced is not looked up again.
    if (this.#announced && document['model'] === this.rawModel) return
    const { modelId, rawModel } = readModel(document, this.#dialect)
    if (this.#announced && (rawModel === undefined || rawModel === this.rawModel)) return
    this.#announced = true
    this.modelId = modelId
    this.rawModel = rawModel
    out.push({
      type: 'response-metadata',
      ...(modelId !== undefined && { modelId }),
      ...(rawModel !== undefined && { rawModel }),
    })
  }

  #finish(out: StreamPart[]): void {
    this.done = true
    if (!this.#announced) return this.#fail(unreadable('the stream ended before it began', this.#dialect))
    this.#giveRest(out)
  }

  /** What was kept back until the answer is known to be whole. */
  #giveRest(out: StreamPart[]): void {
    if (this.#held !== '') out.push({ type: 'text-delta', text: this.#held })
    this.#held = ''
    if (this.#callsGiven || !this.#calls || this.#calls.isEmpty) return
    this.#callsGiven = true
    const calls = this.#calls.calls()
    out.push(...(this.#dialect.firstToolCallOnly ? calls.slice(0, 1) : calls))
  }

  #finishReason(): FinishReason {
    return this.#refused ? 'content-filter' : mapOpenAiFinishReason(this.#reason, this.#calls?.isEmpty === false)
  }

  #fail(failure: ProviderFailure): void {
    this.#failure = failure
    this.done = true
  }
}

function findChoice(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const choice: unknown = Array.isArray(document['choices']) ? document['choices'].find(isFirst) : undefined
  return isObject(choice) ? choice : undefined
}

/** Servers that stream a short answer in one chunk may call the delta a message. */
function readDelta(choice: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const delta = isObject(choice['delta']) ? choice['delta'] : choice['message']
  return isObject(delta) ? delta : {}
}

/** For the template, which asks with a document that was an event with a text. */
function readDeltaContent(document: unknown): unknown {
  const choice = isObject(document) ? findChoice(document) : undefined
  return choice && readDelta(choice)['content']
}

/** True for a delta that says nothing but its text. */
function isPlainText(
  delta: Readonly<Record<string, unknown>>,
): delta is Readonly<Record<string, unknown>> & { readonly content: string } {
  const { content } = delta
  const isText = typeof content === 'string' && content !== ''
  return isText && !hasCalls(delta) && !isRefusal(delta) && readReasoning(delta) === ''
}

function hasCalls(delta: Readonly<Record<string, unknown>>): boolean {
  const calls = delta['tool_calls']
  return Array.isArray(calls) && calls.length > 0
}

const noUsage: Usage = Object.freeze({})

/** Of several choices, asked for by a field of the caller's own, the first is the answer. */
function isFirst(choice: unknown): boolean {
  return isObject(choice) && (choice['index'] === undefined || choice['index'] === 0)
}

/** Half of a surrogate pair at the end waits for its other half: a delta never ends in one. */
function withoutHalf(text: string): string {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
