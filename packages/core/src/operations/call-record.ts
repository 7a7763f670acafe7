import type { Attempt } from '../errors/shlyuz-error.ts'
import { copyError } from '../errors/copy-error.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import type { Decision } from '../policy/decision.ts'
import type { Guard } from '../policy/guard.ts'
import type { Receipt } from '../policy/receipt.ts'
import type { ProviderLogging } from '../provider.ts'
import { isCallersReason } from '../transport/call-scope.ts'
import type { AnswerHeaders } from '../transport/http-exchange.ts'
import type { Warning } from '../vocabulary/warnings.ts'

interface CallTarget {
  readonly provider: string
  readonly model?: string
  readonly providerLogging: ProviderLogging
}

/** Which call an error tells of: some end several calls at once, such as that of a shared token exchange. */
const owners = new WeakMap<ShlyuzError, CallRecord>()

/** What happens to a call, as it happens: the source of its receipt, attempts and warnings. */
export class CallRecord {
  readonly attempts: Attempt[] = []
  readonly warnings: Warning[] = []
  status = 0
  headers: AnswerHeaders = {}
  requestId: string | undefined
  origin: string | undefined
  /** Approved addresses the pool of the call went to. */
  peers: ReadonlySet<string> = new Set()
  answeredBy: string | undefined
  /** The last whole body, for `include: { raw: true }`. */
  raw: unknown
  readonly #decisions: Decision[] = []
  readonly #target: CallTarget
  readonly #guard: Guard
  readonly #network: Receipt['network']

  constructor(target: CallTarget, guard: Guard, network: Receipt['network']) {
    this.#target = target
    this.#guard = guard
    this.#network = network
  }

  decide(decision: Decision): void {
    // A retry repeats the decision of the attempt before: the same object says the same.
    if (this.#decisions.at(-1) !== decision) this.#decisions.push(decision)
  }

  answer(status: number, headers: AnswerHeaders): void {
    this.status = status
    this.headers = headers
    this.requestId = headers['x-request-id'] ?? headers['x-server-trace-id'] ?? this.requestId
  }

  receipt(): Receipt {
    const denial = this.#decisions.find((decision) => decision.verdict === 'deny')
    const { provider, model, providerLogging } = this.#target
    // Stated when every connection of the pool went to the same address.
    const [address] = this.peers.size === 1 ? this.peers : []
    return Object.freeze({
      verdict: denial ? 'deny' : 'allow',
      code: denial?.code ?? 'ok',
      policy: Object.freeze({ name: this.#guard.name, digest: this.#guard.digest }),
      decisions: Object.freeze([...this.#decisions]),
      target: Object.freeze({
        provider,
        ...(model === undefined ? {} : { model }),
        ...(this.origin === undefined ? {} : { origin: this.origin }),
        ...(address === undefined ? {} : { address }),
      }),
      ...(this.answeredBy === undefined ? {} : { answeredBy: this.answeredBy }),
      providerLogging,
      network: this.#network,
    })
  }

  /**
   * Adds what is known of the call to an error of ours, or to a copy of one that another call has; anything else,
   * and the caller's own reason of an abort, passes untouched.
   */
  complete(given: unknown, earlier: readonly Attempt[] = []): unknown {
    if (!ShlyuzError.isInstance(given) || isCallersReason(given)) return given
    const error = (owners.get(given) ?? this) === this ? given : copyError(given)
    owners.set(error, this)
    if ('decision' in error) this.decide(error.decision as Decision)
    error.provider ??= this.#target.provider
    error.model ??= this.#target.model
    error.requestId ??= this.requestId
    error.attempts = [...earlier, ...this.attempts]
    error.policy = this.receipt()
    return error
  }
}
