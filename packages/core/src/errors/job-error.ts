import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** A deferred job failed or is unknown. */
export class JobError extends ShlyuzError {
  override readonly name = 'JobError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'job.failed', message, facts)
  }
}
