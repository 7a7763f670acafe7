import { UnsupportedFeatureError } from '../errors/unsupported-feature-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Guard } from '../policy/guard.ts'
import type { Decision } from '../policy/decision.ts'
import type { ContentFacts, ModelIdentity } from '../policy/intent.ts'
import type { Masker } from '../policy/masker.ts'
import type { OperationKind, Provider } from '../provider.ts'
import { serverWaitCapMs } from '../resilience/retry.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { ModelRef } from '../vocabulary/models.ts'
import type { Cost, Usage } from '../vocabulary/usage.ts'
import type { Loss } from '../vocabulary/warnings.ts'
import type { CallContext, ClientServices } from './call-context.ts'
import { CallRecord } from './call-record.ts'
import type { AllTimeouts } from './check-timeouts.ts'
import { findDeniedAddress } from './find-denied-address.ts'
import { auditDenial } from './audit-call.ts'
import { createIntent, loggingOf, originsOf } from './create-intent.ts'
import { demandedHeaders, demandsMask } from './inspect-call.ts'
import { addCounts, countIn } from './mask-call.ts'
import type { Ahead } from './prices.ts'
import { setAsideFor } from './set-aside.ts'
import { parseModel } from './parse-model.ts'
import { openUploads } from './uploads.ts'

/** What every call brings along, whatever it asks. */
export interface CallFrame {
  readonly services: ClientServices
  readonly guard: Guard
  readonly scope: CallScope
  /** Tells the call from others. */
  readonly callId: string
  readonly labels: Readonly<Record<string, string>>
  readonly dataClasses: readonly string[]
  readonly timeouts: AllTimeouts
  readonly retries: number
  /** A longer wait is not started. @default 60 s */
  readonly longestWaitMs?: number
  /**
   * The policy is asked and nothing else happens: the call gives nothing back. The addresses of a target that is not the
   * first are judged too: those of the first are when it is asked.
   */
  readonly judgeOnly?: { readonly isFirst: boolean }
  readonly priority: number
}

type Counts = NonNullable<ContentFacts['personal']>

/** What a call is about, as the policy is told. */
export interface CallAim {
  readonly provider: Provider
  readonly operation: OperationKind
  /** Without the provider's prefix. Absent: an operation that names no model. */
  readonly modelId?: string
  readonly content?: ContentFacts
  /** Puts placeholders into the call's texts and says what they stand for, by type: they are sent if the policy demands. */
  readonly mask?: (masker: Masker) => Counts
  /** Texts of the adapter's own, which stay as they are. */
  readonly providerOptions?: unknown
  /** What it will take at most, for budgets. Absent: nothing that has a price. */
  readonly ahead?: Ahead
  /** Done later, at the price of deferred work. */
  readonly isDeferred?: boolean
  /** Core does not know the texts of the operation: every body is looked into. */
  readonly isOpaque?: boolean
  readonly onProgress?: (progress: number) => void
}

/** A call that the policy let pass. */
export interface OpenCall {
  readonly context: CallContext
  readonly record: CallRecord
  /** The policy demands what {@link CallAim.mask} made. */
  readonly isMasked: boolean
}

/** The same, about a model. */
export interface OpenModelCall extends OpenCall {
  readonly ref: ModelRef
  readonly identity: ModelIdentity
}

/** Runs a call that names a model, see {@link runCall}. */
export function runModelCall<R>(
  frame: CallFrame,
  aim: CallAim & { readonly modelId: string },
  work: (call: OpenModelCall) => Promise<R>,
): Promise<R> {
  return runCall(frame, aim, (call) => work(call as OpenModelCall))
}

/**
 * Runs a call that is no text call: policy at depth 1 first, then `work`. Whatever it throws leaves with the call's
 * record; files that it put at the service are removed when it fails.
 */
