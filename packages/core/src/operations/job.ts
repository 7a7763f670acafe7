import type { CallOptions, Job, JobWaitOptions } from '../client-types.ts'
import { JobError } from '../errors/job-error.ts'
import { NotFoundError } from '../errors/not-found-error.ts'
import { keepAside, ShlyuzError } from '../errors/shlyuz-error.ts'
import { lossesOf } from '../features/check-features.ts'
import type { Receipt } from '../policy/receipt.ts'
import type { DeferredOperations, DeferredState, Provider, ProviderFailure } from '../provider.ts'
import type { ResolvedSchema } from '../schemas/resolve-schema.ts'
import type { JobResult, JobStatus } from '../vocabulary/jobs.ts'
import type { Warning } from '../vocabulary/warnings.ts'
import { checkOptionNames } from './check-call-options.ts'
import { checkFunction } from './check-text-options.ts'
import { checkNumber, isObject } from './checks.ts'
import { createProviderError } from './create-provider-error.ts'
import { findCard } from './create-text-call.ts'
import { JobItemReader } from './job-item-reader.ts'
import { createJobString, type JobPart, type JobTicket } from './job-string.ts'
import { applyLosses, refuseVerb, runModelCall, type CallFrame, type OpenModelCall } from './run-call.ts'
import { runOperation } from './run-operation.ts'
import { unsealValues, type PlaceholderValues } from './seal-values.ts'
import { runSideBySide } from './run-side-by-side.ts'

/** Runs a call of the client that the job belongs to. */
export type RunFrame = <R>(options: CallOptions, work: (frame: CallFrame) => Promise<R>) => Promise<R>

export interface JobSetting {
  readonly ticket: JobTicket
  readonly provider: Provider
  readonly schema: ResolvedSchema | undefined
  readonly run: RunFrame
  /** Opens what placeholders of masked requests stand for. */
  readonly jobKey: Buffer | undefined
  /** The same, where it is at hand: by request. */
  readonly values?: readonly PlaceholderValues[]
  readonly warnings?: readonly Warning[]
  readonly policy?: Receipt
}

const concurrency = 4

const defaultPollMs = 2_000
const defaultLongestWaitMs = 30_000
const growth = 1.5

/** The total limit of `result`: services promise an answer within a day. */
const dayMs = 24 * 60 * 60 * 1_000

/** Looks that may fail one after the other, each with its own retries, before waiting is given up. */
const failedLookLimit = 5

/** What a look finds of a part; `gone`: the service does not know it, or no longer. */
type PartState = DeferredState | { readonly status: 'gone'; readonly error: ShlyuzError }

/** One look at all parts of a job. */
interface Look {
  readonly call: OpenModelCall
  readonly states: readonly PartState[]
  readonly status: JobStatus
}

/** A deferred job, from its ticket. Nothing is asked before the first look; the policy judges each of them anew. */
export class DeferredJob implements Job<unknown> {
  readonly id: string
  readonly provider: string
  readonly model: string
  readonly warnings: readonly Warning[]
  declare readonly policy?: Receipt
  readonly #ticket: JobTicket
  readonly #provider: Provider
  readonly #operations: DeferredOperations
  readonly #schema: ResolvedSchema | undefined
  readonly #run: RunFrame
  readonly #openValues: () => readonly PlaceholderValues[]
  /** Parts that are over stay so: they are not asked for again. */
  readonly #over = new Map<JobPart, DeferredState>()

  constructor({ ticket, provider, schema, run, jobKey, values, warnings = [], policy }: JobSetting) {
    this.id = createJobString(ticket)
    this.provider = provider.name
    this.model = ticket.model
    this.warnings = warnings
    if (policy) this.policy = policy
    this.#ticket = ticket
    this.#provider = provider
    this.#operations = provider.deferred ?? refuseVerb(provider, 'submitText')
    this.#schema = schema
    this.#run = run
    this.#openValues = () => values ?? unsealValues(ticket, jobKey)
  }

