import type { IncomingHttpHeaders } from 'node:http'
import type { Client, Dispatcher } from 'undici'
import { ConnectionError } from '../errors/connection-error.ts'
import { TimeoutError, type TimeoutPhase } from '../errors/timeout-error.ts'
import type { Cancellable, CallScope } from './call-scope.ts'
import { convertConnectionFailure } from './connection-failure.ts'
import type { WheelEntry } from './deadline-wheel.ts'
import type { PendingConnections } from './pending-connections.ts'
import type { OriginPool } from './pools.ts'

/** Limits of one attempt, in ms. */
export interface ExchangeLimits {
  readonly connectMs: number
  readonly headersMs: number
  readonly firstContentMs: number
  readonly idleMs: number
  readonly attemptMs: number
}

export type AnswerHeaders = Readonly<Record<string, string>>

/** Who reads an answer. What `onHeaders` and `onData` throw ends the exchange and closes the socket. */
export interface AnswerReader {
  onHeaders(status: number, headers: AnswerHeaders): void
  /** `'done'`: the answer is complete, what follows is not wanted. `'close'`: the same, and the socket goes. */
  onData(chunk: Buffer): 'more' | 'done' | 'close'
  onEnd(): void
  onFailure(error: unknown): void
}

/** Who is told that an answer that is no failure begins. */
export interface AnswerWatcher {
  answerBegan(): void
}

/** How long the end of the body may take after the answer's own end mark; then the socket is not kept. */
const tailMs = 1_000

type Phase = Exclude<TimeoutPhase, 'total' | 'attempt'> | 'paused' | 'tail'

/**
 * One request and its answer: undici's handler, the entry in the deadline wheel, and what the call's scope cancels,
 * in one object. Everything is synchronous from the socket to the reader.
 */
export class HttpExchange implements Dispatcher.DispatchHandler, WheelEntry, Cancellable {
  wheelIndex = -1
  /** The connection was there and the request was about to be written. */
  sent = false
  /** Headers of the answer came. */
  answered = false
  watcher: AnswerWatcher | undefined
  #over = false
  #failure: unknown
  #controller: Dispatcher.DispatchController | undefined
  #pool: OriginPool | undefined
  /** The connection, until it is free again. */
  #client: Client | undefined
  /** Connections that the pool had opened before. */
  #openedBefore = 0
  /** Until there is a connection. */
  #pending: PendingConnections | undefined
  #phase: Phase = 'connect'
  #phaseAt = performance.now()
  #contentAt = 0
  readonly #startedAt = this.#phaseAt
  readonly #scope: CallScope
  readonly #limits: ExchangeLimits
  readonly #reader: AnswerReader
  readonly #origin: string

  constructor(scope: CallScope, limits: ExchangeLimits, reader: AnswerReader, origin: string) {
    this.#scope = scope
    this.#limits = limits
    this.#reader = reader
    this.#origin = origin
  }

  start(pool: OriginPool, client: Client): void {
    this.#pool = pool
    this.#client = client
    this.#openedBefore = pool.opened()
    this.#pending = pool.pending
    this.#pending.wait()
    this.#scope.wheel.add(this)
    this.#scope.add(this)
  }

  /** The request went out over a connection that had been kept: none was opened since. */
  get wasKeptAlive(): boolean {
    return this.#pool?.opened() === this.#openedBefore
  }

