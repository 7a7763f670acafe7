import { UnsupportedFeatureError } from '../errors/unsupported-feature-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Guard } from '../policy/guard.ts'
import type { ContentFacts, ModelIdentity } from '../policy/intent.ts'
import type { OperationKind, Provider } from '../provider.ts'
import { serverWaitCapMs } from '../resilience/retry.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { ModelRef } from '../vocabulary/models.ts'
import type { Loss } from '../vocabulary/warnings.ts'
import type { CallContext, ClientServices } from './call-context.ts'
import { CallRecord } from './call-record.ts'
import type { AllTimeouts } from './check-timeouts.ts'
import { createIntent, loggingOf, originsOf } from './create-intent.ts'
import { parseModel } from './parse-model.ts'
import { openUploads } from './uploads.ts'

/** What every call brings along, whatever it asks. */
export interface CallFrame {
  readonly services: ClientServices
  readonly guard: Guard
  readonly scope: CallScope
  readonly labels: Readonly<Record<string, string>>
  readonly timeouts: AllTimeouts
  readonly retries: number
}

/** What a call is about, as the policy is told. */
export interface CallAim {
  readonly provider: Provider
  readonly operation: OperationKind
  /** Without the provider's prefix. Absent: an operation that names no model. */
  readonly modelId?: string
  readonly content?: ContentFacts
  readonly onProgress?: (progress: number) => void
}

/** A call that the policy let pass. */
export interface OpenCall {
  readonly context: CallContext
  readonly record: CallRecord
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
  const { services, guard, scope, labels } = frame
  const { provider, operation, modelId, onProgress } = aim
  const target = { provider: provider.name, providerLogging: loggingOf(provider, operation) }
  const record = new CallRecord(modelId === undefined ? target : { ...target, model: modelId }, guard, services.network)
  const uploads = openUploads(services)
  try {
    const ref = modelId === undefined ? undefined : parseModel(provider, modelId, guard)
    const identity = ref && guard.identify(provider.kind, ref, originsOf(provider))
    const intent = createIntent(provider, {
      operation,
      labels,
      ...(identity && { model: identity }),
      ...(aim.content && { content: aim.content }),
    })
    const decision = await scope.race(Promise.resolve(guard.judgeIntent(intent)))
    record.decide(decision)
    if (decision.verdict === 'deny') throw createDeniedError(decision)
    const context: CallContext = {
      services,
      provider,
      guard,
      scope,
      limits: frame.timeouts,
      retry: { retries: frame.retries, longestWaitMs: serverWaitCapMs },
      secretRequest: { provider: provider.name, labels, ...(modelId !== undefined && { model: modelId }) },
      record,
      uploads,
      ...(identity && { model: identity }),
      ...(onProgress && { onProgress }),
    }
    const call = { context, record, ...(ref && { ref, identity }) }
    const result = await work(call)
    await uploads.settle('kept')
    return result
  } catch (error) {
    await uploads.settle('delete')
    throw record.complete(error)
  }
}

/** Ends a call that asks for what the provider cannot keep; what is merely tuned away becomes a warning. */
export function applyLosses(record: CallRecord, losses: readonly Loss[]): void {
  for (const { effect, code, message, setting, hint } of losses) {
    if (effect === 'refuse') {
      throw new UnsupportedFeatureError(message, hint === undefined ? {} : { hint })
    }
    record.warnings.push({ code, message, ...(setting !== undefined && { setting }) })
  }
}

/** An answer by another model than the one judged is withheld (policy, depth 4). */
export function judgeAnswer(call: OpenModelCall, answeredBy: string | undefined): void {
  const denial = call.context.guard.judgeAnsweredModel(call.identity, answeredBy)
  if (denial) throw createDeniedError(denial)
  call.record.answeredBy = answeredBy ?? 'not stated'
}

/** For a verb that this provider has no operation for at all. */
export function refuseVerb(provider: Provider, verb: string): never {
  throw new UnsupportedFeatureError(`provider '${provider.name}' has no ${verb}`, {
    hint: `У '${provider.name}' нет ${verb}: возьмите модель другого провайдера.`,
  })
}
