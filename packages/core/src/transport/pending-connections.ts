import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { ConnectionError } from '../errors/connection-error.ts'

/** A connection on its way to undici. */
export class ConnectionAttempt {
  /** What is open already. */
  socket: Socket | undefined
  readonly #done: buildConnector.Callback
  readonly #attempts: Set<ConnectionAttempt>

  constructor(attempts: Set<ConnectionAttempt>, done: buildConnector.Callback) {
    this.#attempts = attempts
    this.#done = done
    attempts.add(this)
  }

  get over(): boolean {
    return !this.#attempts.has(this)
  }

  /** Hands the result to undici, once. */
  finish(...result: Parameters<buildConnector.Callback>): void {
    if (this.#attempts.delete(this)) this.#done(...result)
    else result[1]?.destroy()
  }

  abandon(): void {
    this.finish(new ConnectionError('nobody waits for the connection any more', { code: 'connection.failed' }), null)
    this.socket?.destroy()
  }
}

/**
 * The connections of one pool on their way, and how many requests wait for one. When the last of them leaves, what is
 * not there yet is given up: undici would go on until its own limit, and hold the process for as long.
 */
export class PendingConnections {
  readonly #attempts = new Set<ConnectionAttempt>()
  #waiting = 0

  begin(done: buildConnector.Callback): ConnectionAttempt {
    return new ConnectionAttempt(this.#attempts, done)
  }

  /** A request waits for a connection, be it a free one. */
  wait(): void {
    this.#waiting++
  }

  /** It has one, or waits no more. */
  leave(): void {
    this.#waiting--
    if (this.#waiting > 0 || this.#attempts.size === 0) return
    // Later: undici must not be called from its own callback.
    queueMicrotask(() => {
      if (this.#waiting === 0) this.abandon()
    })
  }

  abandon(): void {
    for (const attempt of this.#attempts) attempt.abandon()
  }
}
