import type { ShlyuzError } from '../errors/shlyuz-error.ts'
import type { Receipt } from '../policy/receipt.ts'
import type { ContentPart } from './messages.ts'
import type { FinishReason } from './stream-parts.ts'
import type { Cost, Usage } from './usage.ts'
import type { Warning } from './warnings.ts'

/** How far a deferred job is. */
export interface JobStatus {
  readonly status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  /** Requests answered by now, as far as the service says. */
  readonly completed: number
  /** Requests in the job. */
  readonly total: number
}

/** The answer to one request of a job. `Output`: what the schema of `output` lets through. */
export interface JobAnswer<Output = undefined> {
  readonly text: string
  readonly content: readonly ContentPart[]
  readonly finishReason: FinishReason
  readonly usage: Usage
  readonly cost?: Cost
  readonly output: Output
  readonly warnings: readonly Warning[]
}

/** In the order of the requests: an answer, or the error of this request alone. */
export type JobItem<Output = undefined> =
  | { readonly status: 'done'; readonly answer: JobAnswer<Output> }
  | { readonly status: 'failed'; readonly error: ShlyuzError }

/** What `result` of a job gives. */
export interface JobResult<Output = undefined> {
  /** One for each request, in their order. */
  readonly items: readonly JobItem<Output>[]
  /** Sum over the answered requests. */
  readonly usage: Usage
  /** The same; absent when one of them has none. */
  readonly cost?: Cost
  readonly policy: Receipt
}
