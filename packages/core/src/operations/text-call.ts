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
import type { LatencyWatch } from '../resilience/latencies.ts'
import { serverWaitCapMs } from '../resilience/retry.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { ContentPart } from '../vocabulary/messages.ts'
import type { ModelRef } from '../vocabulary/models.ts'
import type { StreamPart } from '../vocabulary/stream-parts.ts'
import type { Cost, Price, Usage } from '../vocabulary/usage.ts'
import type { Loss } from '../vocabulary/warnings.ts'
import { auditDenial } from './audit-call.ts'
import { findDeniedAddress } from './find-denied-address.ts'
import { calculateCost, sumCosts } from './calculate-cost.ts'
import type { CallContext, ClientServices, Restore } from './call-context.ts'
import { CallRecord } from './call-record.ts'
import type { CheckedText } from './check-text-options.ts'
import type { AllTimeouts } from './check-timeouts.ts'
import { optionsOf } from './check-call-options.ts'
import { countContent, createIntent } from './create-intent.ts'
import { assumedFileCharacters, assumedOutputTokens, type Ahead } from './prices.ts'
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
import { knowTarget } from './know-target.ts'
import { partsOf } from './parts-of.ts'
import { runOperation } from './run-operation.ts'
import type { AnswerSource, PartSink } from './stream-answer-reader.ts'
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
  readonly checked: Pick<CheckedText, 'stops' | 'labels' | 'dataClasses' | 'includeRaw'>
  readonly providerOptions: unknown
  readonly targets: readonly Target[]
  /** In which order they are asked. */
  readonly route: Route
  readonly timeouts: AllTimeouts
  readonly retries: number
  readonly priority: number
  /** The files that targets which answered have put at their services: settled when the call is over. */
  readonly uploads: CallUploads[]
  /** Absent: no stream. */
  readonly sinks: SinkFactory | undefined
}

/** Makes the place where the parts of a target's stream go. */
export interface SinkFactory {
  createSink(prepared: PreparedCall): PartSink
}

/** One target of a call, checked and judged: ready to be asked. */
export interface Leg {
  readonly provider: Provider
  readonly ref: ModelRef
  readonly identity: ModelIdentity
  readonly prices: readonly Price[] | undefined
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
export function runTextCall(options: TextCallOptions, scope: CallScope): Promise<TextAnswer> {
  const { route } = options
  if (typeof route !== 'number') return prepareLegs(options, scope).then((legs) => askLegs(options, route, legs, scope))
  // Most calls have one target: then nothing is waited for before it is asked.
  const leg = prepareOnly(options, route, scope)
  const run: LegRun = { index: route, scope, isLast: true }
  if (leg instanceof Promise) return leg.then((ready) => askLeg(options, ready, run, new TriedLegs()))
  return askLeg(options, leg, run, new TriedLegs())
}

function askLegs(options: TextCallOptions, route: Route, legs: readonly Leg[], scope: CallScope): Promise<TextAnswer> {
  const tried = new TriedLegs()
  const places = placesOf(route)
  const { latencies } = options.services
  return runRoute(route, scope, {
    expected: (index) => latencies.expected((options.targets[index] as Target).name),
    run: (run) => askLeg(options, legs[places.indexOf(run.index)] as Leg, run, tried),
  })
}

interface RunningLeg {
  readonly leg: Leg
  /** By `Date.now()`. */
  readonly begunAt: number
}

const none: readonly never[] = Object.freeze([])

/** What was asked beside the target that answers, or before it. */
class TriedLegs {
  #failed: readonly Leg[] = none
  /** Those of a hedge. */
  #running: readonly RunningLeg[] = none

  begin(leg: Leg): void {
    this.#running = [...this.#running, { leg, begunAt: Date.now() }]
  }

  fail(leg: Leg): void {
    this.#running = this.#running.filter((one) => one.leg !== leg)
    this.#failed = [...this.#failed, leg]
  }

  /** Those that run beside the one that answers: they are ended, and paid for all the same once they were asked. */
  lostTo(winner: Leg): readonly Leg[] {
    if (this.#running.length === 0) return none
    return this.#lostTo(winner).map(({ leg }) => leg)
  }

  #lostTo(winner: Leg): readonly RunningLeg[] {
    return this.#running.filter(({ leg }) => leg !== winner && leg.record.origin !== undefined)
  }

