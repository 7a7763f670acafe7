import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** Which limit of time fired. */
export type TimeoutPhase = 'total' | 'attempt' | 'connect' | 'headers' | 'first-content' | 'idle'

/** A limit of time of ours fired; `phase` says which. */
export class TimeoutError extends ShlyuzError {
  override readonly name = 'TimeoutError'
  readonly phase: TimeoutPhase
  /** The limit, in ms. */
  readonly limitMs: number

  constructor(phase: TimeoutPhase, limitMs: number, facts: ErrorFacts = {}) {
    super(`timeout.${phase}`, `${describe[phase]} within ${limitMs} ms`, {
      isRetryable: phase !== 'total',
      hint: `Увеличьте timeout.${option[phase]} или проверьте сеть и состояние сервиса.`,
      ...facts,
    })
    this.phase = phase
    this.limitMs = limitMs
  }
}

const describe: Record<TimeoutPhase, string> = {
  total: 'the call did not end',
  attempt: 'the attempt did not end',
  connect: 'no connection was made',
  headers: 'the answer did not begin',
  'first-content': 'no content came',
  idle: 'nothing more came',
}

const option: Record<TimeoutPhase, string> = {
  total: 'totalMs',
  attempt: 'attemptMs',
  connect: 'connectMs',
  headers: 'headersMs',
  'first-content': 'firstContentMs',
  idle: 'idleMs',
}
