import { StreamInterruptedError } from '../errors/stream-interrupted-error.ts'
import { UnsupportedFeatureError } from '../errors/unsupported-feature-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Decision } from '../policy/decision.ts'
import type { Guard } from '../policy/guard.ts'
import type { ContentFacts } from '../policy/intent.ts'
import type { Provider, TextCall, TextResult } from '../provider.ts'
import { movesOn } from '../resilience/moves-on.ts'
import type { LatencyWatch } from '../resilience/latencies.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { ContentPart } from '../vocabulary/messages.ts'
import type { StreamPart } from '../vocabulary/stream-parts.ts'
import type { Cost, Usage } from '../vocabulary/usage.ts'
import type { Loss } from '../vocabulary/warnings.ts'
import { auditDenial } from './audit-call.ts'
import { findDeniedAddress } from './find-denied-address.ts'
import { calculateCost, sumCosts } from './calculate-cost.ts'
import type { Restore } from './call-context.ts'
import { CallRecord } from './call-record.ts'
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
import { joinTexts } from './join-texts.ts'
import { knowTarget } from './know-target.ts'
import { Leg } from './leg.ts'
import { partsOf } from './parts-of.ts'
import { runOperation } from './run-operation.ts'
import type { AnswerSource, PartSink } from './stream-answer-reader.ts'
import { StopCutter } from './stop-cutter.ts'
import { TextCallContext } from './text-call-context.ts'
import type { TextStep } from './text-result.ts'
import { today } from './today.ts'
import { TriedLegs } from './tried-legs.ts'
import type { TextQuestion } from './text-question.ts'

const none: readonly never[] = Object.freeze([])

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
export function runTextCall(question: TextQuestion, scope: CallScope): Promise<TextAnswer> {
  const { route } = question
  if (typeof route !== 'number')
    return prepareLegs(question, scope).then((legs) => askLegs(question, route, legs, scope))
  // Most calls have one target: then nothing is waited for before it is asked.
  const leg = prepareOnly(question, route, scope)
  const run = new OnlyRun(route, scope)
  if (leg instanceof Promise) return leg.then((ready) => askLeg(question, ready, run, new TriedLegs()))
  return askLeg(question, leg, run, new TriedLegs())
}

/** The run of an only target. A class: see {@link Leg}. */
class OnlyRun implements LegRun {
  readonly index: number
  readonly scope: CallScope
  readonly isLast = true

  constructor(index: number, scope: CallScope) {
    this.index = index
    this.scope = scope
  }
}

function askLegs(question: TextQuestion, route: Route, legs: readonly Leg[], scope: CallScope): Promise<TextAnswer> {
  const tried = new TriedLegs()
  const places = placesOf(route)
  const { latencies } = question.call.services
  return runRoute(route, scope, {
    expected: (index) => latencies.expected((question.call.targets[index] as Target).name),
    run: (run) => askLeg(question, legs[places.indexOf(run.index)] as Leg, run, tried),
  })
}

