import { ConnectionError } from '../errors/connection-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { ResponseTooLargeError } from '../errors/response-too-large-error.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import { StreamInterruptedError } from '../errors/stream-interrupted-error.ts'
import type { Decoder, StreamEnd, StreamReply, WireRequest } from '../provider.ts'
import { BodyCollector } from '../transport/body-collector.ts'
import { createFraming, type Framing } from '../transport/framing.ts'
import type { AnswerHeaders, AnswerReader, HttpExchange } from '../transport/http-exchange.ts'
import type { StreamRestorer } from '../policy/masker.ts'
import type { StreamPart } from '../vocabulary/stream-parts.ts'
import type { CallContext } from './call-context.ts'
import { checkAnswerHeaders, errorBodyLimit, readFailure } from './check-answer.ts'
import { ContentBuilder } from './content-builder.ts'
import { restorePart } from './mask-call.ts'
import { createProviderError } from './create-provider-error.ts'
import { StopCutter } from './stop-cutter.ts'
import { strikeEcho } from './strike-echo.ts'

/** Characters of one answer's text, and bytes of its events: above what any model gives. Without an end, memory has one. */
const textLimit = 64 * 1024 * 1024
const eventLimit = 256 * 1024 * 1024

/** An answer on its way. */
export interface AnswerSource {
  /** The text given out so far. */
  readonly text: string
  /** Stops reading from the socket, for a reader who does not keep up. */
  pause(): void
  /** Call from a microtask, see {@link HttpExchange.resume}. */
  resume(): void
}

/** Where the parts of an answer go. */
export interface PartSink {
  /** Given the answer whose parts come next. */
  attach(source: AnswerSource): void
  /** Takes a part, and gives back the one that goes into the answer: a tool call gets its id here. */
  push(part: StreamPart): StreamPart
  readonly stops: readonly string[]
}

/**
 * Reads a streamed answer: bytes, frames, parts, sink, all in one synchronous pass per read. It ends in a whole
 * answer or in an error; a cut is never a short answer.
 */
export class StreamAnswerReader implements AnswerReader, AnswerSource {
  readonly #context: CallContext
  readonly #request: WireRequest
  readonly #decoder: Decoder
  readonly #framing: Framing
  readonly #sink: PartSink
  #cutter: StopCutter
  readonly #resolve: (reply: StreamReply) => void
  readonly #reject: (error: unknown) => void
  readonly #parts: StreamPart[] = []
  readonly #content = new ContentBuilder()
  /** Put masked values back into the text and into what the model thinks. */
  #text: StreamRestorer | undefined
  #reasoning: StreamRestorer | undefined
  #exchange: HttpExchange | undefined
  #errorBody: BodyCollector | undefined
  #status = 0
  #bytes = 0
  #headers: AnswerHeaders = {}
  #settled = false

