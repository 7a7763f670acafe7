import { ConfigurationError } from '../errors/configuration-error.ts'
import { StreamInterruptedError } from '../errors/stream-interrupted-error.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { TextStreamPart } from '../vocabulary/stream-parts.ts'
import type { AnswerSource } from './stream-answer-reader.ts'
import type { GenerateTextResult } from './text-result.ts'

/** Where the parts of a streamed call go. */
export interface StreamOutlet {
  /** Given the answer whose parts come next: it has the text, and is slowed down for a reader who does not keep up. */
  attach(source: AnswerSource): void
  push(part: TextStreamPart): void
}

type Next = IteratorResult<TextStreamPart, undefined>

type Wait = (resolve: (next: Next) => void, reject: (error: unknown) => void) => void

/** Also what is thrown at once comes out of the stream. */
function start<R>(run: (outlet: StreamOutlet) => Promise<R>, outlet: StreamOutlet): Promise<R> {
  try {
    return run(outlet)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** The reader of the parts is told as well: no unhandled rejection. */
function ignore(): void {}

/** Parts and characters that wait for a slow reader before the socket is paused. */
const queueLimit = 1_024
const characterLimit = 256 * 1024

/**
 * A streamed answer. Iterate it once, or await `result` alone; either way errors come out there, and an error
 * nobody looks at is no unhandled rejection. Leaving the loop closes the socket.
 */
export class TextStream<Output = undefined> implements AsyncIterable<TextStreamPart>, StreamOutlet {
  /** Of the step under way. */
  #source: AnswerSource | undefined
  /** What the source had when the stream was over. */
  #text = ''
  #scope: CallScope
  #queue: TextStreamPart[] = []
  #head = 0
  #characters = 0
  /** Of the reader who waits for the next part. */
  #resolve: ((next: Next) => void) | undefined
  #reject: ((error: unknown) => void) | undefined
  #state: 'open' | 'ended' | 'failed' = 'open'
  #error: unknown
  #iterating = false
  #draining = false
  /** The exchange was slowed down. */
  #paused = false
  #dropped = false
  readonly #result: Promise<GenerateTextResult<Output>>
  readonly #onOver: (scope: CallScope) => void

  /** Made by `client.streamText`. @param onOver told when the call is over, before the reader is */
  constructor(
    scope: CallScope,
    run: (outlet: StreamOutlet) => Promise<GenerateTextResult<Output>>,
    onOver: (scope: CallScope) => void,
  ) {
    this.#scope = scope
    this.#onOver = onOver
    this.#result = start(run, this).then(
      (result) => this.#finish(result),
      (error: unknown) => this.#fail(error),
    )
    this.#result.catch(ignore)
  }

  /**
   * The whole answer, when the stream is over. Asking for it without iterating reads the stream to its end in
   * bounded memory.
   */
  get result(): Promise<GenerateTextResult<Output>> {
    this.#draining = true
    this.#relieve()
    return this.#result
  }

  /** The text given out so far, of the step under way. */
  get text(): string {
    return this.#source ? this.#source.text : this.#text
  }

  /** The deltas as plain strings. A `rewrite` cannot be told in it and ends it with a StreamInterruptedError. */
  get textStream(): AsyncIterable<string> {
    // oxlint-disable-next-line typescript/no-this-alias -- a generator has a `this` of its own
    const stream = this
    return {
      async *[Symbol.asyncIterator]() {
        for await (const part of stream) {
          if (part.type === 'text-delta') yield part.text
          if (part.type === 'rewrite') {
            throw new StreamInterruptedError('the service replaced the text it had given; textStream cannot say so', {
              partial: { text: part.text, content: [{ type: 'text', text: part.text }] },
              hint: 'Читайте сам поток: часть rewrite содержит новый текст целиком.',
            })
          }
        }
      },
    }
  }

  /** The text as UTF-8 bytes, for the body of an HTTP response. Cancelling it closes the socket. */
  toReadableStream(): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder()
    const pieces = this.textStream[Symbol.asyncIterator]()
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const next = await pieces.next()
          if (next.done) controller.close()
          else controller.enqueue(encoder.encode(next.value))
        },
        async cancel() {
          await pieces.return?.()
        },
      },
      { highWaterMark: 0 },
    )
  }

  [Symbol.asyncIterator](): AsyncIterator<TextStreamPart, undefined> {
    if (this.#iterating || this.#dropped) {
      throw new ConfigurationError('a text stream is read once', {
        code: 'stream.consumed',
        hint: 'Поток читается один раз: соберите части при первом чтении или возьмите await stream.result.',
      })
    }
    this.#iterating = true
    // Made once: a function for each wait would be garbage for each part.
    const wait: Wait = (resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    }
    return { next: () => this.#next(wait), return: () => this.#leave() }
  }

  /** For core: the answer whose parts come next. */
  attach(source: AnswerSource): void {
    if (this.#state === 'open') this.#source = source
  }

  /** For core: takes a part. */
  push(part: TextStreamPart): void {
    if (this.#state !== 'open') return
    if (part.type === 'step-finish') this.#source = undefined
    this.#deliver(part)
  }

  #deliver(part: TextStreamPart): void {
    const resolve = this.#resolve
    if (resolve) {
      this.#resolve = undefined
      return resolve({ value: part, done: false })
    }
    this.#queue.push(part)
    if (part.type === 'text-delta' || part.type === 'reasoning-delta') this.#characters += part.text.length
    if (this.#queue.length - this.#head <= queueLimit && this.#characters <= characterLimit) return
    if (this.#draining && !this.#iterating) return this.#drop()
    this.#paused = true
    this.#source?.pause()
  }

  #next(wait: Wait): Promise<Next> {
    if (this.#head < this.#queue.length) {
      const value = this.#queue[this.#head++] as TextStreamPart
      if (this.#head === this.#queue.length) this.#emptied()
      return Promise.resolve({ value, done: false })
    }
    if (this.#state === 'ended') return Promise.resolve({ value: undefined, done: true })
    if (this.#state === 'failed') return Promise.reject(this.#error)
    return new Promise(wait)
  }

  #emptied(): void {
    this.#queue = []
    this.#head = 0
    this.#characters = 0
    if (!this.#paused) return
    this.#paused = false
    // Not from here: undici's parser must not run inside another stream's callback.
    queueMicrotask(() => this.#source?.resume())
  }

  /** Whoever awaits the result alone needs no queue. */
  #relieve(): void {
    if (!this.#iterating && this.#queue.length - this.#head > queueLimit) this.#drop()
  }

  #drop(): void {
    this.#dropped = true
    this.#emptied()
  }

  #leave(): Promise<Next> {
    const done = { value: undefined, done: true as const }
    this.#queue = []
    this.#head = 0
    this.#resolve?.(done)
    this.#resolve = undefined
    if (this.#state === 'open') {
      this.#end('ended')
      this.#scope.fail(new DOMException('the reader left the stream', 'AbortError'))
    }
    return Promise.resolve(done)
  }

  #finish(result: GenerateTextResult<Output>): GenerateTextResult<Output> {
    this.#onOver(this.#scope)
    if (this.#state !== 'open') return result
    this.#deliver({ type: 'finish', finishReason: result.finishReason, usage: result.usage })
    this.#end('ended')
    return result
  }

  /** The text outlives its source, which holds much else. */
  #end(state: 'ended' | 'failed'): void {
    this.#text = this.text
    this.#source = undefined
    this.#state = state
  }

  #fail(error: unknown): never {
    this.#onOver(this.#scope)
    if (this.#state === 'open') {
      this.#end('failed')
      this.#error = error
      if (this.#resolve) this.#reject?.(error)
      this.#resolve = undefined
    }
    throw error
  }
}
