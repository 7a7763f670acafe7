import {
  DeltaTemplate,
  type ModelRef,
  type ProviderFailure,
  type SseDecoder,
  type StreamEnd,
  type StreamPart,
  type Usage,
} from '@shlyuz/core'
import { convertGigachatUsage } from './convert-gigachat-usage.ts'
import { FileTagReader } from './file-tag-reader.ts'
import { convertGigachatAnswerError, isGigachatError } from './gigachat-errors.ts'
import { convertAnsweredModel } from './gigachat-models.ts'
import { isObject } from './gigachat-settings.ts'
import { mapGigachatFinishReason } from './map-gigachat-finish-reason.ts'
import { readCall } from './read-gigachat-answer.ts'

/** A function call that may still grow. */
interface PendingCall {
  readonly name: string
  /** An object as it came, or the pieces of a text. */
  input: unknown
}

/**
 * Decodes the events of a v1 chat stream: `data: {json}` without names, then `data: [DONE]`. The last event before
 * it has the finish reason and the usage. A function call comes whole in one event; pieces are put together all the
 * same. Source: `POST /v1/chat/completions` with `stream: true`.
 */
export class GigachatStreamDecoder implements SseDecoder {
  readonly framing = 'sse'
  /** True after the end mark or a failure. */
  done = false
  /** The model that answered, as a catalogue id. */
  modelId: string | undefined
  rawModel: string | undefined
  readonly #asked: ModelRef
  readonly #tags: FileTagReader
  /** Of the last event, when it brought a piece of text and nothing else that is new. */
  readonly #template = new DeltaTemplate(readContent)
  #announced = false
  #call: PendingCall | undefined
  #hasCall = false
  /** Belongs to the turn: it may come before the call, with it, or after it. */
  #stateId: unknown
  #rawFinishReason: string | undefined
  #usage: Usage = {}
  #failure: ProviderFailure | undefined

  /** `providerName`: whose the files are that the service makes. */
  constructor(asked: ModelRef, providerName: string) {
    this.#asked = asked
    this.#tags = new FileTagReader(providerName)
  }

  push(_event: string | undefined, data: string, out: StreamPart[]): void {
    if (this.done) return
    if (data === '[DONE]') {
      this.done = true
      this.#release(out)
      return
    }
    const content = this.#template.match(data)
    if (content !== undefined) return this.#tags.push(content, out)
    const chunk = parseObject(data)
    if (!chunk) return this.#fail(unreadable('an event is not a JSON object'))
    if (isGigachatError(chunk)) return this.#fail(convertGigachatAnswerError(chunk))
    this.#readModel(chunk['model'], out)
    if (chunk['usage'] !== undefined) this.#usage = convertGigachatUsage(chunk['usage'])
    const { choices } = chunk
    if (choices === undefined) return
    if (!Array.isArray(choices)) return this.#fail(unreadable('choices are not a list'))
    const choice: unknown = choices[0]
    if (!isObject(choice)) return
    this.#readChoice(choice, out)
    if (isPlainText(choice)) this.#template.remember(data, choice.delta.content)
  }

  end(out: StreamPart[]): StreamEnd {
    if (this.#failure) return { type: 'failed', failure: this.#failure }
    const raw = this.#rawFinishReason
    // A finish reason without the end mark is the whole answer all the same; without both it was cut.
    if (!this.done && raw === undefined) return { type: 'cut' }
    this.#release(out)
    return {
      type: 'finish',
      finishReason: mapGigachatFinishReason(raw, this.#hasCall),
      ...(raw !== undefined && { rawFinishReason: raw }),
      usage: this.#usage,
    }
  }

  #readChoice(choice: Readonly<Record<string, unknown>>, out: StreamPart[]): void {
    const { delta, finish_reason: finishReason } = choice
    if (isObject(delta)) this.#readDelta(delta, out)
    if (typeof finishReason !== 'string' || this.done) return
    this.#rawFinishReason = finishReason
    this.#release(out)
  }

  #readDelta(delta: Readonly<Record<string, unknown>>, out: StreamPart[]): void {
    const { role, content, reasoning_content: thought, functions_state_id: stateId, function_call: call } = delta
    // A built-in function at work says how long it will take: that is no part of the answer.
    if (role === 'function_in_progress') return this.#readProgress(delta, out)
    if (content !== undefined && content !== null && typeof content !== 'string') {
      return this.#fail(unreadable('content is not a string'))
    }
    if (typeof thought === 'string' && thought !== '') {
      this.#announceOnce(out)
      out.push({ type: 'reasoning-delta', text: thought })
    }
    if (content) {
      this.#announceOnce(out)
      this.#tags.push(content, out)
    }
    if (stateId !== undefined && stateId !== null) this.#stateId = stateId
    if (isObject(call)) this.#readCall(call, out)
  }