/** One function for all of it: each that waits for the answer holds half a KiB of an open stream. */
async function askLeg(question: TextQuestion, leg: Leg, run: LegRun, tried: TriedLegs): Promise<TextAnswer> {
  const { services } = question.call
  const { provider, identity, record, prepared, ref, session } = leg
  const { index, scope, claim } = run
  if (claim) tried.begin(leg)
  const watch = services.latencies.watch((question.call.targets[index] as Target).name)
  try {
    const uploads = services.uploads.open()
    const context = new TextCallContext(question, leg, run, uploads)
    const setAside = setAsideFor(context, ref, () => aheadOf(prepared))
    const spending = setAside && (await setAside)
    let result: TextResult
    try {
      const sink = question.sinks && new WatchedSink(question.sinks.createSink(prepared), claim, watch)
      result = await runOperation(context, provider.text(prepared.call, ref), sink)
      record.judgeAnswer(identity, result.modelId)
      if (!uploads.isEmpty) question.call.uploads = [...question.call.uploads, uploads]
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
    if (session && !question.draft.stream) result = restoreResult(result, context.restore as Restore)
    return { index, prepared, step: createStep(question, leg, result, tried) }
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
function prepareOnly(question: TextQuestion, place: number, scope: CallScope): Leg | Promise<Leg> {
  const leg = prepareLeg(question, question.call.targets[place] as Target, 0)
  return admitLeg(question, leg, 0, scope, { inspected: undefined })
}

/**
 * Every target, checked and judged.
 * @throws for the first one that may not be asked, or cannot keep the call
 */
export async function prepareLegs(question: TextQuestion, scope: CallScope): Promise<readonly Leg[]> {
  const { route, call } = question
  const legs = placesOf(route).map((place, index) => prepareLeg(question, call.targets[place] as Target, index))
  const look: Look = { inspected: undefined }
  const admitted: Leg[] = []
  for (const [index, leg] of legs.entries()) admitted.push(await admitLeg(question, leg, index, scope, look))
  return admitted
}

/** What was found in the draft: looked for once, for all targets. */
interface Look {
  inspected: InspectedDraft | undefined
}

/** Judges a target, and refuses what it cannot keep. What is thrown tells of the target. */
function admitLeg(question: TextQuestion, leg: Leg, index: number, scope: CallScope, look: Look): Leg | Promise<Leg> {
  try {
    look.inspected ??= inspectDraft(question.call.guard, question.draft)
    const judged = judgeLeg(question, leg, index, scope, look.inspected)
    if (!(judged instanceof Promise)) return acceptLeg(leg, judged)
    return judged.then((late) => acceptLeg(leg, late)).catch((error: unknown) => denyLeg(question, leg, error))
  } catch (error) {
    return denyLeg(question, leg, error)
  }
}

function acceptLeg(leg: Leg, decision: Decision): Leg {
  // A link in the content is the policy's to refuse, with its own code; then what the provider cannot keep.
  if (decision.verdict === 'deny') throw createDeniedError(decision)
  refuseLosses(leg)
  return leg
}

async function denyLeg({ call }: TextQuestion, { record }: Leg, error: unknown): Promise<never> {
  throw await auditDenial(call.services, record, record.complete(error))
}

/** A target as the call would ask it; nothing is judged yet. */
export function prepareLeg(question: TextQuestion, target: Target, index: number): Leg {
  const { call, draft } = question
  const { guard, services } = call
  const { provider } = target
  const record = new CallRecord(target.stated, guard, services.network, call.callId)
  try {
    const known = knowTarget(target, guard, services.prices, index)
    const parsed = known.parseOptions(optionsOf(call.providerOptions, provider))
    return new Leg(provider, known, createTextCall(draft, provider, known.ref, parsed), record)
  } catch (error) {
    throw record.complete(error)
  }
}

/**
 * Policy, depth 1: judged as the caller wrote it, and again as it is sent where personal data has to be masked. Further
 * targets are judged with their addresses: one bad target refuses the whole set.
 */
export function judgeLeg(
  question: TextQuestion,
  leg: Leg,
  index: number,
  scope: CallScope,
  inspected: InspectedDraft | undefined,
): Decision | Promise<Decision> {
  if (inspected) return judgeInspected(question, leg, index, scope, inspected)
  const decision = judgeIntentOf(question, leg, index, scope, question.draft, undefined)
  return decision instanceof Promise ? decision.then((late) => enter(leg, late)) : enter(leg, decision)
}

function enter(leg: Leg, decision: Decision): Decision {
  leg.record.decide(decision)
  leg.headers = demandedHeaders(decision) ?? leg.headers
  return decision
}

async function judgeInspected(
  question: TextQuestion,
  leg: Leg,
  index: number,
  scope: CallScope,
  inspected: InspectedDraft,
): Promise<Decision> {
  const { call, draft } = question
  const { guard, providerOptions } = call
  const { provider, record, prepared } = leg
  const own = optionsOf(providerOptions, provider)
  const found = factsBefore(inspected, own)
  const first = enter(leg, await judgeIntentOf(question, leg, index, scope, draft, found))
  record.personal = found.personal
  if (!demandsMask(first)) return first
  const { masked, session } = inspected
  const facts = factsAfter(inspected, own)
  const decision = enter(leg, await judgeIntentOf(question, leg, index, scope, masked, facts))
  record.masked = facts.masked
  record.personal = facts.personal
  leg.prepared = createTextCall(masked, provider, leg.ref, prepared.call.options)
  leg.session = session
  return demandsMask(decision) || decision.verdict === 'deny' ? decision : unmasked(guard)
}

/** A rule that no longer demands what was done changes its mind with the content: not to be trusted with either. */
function unmasked(guard: Guard): Decision {
  return guard.refuse('policy.obligation_unmet', 'intent', { obligation: 'mask', reason: 'the rules disagree' })
}

function judgeIntentOf(
  { call: { guard, checked } }: TextQuestion,
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

function createStep(question: TextQuestion, leg: Leg, result: TextResult, tried: TriedLegs): TextStep {
  const { record } = leg
  // A stream was cut on its way.
  const cut = question.draft.stream ? undefined : cutContent(result.content, question.call.checked.stops)
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
  if (question.call.checked.includeRaw && record.raw !== undefined) step.raw = record.raw
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
