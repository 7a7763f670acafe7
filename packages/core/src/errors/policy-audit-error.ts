import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The audit record could not be written, and the policy is strict about that: nothing was sent. */
export class PolicyAuditError extends ShlyuzError {
  override readonly name = 'PolicyAuditError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'policy.audit', message, facts)
  }
}
