import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Guard } from '../policy/guard.ts'
import type { ExtraOperation, Provider } from '../provider.ts'
import { serverWaitCapMs } from '../resilience/retry.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { CallContext, ClientServices } from './call-context.ts'
import { CallRecord } from './call-record.ts'
import type { AllTimeouts } from './check-timeouts.ts'
import { createIntent, originsOf } from './create-intent.ts'
import { parseModel } from './parse-model.ts'
import { runOperation } from './run-operation.ts'

interface ExtraCall {
  readonly services: ClientServices
  readonly guard: Guard
  readonly provider: Provider
  readonly operation: string
  readonly input: unknown
  readonly scope: CallScope
  readonly labels: Readonly<Record<string, string>>
  readonly timeouts: AllTimeouts
  readonly retries: number
}

/** Runs an operation that one provider alone has: through the same policy and the same door. */
export async function runExtra(call: ExtraCall): Promise<unknown> {
  const { provider, guard, services, scope } = call
  const extra = provider.extras?.[call.operation] as ExtraOperation
  const { model: modelId, steps } = extra.run(call.input as never)
  const target = { provider: provider.name, providerLogging: provider.providerLogging }
  const record = new CallRecord(modelId === undefined ? target : { ...target, model: modelId }, guard, services.network)
  try {
    const model =
      modelId === undefined
        ? undefined
        : guard.identify(provider.kind, parseModel(provider, modelId, guard), originsOf(provider))
    const intent = createIntent(provider, { operation: extra.operation, labels: call.labels, ...(model && { model }) })
    const decision = await scope.race(Promise.resolve(guard.judgeIntent(intent)))
    record.decide(decision)
    if (decision.verdict === 'deny') throw createDeniedError(decision)
    const context: CallContext = {
      services,
      provider,
      guard,
      scope,
      limits: call.timeouts,
      retry: { retries: call.retries, longestWaitMs: serverWaitCapMs },
      secretRequest: { provider: provider.name, labels: call.labels, ...(modelId !== undefined && { model: modelId }) },
      record,
      ...(model && { model }),
    }
    return await runOperation(context, steps, undefined)
  } catch (error) {
    throw record.complete(error)
  }
}
