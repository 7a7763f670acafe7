import type { TokenStore } from './auth/token-store.ts'
import type { Attempt } from './errors/shlyuz-error.ts'
import type { CountTokensResult } from './operations/count-tokens.ts'
import type { GenerateTextResult, TextStep } from './operations/text-result.ts'
import type { TextStream } from './operations/text-stream.ts'
import type { Policy } from './policy/guard.ts'
import type { Receipt } from './policy/receipt.ts'
import type { ExtraOperation, ExtraOperations, Provider } from './provider.ts'
import type { FallbackModel } from './resilience/fallback.ts'
import type { TestNetwork } from './testing/test-network.ts'
import type { EmbeddingKind, EmbedManyResult, EmbedResult } from './vocabulary/embeddings.ts'
import type { AspectRatio, GenerateImageResult } from './vocabulary/images.ts'
import type { JobResult, JobStatus } from './vocabulary/jobs.ts'
import type { ModelInfo } from './vocabulary/listed-models.ts'
import type { Message, ToolCallPart } from './vocabulary/messages.ts'
import type { InferSchema, Schema } from './vocabulary/schemas.ts'
import type { TextSettings, Timeouts } from './vocabulary/settings.ts'
import type { ToolChoice, ToolSet } from './vocabulary/tools.ts'
import type { Loss, Warning } from './vocabulary/warnings.ts'

/** References of the models that the configured providers list. */
export type KnownModel<P extends readonly Provider[]> = P[number] extends infer One
  ? One extends Provider<string, infer Name, infer Id>
    ? `${Name}/${Id}`
    : never
  : never

/** `'<provider>/<model>'`: known ones complete in the editor, any other string is accepted and judged. */
export type ModelReference<P extends readonly Provider[]> = KnownModel<P> | (string & Record<never, never>)

/** A model to ask: a reference, or a value that routes. */
export type Model<P extends readonly Provider[]> = ModelReference<P> | FallbackModel

type OptionsOf<P extends Provider> = NonNullable<ReturnType<P['parseOptions']>>

/** Options only one vendor knows, by vendor kind. */
export type ProviderOptions<P extends readonly Provider[]> = {
  readonly [Kind in P[number]['kind']]?: OptionsOf<Extract<P[number], { readonly kind: Kind }>>
}

export interface ClientOptions<P extends readonly Provider[]> {
  /** At least one; names must differ. */
  readonly providers: P
  /** What may be asked of whom. @default domesticOnly() */
  readonly policy?: Policy
  /** Limits of time for every call. */
  readonly timeout?: Timeouts
  /** Retries after the first attempt, 0 to 10. @default 2 */
  readonly retries?: number
  /** Keeps tokens; in memory by default. */
  readonly tokenStore?: TokenStore
  /** A loopback network for tests and demos, made by `testNetwork`. */
  readonly network?: TestNetwork
  /** Told once of things worth knowing that stop nothing. @default process.emitWarning */
  readonly onWarning?: (warning: Warning) => void
}

/** Options of `generateText` and `streamText`. Exactly one of `prompt` and `messages`. */
export interface TextOptions<
  P extends readonly Provider[],
  Tools extends ToolSet = ToolSet,
  Output extends Schema | undefined = Schema | undefined,
>
  extends TextSettings, CallOptions {
  readonly model: Model<P>
  /** What the model is to keep to; goes first as a system message. */
  readonly instructions?: string
  readonly prompt?: string
  readonly messages?: readonly Message[]
  /** The answer ends before the first of these. Kept on every service: core cuts where the wire cannot. */
  readonly stop?: string | readonly string[]
  /** What the model may ask for, by name. */
  readonly tools?: Tools
  /** @default 'auto' */
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly tool: Extract<keyof Tools, string> }
  /** Whether the model may ask for several tools at once. Default: the service's own. */
  readonly parallelToolCalls?: boolean
  /**
   * Most questions to the model in this call, 1 to 100. With 1, tool calls are given back, not run. An asked repair
   * comes on top, once.
   * @default 8 with tools that run, else 1
   */
  readonly maxSteps?: number
  /** Told after each step, before the next one begins. What it throws ends the call. */
  readonly onStep?: (step: TextStep) => void | Promise<void>
  /**
   * Decides on a call of a tool with `needsApproval`. Without it such calls are given back in `toolApprovals`: go on
   * with `responseMessages` and a `tool-approval` part for each.
   */
  readonly approve?: (call: ToolCallPart) => boolean | Promise<boolean>
  /** What to do when a tool throws: tell the model, or end the call with a ToolExecutionError. @default 'tell' */
  readonly onToolError?: 'tell' | 'throw'
  /** The shape of the answer: it comes typed and validated in `output`. */
  readonly output?: Output
  /** `'native'` refuses a model that cannot; `'emulated'` always asks by a forced tool. @default 'auto' */
  readonly outputMode?: 'auto' | 'native' | 'emulated'
  /** What becomes of files this call uploads, once it succeeded. After a failure they are always deleted. @default 'keep' */
  readonly uploads?: 'keep' | 'delete'
  readonly providerOptions?: ProviderOptions<P>
  readonly include?: { readonly raw?: boolean }
}

