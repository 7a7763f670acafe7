import { ConfigurationError } from '../errors/configuration-error.ts'
import { JobError } from '../errors/job-error.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import { UnsupportedFeatureError } from '../errors/unsupported-feature-error.ts'
import { lossesOf } from '../features/check-features.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { ContentFacts } from '../policy/intent.ts'
import type { Masker, MaskSession } from '../policy/masker.ts'
import type { Receipt } from '../policy/receipt.ts'
import type { JsonValue, Provider, TextCall } from '../provider.ts'
import { resolveSchema, type ResolvedSchema } from '../schemas/resolve-schema.ts'
import { CallScope } from '../transport/call-scope.ts'
import type { Feature } from '../vocabulary/features.ts'
import type { PartMessage } from '../vocabulary/messages.ts'
import type { TextSettings } from '../vocabulary/settings.ts'
import type { ToolChoice } from '../vocabulary/tools.ts'
import type { Loss, Warning } from '../vocabulary/warnings.ts'
import { checkOptionNames, optionsOf, parseProviderOptions } from './check-call-options.ts'
import { checkConversation, type DraftMessage } from './check-messages.ts'
import { checkSettings, settingNames } from './check-text-options.ts'
import { checkToolChoice, checkTools, type CheckedTools } from './check-tools.ts'
import { checkKeys, isObject, refuse } from './checks.ts'
import { countContent } from './create-intent.ts'
import { createTextCall, findCard, type PreparedCall, type TextDraft } from './create-text-call.ts'
import { createJobString, type JobPart, type JobTicket } from './job-string.ts'
import { addCounts, maskDraft } from './mask-call.ts'
import { checkJobKey, sealValues, type PlaceholderValues } from './seal-values.ts'
import { assumedFileCharacters, assumedOutputTokens, type Ahead } from './prices.ts'
import { loadFiles } from './load-files.ts'
import { applyLosses, refuseVerb, runModelCall, type CallFrame, type OpenModelCall } from './run-call.ts'
import { runOperation } from './run-operation.ts'
import { runSideBySide } from './run-side-by-side.ts'
import type { Target } from './find-target.ts'
import { foreignFiles } from './text-call.ts'

/** Work to hand over, checked. */
export interface SubmissionDraft {
  readonly requests: readonly RequestDraft[]
  readonly tools: CheckedTools
  readonly toolChoice: ToolChoice
  readonly output: ResolvedSchema | undefined
  readonly jobKey: Buffer | undefined
}

interface RequestDraft {
  readonly messages: readonly DraftMessage[]
  readonly settings: TextSettings
}

const requestLimit = 10_000

const concurrency = 4

/** How long a submission that broke off may take what it has submitted back. */
const takeBackMs = 10_000

/** Work that was handed over. */
export interface Submission {
  readonly ticket: JobTicket
  /** What placeholders stand for, by request; empty where nothing was masked. */
  readonly values: readonly PlaceholderValues[]
  readonly policy: Receipt
  readonly warnings: readonly Warning[]
}

/** @throws ConfigurationError */
export function checkSubmitOptions(options: unknown): SubmissionDraft {
  const names = ['model', 'requests', 'tools', 'toolChoice', 'output', 'jobKey', 'providerOptions']
  checkOptionNames('submitText', options, names, '{ model, requests: [{ prompt }] }')
  const { requests, output } = options
  if (!Array.isArray(requests) || requests.length === 0 || requests.length > requestLimit) {
    return refuse(
      `requests must be a list of 1 to ${requestLimit} requests`,
      `requests: список от 1 до ${requestLimit} запросов { prompt } или { messages }.`,
    )
  }
  const tools = checkTools(options['tools'])
  return {
    requests: requests.map((request: unknown, index) => within(`requests[${index}]`, () => checkRequest(request))),
    tools,
    toolChoice: checkToolChoice(options['toolChoice'], tools),
    output: output === undefined ? undefined : resolveSchema(output, 'output'),
    jobKey: checkJobKey(options['jobKey']),
  }
}

function checkRequest(request: unknown): RequestDraft {
  if (!isObject(request)) return refuse('a request must be an object', 'Запрос — объект: { prompt } или { messages }.')
  checkKeys('a request', request, ['instructions', 'prompt', 'messages', ...settingNames])
  return { messages: checkConversation(request), settings: checkSettings(request) }
}

/** Says which request is meant. */
function within<T>(where: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!ConfigurationError.isInstance(error)) throw error
    const { code, hint, message } = error
    throw new ConfigurationError(`${where}: ${message}`, { code, hint: `${where}: ${hint ?? message}`, cause: error })
  }
}

/**
 * Hands work over to be done later. Every request is checked, and the policy asked,
 * before the first one goes.
 * @throws JobError with `submitted` when the submission broke off and a part of it stays at the service
 */
