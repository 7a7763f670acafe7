import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** Our own budget is used up. The service was not asked. */
export class BudgetExceededError extends ShlyuzError {
  override readonly name = 'BudgetExceededError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'limit.budget', message, facts)
  }
}