/** Options of `embed`. */
export interface EmbedOptions<P extends readonly Provider[]> extends CallOptions {
  readonly model: ModelReference<P>
  readonly value: string
  /** Some services have a model for each kind; others make no difference. */
  readonly kind?: EmbeddingKind
  /** Numbers in a vector, where the model has a choice. */
  readonly dimensions?: number
  readonly providerOptions?: ProviderOptions<P>
}

/** Options of `embedMany`. */
export interface EmbedManyOptions<P extends readonly Provider[]> extends Omit<EmbedOptions<P>, 'value'> {
  readonly values: readonly string[]
  /** Most requests at a time, 1 to 64. @default 4 */
  readonly concurrency?: number
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
}

/** Options of `generateImage`. */
export interface GenerateImageOptions<P extends readonly Provider[]> extends CallOptions {
  readonly model: ModelReference<P>
  readonly prompt: string
  /** Style and manner. */
  readonly instructions?: string
  readonly seed?: number
  /** `'16:9'`: near it, as the service can. */
  readonly aspectRatio?: AspectRatio
  /** From 0 to 1, as far as the service lets one guess. */
  readonly onProgress?: (progress: number) => void
  readonly providerOptions?: ProviderOptions<P>
}

/** One request of a deferred job: a text call without a model and without anything that runs here. */
export type JobRequest = Pick<
  TextOptions<readonly Provider[]>,
  'instructions' | 'prompt' | 'messages' | keyof TextSettings
>

/** Options of `submitText`. `tools` only tell the model what it may ask for; nothing runs. */
export interface SubmitTextOptions<
  P extends readonly Provider[],
  Output extends Schema | undefined = Schema | undefined,
> extends CallOptions {
  readonly model: ModelReference<P>
  /** 1 to 10,000. */
  readonly requests: readonly JobRequest[]
  readonly tools?: ToolSet
  readonly toolChoice?: ToolChoice
  readonly output?: Output
  readonly providerOptions?: ProviderOptions<P>
}

/** How to wait for a job. */
export interface JobWaitOptions extends CallOptions {
  /** Told after each look. */
  readonly onProgress?: (status: JobStatus) => void
  /** The first wait between two looks, in ms; it grows by half each time up to `longestWaitMs`. @default 2_000 */
  readonly pollMs?: number
  /** @default 30_000 */
  readonly longestWaitMs?: number
}

/** A deferred job. `id` is a string without secrets: keep it, and resume with `client.job(id)` in any process. */
export interface Job<Output = undefined> {
  readonly id: string
  readonly provider: string
  readonly model: string
  /** What of the requests was kept only in part; empty for a job that was found again by its string. */
  readonly warnings: readonly Warning[]
  /** What the policy decided on the submission; absent for a job that was found again by its string. */
  readonly policy?: Receipt
  /** Looks once. */
  status(options?: CallOptions): Promise<JobStatus>
  /**
   * Waits until it is done. The total limit of time is 24 hours here unless `timeout` says otherwise.
   * @throws JobError when the whole job failed or was cancelled
   */
  result(options?: JobWaitOptions): Promise<JobResult<Output>>
  /** @throws UnsupportedFeatureError where the service cannot */
  cancel(options?: CallOptions): Promise<void>
}

/** What `check` says of one target. */
export interface CheckResult {
  readonly provider: string
  readonly model: string
  /** The surface that would serve it, a column of the loss table. */
  readonly surface: string
  /** What would be lost: `refuse` ends the call before anything is sent, `warn` comes as a warning. */
  readonly losses: readonly Loss[]
  readonly policy: Receipt
}