export async function submitText(
  frame: CallFrame,
  { provider, modelId }: Target,
  draft: SubmissionDraft,
  providerOptions: unknown,
): Promise<Submission> {
  if (draft.output?.prepare) await frame.scope.race(draft.output.prepare())
  const conversations: (readonly PartMessage[])[] = []
  for (const { messages } of draft.requests) conversations.push(await loadFiles(messages, frame.scope))
  const drafts = conversations.map((messages, index) => createRequestDraft(draft, messages, index))
  // What the policy may demand instead.
  let masked: readonly TextDraft[] = []
  let sessions: readonly MaskSession[] = []
  const aim = {
    provider,
    operation: 'job' as const,
    modelId,
    content: sumContent(conversations.map((one) => countContent(one))),
    mask: (masker: Masker) => {
      sessions = drafts.map(() => masker.open())
      masked = drafts.map((one, index) => maskDraft(one, sessions[index] as MaskSession))
      return addCounts(...sessions.map(({ counts }) => counts))
    },
    providerOptions: optionsOf(providerOptions, provider),
    ahead: sumAhead(drafts),
    isDeferred: true,
  }
  return runModelCall(frame, aim, async (call) => {
    const options = parseProviderOptions(provider, providerOptions)
    const values = call.isMasked ? sessions.map((session) => session.values()) : []
    if (call.isMasked && !draft.jobKey) refuseWithoutKey(call)
    const asked = call.isMasked ? masked : drafts
    const prepared = asked.map((one, index) => prepare(call, one, index, options))
    const features: Feature[] = draft.tools.size > 0 || draft.output ? ['deferred', 'deferred-tools'] : ['deferred']
    const { ref, record } = call
    applyLosses(record, lossesOf(provider.surfaceOf(ref, options), features, findCard(provider, ref)))
    if (!provider.deferred) refuseVerb(provider, 'submitText')
    applyLosses(record, lossesOfAll(provider, prepared))
    for (const one of prepared) refuseRemoteTools(provider, one.call)
    const [{ outputMode, outputTool } = {}] = prepared as Partial<PreparedCall>[]
    const ticket: Omit<JobTicket, 'parts'> = {
      provider: provider.name,
      kind: provider.kind,
      model: modelId,
      ...(outputMode && { output: outputMode }),
      ...(outputTool !== undefined && { outputTool }),
    }
    const seal = (made: JobTicket, requests?: readonly number[]): JobTicket => {
      if (!draft.jobKey || values.length === 0) return made
      const own = requests ? requests.map((index) => values[index] ?? {}) : values
      return { ...made, sealed: sealValues(own, made, draft.jobKey) }
    }
    const parts = await submitParts(
      call,
      ticket,
      prepared.map((one) => one.call),
      seal,
    )
    return {
      ticket: seal({ ...ticket, parts }),
      values,
      policy: record.receipt(),
      warnings: Object.freeze([...record.warnings]),
    }
  })
}

function createRequestDraft(
  { requests, tools, toolChoice, output }: SubmissionDraft,
  messages: readonly PartMessage[],
  index: number,
): TextDraft {
  const { settings } = requests[index] as RequestDraft
  return {
    messages,
    settings,
    stream: false,
    tools,
    toolChoice,
    parallelToolCalls: undefined,
    output,
    outputMode: 'auto' as const,
    mustOutput: false,
  }
}

/** Hours later, perhaps in another process, somebody must be able to put the values back; and nobody else. */
function refuseWithoutKey({ context }: OpenModelCall): never {
  const facts = { obligation: 'mask', reason: 'a deferred job needs a jobKey to keep what was masked' }
  throw createDeniedError(context.guard.refuse('policy.obligation_unmet', 'intent', facts), {
    hint: 'Задание под маскированием: передайте submitText({ jobKey }) — 32 байта, ими шифруется карта замен в строке задания.',
  })
}

function prepare({ context, ref }: OpenModelCall, draft: TextDraft, index: number, options: unknown): PreparedCall {
  const { provider } = context
  // What is lost is lost of the form in which the service takes deferred calls.
  const asked = provider.deferred?.form ? { ...provider, ...provider.deferred.form } : provider
  return within(`requests[${index}]`, () => createTextCall(draft, asked, ref, options))
}

/** The policy judged the job without such tools: what a service fetches hours later nobody can see. */
function refuseRemoteTools(provider: Provider, call: TextCall): void {
  const tools = provider.remoteTools?.(call) ?? []
  if (tools.length === 0) return
  throw new UnsupportedFeatureError(`tools that reach elsewhere are not for deferred jobs: ${tools.join(', ')}`, {
    hint: `Уберите из providerOptions инструменты сервиса (${tools.join(', ')}): в отложенных заданиях их нет.`,
  })
}

/** What the requests lose, said once each; a refusal says of which request. */
function lossesOfAll(provider: Provider, prepared: readonly PreparedCall[]): readonly Loss[] {
  const said = new Map<string, Loss>()
  for (const [index, { call, losses }] of prepared.entries()) {
    for (const loss of [...losses, ...foreignFiles(call, provider)]) {
      const key = `${loss.effect} ${loss.code} ${loss.setting ?? ''} ${loss.message}`
      if (loss.effect === 'refuse') said.set(key, { ...loss, message: `requests[${index}]: ${loss.message}` })
      else if (!said.has(key)) said.set(key, loss)
      if (loss.effect === 'refuse') return [...said.values()]
    }
  }
  return [...said.values()]
}