  /** Content came: from now on the idle limit holds, and the gap between contents is bounded. */
  contentArrived(): void {
    this.#contentAt = this.#scope.wheel.now
    if (this.#phase === 'first-content') this.#enter('idle')
  }

  /** Stops reading from the socket, for a reader who does not keep up. */
  pause(): void {
    if (this.#over || this.#phase === 'paused' || !this.#controller) return
    this.#phase = 'paused'
    this.#controller.pause()
  }

  /** Call from a microtask: undici's parser runs at once, and must not run inside another one's callback. */
  resume(): void {
    if (this.#over || this.#phase !== 'paused') return
    this.#enter('idle')
    this.#contentAt = this.#scope.wheel.now
    this.#controller?.resume()
  }

  tick(now: number): void {
    if (this.#phase === 'tail') {
      if (now - this.#phaseAt > tailMs) this.#close(new Error('the body did not end'))
      return
    }
    if (now - this.#startedAt > this.#limits.attemptMs) return this.#timeout('attempt', this.#limits.attemptMs)
    if (this.#phase === 'paused') return
    const limit = this.#limits[limitOf[this.#phase]]
    if (now - this.#phaseAt > limit) return this.#timeout(this.#phase, limit)
    const { firstContentMs } = this.#limits
    if (this.#phase === 'idle' && this.#contentAt > 0 && now - this.#contentAt > firstContentMs) {
      this.#timeout('first-content', firstContentMs)
    }
  }

  /** While the machine slept nothing came: that silence counts. A peer has usually given the connection up by then. */
  wake(sleptMs: number): void {
    this.#phaseAt -= sleptMs
    if (this.#contentAt > 0) this.#contentAt -= sleptMs
  }

  /** Ends the exchange with an error of ours; the socket is closed. */
  fail(error: unknown): void {
    if (this.#over) return
    this.#failure = error
    this.#finish()
    this.#close(error)
    this.#reader.onFailure(error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Throwing takes the request out of the pool's queue and leaves the connection alone; abort would close it.
    if (this.#over) throw this.#failure instanceof Error ? this.#failure : new Error('the call is over')
    this.#controller = controller
    this.#leavePending()
    this.sent = true
    this.#enter('headers')
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#over) return
    // Views of the first read, which they would keep alive for as long as the stream lasts.
    controller.rawHeaders = null
    this.answered = true
    this.#reader.onHeaders(status, joinRepeated(headers))
    if (status < 300) this.watcher?.answerBegan()
    this.#enter('first-content')
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return
    this.#scope.wheel.notice()
    if (this.#phase === 'idle') this.#phaseAt = this.#scope.wheel.now
    const wish = this.#reader.onData(chunk)
    if (wish === 'more') return
    this.#finish()
    if (wish === 'close') return this.#close(new Error('the rest is not wanted'))
    // The socket is worth keeping: the end of the body is usually in the same read.
    this.#enter('tail')
    this.#scope.wheel.add(this)
  }

  onResponseEnd(): void {
    this.#giveBack()
    this.#scope.wheel.remove(this)
    if (this.#over) return
    this.#finish()
    this.#reader.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#giveBack()
    this.#scope.wheel.remove(this)
    if (this.#over) return
    this.#finish()
    this.#reader.onFailure(this.#convert(error))
  }

  /** For a failure before the request was given to undici. */
  get over(): boolean {
    return this.#over
  }

  #convert(error: Error): unknown {
    const converted = convertConnectionFailure(error, this.#origin)
    if (!(converted instanceof ConnectionError) || converted.code !== 'connection.reset') return converted
    if (this.answered) return converted
    // A stand that misses a client certificate says so by hanging up: under TLS 1.3 only after the request.
    const hint =
      'Соединение оборвалось до ответа: проверьте сеть; если стенд требует сертификат, задайте clientCertificate.'
    const code = this.sent ? 'connection.reset' : 'connection.failed'
    return new ConnectionError(converted.message, { code, hint, cause: error })
  }

  #enter(phase: Phase): void {
    this.#scope.wheel.notice()
    this.#phase = phase
    this.#phaseAt = this.#scope.wheel.now
  }

  #timeout(phase: TimeoutPhase, limitMs: number): void {
    this.fail(new TimeoutError(phase, limitMs))
  }

  #finish(): void {
    this.#over = true
    this.#leavePending()
    this.#scope.remove(this)
    this.#scope.wheel.remove(this)
  }

  /** Once: undici reports the end of a request as a failure, too, when its handler throws. */
  #giveBack(): void {
    if (this.#client) this.#pool?.connections.giveBack(this.#client)
    this.#client = undefined
  }

  #leavePending(): void {
    this.#pending?.leave()
    this.#pending = undefined
  }

  #close(reason: unknown): void {
    this.#scope.wheel.remove(this)
    const controller = this.#controller
    if (controller && !controller.aborted) controller.abort(reason instanceof Error ? reason : new Error('aborted'))
  }
}

const limitOf: Record<Exclude<Phase, 'paused' | 'tail'>, keyof ExchangeLimits> = {
  connect: 'connectMs',
  headers: 'headersMs',
  'first-content': 'firstContentMs',
  idle: 'idleMs',
}

/**
 * The object that undici made for this handler alone, with lower-case names. Repeated headers are joined as RFC 9110,
 * section 5.3 says.
 */
function joinRepeated(headers: IncomingHttpHeaders): AnswerHeaders {
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (Array.isArray(value)) headers[name] = value.join(', ')
  }
  return Object.freeze(headers) as AnswerHeaders
}