  async status(options: CallOptions = {}): Promise<JobStatus> {
    checkOptionNames('job.status', options, [], '')
    const { status } = await this.#run(options, (frame) => this.#look(frame))
    return status
  }

  async result(options: JobWaitOptions = {}): Promise<JobResult<unknown>> {
    checkOptionNames('job.result', options, ['onProgress', 'pollMs', 'longestWaitMs'], '')
    const { onProgress, pollMs = defaultPollMs, longestWaitMs = defaultLongestWaitMs }: JobWaitOptions = options
    // Said before hours of waiting, not after.
    const values = this.#openValues()
    checkNumber('pollMs', pollMs, 1, 2 ** 31 - 1)
    checkNumber('longestWaitMs', longestWaitMs, 1, 2 ** 31 - 1)
    checkFunction('onProgress', onProgress)
    return this.#run(withDay(options), async (frame) => {
      let waitMs = pollMs
      let failed = 0
      for (;;) {
        try {
          const look = await this.#look(frame)
          failed = 0
          onProgress?.(look.status)
          if (look.status.status !== 'queued' && look.status.status !== 'running') return await this.#read(look, values)
        } catch (error) {
          // The job goes on whether we see it or not: a look that found no way there is followed by another.
          if (!mayLookAgain(error, frame) || ++failed >= failedLookLimit) throw error
        }
        await frame.scope.wait(Math.min(waitMs, longestWaitMs))
        waitMs *= growth
      }
    })
  }

  async cancel(options: CallOptions = {}): Promise<void> {
    checkOptionNames('job.cancel', options, [], '')
    await this.#run(options, (frame) => this.#open(frame, (call) => this.#cancelParts(call)))
  }

  #open<R>(frame: CallFrame, work: (call: OpenModelCall) => Promise<R>): Promise<R> {
    const aim = { provider: this.#provider, operation: 'job' as const, modelId: this.#ticket.model }
    return runModelCall(frame, aim, work)
  }

  #look(frame: CallFrame): Promise<Look> {
    return this.#open(frame, async (call) => {
      const { parts } = this.#ticket
      const states = await runSideBySide(frame.scope, parts, concurrency, async (part, scope) => {
        const known = this.#over.get(part)
        if (known) return known
        const state = await this.#inspect({ ...call, context: { ...call.context, scope } }, part)
        if (state.status === 'done' || state.status === 'failed' || state.status === 'cancelled') {
          this.#over.set(part, state)
        }
        return state
      })
      return { call, states, status: mergeStates(parts, states) }
    })
  }

  async #inspect({ context, ref }: OpenModelCall, part: JobPart): Promise<PartState> {
    try {
      return await runOperation(context, this.#operations.inspect(part.ref, ref), undefined)
    } catch (error) {
      // One part that the service has forgotten must not take the others' answers with it.
      if (NotFoundError.isInstance(error)) return { status: 'gone', error }
      throw error
    }
  }

  async #cancelParts({ context, ref, record }: OpenModelCall): Promise<void> {
    const provider = this.#provider
    const { cancel } = this.#operations
    if (!cancel) {
      const surface = provider.surfaceOf(ref, provider.parseOptions(undefined))
      applyLosses(record, lossesOf(surface, ['deferred-cancel'], findCard(provider, ref)))
      return refuseVerb(provider, 'job.cancel')
    }
    const open = this.#ticket.parts.filter((part) => !this.#over.has(part))
    const failures: unknown[] = []
    await runSideBySide(context.scope, open, concurrency, async (part, scope) => {
      try {
        await runOperation({ ...context, scope }, cancel(part.ref, ref), undefined)
      } catch (error) {
        // The others are to be cancelled all the same.
        if (scope.over) throw error
        failures.push(error)
      }
    })
    if (failures.length > 0) throw failures[0]
  }

  async #read({ call, states, status }: Look, values: readonly PlaceholderValues[]): Promise<JobResult<unknown>> {
    const policy = call.record.receipt()
    if (status.status === 'failed' || status.status === 'cancelled') {
      throw call.record.complete(createJobError(status, states))
    }
    const reader = new JobItemReader(call, this.#ticket, this.#schema, policy, values)
    for (const [index, part] of this.#ticket.parts.entries()) {
      await reader.read(part, itemsOf(part, states[index] as PartState))
    }
    return reader.result()
  }
}

