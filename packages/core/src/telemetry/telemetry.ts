import { channel } from 'node:diagnostics_channel'
import type { StreamOutlet } from '../operations/text-stream.ts'
import type { AttemptMessage, CallFacts, CallMessage, CallOutcome } from './call-message.ts'
import { describeError, describeResult } from './describe-outcome.ts'
import { logAttempt, logCall, type Logger } from './logger.ts'

type Around = Parameters<CallMessage['runIn']>[0]

const calls = channel('shlyuz:call')
const attempts = channel('shlyuz:attempt')

/**
 * Tells of the calls of one client, to its logger and to whoever subscribed to the diagnostics channels `shlyuz:call`
 * and `shlyuz:attempt`. Where nobody listens a call costs one look.
 */
export class Telemetry {
  readonly #logger: Logger | undefined

  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

  /** Runs a call and tells how it begins and ends. `describe` is asked only when somebody listens. */
  call<R>(describe: () => CallFacts, work: () => Promise<R>): Promise<R> {
    return this.isHeard ? this.#tell(describe(), work, undefined) : work()
  }

  /** The same for a stream, whose first part is a fact too. */
  stream<R>(describe: () => CallFacts, outlet: StreamOutlet, work: (outlet: StreamOutlet) => Promise<R>): Promise<R> {
    if (!this.isHeard) return work(outlet)
    const watched = new WatchedOutlet(outlet)
    return this.#tell(describe(), () => work(watched), watched)
  }

  /** Tells of a request that has ended. */
  attempt(create: () => AttemptMessage): void {
    if (!this.#logger && !attempts.hasSubscribers) return
    const message = Object.freeze(create())
    attempts.publish(message)
    if (this.#logger) logAttempt(this.#logger, message)
  }

  /** Somebody wants to know of calls. */
  get isHeard(): boolean {
    return this.#logger !== undefined || calls.hasSubscribers
  }

  async #tell<R>(facts: CallFacts, work: () => Promise<R>, watched: WatchedOutlet | undefined): Promise<R> {
    const start = performance.now()
    const arounds: Around[] = []
    const message: { -readonly [Key in keyof CallMessage]: CallMessage[Key] } = {
      ...facts,
      stream: watched !== undefined,
      runIn: (around) => void arounds.push(around),
    }
    const end = (outcome: Omit<CallOutcome, 'durationMs' | 'firstPartMs'>): void => {
      message.outcome = Object.freeze({
        durationMs: performance.now() - start,
        ...(watched?.firstAt !== undefined && { firstPartMs: watched.firstAt - start }),
        ...outcome,
      })
      this.#publish(message)
    }
    this.#publish(message)
    try {
      const result = await arounds.reduce((inner, around) => () => around(inner), work)()
      end(describeResult(result))
      return result
    } catch (error) {
      end(describeError(error))
      throw error
    }
  }

  #publish(message: CallMessage): void {
    calls.publish(message)
    if (this.#logger) logCall(this.#logger, message)
  }
}

/** Notes when the first part of a stream came. */
class WatchedOutlet implements StreamOutlet {
  firstAt: number | undefined
  readonly #outlet: StreamOutlet

  constructor(outlet: StreamOutlet) {
    this.#outlet = outlet
  }

  attach(...[exchange]: Parameters<StreamOutlet['attach']>): void {
    this.#outlet.attach(exchange)
  }

  push(...[part]: Parameters<StreamOutlet['push']>): void {
    this.firstAt ??= performance.now()
    this.#outlet.push(part)
  }
}
