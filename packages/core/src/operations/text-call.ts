import type { Attempt } from '../errors/shlyuz-error.ts'
import { StreamInterruptedError } from '../errors/stream-interrupted-error.ts'
import { UnsupportedFeatureError } from '../errors/unsupported-feature-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Decision } from '../policy/decision.ts'
import type { Guard } from '../policy/guard.ts'
import type { ContentFacts, ModelIdentity } from '../policy/intent.ts'
import type { MaskSession } from '../policy/masker.ts'
import type { Provider, TextCall, TextResult } from '../provider.ts'
import { movesOn, worthWaitingMs } from '../resilience/moves-on.ts'
import { serverWaitCapMs, type RetryOptions } from '../resilience/retry.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { ContentPart } from '../vocabulary/messages.ts'
import type { ModelRef } from '../vocabulary/models.ts'
import type { Cost, Usage } from '../vocabulary/usage.ts'
import type { Loss } from '../vocabulary/warnings.ts'
import { auditDenial } from './audit-call.ts'
import { findDeniedAddress } from './find-denied-address.ts'
import { calculateCost, sumCosts } from './calculate-cost.ts'
import type { CallContext, ClientServices, Restore } from './call-context.ts'
import { CallRecord } from './call-record.ts'
import type { AllTimeouts } from './check-timeouts.ts'
import { optionsOf } from './check-call-options.ts'
import { countContent, createIntent, originsOf } from './create-intent.ts'
import { assumedFileCharacters, assumedOutputTokens, pricesOf, type Ahead } from './prices.ts'
import { setAsideFor } from './set-aside.ts'
import { createTextCall, type PreparedCall, type TextDraft } from './create-text-call.ts'
import {
  demandedHeaders,
  demandsMask,
  factsAfter,
  factsBefore,
  inspectDraft,
  type InspectedDraft,
} from './inspect-call.ts'
import { restorePart } from './mask-call.ts'
import type { Target } from './find-target.ts'
import { HedgeLost, placesOf, runRoute, type LegRun, type Route } from './route.ts'
import { parseModel } from './parse-model.ts'
import { runOperation } from './run-operation.ts'
import type { PartSink } from './stream-answer-reader.ts'
import { StopCutter } from './stop-cutter.ts'
import type { TextStep } from './text-result.ts'
import { today } from './today.ts'
import type { CallUploads } from './uploads.ts'

export interface TextCallOptions {
  readonly services: ClientServices
  readonly guard: Guard
  /** Tells the call from others. */
  readonly callId: string
  readonly draft: TextDraft
  readonly stops: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly dataClasses: readonly string[]
  readonly includeRaw: boolean
  readonly providerOptions: unknown
  readonly targets: readonly Target[]
  /** In which order they are asked. */
  readonly route: Route
  readonly timeouts: AllTimeouts
  readonly retries: number
  readonly priority: number
  /** The files that targets which answered have put at their services: settled when the call is over. */
  readonly uploads: CallUploads[]
  /** Makes the place where the parts of a target's stream go. Absent: no stream. */
  readonly createSink: ((prepared: PreparedCall) => PartSink) | undefined
}

/** One target of a call, checked and judged: ready to be asked. */
export interface Leg {
  readonly provider: Provider
  readonly ref: ModelRef
  readonly identity: ModelIdentity
  readonly prepared: PreparedCall
  readonly record: CallRecord
  /** Given when personal data is masked: puts the values back. */
  readonly session?: MaskSession
  /** What the policy demands on every request. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The answer of the target that gave one. */
export interface TextAnswer {
  /** Its place among the targets. */
  readonly index: number
  readonly prepared: PreparedCall
  readonly step: TextStep
}

/**
 * Asks a model once: prepares and judges every target before anything is sent, then asks them along the route. The sink
 * gets the parts of a stream.
 */
export async function runTextCall(options: TextCallOptions, scope: CallScope): Promise<TextAnswer> {
  const places = placesOf(options.route)
  const legs = await prepareLegs(options, scope)
  const tried = new TriedLegs()
  const { latencies } = options.services
  return runRoute(options.route, scope, {
    expected: (index) => latencies.expected(nameOf(options.targets[index] as Target)),
    run: (run) => askLeg(options, legs[places.indexOf(run.index)] as Leg, run, tried),
  })
}

function nameOf({ provider, modelId }: Target): string {
  return `${provider.name}/${modelId}`
}

/** What was asked beside the target that answers, or before it. */
class TriedLegs {
  readonly failed: Leg[] = []
  /** When each began, by `Date.now()`. */
  readonly #running = new Map<Leg, number>()

