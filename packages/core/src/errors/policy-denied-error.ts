import type { Decision } from '../policy/decision.ts'
import type { ReasonCode } from '../policy/reason-codes.ts'
import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The policy said no. Final: never retried, never sent elsewhere. */
export class PolicyDeniedError extends ShlyuzError {
  override readonly name = 'PolicyDeniedError'
  declare readonly code: ReasonCode
  /** Safe to print: facts about the target, never content. */
  readonly decision: Decision

  constructor(decision: Decision, message: string, facts: ErrorFacts = {}) {
    super(decision.code, message, facts)
    this.decision = decision
  }
}