/** `timeout` may set another total; what it leaves out stays as the client has it. */
function withDay(options: JobWaitOptions): CallOptions {
  const { timeout } = options
  if (timeout !== undefined && (!isObject(timeout) || timeout['totalMs'] !== undefined)) return options
  return { ...options, timeout: { ...timeout, totalMs: dayMs } }
}

function mayLookAgain(error: unknown, { scope }: CallFrame): boolean {
  return !scope.over && ShlyuzError.isInstance(error) && error.isRetryable
}

function mergeStates(parts: readonly JobPart[], states: readonly PartState[]): JobStatus {
  let completed = 0
  let total = 0
  for (const [index, { count }] of parts.entries()) {
    const state = states[index] as PartState
    total += count
    if (state.status === 'done') completed += count
    else if (state.status === 'queued' || state.status === 'running') completed += Math.min(count, state.completed ?? 0)
  }
  return Object.freeze({ status: mergeWords(new Set(states.map(({ status }) => status))), completed, total })
}

function mergeWords(met: ReadonlySet<PartState['status']>): JobStatus['status'] {
  if (met.has('running') || (met.has('queued') && met.size > 1)) return 'running'
  if (met.has('queued')) return 'queued'
  if (met.has('done')) return 'done'
  return met.size === 1 && met.has('cancelled') ? 'cancelled' : 'failed'
}

/** Answers to the requests of a part that is over: those of the service, or the one reason why there are none. */
function itemsOf(part: JobPart, state: PartState): ReturnType<typeof itemsOfDone> {
  if (state.status === 'done') return itemsOfDone(state.items)
  const error = errorOfPart(state)
  return Array.from({ length: part.count }, () => ({ error }))
}

function itemsOfDone(
  items: Extract<DeferredState, { status: 'done' }>['items'],
): readonly Parameters<JobItemReader['read']>[1][number][] {
  return items.map((item) => ('result' in item ? item : { error: createDeferredError(item.failure) }))
}

function errorOfPart(state: PartState): ShlyuzError {
  if (state.status === 'failed') return createDeferredError(state.failure)
  if (state.status === 'gone') return createGoneError(state.error)
  return new JobError('the job was cancelled', {
    code: 'job.cancelled',
    hint: 'Задание отменено: отправьте его заново.',
  })
}

/** The service's words stay aside: what was asked, and may be repeated in them, is not at hand to be struck out. */
function createDeferredError(failure: ProviderFailure): ShlyuzError {
  const { message, providerCode } = failure
  const code = providerCode === undefined ? '' : ` (code ${providerCode.slice(0, 60)})`
  const error = createProviderError({ ...failure, message: `the service did not do the deferred request${code}` })
  keepAside(error, { serviceMessage: message })
  return error
}

function createGoneError(cause: ShlyuzError): JobError {
  return new JobError('the service does not know the job, or no longer', {
    code: 'job.unknown',
    hint: 'Сервис не знает этого задания: истёк срок хранения ответов, или ключ от другого аккаунта.',
    cause,
  })
}

function createJobError({ status }: JobStatus, states: readonly PartState[]): ShlyuzError {
  const errors = states.map(errorOfPart)
  const known = errors.find((error) => JobError.isInstance(error) && error.code === 'job.unknown')
  if (known && states.every((state) => state.status === 'gone')) return known
  const [cause] = errors
  if (status === 'cancelled') return cause as ShlyuzError
  return new JobError(`the job failed: ${cause?.message ?? 'the service gives no reason'}`, {
    hint: cause?.hint ?? 'Задание не выполнено: отправьте его заново.',
    isRetryable: false,
    cause,
  })
}