  attemptsBefore(leg: Leg): readonly Attempt[] {
    if (this.#failed.length === 0 && this.#running.length === 0) return none
    const lost = this.#lostTo(leg).map(({ leg: one, begunAt }): Attempt => {
      const startedAt = new Date(begunAt).toISOString()
      const durationMs = Date.now() - begunAt
      const error = { name: 'HedgeLost', code: 'hedge.lost', message: 'another target was quicker' }
      return { provider: one.provider.name, model: one.identity.id, startedAt, durationMs, error }
    })
    return [...this.#failed.flatMap(({ record }) => record.attempts), ...lost]
  }
}

/** One function for all of it: each that waits for the answer holds half a KiB of an open stream. */
async function askLeg(options: TextCallOptions, leg: Leg, run: LegRun, tried: TriedLegs): Promise<TextAnswer> {
  const { services } = options
  const { provider, identity, record, prepared, ref, session } = leg
  const { index, scope, claim } = run
  if (claim) tried.begin(leg)
  const watch = services.latencies.watch((options.targets[index] as Target).name)
  try {
    const uploads = services.uploads.open()
    const context = createContext(options, leg, run, uploads)
    const setAside = setAsideFor(context, ref, () => aheadOf(prepared))
    const spending = setAside && (await setAside)
    let result: TextResult
    try {
      const sink = options.sinks && new WatchedSink(options.sinks.createSink(prepared), claim, watch)
      result = await runOperation(context, provider.text(prepared.call, ref), sink)
      record.judgeAnswer(identity, result.modelId)
      if (!uploads.isEmpty) options.uploads.push(uploads)
      if (spending) await spending.answered(costOf(leg, result.usage), result.usage)
    } catch (error) {
      await spending?.failed()
      // Nothing stays at a service that did not answer, also when the next one does.
      await uploads.settle('delete')
      throw error
    }
    watch.end('answered')
    if (claim?.() === false) throw createHedgeLost()
    // The parts of a stream were restored on their way.
    if (session && !options.draft.stream) result = restoreResult(result, context.restore as Restore)
    return { index, prepared, step: createStep(options, leg, result, tried) }
  } catch (error) {
    const isLost = error instanceof HedgeLost || scope.reason instanceof HedgeLost
    watch.end(!isLost && movesOn(error) ? 'failed' : 'left')
    if (isLost) throw error
    // The end of the call's own scope is the reason, unless it cut an answer that had begun.
    const ended = scope.over && !StreamInterruptedError.isInstance(error)
    const complete = record.complete(ended ? scope.reason : error, tried.attemptsBefore(leg))
    tried.fail(leg)
    throw await auditDenial(services, record, complete)
  }
}

function createContext(
  options: TextCallOptions,
  leg: Leg,
  { scope, isLast }: LegRun,
  uploads: CallUploads,
): CallContext {
  const { retries } = options
  const { provider, session } = leg
  const context: { -readonly [Fact in keyof CallContext]: CallContext[Fact] } = {
    services: options.services,
    provider,
    model: leg.identity,
    guard: options.guard,
    scope,
    limits: options.timeouts,
    // A target that is not the last tries once more at most, and waits no longer than starting over elsewhere takes.
    retry: isLast
      ? { retries, longestWaitMs: serverWaitCapMs }
      : { retries: Math.min(1, retries), longestWaitMs: worthWaitingMs },
    secretRequest: { provider: provider.name, model: leg.ref.id, labels: options.checked.labels },
    record: leg.record,
    priority: options.priority,
    uploads,
  }
  if (leg.headers) context.headers = leg.headers
  if (session) context.restore = { session, isJson: leg.prepared.outputMode === 'native' }
  return context
}

function createHedgeLost(): HedgeLost {
  return new HedgeLost('another target was quicker')
}

/** Nothing of a stream is given out before its target has the word; then the other one is ended. */
class WatchedSink implements PartSink {
  readonly stops: readonly string[]
  readonly #inner: PartSink
  readonly #claim: LegRun['claim']
  readonly #watch: LatencyWatch
  /** Not given on yet. */
  #source: AnswerSource | undefined
  #hasBegun = false

  constructor(inner: PartSink, claim: LegRun['claim'], watch: LatencyWatch) {
    this.stops = inner.stops
    this.#inner = inner
    this.#claim = claim
    this.#watch = watch
  }

