import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Attempt } from '../errors/shlyuz-error.ts'
import { StreamInterruptedError } from '../errors/stream-interrupted-error.ts'
import { UnsupportedFeatureError } from '../errors/unsupported-feature-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Decision } from '../policy/decision.ts'
import type { Guard } from '../policy/guard.ts'
import type { ModelIdentity } from '../policy/intent.ts'
import type { Provider, TextCall, TextResult } from '../provider.ts'
import { movesOn, worthWaitingMs } from '../resilience/fallback.ts'
import { serverWaitCapMs, type RetryOptions } from '../resilience/retry.ts'
import { CallScope } from '../transport/call-scope.ts'
import type { ModelCard, ModelRef } from '../vocabulary/models.ts'
import { calculateCost } from './calculate-cost.ts'
import type { CallContext, ClientServices } from './call-context.ts'
import { CallRecord } from './call-record.ts'
import type { CheckedText } from './check-text-options.ts'
import type { AllTimeouts } from './check-timeouts.ts'
import { isObject, refuse } from './checks.ts'
import { countContent, createIntent, originsOf } from './create-intent.ts'
import { parseModel } from './parse-model.ts'
import { runOperation } from './run-operation.ts'
import type { PartSink } from './stream-answer-reader.ts'
import { StopCutter } from './stop-cutter.ts'
import type { GenerateTextResult } from './text-result.ts'

/** A target as the caller named it, found but not yet judged. */
export interface Target {
  readonly provider: Provider
  readonly modelId: string
}

export interface TextCallOptions {
  readonly services: ClientServices
  readonly guard: Guard
  readonly checked: CheckedText
  readonly providerOptions: unknown
  readonly targets: readonly Target[]
  readonly timeouts: AllTimeouts
  readonly retries: number
  readonly stream: boolean
}

/** One target of a call, checked and judged: ready to be asked. */
interface Leg {
  readonly provider: Provider
  readonly ref: ModelRef
  readonly identity: ModelIdentity
  readonly call: TextCall
  readonly record: CallRecord
}

/**
 * Runs a text call: prepares and judges every target before anything is sent, then asks them in order. The sink
 * gets the parts of a stream.
 */
export async function runTextCall(
  options: TextCallOptions,
  scope: CallScope,
  sink: PartSink | undefined,
): Promise<GenerateTextResult> {
  const legs: Leg[] = []
  for (const [index, target] of options.targets.entries()) legs.push(prepareLeg(options, target, index))
  for (const [index, leg] of legs.entries()) await judgeLeg(options, leg, index, scope)
  const earlier: Attempt[] = []
  for (const [index, leg] of legs.entries()) {
    const last = index === legs.length - 1
    const legScope = last ? scope : createLegScope(scope)
    try {
      const result = await runLeg(options, leg, legScope, last ? retryOf(options) : legRetryOf(options), sink)
      return createResult(options, leg, result, earlier)
    } catch (error) {
      // The end of the call's own scope is the reason, unless it cut an answer that had begun.
      const ended = scope.over && !StreamInterruptedError.isInstance(error)
      leg.record.complete(ended ? scope.reason : error, earlier)
      if (ended) throw scope.reason
      if (last || scope.over || !movesOn(error)) throw error
      earlier.push(...leg.record.attempts)
    } finally {
      if (!last) legScope.end()
    }
  }
  throw new TypeError('a call without targets')
}

function retryOf({ retries }: TextCallOptions): RetryOptions {
  return { retries, longestWaitMs: serverWaitCapMs }
}

/** A target that is not the last tries once more at most, and waits no longer than starting over elsewhere takes. */
function legRetryOf({ retries }: TextCallOptions): RetryOptions {
  return { retries: Math.min(1, retries), longestWaitMs: worthWaitingMs }
}

/** A target that is not the last may use half of what is left, so that the next one has its chance. */
function createLegScope(parent: CallScope): CallScope {
  return new CallScope({ wheel: parent.wheel, parent, limitMs: parent.remainingMs / 2, phase: 'attempt' })
}

function prepareLeg(options: TextCallOptions, { provider, modelId }: Target, index: number): Leg {
  const { guard, checked, services } = options
  const target = { provider: provider.name, model: modelId, providerLogging: provider.providerLogging }
  const record = new CallRecord(target, guard, services.network)
  try {
    const ref = parseModel(provider, modelId, guard, index)
    const call: TextCall = Object.freeze({
      messages: checked.messages,
      settings: checked.settings,
      stream: options.stream,
      options: provider.parseOptions(optionsOf(options.providerOptions, provider)),
    })
    // A link in the content is the policy's to refuse, with its own code; then what the provider cannot keep.
    const identity = guard.identify(provider.kind, ref, originsOf(provider))
    return { provider, ref, identity, call, record }
  } catch (error) {
    throw record.complete(error)
  }
}

function optionsOf(given: unknown, provider: Provider): unknown {
  if (given === undefined) return undefined
  if (!isObject(given))
    refuse('providerOptions must be an object', 'Пишите providerOptions: { <вид провайдера>: { … } }.')
  return given[provider.kind]
}

