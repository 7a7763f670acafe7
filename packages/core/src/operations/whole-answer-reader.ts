import { ConnectionError } from '../errors/connection-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { Effect, Reply, WireRequest } from '../provider.ts'
import { BodyCollector } from '../transport/body-collector.ts'
import type { AnswerHeaders, AnswerReader } from '../transport/http-exchange.ts'
import type { CallContext } from './call-context.ts'
import { checkAnswerHeaders, errorBodyLimit, readFailure } from './check-answer.ts'
import { createProviderError } from './create-provider-error.ts'

/** Bytes of a whole answer; a text answer is far below, a downloaded file has its own way. */
const bodyLimit = 64 * 1024 * 1024

const noHeaders: AnswerHeaders = Object.freeze({})

type Read = Extract<Effect, { do: 'exchange' }>['read']

/** Reads an answer that comes in one piece. */
export class WholeAnswerReader implements AnswerReader {
  readonly #context: CallContext
  readonly #request: WireRequest
  readonly #kind: Read
  readonly #resolve: (reply: Reply) => void
  readonly #reject: (error: unknown) => void
  #status = 0
  #headers = noHeaders
  #body = new BodyCollector(bodyLimit, 'refuse')

  constructor(
    context: CallContext,
    request: WireRequest,
    read: Read,
    resolve: (reply: Reply) => void,
    reject: (error: unknown) => void,
  ) {
    this.#context = context
    this.#request = request
    this.#kind = read
    this.#resolve = resolve
    this.#reject = reject
  }

  onHeaders(status: number, headers: AnswerHeaders): void {
    this.#status = status
    this.#headers = headers
    checkAnswerHeaders(this.#context, this.#request, status, headers)
    if (status >= 300) this.#body = new BodyCollector(errorBodyLimit, 'cut')
  }

  onData(chunk: Buffer): 'more' | 'close' {
    if (!this.#body.push(chunk)) return 'more'
    this.onEnd()
    return 'close'
  }

  /** Everything of the answer is there. */
  onEnd(): void {
    if (this.#context.scope.wheel.isBusy) readTogether(this)
    else this.read()
  }

  /** Ends the attempt, with the reply or with an error. */
  read(): void {
    try {
      this.#read()
    } catch (error) {
      this.#reject(error)
    }
  }

  #read(): void {
    const bytes = this.#body.bytes()
    const answer = { status: this.#status, headers: this.#headers }
    if (this.#status >= 300) {
      const failure = readFailure(this.#context, this.#request, { ...answer, text: bytes.toString('utf8') })
      return this.#reject(createProviderError(failure, this.#headers))
    }
    this.#resolve({ ...answer, body: convertBody(bytes, this.#kind) })
  }

  onFailure(error: unknown): void {
    // Half an answer is no answer; the same request may well succeed.
    if (this.#status > 0 && this.#status < 300 && error instanceof ConnectionError) {
      return this.#reject(
        new ProtocolError(`the answer was cut after ${this.#body.size} bytes`, {
          code: 'response.cut',
          isRetryable: true,
          hint: 'Ответ оборвался: повтор обычно помогает.',
          cause: error,
        }),
      )
    }
    this.#reject(error)
  }
}

/** Answers that came in this turn of the event loop. */
let arrived: WholeAnswerReader[] = []

/**
 * Answers that come together are read together, one turn after the socket. What a call does until its next request is
 * some hundred functions, which do not stay in the caches of a core while the kernel, Node and undici run between two
 * answers: with 64 calls at once, one step after the other for all of them takes half the CPU.
 */
function readTogether(reader: WholeAnswerReader): void {
  if (arrived.push(reader) === 1) setImmediate(readArrived)
}

function readArrived(): void {
  const readers = arrived
  arrived = []
  for (const reader of readers) reader.read()
}

function convertBody(bytes: Buffer, read: Read): unknown {
  if (read === 'bytes') return new Uint8Array(bytes)
  const text = bytes.toString('utf8')
  if (read === 'text') return text
  if (text.trim() === '') {
    throw new ProtocolError('the answer is empty', {
      isRetryable: true,
      hint: 'Сервис прислал пустой ответ: повтор обычно помогает.',
    })
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The parser's message quotes the text, which may hold the answer: it stays out.
    throw new ProtocolError('the answer is not valid JSON', {
      isRetryable: true,
      hint: 'Ответ не разобрать как JSON: проверьте адрес сервиса и прокси; повтор может помочь.',
    })
  }
}