function sumContent(all: readonly ContentFacts[]): ContentFacts {
  const sum = (of: (facts: ContentFacts) => number): number => all.reduce((total, facts) => total + of(facts), 0)
  return Object.freeze({
    messages: sum(({ messages }) => messages),
    characters: sum(({ characters }) => characters),
    images: sum(({ images }) => images),
    files: sum(({ files }) => files),
    remoteUrls: sum(({ remoteUrls }) => remoteUrls),
    // Refused in jobs: see `refuseRemoteTools`.
    remoteTools: [],
  })
}

/** Adds what placeholders stand for, under the caller's key. `requests`: those that the ticket is about; default all. */
type Seal = (ticket: JobTicket, requests?: readonly number[]) => JobTicket

/** What the requests will take at most. */
function sumAhead(drafts: readonly TextDraft[]): Ahead {
  let characters = 0
  let outputTokens = 0
  for (const { messages, tools, output, settings } of drafts) {
    const content = countContent(messages)
    const specs = tools.size > 0 ? JSON.stringify([...tools.values()].map(({ spec }) => spec)).length : 0
    const schema = output ? JSON.stringify(output.jsonSchema).length : 0
    characters += content.characters + specs + schema + (content.images + content.files) * assumedFileCharacters
    outputTokens += settings.maxOutputTokens ?? assumedOutputTokens
  }
  return { characters, outputTokens }
}

interface Piece {
  readonly calls: readonly TextCall[]
  /** Place of its first request. */
  readonly from: number
}

/** A piece that the service took. */
interface Submitted extends JobPart {
  readonly from: number
}

async function submitParts(
  call: OpenModelCall,
  ticket: Omit<JobTicket, 'parts'>,
  calls: readonly TextCall[],
  seal: Seal,
): Promise<readonly JobPart[]> {
  const { context, ref } = call
  const { deferred } = context.provider
  if (!deferred) return refuseVerb(context.provider, 'submitText')
  const size = deferred.callsPerSubmission
  const pieces: Piece[] = Array.from({ length: Math.ceil(calls.length / size) }, (_, at) => {
    return { calls: calls.slice(at * size, (at + 1) * size), from: at * size }
  })
  const submitted: Submitted[] = []
  let next = 0
  let failure: { readonly error: unknown } | undefined
  // Those on their way when one fails are let through: cut off, they would be paid for and nobody would know.
  const work = async (): Promise<void> => {
    while (next < pieces.length && !failure) {
      const piece = pieces[next++] as Piece
      try {
        const reference = await runOperation(context, deferred.submit(piece.calls, ref), undefined)
        submitted.push({ ref: reference, count: piece.calls.length, from: piece.from })
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, pieces.length) }, work))
  submitted.sort((a, b) => a.from - b.from)
  const parts = submitted.map(({ ref: reference, count }) => ({ ref: reference, count }))
  if (!failure) return parts
  throw await takeBack(call, ticket, submitted, failure.error, seal)
}

/** Cancels what was submitted before the submission broke off; what stays is told, so that it is not lost. */
async function takeBack(
  { context, ref }: OpenModelCall,
  ticket: Omit<JobTicket, 'parts'>,
  submitted: readonly Submitted[],
  error: unknown,
  seal: Seal,
): Promise<unknown> {
  const { provider } = context
  const staying: Submitted[] = []
  const scope = new CallScope({ wheel: context.scope.wheel, limitMs: takeBackMs })
  try {
    await runSideBySide(scope, submitted, concurrency, async (part, one) => {
      if (!(await tryCancel(part.ref, one))) staying.push(part)
    })
  } finally {
    scope.end()
  }
  if (staying.length === 0) return error
  // Files of requests that stay are still needed.
  await context.uploads?.settle('kept')
  staying.sort((a, b) => a.from - b.from)
  const parts = staying.map(({ ref: reference, count }) => ({ ref: reference, count }))
  const requests = staying.flatMap(({ from, count }) => Array.from({ length: count }, (_, at) => from + at))
  const reason = ShlyuzError.isInstance(error) ? error.message : 'the call was ended'
  return new JobError(
    `the submission broke off, and ${requests.length} of its requests stay at the service: ${reason}`,
    {
      code: 'job.partly_submitted',
      hint: `Часть запросов (${requests.length}) уже принята сервисом и будет оплачена: их ответы даст client.job(error.submitted.job), номера — в error.submitted.requests. Отправьте заново только остальные.`,
      submitted: { job: createJobString(seal({ ...ticket, parts }, requests)), requests },
      cause: error,
    },
  )

  async function tryCancel(reference: JsonValue, one: CallScope): Promise<boolean> {
    const cancel = provider.deferred?.cancel?.(reference, ref)
    if (!cancel) return false
    try {
      await runOperation({ ...context, scope: one, retry: { retries: 1, longestWaitMs: 1_000 } }, cancel, undefined)
      return true
    } catch {
      return false
    }
  }
}
