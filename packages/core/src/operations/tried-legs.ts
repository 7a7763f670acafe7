import type { Attempt } from '../errors/shlyuz-error.ts'
import type { Leg } from './leg.ts'

interface RunningLeg {
  readonly leg: Leg
  /** By `Date.now()`. */
  readonly begunAt: number
}

const none: readonly never[] = Object.freeze([])

/** What was asked beside the target that answers, or before it. */
export class TriedLegs {
  #failed: readonly Leg[] = none
  /** Those of a hedge. */
  #running: readonly RunningLeg[] = none

  begin(leg: Leg): void {
    this.#running = [...this.#running, { leg, begunAt: Date.now() }]
  }

  fail(leg: Leg): void {
    this.#running = this.#running.filter((one) => one.leg !== leg)
    this.#failed = [...this.#failed, leg]
  }

  /** Those that run beside the one that answers: they are ended, and paid for all the same once they were asked. */
  lostTo(winner: Leg): readonly Leg[] {
    if (this.#running.length === 0) return none
    return this.#lostTo(winner).map(({ leg }) => leg)
  }

  #lostTo(winner: Leg): readonly RunningLeg[] {
    return this.#running.filter(({ leg }) => leg !== winner && leg.record.origin !== undefined)
  }

  attemptsBefore(leg: Leg): readonly Attempt[] {
    if (this.#failed.length === 0 && this.#running.length === 0) return none
    const lost = this.#lostTo(leg).map(({ leg: one, begunAt }): Attempt => {
      const startedAt = new Date(begunAt).toISOString()
      const durationMs = Date.now() - begunAt
      const error = { name: 'HedgeLost', code: 'hedge.lost', message: 'another target was quicker' }
      return { provider: one.provider.name, model: one.identity.id, startedAt, durationMs, error }
    })
    return [...this.#failed.flatMap(({ record }) => record.attempts), ...lost]
  }
}