  #readProgress({ name, content }: Readonly<Record<string, unknown>>, out: StreamPart[]): void {
    if (typeof name !== 'string' || name === '') return
    this.#announceOnce(out)
    const message = typeof content === 'string' && content !== '' ? content : undefined
    out.push({ type: 'tool-progress', toolName: name, state: 'running', ...(message !== undefined && { message }) })
  }

  #readCall(call: Readonly<Record<string, unknown>>, out: StreamPart[]): void {
    const { name, arguments: input } = call
    const pending = this.#call
    const isNext = typeof name === 'string' && name !== '' && pending !== undefined && pending.name !== name
    if (!pending || isNext) {
      if (typeof name !== 'string' || name === '') return this.#fail(unreadable('a function call has no name'))
      this.#releaseCall(out)
      this.#call = { name, input }
    } else if (typeof input === 'string' && typeof pending.input === 'string') {
      pending.input += input
    } else if (input !== undefined && input !== null) pending.input = input
  }

  /** Gives out what waited for more to come. */
  #release(out: StreamPart[]): void {
    this.#tags.end(out)
    this.#releaseCall(out)
  }

  #releaseCall(out: StreamPart[]): void {
    if (!this.#call) return
    this.#announceOnce(out)
    out.push(readCall(this.#call.name, this.#call.input, this.#stateId))
    this.#call = undefined
    this.#hasCall = true
  }

  /** Every event names the model; one that names another than before is announced anew, to be judged. */
  #readModel(model: unknown, out: StreamPart[]): void {
    if (typeof model !== 'string' || model === this.rawModel) return
    const modelId = convertAnsweredModel(model, this.#asked)
    this.rawModel = model
    this.modelId = modelId
    this.#announced = true
    out.push({ type: 'response-metadata', ...(modelId !== undefined && { modelId }), rawModel: model })
  }

  #announceOnce(out: StreamPart[]): void {
    if (this.#announced) return
    this.#announced = true
    out.push({ type: 'response-metadata' })
  }

  #fail(failure: ProviderFailure): void {
    this.#failure = failure
    this.done = true
  }
}

/** A choice that says nothing but a piece of text. */
interface PlainText {
  readonly delta: { readonly content: string }
}

function isPlainText(
  choice: Readonly<Record<string, unknown>>,
): choice is Readonly<Record<string, unknown>> & PlainText {
  const { delta, finish_reason: finishReason } = choice
  if (!isObject(delta) || typeof finishReason === 'string') return false
  const { role, content, reasoning_content: thought, function_call: call } = delta
  const saysMore = role === 'function_in_progress' || (typeof thought === 'string' && thought !== '') || isObject(call)
  return typeof content === 'string' && content !== '' && !saysMore
}

/** For the template, which asks with a document that was an event with a text. */
function readContent(document: unknown): unknown {
  const choices: unknown = isObject(document) ? document['choices'] : undefined
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  return isObject(choice) && isObject(choice['delta']) ? choice['delta']['content'] : undefined
}

function parseObject(data: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function unreadable(what: string): ProviderFailure {
  return {
    kind: 'protocol',
    message: `GigaChat's stream cannot be read: ${what}`,
    hint: 'Поток испорчен по дороге: проверьте прокси между вами и GigaChat; повтор может помочь.',
    isRetryable: false,
  }
}
