import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** Requests of a submission that broke off: they are at the service, and will be paid for. */
export interface SubmittedPart {
  /** Give it to `client.job`. */
  readonly job: string
  /** Places of its requests in the list that was submitted, in the order of the job's items. */
  readonly requests: readonly number[]
}

/** A deferred job failed, was cancelled or is unknown; or its submission broke off half-way. */
export class JobError extends ShlyuzError {
  override readonly name = 'JobError'
  /** Only of a submission that broke off, and could not be taken back as a whole. */
  readonly submitted: SubmittedPart | undefined

  constructor(
    message: string,
    facts: ErrorFacts & { readonly code?: string; readonly submitted?: SubmittedPart } = {},
  ) {
    super(facts.code ?? 'job.failed', message, facts)
    this.submitted = facts.submitted
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), submitted: this.submitted }
  }
}