/** Options of every call. */
export interface CallOptions {
  /** Narrows the client's policy for this call; never widens it. */
  readonly policy?: Policy
  /** Facts for the policy's rules and the receipt: purpose, system, data class. */
  readonly labels?: Readonly<Record<string, string>>
  /** Ends the call; it rejects with `signal.reason` itself. */
  readonly signal?: AbortSignal
  readonly timeout?: Timeouts
  /** Retries after the first attempt, 0 to 10. Default: the client's. */
  readonly retries?: number
}

/** What an operation of one provider alone gives: its data, with the proof of how it was fetched. */
export interface ProviderResult<Data> {
  readonly data: Data
  readonly policy: Receipt
  readonly attempts: readonly Attempt[]
}

/** The provider of a name; any, where the types do not tell them apart. */
type Named<P extends readonly Provider[], Name> =
  Extract<P[number], { readonly name: Name }> extends infer One
    ? [One] extends [never]
      ? Provider
      : Extract<One, Provider>
    : never

type ExtrasOf<P extends Provider> = NonNullable<P['extras']>

/** Operations whose types are not known: {@link Provider} without more. */
type UntypedProviderClient = Readonly<
  Record<string, (input?: unknown, options?: CallOptions) => Promise<ProviderResult<unknown>>>
>

/** The operations of one provider alone, by name. */
export type ProviderClient<Extras extends ExtraOperations = ExtraOperations> = string extends keyof Extras
  ? UntypedProviderClient
  : {
      readonly [Name in keyof Extras]: Extras[Name] extends ExtraOperation<infer Input, infer Data>
        ? undefined extends Input
          ? (input?: Input, options?: CallOptions) => Promise<ProviderResult<Data>>
          : (input: Input, options?: CallOptions) => Promise<ProviderResult<Data>>
        : never
    }

/** One client for all configured providers. `await using` closes it. */
export interface Client<P extends readonly Provider[] = readonly Provider[]> extends AsyncDisposable {
  generateText<const Tools extends ToolSet = ToolSet, const Output extends Schema | undefined = undefined>(
    options: TextOptions<P, Tools, Output>,
  ): Promise<GenerateTextResult<OutputOf<Output>>>
  /** Starts at once and never throws here: errors come out of the stream. */
  streamText<const Tools extends ToolSet = ToolSet, const Output extends Schema | undefined = undefined>(
    options: TextOptions<P, Tools, Output>,
  ): TextStream<OutputOf<Output>>
  /** Says, without sending anything, what each target of a text call would lose and whether the policy allows it. */
  check(options: TextOptions<P>): Promise<readonly CheckResult[]>
  embed(options: EmbedOptions<P>): Promise<EmbedResult>
  embedMany(options: EmbedManyOptions<P>): Promise<EmbedManyResult>
  /** Tokens of the prompt by the service's own counter. */
  countTokens(options: TextOptions<P>): Promise<CountTokensResult>
  /** The models of one provider, or of all that can list theirs. */
  listModels(options?: CallOptions & { readonly provider?: P[number]['name'] }): Promise<readonly ModelInfo[]>
  generateImage(options: GenerateImageOptions<P>): Promise<GenerateImageResult>
  /** Hands work over to be done later, at a lower price. */
  submitText<const Output extends Schema | undefined = undefined>(
    options: SubmitTextOptions<P, Output>,
  ): Promise<Job<OutputOf<Output>>>
  /** A job by its string, from this process or another. Give `output` again to have it validated. @throws JobError */
  job<const Output extends Schema | undefined = undefined>(
    id: string,
    options?: { readonly output?: Output },
  ): Job<OutputOf<Output>>
  /** A model value that asks the targets in order until one answers. */
  fallback(targets: readonly ModelReference<P>[]): FallbackModel
  /** Operations that only this provider has. @throws ConfigurationError for an unknown name */
  provider<Name extends P[number]['name']>(name: Name): ProviderClient<ExtrasOf<Named<P, Name>>>
  /** Deletes what this client uploaded and still holds at the services. */
  deleteUploads(options?: CallOptions): Promise<{ readonly deleted: number }>
  /** Refuses new calls, lets running ones end within `graceMs` (default 10_000), cuts the rest. */
  close(options?: { readonly graceMs?: number }): Promise<void>
}

/** The type of `output` in a result: that of the schema, `undefined` without one. */
export type OutputOf<Output extends Schema | undefined> = Output extends Schema ? InferSchema<Output> : undefined