export async function runCall<R>(frame: CallFrame, aim: CallAim, work: (call: OpenCall) => Promise<R>): Promise<R> {
  const { services, guard, scope, labels, dataClasses } = frame
  const { provider, operation, modelId, onProgress } = aim
  const target = { provider: provider.name, providerLogging: loggingOf(provider, operation) }
  const record = new CallRecord(
    modelId === undefined ? target : { ...target, model: modelId },
    guard,
    services.network,
    frame.callId,
  )
  const uploads = openUploads(services)
  try {
    const ref = modelId === undefined ? undefined : parseModel(provider, modelId, guard)
    const identity = ref && guard.identify(provider.kind, ref, originsOf(provider))
    const judge = async (content: ContentFacts | undefined): Promise<Decision> => {
      const facts = {
        operation,
        labels,
        dataClasses,
        ...(identity && { model: identity }),
        ...(content && { content }),
      }
      record.intent = createIntent(provider, facts)
      const decision = await scope.race(Promise.resolve(guard.judgeIntent(record.intent)))
      record.decide(decision)
      if (decision.verdict === 'deny') throw createDeniedError(decision)
      return decision
    }
    const { masker } = guard
    const counts = (masker && aim.mask?.(masker)) ?? {}
    const own = masker ? countIn(aim.providerOptions, masker) : {}
    const found = addCounts(counts, own)
    const { content } = aim
    let decision = await judge(content && masker ? { ...content, personal: found } : content)
    const isMasked = demandsMask(decision)
    if (isMasked && content) decision = await judge({ ...content, personal: own, masked: counts })
    if (masker) {
      record.personal = isMasked ? own : found
      if (isMasked) record.masked = counts
    }
    if (frame.judgeOnly) {
      const denied = !frame.judgeOnly.isFirst && identity && findDeniedAddress(guard, provider, identity)
      if (denied) throw createDeniedError(guard.refuseFallback(denied, `${provider.name}/${identity.id}`))
      // Whoever asks for this wants no result.
      return undefined as R
    }
    const headers = demandedHeaders(decision)
    const context: CallContext = {
      services,
      provider,
      guard,
      scope,
      limits: frame.timeouts,
      retry: { retries: frame.retries, longestWaitMs: frame.longestWaitMs ?? serverWaitCapMs },
      secretRequest: { provider: provider.name, labels, ...(modelId !== undefined && { model: modelId }) },
      record,
      priority: frame.priority,
      uploads,
      ...(identity && { model: identity }),
      ...(headers && { headers }),
      ...(masker && aim.isOpaque && { look: { masker, refuses: isMasked ? 'mask' : guard.refusesPersonal && 'deny' } }),
      ...(onProgress && { onProgress }),
    }
    const call = { context, record, isMasked, ...(ref && { ref, identity }) }
    const which = aim.isDeferred ? 'deferredPrices' : 'prices'
    const { ahead } = aim
    const spending = ref && ahead && (await setAsideFor(context, ref, () => ahead, which))
    try {
      const result = await work(call)
      await uploads.settle('kept')
      const { cost, usage } = (result ?? {}) as { readonly cost?: Cost; readonly usage?: Usage }
      // A job is paid for when it is done: what was set aside stands.
      await spending?.answered(cost, usage)
      return result
    } catch (error) {
      await spending?.failed()
      throw error
    }
  } catch (error) {
    await uploads.settle('delete')
    throw await auditDenial(services, record, record.complete(error))
  }
}

/** Ends a call that asks for what the provider cannot keep; what is merely tuned away becomes a warning. */
export function applyLosses(record: CallRecord, losses: readonly Loss[]): void {
  for (const { effect, code, message, setting, hint } of losses) {
    if (effect === 'refuse') {
      throw new UnsupportedFeatureError(message, hint === undefined ? {} : { hint })
    }
    record.warn({ code, message, ...(setting !== undefined && { setting }) })
  }
}

/** An answer by another model than the one judged is withheld (policy, depth 4). */
export function judgeAnswer(call: OpenModelCall, answeredBy: string | undefined): void {
  call.record.judgeAnswer(call.identity, answeredBy)
}

/** For a verb that this provider has no operation for at all. */
export function refuseVerb(provider: Provider, verb: string): never {
  throw new UnsupportedFeatureError(`provider '${provider.name}' has no ${verb}`, {
    hint: `У '${provider.name}' нет ${verb}: возьмите модель другого провайдера.`,
  })
}
