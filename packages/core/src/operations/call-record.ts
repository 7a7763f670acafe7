import type { Attempt } from '../errors/shlyuz-error.ts'
import { copyError } from '../errors/copy-error.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Decision } from '../policy/decision.ts'
import type { Guard } from '../policy/guard.ts'
import type { Intent, ModelIdentity } from '../policy/intent.ts'
import type { Receipt } from '../policy/receipt.ts'
import type { ProviderLogging } from '../provider.ts'
import { createDecisionPublisher } from '../telemetry/policy-channel.ts'
import { isCallersReason } from '../transport/call-scope.ts'
import type { AnswerHeaders } from '../transport/http-exchange.ts'
import type { Warning } from '../vocabulary/warnings.ts'

/** Whom a call asks. */
export interface CallTarget {
  readonly provider: string
  readonly model?: string
  readonly providerLogging: ProviderLogging
}

/** Which call an error tells of: some end several calls at once, such as that of a shared token exchange. */
const owners = new WeakMap<ShlyuzError, CallRecord>()

/** The last receipt under each guard: calls that differ in their texts alone share one. */
const latest = new WeakMap<Guard, Receipt>()

const noPeers: ReadonlySet<string> = new Set()
const noHeaders: AnswerHeaders = Object.freeze({})
const none: readonly never[] = Object.freeze([])

/** What happens to a call, as it happens: the source of its receipt, attempts and warnings. */
export class CallRecord {
  /** Tells this call from others in the audit log and on the diagnostics channel. */
  readonly id: string
  /** What the policy was last told the call wants. */
  intent: Intent | undefined
  attempts: readonly Attempt[] = none
  warnings: readonly Warning[] = none
  status = 0
  headers: AnswerHeaders = noHeaders
  requestId: string | undefined
  origin: string | undefined
  /** Approved addresses the pool of the call went to. */
  peers: ReadonlySet<string> = noPeers
  answeredBy: string | undefined
  /** Personal data behind placeholders, by type. */
  masked: Receipt['masked']
  /** Personal data that was found and not masked, by type. */
  personal: Receipt['personal']
  /** What the policy said of the connections of the pool that serves the call. */
  socketDecisions: readonly Decision[] = none
  /** Something may have been done, and is paid for: an answer began, or a request went out and nobody knows. */
  mayCost = false
  /** The last whole body, for `include: { raw: true }`. */
  raw: unknown
  // Lists are made anew to grow: one that grows by itself makes room for sixteen more.
  #decisions: readonly Decision[] = none
  /** Decisions about sockets that were told. */
  #told: readonly Decision[] = none
  readonly #publish = createDecisionPublisher()
  /** The last answer that was judged. */
  #answered: string | undefined
  readonly #target: CallTarget
  readonly #guard: Guard
  readonly #network: Receipt['network']

  constructor(target: CallTarget, guard: Guard, network: Receipt['network'], id: string) {
    this.id = id
    this.#target = target
    this.#guard = guard
    this.#network = network
  }

  enterAttempt(attempt: Attempt): void {
    this.attempts = [...this.attempts, attempt]
  }

  warn(warning: Warning): void {
    this.warnings = [...this.warnings, warning]
  }

  decide(decision: Decision): void {
    if (this.#enter(decision)) this.#tell(decision)
  }

  #enter(decision: Decision): boolean {
    // A retry repeats the decision of the attempt before: the same object says the same.
    if (this.#decisions.at(-1) === decision) return false
    this.#decisions = [...this.#decisions, decision]
    return true
  }

  #tell(decision: Decision): void {
    const { provider, model } = this.#target
    this.#publish(() => ({ decision, call: this.id, provider, ...(model !== undefined && { model }) }))
  }

  /** A pool's decisions are made when a connection opens, and hold for every call that it serves. */
  #tellOfSocket(): void {
    for (const decision of this.socketDecisions) {
      if (this.#told.includes(decision)) continue
      this.#told = [...this.#told, decision]
      this.#tell(decision)
    }
  }

