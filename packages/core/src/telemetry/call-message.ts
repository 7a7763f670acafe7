import type { Attempt } from '../errors/shlyuz-error.ts'
import type { Receipt } from '../policy/receipt.ts'
import type { OperationKind } from '../provider.ts'
import type { FinishReason } from '../vocabulary/stream-parts.ts'
import type { Cost, Usage } from '../vocabulary/usage.ts'
import type { Warning } from '../vocabulary/warnings.ts'

/** What a call is about. No content, no labels, no secrets. */
export interface CallFacts {
  /** Tells the call from others, as in {@link PolicyDecisionMessage} and the audit log. */
  readonly call: string
  /** The client's method, such as `generateText`; an operation of `provider(name)` by its own name. */
  readonly verb: string
  readonly operation: OperationKind
  /** Who may be asked, as the call names them. Empty for a verb that names nobody. */
  readonly targets: readonly CallTarget[]
}

export interface CallTarget {
  readonly provider: string
  /** Without the provider's prefix; absent for operations that name no model. */
  readonly model?: string
}

/** A call on the diagnostics channel `shlyuz:call`: the same object when it begins, and again when it has ended. */
export interface CallMessage extends CallFacts {
  readonly stream: boolean
  /** Absent when the call begins. */
  readonly outcome?: CallOutcome
  /** While the call begins: makes it run in `around`, such as in the context of a span. */
  runIn(around: <R>(work: () => R) => R): void
}

/** How a call ended; each fact as far as it is known. */
export interface CallOutcome {
  readonly durationMs: number
  /** Of a stream: from the beginning of the call. */
  readonly firstPartMs?: number
  /** Absent when the call succeeded. */
  readonly error?: CallFailure
  /** Who answered, and the model as the service states it. */
  readonly model?: { readonly provider: string; readonly id: string; readonly answeredBy?: string }
  readonly usage?: Usage
  readonly cost?: Cost
  readonly finishReason?: FinishReason
  /** The service's id of the last request. */
  readonly requestId?: string
  readonly attempts?: readonly Attempt[]
  readonly policy?: Receipt
  readonly warnings?: readonly Warning[]
}

/** What is told of an error; of one that is not ours, such as the reason of an abort, only its name. */
export interface CallFailure {
  readonly name: string
  readonly code?: string
  readonly message?: string
  /** HTTP status of the answer. */
  readonly status?: number
  readonly isRetryable?: boolean
}

/** One request of a call on the diagnostics channel `shlyuz:attempt`, when it has ended. */
export interface AttemptMessage extends Attempt {
  readonly call: string
  /** `token` for an exchange of credentials that the call made. */
  readonly operation: OperationKind
  /** HTTP status of the answer; absent when none came. */
  readonly status?: number
  readonly origin?: string
}