  constructor(
    context: CallContext,
    request: WireRequest,
    decoder: Decoder,
    sink: PartSink,
    resolve: (reply: StreamReply) => void,
    reject: (error: unknown) => void,
  ) {
    this.#context = context
    this.#request = request
    this.#decoder = decoder
    this.#framing = createFraming(decoder)
    this.#sink = sink
    this.#cutter = createCutter(sink.stops)
    this.#text = this.#createRestorer()
    this.#reasoning = context.restore?.session.createRestorer('text')
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Content of this exchange was given to the caller: from here on nothing is repeated. */
  get contentStarted(): boolean {
    return this.#content.started
  }

  attach(exchange: HttpExchange): void {
    this.#exchange = exchange
    this.#sink.attach(this)
  }

  get text(): string {
    return this.#content.text
  }

  pause(): void {
    this.#exchange?.pause()
  }

  resume(): void {
    this.#exchange?.resume()
  }

  onHeaders(status: number, headers: AnswerHeaders): void {
    this.#status = status
    this.#headers = headers
    checkAnswerHeaders(this.#context, this.#request, status, headers)
    if (status >= 300) this.#errorBody = new BodyCollector(errorBodyLimit, 'cut')
  }

  onData(chunk: Buffer): 'more' | 'done' | 'close' {
    if (this.#errorBody) {
      if (!this.#errorBody.push(chunk)) return 'more'
      this.onEnd()
      return 'close'
    }
    try {
      this.#framing.push(chunk, this.#parts)
    } catch (error) {
      throw asProtocolError(error)
    }
    this.#takeParts()
    // Other framings may repeat the whole text in every line: only what is new in them counts.
    if (this.#decoder.framing === 'sse') this.#bytes += chunk.length
    if (this.#bytes > eventLimit || this.#content.textLength > textLimit) {
      throw new ResponseTooLargeError('the streamed answer is larger than any model gives', {
        hint: 'Поток не похож на ответ модели: проверьте адрес сервиса и прокси.',
      })
    }
    if (this.#cutter.met) {
      this.#settle({ type: 'finish', finishReason: 'stop', usage: {} })
      return 'close'
    }
    if (!this.#decoder.done) return 'more'
    return this.#end() ? 'done' : 'close'
  }

  onEnd(): void {
    if (this.#errorBody) {
      const text = this.#errorBody.bytes().toString('utf8')
      const answer = { status: this.#status, headers: this.#headers, text }
      this.#settled = true
      return this.#reject(createProviderError(readFailure(this.#context, this.#request, answer), this.#headers))
    }
    try {
      this.#endFraming()
      this.#end()
    } catch (error) {
      this.onFailure(error)
    }
  }

  /** The decoder has the last word also on a reset: the end mark may have come before it. */
  onFailure(error: unknown): void {
    if (this.#settled) return
    if (this.#begun && error instanceof ConnectionError && this.#endedBefore()) return
    this.#settled = true
    // Before the headers, or refused by them, there was no stream that could be cut.
    const cutBeforeContent = this.#begun && error instanceof ConnectionError
    if (!ShlyuzError.isInstance(error) || !(cutBeforeContent || this.contentStarted)) return this.#reject(error)
    this.#reject(this.#interrupted(error.message, error))
  }

  /** True when the answer was whole before the connection broke, or the last of it broke a rule. */
  #endedBefore(): boolean {
    try {
      const end = this.#askDecoder()
      if (end.type !== 'finish') return false
      this.#settle(end)
    } catch (error) {
      // The last frame broke a rule: that is the reason, and nobody above could hear it.
      this.onFailure(error)
    }
    return true
  }

  #endFraming(): void {
    try {
      this.#framing.end(this.#parts)
    } catch (error) {
      throw asProtocolError(error)
    }
    this.#takeParts()
  }

  /** Hands on what the decoder made of the bytes, in order. */
  #takeParts(): void {
    for (const part of this.#parts) this.#take(part)
    this.#parts.length = 0
  }

  #take(part: StreamPart): void {
    if (part.type === 'response-metadata') return this.#judgeModel(part.modelId)
    if ((part.type === 'text-delta' || part.type === 'reasoning-delta') && part.text === '') return
    this.#exchange?.contentArrived()
    if (part.type === 'text-delta') {
      this.#giveReasoningRest()
      const text = this.#cutter.push(this.#text ? this.#text.push(part.text) : part.text)
      if (text !== '') this.#give(text === part.text ? part : { type: 'text-delta', text })
    } else if (part.type === 'rewrite') {
      // What was held back belongs to the text that no longer holds.
      this.#cutter = createCutter(this.#sink.stops)
      this.#text = this.#createRestorer()
      this.#give({ type: 'rewrite', text: this.#cutter.push(this.#text ? this.#text.push(part.text) : part.text) })
    } else if (!this.#cutter.met) {
      this.#takeOther(part)
    }
  }

  #takeOther(part: Exclude<StreamPart, { type: 'text-delta' | 'rewrite' | 'response-metadata' }>): void {
    if (part.type === 'tool-progress') return this.#give(part)
    if (part.type === 'reasoning-delta') {
      const text = this.#reasoning ? this.#reasoning.push(part.text) : part.text
      if (text !== '') this.#give(text === part.text ? part : { type: 'reasoning-delta', text })
      return
    }
    // What was held back stands before what follows it.
    this.#giveReasoningRest()
    this.#giveRest()
    const { restore } = this.#context
    this.#give(restore ? restorePart(part, restore.session, restore.isJson) : part)
  }

  #createRestorer(): StreamRestorer | undefined {
    const { restore } = this.#context
    return restore?.session.createRestorer(restore.isJson ? 'json' : 'text')
  }

  #giveReasoningRest(): void {
    const rest = this.#reasoning?.end() ?? ''
    if (rest !== '') this.#give({ type: 'reasoning-delta', text: rest })
  }

  #give(part: StreamPart): void {
    this.#content.push(this.#sink.push(part))
  }

  #giveRest(): void {
    const rest = this.#cutter.push(this.#text?.end() ?? '') + (this.#cutter.met ? '' : this.#cutter.end())
    if (rest !== '') this.#give({ type: 'text-delta', text: rest })
  }

  #judgeModel(answered: string | undefined): void {
    const { model, record } = this.#context
    record.judgeAnswer(model, answered)
  }

  get #begun(): boolean {
    return this.#status > 0 && this.#status < 300
  }

  /** How the stream ended, after what the last frame still held was handed on. */
  #askDecoder(): StreamEnd {
    let end: StreamEnd
    try {
      end = this.#decoder.end(this.#parts)
    } catch (error) {
      throw asProtocolError(error)
    }
    this.#takeParts()
    return end
  }

  /** True when the answer is whole. */
  #end(): boolean {
    const end = this.#askDecoder()
    if (end.type === 'finish') {
      this.#settle(end)
      return true
    }
    this.#settled = true
    if (end.type === 'cut') {
      this.#reject(this.#interrupted('the stream ended without its end mark', undefined))
      return false
    }
    const message = strikeEcho(end.failure.message, this.#request.body)
    const failure = createProviderError({ ...end.failure, message }, this.#headers)
    this.#reject(this.contentStarted ? this.#interrupted(failure.message, failure) : failure)
    return false
  }

  #settle(end: StreamReply['end']): void {
    this.#settled = true
    this.#giveReasoningRest()
    this.#giveRest()
    this.#resolve({ status: this.#status, headers: this.#headers, end, content: this.#content.content() })
  }

  #interrupted(message: string, cause: ShlyuzError | undefined): StreamInterruptedError {
    return new StreamInterruptedError(`the answer was cut: ${message}`, {
      partial: { text: this.#content.text, content: this.#content.partial() },
      isRetryable: cause?.isRetryable ?? true,
      hint: 'Ответ оборвался. Полученная часть — в error.partial.text; повторите запрос или продолжите с неё.',
      ...(cause && { cause }),
    })
  }
}

/** Without stop strings there is nothing to remember: one serves all. */
const noStops = new StopCutter([])

function createCutter(stops: readonly string[]): StopCutter {
  return stops.length === 0 ? noStops : new StopCutter(stops)
}

/** What a framing or a decoder threw, as an error of ours. */
function asProtocolError(error: unknown): ShlyuzError {
  if (ShlyuzError.isInstance(error)) return error
  // A parser's message quotes the text, which may hold the answer: it stays out.
  return new ProtocolError('the stream cannot be decoded', error instanceof SyntaxError ? {} : { cause: error })
}