  begin(leg: Leg): void {
    this.#running.set(leg, Date.now())
  }

  fail(leg: Leg): void {
    this.#running.delete(leg)
    this.failed.push(leg)
  }

  /** Those that run beside the one that answers: they are ended, and paid for all the same once they were asked. */
  lostTo(winner: Leg): readonly Leg[] {
    return [...this.#running.keys()].filter((leg) => leg !== winner && leg.record.origin !== undefined)
  }

  attemptsBefore(leg: Leg): readonly Attempt[] {
    const lost = this.lostTo(leg).map((one): Attempt => {
      const begunAt = this.#running.get(one) as number
      const startedAt = new Date(begunAt).toISOString()
      const durationMs = Date.now() - begunAt
      const error = { name: 'HedgeLost', code: 'hedge.lost', message: 'another target was quicker' }
      return { provider: one.provider.name, model: one.identity.id, startedAt, durationMs, error }
    })
    return [...this.failed.flatMap(({ record }) => record.attempts), ...lost]
  }
}

async function askLeg(options: TextCallOptions, leg: Leg, run: LegRun, tried: TriedLegs): Promise<TextAnswer> {
  const { index, scope, isLast, claim } = run
  tried.begin(leg)
  const watched = options.services.latencies.watch(nameOf(options.targets[index] as Target))
  const createSink = options.createSink && watchSink(options.createSink, claim, () => watched('answered'))
  try {
    const result = await runLeg({ ...options, createSink }, leg, scope, isLast ? retryOf(options) : legRetryOf(options))
    watched('answered')
    if (claim?.() === false) throw new HedgeLost('another target was quicker')
    return { index, prepared: leg.prepared, step: createStep(options, leg, result, tried) }
  } catch (error) {
    const isLost = error instanceof HedgeLost || scope.reason instanceof HedgeLost
    watched(!isLost && movesOn(error) ? 'failed' : 'left')
    if (isLost) throw error
    // The end of the call's own scope is the reason, unless it cut an answer that had begun.
    const ended = scope.over && !StreamInterruptedError.isInstance(error)
    const complete = leg.record.complete(ended ? scope.reason : error, tried.attemptsBefore(leg))
    tried.fail(leg)
    throw await auditDenial(options.services, leg.record, complete)
  }
}

type CreateSink = NonNullable<TextCallOptions['createSink']>

/** Nothing of a stream is given out before its target has the word; then the other one is ended. */
function watchSink(create: CreateSink, claim: LegRun['claim'], onFirst: () => void): CreateSink {
  return (prepared) => {
    const inner = create(prepared)
    let exchange: Parameters<PartSink['attach']>[0] | undefined
    let hasBegun = false
    return {
      stops: inner.stops,
      attach: (given) => {
        exchange = given
        if (hasBegun || !claim) inner.attach(given)
      },
      push: (part) => {
        if (!hasBegun) {
          if (claim?.() === false) throw new HedgeLost('another target was quicker')
          hasBegun = true
          onFirst()
          if (claim && exchange) inner.attach(exchange)
        }
        return inner.push(part)
      },
    }
  }
}

/** Every target, checked and judged. @throws for the first one that may not be asked, or cannot keep the call */
export async function prepareLegs(options: TextCallOptions, scope: CallScope): Promise<readonly Leg[]> {
  const places = placesOf(options.route)
  const legs = places.map((place, index) => prepareLeg(options, options.targets[place] as Target, index))
  const judged: Leg[] = []
  let inspected: InspectedDraft | undefined
  for (const [index, leg] of legs.entries()) {
    try {
      inspected ??= inspectDraft(options.guard, options.draft)
      const { decision, leg: ready } = await judgeLeg(options, leg, index, scope, inspected)
      // A link in the content is the policy's to refuse, with its own code; then what the provider cannot keep.
      if (decision.verdict === 'deny') throw createDeniedError(decision)
      refuseLosses(ready)
      judged.push(ready)
    } catch (error) {
      throw await auditDenial(options.services, leg.record, leg.record.complete(error))
    }
  }
  return judged
}

function retryOf({ retries }: TextCallOptions): RetryOptions {
  return { retries, longestWaitMs: serverWaitCapMs }
}

/** A target that is not the last tries once more at most, and waits no longer than starting over elsewhere takes. */
function legRetryOf({ retries }: TextCallOptions): RetryOptions {
  return { retries: Math.min(1, retries), longestWaitMs: worthWaitingMs }
}

/** A target as the call would ask it; nothing is judged yet. */
export function prepareLeg(options: TextCallOptions, { provider, modelId }: Target, index: number): Leg {
  const { guard, services, draft } = options
  const target = { provider: provider.name, model: modelId, providerLogging: provider.providerLogging }
  const record = new CallRecord(target, guard, services.network, options.callId)
  try {
    const ref = parseModel(provider, modelId, guard, index)
    const identity = guard.identify(provider.kind, ref, originsOf(provider))
    const parsed = provider.parseOptions(optionsOf(options.providerOptions, provider))
    return { provider, ref, identity, prepared: createTextCall(draft, provider, ref, parsed), record }
  } catch (error) {
    throw record.complete(error)
  }
}

/**
 * Policy, depth 1: judged as the caller wrote it, and again as it is sent where personal data has to be masked. Further
 * targets are judged with their addresses: one bad target refuses the whole set.
 */
export async function judgeLeg(
  options: TextCallOptions,
  leg: Leg,
  index: number,
  scope: CallScope,
  inspected: InspectedDraft | undefined,
): Promise<{ readonly decision: Decision; readonly leg: Leg }> {
  const { guard, draft, providerOptions } = options
  const own = optionsOf(providerOptions, leg.provider)
  const first = await judgeIntentOf(options, leg, index, scope, draft, inspected && factsBefore(inspected, own))
  leg.record.decide(first)
  leg.record.personal = inspected && factsBefore(inspected, own).personal
  const headers = demandedHeaders(first)
  const plain = headers ? { ...leg, headers } : leg
  if (!inspected || !demandsMask(first)) return { decision: first, leg: plain }
  const { masked, session } = inspected
  const facts = factsAfter(inspected, own)
  const second = await judgeIntentOf(options, leg, index, scope, masked, facts)
  leg.record.decide(second)
  leg.record.masked = facts.masked
  leg.record.personal = facts.personal
  const { provider, ref, prepared } = leg
  const call = createTextCall(masked, provider, ref, prepared.call.options)
  const again = demandedHeaders(second) ?? headers
  return {
    decision: demandsMask(second) || second.verdict === 'deny' ? second : unmasked(guard),
    leg: { ...plain, prepared: call, session, ...(again && { headers: again }) },
  }
}

/** A rule that no longer demands what was done changes its mind with the content: not to be trusted with either. */
function unmasked(guard: Guard): Decision {
  return guard.refuse('policy.obligation_unmet', 'intent', { obligation: 'mask', reason: 'the rules disagree' })
}

async function judgeIntentOf(
  { guard, labels, dataClasses }: TextCallOptions,
  leg: Leg,
  index: number,
  scope: CallScope,
  { messages, stream }: TextDraft,
  found: Pick<ContentFacts, 'personal' | 'masked'> | undefined,
): Promise<Decision> {
  const content = countContent(messages, leg.provider.remoteTools?.(leg.prepared.call))
  const intent = createIntent(leg.provider, {
    operation: 'chat',
    model: leg.identity,
    stream,
    content: found ? Object.freeze({ ...content, ...found }) : content,
    labels,
    dataClasses,
  })
  leg.record.intent = intent
  const judged = guard.judgeIntent(intent)
  const decision = judged instanceof Promise ? await scope.race(judged) : judged
  return index > 0 ? judgeFallback(guard, leg, decision) : decision
}

/** @throws UnsupportedFeatureError for the first loss that changes the meaning of the call */
function refuseLosses({ prepared, record, provider }: Leg): void {
  for (const loss of [...prepared.losses, ...foreignFiles(prepared.call, provider)]) {
    if (loss.effect === 'refuse') {
      throw new UnsupportedFeatureError(loss.message, {
        ...(loss.hint !== undefined && { hint: loss.hint }),
      })
    }
    const { code, message, setting } = loss
    record.warnings.push({ code, message, ...(setting !== undefined && { setting }) })
  }
}

/** A file lies at one provider: another one knows nothing of its id. */
export function foreignFiles({ messages }: TextCall, { name }: Provider): readonly Loss[] {
  const losses: Loss[] = []
  for (const { content } of messages) {
    for (const part of content) {
      if (part.type !== 'media' || !('fileId' in part.source)) continue
      const { provider } = part.source
      if (provider === undefined || provider === name) continue
      losses.push({
        effect: 'refuse',
        code: 'file-of-other-provider',
        setting: 'messages',
        message: `the conversation holds a file that lies at '${provider}'; '${name}' cannot see it`,
        hint: `Передайте сам файл (байты или localFile) вместо fileId: у '${name}' его нет.`,
      })
    }
  }
  return losses
}

function judgeFallback(guard: Guard, { provider, identity, ref, prepared }: Leg, intent: Decision): Decision {
  const name = `${provider.name}/${identity.id}`
  if (intent.verdict === 'deny') return guard.refuseFallback(intent, name)
  const { endpoints: used } = provider.surfaceOf(ref, prepared.call.options)
  const denied = findDeniedAddress(guard, provider, identity, used)
  return denied ? guard.refuseFallback(denied, name) : intent
}

async function runLeg(options: TextCallOptions, leg: Leg, scope: CallScope, retry: RetryOptions): Promise<TextResult> {
  const { provider, identity, record, prepared, ref, session, headers } = leg
  const uploads = options.services.uploads.open()
  const context: CallContext = {
    services: options.services,
    provider,
    model: identity,
    guard: options.guard,
    scope,
    limits: options.timeouts,
    retry,
    secretRequest: { provider: provider.name, model: ref.id, labels: options.labels },
    record,
    priority: options.priority,
    uploads,
    ...(headers && { headers }),
    ...(session && { restore: { session, isJson: prepared.outputMode === 'native' } }),
  }
  const spending = await setAsideFor(context, ref, () => aheadOf(prepared))
  try {
    const result = await runOperation(context, provider.text(prepared.call, ref), options.createSink?.(prepared))
    record.judgeAnswer(identity, result.modelId)
    options.uploads.push(uploads)
    await spending.answered(costOf(options.services, leg, result.usage), result.usage)
    // The parts of a stream were restored on their way.
    return session && !options.draft.stream ? restoreResult(result, context.restore as Restore) : result
  } catch (error) {
    await spending.failed()
    // Nothing stays at a service that did not answer, also when the next one does.
    await uploads.settle('delete')
    throw error
  }
}

/** What a question will take: its texts, its tools, and the longest answer that was asked for. */
export function aheadOf({ call }: PreparedCall): Ahead {
  const { characters, images, files } = countContent(call.messages)
  const tools = call.tools.length === 0 ? 0 : JSON.stringify(call.tools).length
  const schema = call.output ? JSON.stringify(call.output).length : 0
  return {
    characters: characters + tools + schema + (images + files) * assumedFileCharacters,
    outputTokens: call.settings.maxOutputTokens ?? assumedOutputTokens,
  }
}

function restoreResult(result: TextResult, { session, isJson }: Restore): TextResult {
  return { ...result, content: result.content.map((part) => restorePart(part, session, isJson)) }
}

function createStep(options: TextCallOptions, leg: Leg, result: TextResult, tried: TriedLegs): TextStep {
  const { provider, ref, record } = leg
  // A stream was cut on its way.
  const cut = options.draft.stream ? undefined : cutContent(result.content, options.stops)
  const content = cut ?? result.content
  const cost = sumCosts([
    costOf(options.services, leg, result.usage),
    ...tried.lostTo(leg).map((lost) => costOf(options.services, lost, promptOf(result.usage))),
  ])
  const reasoning = joinTexts(content, 'reasoning')
  return {
    text: joinTexts(content, 'text'),
    ...(reasoning !== '' && { reasoning }),
    content,
    toolCalls: content.filter((part) => part.type === 'tool-call'),
    toolResults: [],
    finishReason: cut ? 'stop' : result.finishReason,
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
    attempts: Object.freeze([...tried.attemptsBefore(leg), ...record.attempts]),
    response: Object.freeze({
      status: record.status,
      headers: Object.freeze({ ...record.headers }),
      ...(record.requestId !== undefined && { requestId: record.requestId }),
    }),
    ...(options.includeRaw && record.raw !== undefined && { raw: record.raw }),
  }
}

function costOf({ prices }: ClientServices, { provider, ref }: Leg, usage: Usage): Cost | undefined {
  return calculateCost(usage, pricesOf(prices, provider, ref), today())
}

/** An answer that was ended early has no figures of its own; it was asked the same. */
function promptOf({ inputTokens }: Usage): Usage {
  return inputTokens === undefined ? {} : { inputTokens }
}

/** The content before the first `stop` string in its text; `undefined` when none is met. */
function cutContent(content: readonly ContentPart[], stops: readonly string[]): readonly ContentPart[] | undefined {
  if (stops.length === 0) return undefined
  const cutter = new StopCutter(stops)
  const kept: ContentPart[] = []
  for (const part of content) {
    if (part.type !== 'text') {
      kept.push(part)
      continue
    }
    const text = cutter.push(part.text) + (cutter.met ? '' : cutter.end())
    if (text !== '') kept.push({ type: 'text', text })
    if (cutter.met) return kept
  }
  return undefined
}

function joinTexts(content: readonly ContentPart[], type: 'text' | 'reasoning'): string {
  return content.map((part) => (part.type === type ? part.text : '')).join('')
}
