import { TimeoutError, type TimeoutPhase } from '../errors/timeout-error.ts'
import type { DeadlineWheel, WheelEntry } from './deadline-wheel.ts'
import { unwatchSignal, watchSignal } from './watch-signal.ts'

/** What a scope ends when the call is over before its time. */
export interface Cancellable {
  fail(reason: unknown): void
}

/** What callers aborted with: theirs, and not to be touched, also when it is an error of ours. */
const callersReasons = new WeakSet()

/** True for the reason of a caller's own signal. */
export function isCallersReason(reason: object): boolean {
  return callersReasons.has(reason)
}

export interface CallScopeOptions {
  readonly wheel: DeadlineWheel
  readonly limitMs: number
  readonly phase?: TimeoutPhase
  /** The caller's signal, or the scope this one is a part of. */
  readonly signal?: AbortSignal | undefined
  readonly parent?: CallScope
}

/**
 * The life of a call: one deadline, the caller's signal, and the client's end, whichever comes first. Every wait
 * of a call goes through its scope, so that every wait ends at once. The signal is left alone after the call.
 */
export class CallScope implements WheelEntry {
  wheelIndex = -1
  /** Place among the calls under way; owned by {@link OpenScopes}. */
  openIndex = -1
  over = false
  /** Why it is over: the signal's own reason, or our error. */
  reason: unknown
  readonly #wheel: DeadlineWheel
  readonly #signal: AbortSignal | undefined
  readonly #parent: CallScope | undefined
  readonly #limitMs: number
  readonly #phase: TimeoutPhase
  readonly #deadline: number
  /** Most scopes have one thing running, which needs no list. */
  #only: Cancellable | undefined
  #more: Cancellable[] | undefined
  #ended = false

  constructor(options: CallScopeOptions) {
    this.#wheel = options.wheel
    this.#signal = options.signal
    this.#parent = options.parent
    this.#limitMs = options.limitMs
    this.#phase = options.phase ?? 'total'
    this.#deadline = performance.now() + options.limitMs
    if (this.#signal?.aborted) {
      this.aborted()
    } else if (this.#parent?.over) {
      this.fail(this.#parent.reason)
    } else {
      if (this.#signal) watchSignal(this.#signal, this)
      this.#parent?.add(this)
      this.#wheel.add(this)
    }
  }

  get wheel(): DeadlineWheel {
    return this.#wheel
  }

  /** Milliseconds left, never below zero. */
  get remainingMs(): number {
    return Math.max(0, this.#deadline - performance.now())
  }

  /** The caller's signal was aborted. */
  aborted(): void {
    const reason: unknown = this.#signal?.reason
    if (typeof reason === 'object' && reason !== null) callersReasons.add(reason)
    this.fail(reason)
  }

  tick(now: number): void {
    if (now >= this.#deadline) this.fail(new TimeoutError(this.#phase, this.#limitMs))
  }

  /** Ends the call with `reason`, and all that runs in it. */
  fail(reason: unknown): void {
    if (this.over) return
    this.reason = reason
    this.end()
    const only = this.#only
    const more = this.#more
    this.#only = undefined
    this.#more = undefined
    only?.fail(reason)
    if (more) for (const one of more) one.fail(reason)
  }

  /** Ends the scope in good order. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.over = true
    if (this.#signal) unwatchSignal(this.#signal, this)
    this.#parent?.remove(this)
    this.#wheel.remove(this)
  }

  throwIfOver(): void {
    if (this.over) throw this.reason
  }

  add(running: Cancellable): void {
    if (this.#only === undefined) this.#only = running
    else (this.#more ??= []).push(running)
  }

  remove(running: Cancellable): void {
    if (this.#only === running) {
      this.#only = undefined
      return
    }
    const index = this.#more?.indexOf(running) ?? -1
    if (index >= 0) this.#more?.splice(index, 1)
  }

  /** The promise's result, or the scope's end if that comes first. */
  race<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.over) return reject(this.reason)
      const running: Cancellable = { fail: reject }
      this.add(running)
      promise.then(
        (value) => {
          this.remove(running)
          resolve(value)
        },
        (error: unknown) => {
          this.remove(running)
          reject(error)
        },
      )
    })
  }

  /** Waits, unless the scope ends first. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.over) return reject(this.reason)
      const running: Cancellable = {
        fail: (reason) => {
          clearTimeout(timer)
          reject(reason)
        },
      }
      const timer = setTimeout(() => {
        this.remove(running)
        resolve()
      }, ms)
      this.add(running)
    })
  }
}