  attach(source: AnswerSource): void {
    if (this.#hasBegun || !this.#claim) this.#inner.attach(source)
    else this.#source = source
  }

  push(part: StreamPart): StreamPart {
    if (!this.#hasBegun) this.#begin()
    return this.#inner.push(part)
  }

  #begin(): void {
    if (this.#claim?.() === false) throw createHedgeLost()
    this.#hasBegun = true
    this.#watch.end('answered')
    if (this.#source) this.#inner.attach(this.#source)
    this.#source = undefined
  }
}

/** The one target of a call, checked and judged: at once, unless a rule takes its time. */
function prepareOnly(options: TextCallOptions, place: number, scope: CallScope): Leg | Promise<Leg> {
  const leg = prepareLeg(options, options.targets[place] as Target, 0)
  return admitLeg(options, leg, 0, scope, { inspected: undefined })
}

/**
 * Every target, checked and judged.
 * @throws for the first one that may not be asked, or cannot keep the call
 */
export async function prepareLegs(options: TextCallOptions, scope: CallScope): Promise<readonly Leg[]> {
  const { route, targets } = options
  const legs = placesOf(route).map((place, index) => prepareLeg(options, targets[place] as Target, index))
  const look: Look = { inspected: undefined }
  const admitted: Leg[] = []
  for (const [index, leg] of legs.entries()) admitted.push(await admitLeg(options, leg, index, scope, look))
  return admitted
}

/** What was found in the draft: looked for once, for all targets. */
interface Look {
  inspected: InspectedDraft | undefined
}

/** Judges a target, and refuses what it cannot keep. What is thrown tells of the target. */
function admitLeg(options: TextCallOptions, leg: Leg, index: number, scope: CallScope, look: Look): Leg | Promise<Leg> {
  try {
    look.inspected ??= inspectDraft(options.guard, options.draft)
    const judged = judgeLeg(options, leg, index, scope, look.inspected)
    if (!(judged instanceof Promise)) return acceptLeg(judged)
    return judged.then(acceptLeg).catch((error: unknown) => denyLeg(options, leg, error))
  } catch (error) {
    return denyLeg(options, leg, error)
  }
}

function acceptLeg({ decision, leg }: JudgedLeg): Leg {
  // A link in the content is the policy's to refuse, with its own code; then what the provider cannot keep.
  if (decision.verdict === 'deny') throw createDeniedError(decision)
  refuseLosses(leg)
  return leg
}

async function denyLeg({ services }: TextCallOptions, { record }: Leg, error: unknown): Promise<never> {
  throw await auditDenial(services, record, record.complete(error))
}

/** A target as the call would ask it; nothing is judged yet. */
export function prepareLeg(options: TextCallOptions, target: Target, index: number): Leg {
  const { guard, services, draft } = options
  const { provider } = target
  const record = new CallRecord(target.stated, guard, services.network, options.callId)
  try {
    const known = knowTarget(target, guard, services.prices, index)
    const { ref, identity, prices } = known
    const parsed = known.parseOptions(optionsOf(options.providerOptions, provider))
    return { provider, ref, identity, prices, prepared: createTextCall(draft, provider, ref, parsed), record }
  } catch (error) {
    throw record.complete(error)
  }
}

/** A target, and what the policy says of the call to it. */
export interface JudgedLeg {
  readonly decision: Decision
  readonly leg: Leg
}

/**
 * Policy, depth 1: judged as the caller wrote it, and again as it is sent where personal data has to be masked. Further
 * targets are judged with their addresses: one bad target refuses the whole set.
 */
export function judgeLeg(
  options: TextCallOptions,
  leg: Leg,
  index: number,
  scope: CallScope,
  inspected: InspectedDraft | undefined,
): JudgedLeg | Promise<JudgedLeg> {
  if (inspected) return judgeInspected(options, leg, index, scope, inspected)
  const decision = judgeIntentOf(options, leg, index, scope, options.draft, undefined)
  return decision instanceof Promise ? decision.then((late) => enterJudged(leg, late)) : enterJudged(leg, decision)
}

function enterJudged(leg: Leg, decision: Decision): JudgedLeg {
  leg.record.decide(decision)
  const headers = demandedHeaders(decision)
  return { decision, leg: headers ? { ...leg, headers } : leg }
}

async function judgeInspected(
  options: TextCallOptions,
  given: Leg,
  index: number,
  scope: CallScope,
  inspected: InspectedDraft,
): Promise<JudgedLeg> {
  const { guard, draft, providerOptions } = options
  const own = optionsOf(providerOptions, given.provider)
  const found = factsBefore(inspected, own)
  const first = enterJudged(given, await judgeIntentOf(options, given, index, scope, draft, found))
  given.record.personal = found.personal
  if (!demandsMask(first.decision)) return first
  const { masked, session } = inspected
  const facts = factsAfter(inspected, own)
  const { decision, leg } = enterJudged(first.leg, await judgeIntentOf(options, given, index, scope, masked, facts))
  given.record.masked = facts.masked
  given.record.personal = facts.personal
  const { provider, ref, prepared } = given
  const call = createTextCall(masked, provider, ref, prepared.call.options)
  return {
    decision: demandsMask(decision) || decision.verdict === 'deny' ? decision : unmasked(guard),
    leg: { ...leg, prepared: call, session },
  }
}

/** A rule that no longer demands what was done changes its mind with the content: not to be trusted with either. */
function unmasked(guard: Guard): Decision {
  return guard.refuse('policy.obligation_unmet', 'intent', { obligation: 'mask', reason: 'the rules disagree' })
}

function judgeIntentOf(
  { guard, checked }: TextCallOptions,
  leg: Leg,
  index: number,
  scope: CallScope,
  { messages, stream }: TextDraft,
  found: Pick<ContentFacts, 'personal' | 'masked'> | undefined,
): Decision | Promise<Decision> {
  const content = countContent(messages, leg.provider.remoteTools?.(leg.prepared.call))
  const intent = createIntent(leg.provider, {
    operation: 'chat',
    model: leg.identity,
    stream,
    content: found ? Object.freeze({ ...content, ...found }) : content,
    labels: checked.labels,
    dataClasses: checked.dataClasses,
  })
  leg.record.intent = intent
  const judged = guard.judgeIntent(intent)
  if (judged instanceof Promise) return scope.race(judged).then((late) => judgeFurther(guard, leg, index, late))
  return judgeFurther(guard, leg, index, judged)
}

function judgeFurther(guard: Guard, leg: Leg, index: number, decision: Decision): Decision {
  return index > 0 ? judgeFallback(guard, leg, decision) : decision
}

/** @throws UnsupportedFeatureError for the first loss that changes the meaning of the call */
function refuseLosses({ prepared, record, provider }: Leg): void {
  const { images = 0, files = 0 } = record.intent?.content ?? {}
  const foreign = images + files === 0 ? none : foreignFiles(prepared.call, provider)
  if (prepared.losses.length + foreign.length === 0) return
  for (const loss of [...prepared.losses, ...foreign]) {
    if (loss.effect === 'refuse') {
      throw new UnsupportedFeatureError(loss.message, {
        ...(loss.hint !== undefined && { hint: loss.hint }),
      })
    }
    const { code, message, setting } = loss
    record.warn({ code, message, ...(setting !== undefined && { setting }) })
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
  const { record } = leg
  // A stream was cut on its way.
  const cut = options.draft.stream ? undefined : cutContent(result.content, options.checked.stops)
  const content = cut ?? result.content
  const before = tried.attemptsBefore(leg)
  const { rawFinishReason, warnings } = result
  const { status, headers, requestId } = record
  // Written out, and what may be absent set afterwards: conditional spreads take 3 µs of a call.
  const step: { -readonly [Fact in keyof TextStep]: TextStep[Fact] } = {
    text: joinTexts(content, 'text'),
    content,
    toolCalls: partsOf(content, 'tool-call'),
    toolResults: none,
    finishReason: cut ? 'stop' : result.finishReason,
    usage: result.usage,
    model: stateModel(leg, result.rawModel),
    policy: record.receipt(),
    warnings: Object.freeze(warnings ? [...record.warnings, ...warnings] : record.warnings),
    attempts: Object.freeze(before.length === 0 ? record.attempts : [...before, ...record.attempts]),
    response: Object.freeze(requestId === undefined ? { status, headers } : { status, headers, requestId }),
  }
  const reasoning = joinTexts(content, 'reasoning')
  if (reasoning !== '') step.reasoning = reasoning
  if (rawFinishReason !== undefined) step.rawFinishReason = rawFinishReason
  const cost = costOfAll(leg, result.usage, tried.lostTo(leg))
  if (cost) step.cost = cost
  if (options.checked.includeRaw && record.raw !== undefined) step.raw = record.raw
  return step
}

function stateModel({ provider, ref }: Leg, answeredBy: string | undefined): TextStep['model'] {
  const { name } = provider
  return Object.freeze(
    answeredBy === undefined ? { provider: name, id: ref.id } : { provider: name, id: ref.id, answeredBy },
  )
}

/** With those that were asked beside the one that answered: they were asked the same. */
function costOfAll(leg: Leg, usage: Usage, lost: readonly Leg[]): Cost | undefined {
  const own = costOf(leg, usage)
  return lost.length === 0 ? own : sumCosts([own, ...lost.map((one) => costOf(one, promptOf(usage)))])
}

function costOf({ prices }: Leg, usage: Usage): Cost | undefined {
  return prices && calculateCost(usage, prices, today())
}

/** An answer that was ended early has no figures of its own. */
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
  let joined = ''
  for (const part of content) if (part.type === type) joined += part.text
  return joined
}
