import type { ModelRef, ProviderFailure, SseDecoder, StreamEnd, StreamPart, Usage } from '@shlyuz/core'
import { convertGigachatUsage } from './convert-gigachat-usage.ts'
import { convertGigachatAnswerError, isGigachatError } from './gigachat-errors.ts'
import { convertAnsweredModel } from './gigachat-models.ts'
import { isObject } from './gigachat-settings.ts'
import { mapGigachatFinishReason } from './map-gigachat-finish-reason.ts'

/**
 * Decodes the events of a v1 chat stream: `data: {json}` without names, then `data: [DONE]`. The last event before
 * it has the finish reason and the usage. Source: `POST /chat/completions` with `stream: true`.
 */
export class GigachatStreamDecoder implements SseDecoder {
  readonly framing = 'sse'
  /** True after the end mark or a failure. */
  done = false
  /** The model that answered, as a catalogue id. */
  modelId: string | undefined
  rawModel: string | undefined
  readonly #asked: ModelRef
  #announced = false
  #rawFinishReason: string | undefined
  #usage: Usage = {}
  #failure: ProviderFailure | undefined

  constructor(asked: ModelRef) {
    this.#asked = asked
  }

  push(_event: string | undefined, data: string, out: StreamPart[]): void {
    if (this.done) return
    if (data === '[DONE]') {
      this.done = true
      return
    }
    const chunk = parseObject(data)
    if (!chunk) return this.#fail(unreadable('an event is not a JSON object'))
    if (isGigachatError(chunk)) return this.#fail(convertGigachatAnswerError(chunk))
    this.#readModel(chunk['model'], out)
    if (chunk['usage'] !== undefined) this.#usage = convertGigachatUsage(chunk['usage'])
    const { choices } = chunk
    if (choices === undefined) return
    if (!Array.isArray(choices)) return this.#fail(unreadable('choices are not a list'))
    const choice: unknown = choices[0]
    if (isObject(choice)) this.#readChoice(choice, out)
  }

  end(): StreamEnd {
    if (this.#failure) return { type: 'failed', failure: this.#failure }
    const raw = this.#rawFinishReason
    // A finish reason without the end mark is the whole answer all the same; without both it was cut.
    if (!this.done && raw === undefined) return { type: 'cut' }
    return {
      type: 'finish',
      finishReason: mapGigachatFinishReason(raw),
      ...(raw !== undefined && { rawFinishReason: raw }),
      usage: this.#usage,
    }
  }

  #readChoice(choice: Readonly<Record<string, unknown>>, out: StreamPart[]): void {
    const { delta, finish_reason: finishReason } = choice
    if (typeof finishReason === 'string') this.#rawFinishReason = finishReason
    if (!isObject(delta)) return
    const { content } = delta
    // A built-in function at work says how long it will take: that is no part of the answer.
    if (delta['role'] === 'function_in_progress' || content === undefined || content === null || content === '') return
    if (typeof content !== 'string') return this.#fail(unreadable('content is not a string'))
    if (!this.#announced) this.#announce({ type: 'response-metadata' }, out)
    out.push({ type: 'text-delta', text: content })
  }

  /** Every event names the model; one that names another than before is announced anew, to be judged. */
  #readModel(model: unknown, out: StreamPart[]): void {
    if (typeof model !== 'string' || model === this.rawModel) return
    const modelId = convertAnsweredModel(model, this.#asked)
    this.rawModel = model
    this.modelId = modelId
    this.#announce({ type: 'response-metadata', ...(modelId !== undefined && { modelId }), rawModel: model }, out)
  }

  #announce(metadata: StreamPart, out: StreamPart[]): void {
    this.#announced = true
    out.push(metadata)
  }

  #fail(failure: ProviderFailure): void {
    this.#failure = failure
    this.done = true
  }
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
