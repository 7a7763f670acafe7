import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The account has nothing left to spend (402): another provider may answer, waiting does not help. */
export class QuotaError extends ShlyuzError {
  override readonly name = 'QuotaError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'response.quota', message, facts)
  }
}