  /** Policy, depth 4: the answer of another model than the one judged is withheld. */
  judgeAnswer(judged: ModelIdentity | undefined, answered: string | undefined): void {
    // A stream names its model in its events and again at its end.
    if (answered !== undefined && answered === this.#answered) return
    const decision = this.#guard.judgeAnsweredModel(judged, answered)
    if (decision) {
      if (decision.verdict === 'deny') throw createDeniedError(decision)
      this.decide(decision)
    }
    this.#answered = answered
    this.answeredBy = answered ?? 'not stated'
  }

  answer(status: number, headers: AnswerHeaders): void {
    if (status >= 200 && status < 300) this.mayCost = true
    this.#tellOfSocket()
    this.status = status
    this.headers = headers
    this.requestId = headers['x-request-id'] ?? headers['x-server-trace-id'] ?? this.requestId
  }

  receipt(): Receipt {
    const last = latest.get(this.#guard)
    if (last && this.#isStatedBy(last)) return last
    const receipt = this.#createReceipt()
    latest.set(this.#guard, receipt)
    return receipt
  }

  #isStatedBy({ decisions, target, answeredBy, masked, personal, network, providerLogging }: Receipt): boolean {
    return (
      target.provider === this.#target.provider &&
      target.model === this.#target.model &&
      providerLogging === this.#target.providerLogging &&
      target.origin === this.origin &&
      target.address === this.#findAddress() &&
      answeredBy === this.answeredBy &&
      network === this.#network &&
      !(masked ?? personal ?? this.masked ?? this.personal) &&
      decisions.length === this.#decisions.length + this.socketDecisions.length &&
      areAt(this.#decisions, decisions, 0) &&
      areAt(this.socketDecisions, decisions, this.#decisions.length)
    )
  }

  /** Stated when every connection of the pool went to the same address. */
  #findAddress(): string | undefined {
    return this.peers.size === 1 ? this.peers.values().next().value : undefined
  }

  #createReceipt(): Receipt {
    const decisions = [...this.#decisions, ...this.socketDecisions]
    const denial = decisions.find(({ verdict }) => verdict === 'deny')
    const would = denial ? undefined : decisions.find((decision) => decision.would === 'deny')
    const { provider, model, providerLogging } = this.#target
    const address = this.#findAddress()
    return Object.freeze({
      verdict: denial ? 'deny' : 'allow',
      ...(would && { would: 'deny' as const }),
      code: (denial ?? would)?.code ?? 'ok',
      policy: Object.freeze({ name: this.#guard.name, digest: this.#guard.digest }),
      decisions: Object.freeze(decisions),
      target: Object.freeze({
        provider,
        ...(model === undefined ? {} : { model }),
        ...(this.origin === undefined ? {} : { origin: this.origin }),
        ...(address === undefined ? {} : { address }),
      }),
      ...(this.answeredBy === undefined ? {} : { answeredBy: this.answeredBy }),
      providerLogging,
      ...(this.masked && isNotEmpty(this.masked) && { masked: this.masked }),
      ...(this.personal && isNotEmpty(this.personal) && { personal: this.personal }),
      network: this.#network,
    })
  }

  /**
   * Adds what is known of the call to an error of ours, or to a copy of one that another call has; anything else,
   * and the caller's own reason of an abort, passes untouched.
   */
  complete(given: unknown, earlier: readonly Attempt[] = []): unknown {
    if (!ShlyuzError.isInstance(given) || isCallersReason(given)) return given
    const owner = owners.get(given) ?? this
    const error = owner === this ? given : copyError(given)
    owners.set(error, this)
    this.#tellOfSocket()
    if ('decision' in error) {
      const decision = error.decision as Decision
      // What the call's own token exchange was refused, that has told.
      if (owner !== this && owner.id === this.id) this.#enter(decision)
      else this.decide(decision)
    }
    error.provider ??= this.#target.provider
    error.model ??= this.#target.model
    error.requestId ??= this.requestId
    error.attempts = [...earlier, ...this.attempts]
    error.policy = this.receipt()
    return error
  }
}

/** The same decisions: those of plain calls are made once. */
function areAt(some: readonly Decision[], all: readonly Decision[], from: number): boolean {
  for (let index = 0; index < some.length; index++) if (some[index] !== all[from + index]) return false
  return true
}

function isNotEmpty(counts: object): boolean {
  return Object.keys(counts).length > 0
}