/** Policy, depth 1. Further targets are judged with their addresses: one bad target refuses the whole set. */
async function judgeLeg(options: TextCallOptions, leg: Leg, index: number, scope: CallScope): Promise<void> {
  const { guard, checked } = options
  const { provider, identity, record, call, ref } = leg
  try {
    const intent = createIntent(provider, {
      operation: 'chat',
      model: identity,
      stream: options.stream,
      content: countContent(checked.messages),
      labels: checked.labels,
    })
    const judged = guard.judgeIntent(intent)
    let decision: Decision = judged instanceof Promise ? await scope.race(judged) : judged
    if (index > 0) decision = judgeFallback(guard, leg, decision)
    record.decide(decision)
    if (decision.verdict === 'deny') throw createDeniedError(decision)
    for (const loss of provider.check(call, ref)) {
      if (loss.effect === 'refuse') {
        throw new UnsupportedFeatureError(loss.message, {
          ...(loss.hint !== undefined && { hint: loss.hint }),
        })
      }
      record.warnings.push({
        code: loss.code,
        message: loss.message,
        ...(loss.setting !== undefined && { setting: loss.setting }),
      })
    }
  } catch (error) {
    throw record.complete(error)
  }
}

function judgeFallback(guard: Guard, { provider, identity }: Leg, intent: Decision): Decision {
  const name = `${provider.name}/${identity.id}`
  if (intent.verdict === 'deny') return guard.refuseFallback(intent, name)
  for (const endpoint of Object.values(provider.endpoints)) {
    if (endpoint.credentialOnly) continue
    const { decision } = guard.judgeUrl(endpoint.url, {
      credentialOnly: false,
      method: 'POST',
      hasBody: true,
      model: identity,
    })
    if (decision.verdict === 'deny') return guard.refuseFallback(decision, name)
  }
  return intent
}

async function runLeg(
  options: TextCallOptions,
  leg: Leg,
  scope: CallScope,
  retry: RetryOptions,
  sink: PartSink | undefined,
): Promise<TextResult & { readonly raw?: unknown }> {
  const { provider, identity, record, call, ref } = leg
  const context: CallContext = {
    services: options.services,
    provider,
    model: identity,
    guard: options.guard,
    scope,
    limits: options.timeouts,
    retry,
    secretRequest: { provider: provider.name, model: ref.id, labels: options.checked.labels },
    record,
  }
  const result = await runOperation(context, provider.text(call, ref), sink)
  const denial = options.guard.judgeAnsweredModel(identity, result.modelId)
  if (denial) throw createDeniedError(denial)
  record.answeredBy = result.modelId ?? 'not stated'
  return result
}

function createResult(
  options: TextCallOptions,
  { provider, ref, record }: Leg,
  result: TextResult,
  earlier: readonly Attempt[],
): GenerateTextResult {
  const full = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const cutter = new StopCutter(options.checked.stops)
  const cut = options.stream ? full : cutter.push(full) + (cutter.met ? '' : cutter.end())
  const content = cutter.met ? [{ type: 'text' as const, text: cut }] : result.content
  const card: ModelCard | undefined = provider.models.find(
    (model) => model.id.toLowerCase() === ref.catalogueId.toLowerCase(),
  )
  const cost = ref.tuned === undefined ? calculateCost(result.usage, card?.prices, today()) : undefined
  return Object.freeze({
    text: cut,
    content,
    finishReason: cutter.met ? 'stop' : result.finishReason,
    ...(result.rawFinishReason !== undefined && { rawFinishReason: result.rawFinishReason }),
    usage: result.usage,
    ...(cost && { cost }),
    model: Object.freeze({
      provider: provider.name,
      id: ref.id,
      ...(result.rawModel !== undefined && { answeredBy: result.rawModel }),
    }),
    policy: record.receipt(),
    warnings: Object.freeze([...record.warnings, ...(result.warnings ?? [])]),
    attempts: Object.freeze([...earlier, ...record.attempts]),
    response: Object.freeze({
      status: record.status,
      headers: Object.freeze({ ...record.headers }),
      ...(record.requestId !== undefined && { requestId: record.requestId }),
    }),
    responseMessages: Object.freeze([{ role: 'assistant' as const, content: cut }]),
    ...(options.checked.includeRaw && record.raw !== undefined && { raw: record.raw }),
  })
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

/** Finds `'<provider>/<model>'`. @throws ConfigurationError */
export function findTarget(providers: ReadonlyMap<string, Provider>, model: unknown): Target {
  const names = [...providers.keys()]
  if (typeof model !== 'string' || model.trim() === '') {
    throw new ConfigurationError("model must be a string such as 'provider/model'", {
      hint: `Укажите model: '${names[0]}/…'.`,
    })
  }
  const slash = model.indexOf('/')
  const provider = slash > 0 ? providers.get(model.slice(0, slash)) : undefined
  if (provider && slash < model.length - 1) return { provider, modelId: model.slice(slash + 1) }
  const shown = model.slice(0, 100)
  const known = names.map((name) => `'${name}/…'`).join(', ')
  const reason =
    slash > 0 && !provider ? 'names a provider that is not configured' : "is not of the form 'provider/model'"
  throw new ConfigurationError(`model '${shown}' ${reason}; configured: ${known}`, {
    code: 'config.model',
    hint: `Пишите модель как ${known}.`,
  })
}
