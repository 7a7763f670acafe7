import type { Receipt } from '../policy/receipt.ts'
import type { AssistantMessage, ToolMessage } from '../vocabulary/messages.ts'

/** One try of a call, for errors and results. */
export interface Attempt {
  readonly provider: string
  readonly model?: string
  readonly startedAt: string
  readonly durationMs: number
  /** Absent when the attempt succeeded. */
  readonly error?: { readonly name: string; readonly code: string; readonly message: string }
}

/** Facts an error carries. Never a secret, never prompt or answer text (but see StreamInterruptedError.partial). */
export interface ErrorFacts {
  /** Russian: what to do, exactly. */
  readonly hint?: string
  readonly isRetryable?: boolean
  readonly provider?: string
  readonly model?: string
  /** The service's id of the request. */
  readonly requestId?: string
  /** HTTP status of the answer. */
  readonly status?: number
  /** The service's own error code. */
  readonly providerCode?: string
  /** The wait the service asked for, in ms. */
  readonly retryAfterMs?: number
  readonly attempts?: readonly Attempt[]
  /** What the policy decided for this call. */
  readonly policy?: Receipt
  readonly cause?: unknown
}

const brand = Symbol.for('shlyuz.error')

/** What belongs to an error and in no log of it. */
interface Aside {
  readonly responseMessages?: readonly (AssistantMessage | ToolMessage)[]
  readonly serviceMessage?: string
}

const aside = new WeakMap<ShlyuzError, Aside>()

/** Gives an error what only who asks for it by name will see. */
export function keepAside(error: ShlyuzError, more: Aside): void {
  aside.set(error, { ...aside.get(error), ...more })
}

/** Base of every error of ours. An abort by the caller's signal is not one: it rejects with `signal.reason`. */
export class ShlyuzError extends Error {
  override readonly name: string = 'ShlyuzError'
  /** Stable and documented, such as `url.host_not_allowed`. */
  readonly code: string
  readonly hint: string | undefined
  /** True when the same request may succeed later or elsewhere. */
  readonly isRetryable: boolean
  provider: string | undefined
  model: string | undefined
  requestId: string | undefined
  readonly status: number | undefined
  readonly providerCode: string | undefined
  /** The wait the service asked for, in ms, as far as it stated one. */
  readonly retryAfterMs: number | undefined
  attempts: readonly Attempt[]
  policy: Receipt | undefined
  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    Object.defineProperty(this, brand, { value: true })
    this.code = code
    this.hint = facts.hint
    this.isRetryable = facts.isRetryable ?? false
    this.provider = facts.provider
    this.model = facts.model
    this.requestId = facts.requestId
    this.status = facts.status
    this.providerCode = facts.providerCode
    this.retryAfterMs = facts.retryAfterMs
    this.attempts = facts.attempts ?? []
    this.policy = facts.policy
  }

  /** Recognises errors of this class also across two copies of the package. */
  static isInstance<C extends abstract new (...input: never[]) => ShlyuzError>(
    this: C,
    value: unknown,
  ): value is InstanceType<C> {
    if (typeof value !== 'object' || value === null || !(brand in value)) return false
    if (this.name === 'ShlyuzError') return true
    for (let type = Object.getPrototypeOf(value) as object | null; type; type = Object.getPrototypeOf(type)) {
      if ((type.constructor as { name?: string }).name === this.name) return true
    }
    return false
  }

  /**
   * Given when steps of a text call were done before the error, and tools may have acted: append to `messages` to go
   * on from there. No form of printing shows it.
   */
  get responseMessages(): readonly (AssistantMessage | ToolMessage)[] | undefined {
    return aside.get(this)?.responseMessages
  }

  /**
   * The service's own words on a request of deferred work: they may repeat the request, which is no longer at hand to
   * compare them with. No form of printing shows them.
   */
  get serviceMessage(): string | undefined {
    return aside.get(this)?.serviceMessage
  }

  toJSON(): Record<string, unknown> {
    const { name, code, message, hint, isRetryable, provider, model, requestId, status, providerCode } = this
    const { retryAfterMs, attempts, policy } = this
    return {
      name,
      code,
      message,
      hint,
      isRetryable,
      provider,
      model,
      requestId,
      status,
      providerCode,
      retryAfterMs,
      attempts,
      policy,
    }
  }
}
