import type { PrepaidOptions } from './operations/prepaid.ts'
import type { PriceLines } from './operations/prices.ts'
import type { Budget } from './resilience/budgets.ts'
import type { Cost } from './vocabulary/usage.ts'
import type { LimitOptions } from './resilience/limits.ts'
import type { AuditLog } from './policy/audit/audit-log.ts'
import type { TokenStore } from './auth/token-store.ts'
import type { Attempt } from './errors/shlyuz-error.ts'
import type { CountTokensResult } from './operations/count-tokens.ts'
import type { GenerateTextResult, TextStep } from './operations/text-result.ts'
import type { TextStream } from './operations/text-stream.ts'
import type { PolicyVerification } from './operations/verify-policy/verify-policy.ts'
import type { Policy } from './policy/guard.ts'
import type { Receipt } from './policy/receipt.ts'
import type { ExtraOperation, ExtraOperations, Provider } from './provider.ts'
import type { BalanceModel, FallbackModel, HedgeModel, RoutedModel } from './resilience/routed-model.ts'
import type { Logger } from './telemetry/logger.ts'
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
export type Model<P extends readonly Provider[]> = ModelReference<P> | RoutedModel

type OptionsOf<P extends Provider> = NonNullable<ReturnType<P['parseOptions']>>

/** Options only one vendor knows, by vendor kind. */
export type ProviderOptions<P extends readonly Provider[]> = {
  readonly [Kind in P[number]['kind']]?: OptionsOf<Extract<P[number], { readonly kind: Kind }>>
}

/** Options of `createClient`. */
export interface ClientOptions<P extends readonly Provider[]> {
  /** Whom the client can ask: what the factories of the adapters make. At least one; names must differ. */
  readonly providers: P
  /** What may be asked of whom. @default domesticOnly() */
  readonly policy?: Policy
  /** Records every decision before a byte leaves: made by `auditLog` or `auditSink`. */
  readonly audit?: AuditLog
  /** Limits of time for every call, in ms; a call may set its own. */
  readonly timeout?: Timeouts
  /** Retries after the first attempt, 0 to 10. @default 2 */
  readonly retries?: number
  /** Slots, rates and breakers of ours; see {@link LimitOptions} for what holds by default. */
  readonly limits?: LimitOptions
  /** Rubles that may be spent: a call that could pass a budget is refused before it is sent. */
  readonly budgets?: readonly Budget[]
  /** Packages of tokens paid in advance: a call that could use one up is refused before it is sent. */
  readonly prepaid?: PrepaidOptions
  /** Price lines by `'<provider>/<model>'`, in place of the built-in ones: your contract's own, dated and sourced. */
  readonly prices?: Readonly<Record<string, PriceLines>>
  /** Keeps tokens; in memory by default, or in `limits.store` where that keeps some. */
  readonly tokenStore?: TokenStore
  /** A loopback network for tests and demos, made by `testNetwork`. */
  readonly network?: TestNetwork
  /** Told how calls begin and end, and of every attempt; never of their content. Such as `console`. */
  readonly logger?: Logger
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
  /** Whom to ask: `'<provider>/<model>'`, or `client.fallback([…])`. */
  readonly model: Model<P>
  /** What the model is to keep to; goes first as a system message. */
  readonly instructions?: string
  /** One question of the user; not empty. For more, or with files: `messages`. */
  readonly prompt?: string
  /** The conversation: system messages first, then turns that begin with the user and end with the user or a tool. */
  readonly messages?: readonly Message[]
  /**
   * The answer ends before the first of these: up to 16, each up to 256 characters. Kept on every service: core cuts
   * where the wire cannot.
   */
  readonly stop?: string | readonly string[]
  /** What the model may ask for, by name; up to 128. Made by `tool({ … })`. */
  readonly tools?: Tools
  /** Whether the model may, must or must not ask for tools; holds for the first question. @default 'auto' */
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
  /**
   * The shape of the answer: it comes typed and validated in `output` of the result. A schema of zod or arktype,
   * `schema(validator, jsonSchema)`, or plain JSON Schema. An answer that does not fit after one repair is an
   * OutputValidationError.
   */
  readonly output?: Output
  /** `'native'` refuses a model that cannot; `'emulated'` always asks by a forced tool. @default 'auto' */
  readonly outputMode?: 'auto' | 'native' | 'emulated'
  /** What becomes of files this call uploads, once it succeeded. After a failure they are always deleted. @default 'keep' */
  readonly uploads?: 'keep' | 'delete'
  /** What one service alone knows, by vendor kind. Those of other vendors are not sent. */
  readonly providerOptions?: ProviderOptions<P>
  /** What more the result is to hold: `raw`, the body as the service sent it; not for streams. */
  readonly include?: { readonly raw?: boolean }
}

/** Options of `embed`. */
export interface EmbedOptions<P extends readonly Provider[]> extends CallOptions {
  /** A model of kind `embedding`; `client.listModels()` names them. */
  readonly model: Model<P>
  /** The text to embed; not empty. */
  readonly value: string
  /** What the text is. Some services have a model for each kind; others make no difference. Default: none is told. */
  readonly kind?: EmbeddingKind
  /** Numbers in a vector, where the model has a choice; else an UnsupportedFeatureError. Default: the model's own. */
  readonly dimensions?: number
  /** What one service alone knows, by vendor kind. */
  readonly providerOptions?: ProviderOptions<P>
}

/** Options of `embedMany`. */
export interface EmbedManyOptions<P extends readonly Provider[]> extends Omit<EmbedOptions<P>, 'value'> {
  /** The texts to embed, at least one, none empty. Longer lists than the service takes go in several requests. */
  readonly values: readonly string[]
  /** Most requests at a time, 1 to 64. @default 4 */
  readonly concurrency?: number
  /** Told after each request how many texts are embedded. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
}

/** Options of `generateImage`. */
export interface GenerateImageOptions<P extends readonly Provider[]> extends CallOptions {
  /** A model that makes images: of kind `image`, or of kind `chat` where the service draws in a conversation. */
  readonly model: Model<P>
  /** What is to be seen; not empty. The length that a service takes may be short (500 characters). */
  readonly prompt: string
  /** Style and manner. */
  readonly instructions?: string
  /** A whole number: the same one with the same prompt gives the same image, where the service has seeds. */
  readonly seed?: number
  /** `'16:9'`: near it, as the service can; a warning where it cannot. Default: the service's own. */
  readonly aspectRatio?: AspectRatio
  /** From 0 to 1, as far as the service lets one guess. */
  readonly onProgress?: (progress: number) => void
  /** What one service alone knows, by vendor kind. */
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
  /** One model for all requests. */
  readonly model: Model<P>
  /** 1 to 10,000, each with its own prompt and settings. */
  readonly requests: readonly JobRequest[]
  /** What the model may ask for; its calls are given back in the answers. */
  readonly tools?: ToolSet
  /** @default 'auto' */
  readonly toolChoice?: ToolChoice
  /** The shape of every answer. Give it again to `client.job` in another process. */
  readonly output?: Output
  /**
   * 32 bytes, or their base64: encrypts into the job's string what was masked (AES-256-GCM). Without it a policy that
   * masks personal data refuses the job. Give it again to `client.job`; keep it apart from the string.
   */
  readonly jobKey?: string | Uint8Array
  /** What one service alone knows, by vendor kind. */
  readonly providerOptions?: ProviderOptions<P>
}

/** How to wait for a job. */
export interface JobWaitOptions extends CallOptions {
  /** Told after each look. */
  readonly onProgress?: (status: JobStatus) => void
  /** The first wait between two looks, in ms; it grows by half each time up to `longestWaitMs`. @default 2_000 */
  readonly pollMs?: number
  /** The longest wait between two looks, in ms. @default 30_000 */
  readonly longestWaitMs?: number
}

/** A deferred job. `id` is a string without secrets: keep it, and resume with `client.job(id)` in any process. */
export interface Job<Output = undefined> {
  /** `shlyuz-job.1.…`: plain ASCII, for `client.job(id)`. */
  readonly id: string
  /** Name of the provider. */
  readonly provider: string
  /** Without the provider's prefix. */
  readonly model: string
  /** What of the requests was kept only in part; empty for a job that was found again by its string. */
  readonly warnings: readonly Warning[]
  /** What the policy decided on the submission; absent for a job that was found again by its string. */
  readonly policy?: Receipt
  /** How far it is: looks once. @throws JobError when the service no longer knows it */
  status(options?: CallOptions): Promise<JobStatus>
  /**
   * The answers in the order of the requests, each with an error of its own; waits until the job is done. The total
   * limit of time is 24 hours here unless `timeout` says otherwise.
   * @throws JobError when the whole job failed or was cancelled
   */
  result(options?: JobWaitOptions): Promise<JobResult<Output>>
  /** Ends it; what is answered already may be billed. @throws UnsupportedFeatureError where the service cannot */
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
  /** The most one question is expected to cost; absent where no price is known. */
  readonly estimate?: Cost
  readonly policy: Receipt
}

/** Options of every call. */
export interface CallOptions {
  /** Narrows the client's policy for this call; never widens it. */
  readonly policy?: Policy
  /** Facts for the policy's rules, the receipt and the audit log: purpose, system. No personal data. */
  readonly labels?: Readonly<Record<string, string>>
  /**
   * What the content is: `'public'`, `'internal'`, `'personal'`, `'health'`, … A policy may refuse special categories;
   * see `withLabels` for services that know it once a request.
   */
  readonly dataClass?: string | readonly string[]
  /** Ends the call; it rejects with `signal.reason` itself. */
  readonly signal?: AbortSignal
  /** Limits of time for this call, in ms. Default: the client's. */
  readonly timeout?: Timeouts
  /** Who goes first when calls wait for a slot; a long wait makes up for a low one. @default 'normal' */
  readonly priority?: 'low' | 'normal' | 'high'
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
  /**
   * The whole answer to a conversation; runs tools and asks again, up to `maxSteps`. What a service cannot keep is
   * refused before sending or comes in `warnings`.
   * @throws ShlyuzError of a class that says what to do next; `signal.reason` when aborted
   */
  generateText<const Tools extends ToolSet = ToolSet, const Output extends Schema | undefined = undefined>(
    options: TextOptions<P, Tools, Output>,
  ): Promise<GenerateTextResult<OutputOf<Output>>>
  /** The same answer as it is made. Starts at once and never throws here: errors come out of the stream. */
  streamText<const Tools extends ToolSet = ToolSet, const Output extends Schema | undefined = undefined>(
    options: TextOptions<P, Tools, Output>,
  ): TextStream<OutputOf<Output>>
  /** Says, without sending anything, what each target of a text call would lose and whether the policy allows it. */
  check(options: TextOptions<P>): Promise<readonly CheckResult[]>
  /** The vector of one text. @throws UnsupportedFeatureError for a model that embeds nothing */
  embed(options: EmbedOptions<P>): Promise<EmbedResult>
  /** The vectors of many texts in their order, in as many requests as the service wants. A failed one fails the call. */
  embedMany(options: EmbedManyOptions<P>): Promise<EmbedManyResult>
  /** Tokens of a text call's input, by the service's own counter. @throws UnsupportedFeatureError where it has none */
  countTokens(options: TextOptions<P>): Promise<CountTokensResult>
  /** The models of one provider, or of all that can list theirs. */
  listModels(options?: CallOptions & { readonly provider?: P[number]['name'] }): Promise<readonly ModelInfo[]>
  /** The bytes of one image and their media type. */
  generateImage(options: GenerateImageOptions<P>): Promise<GenerateImageResult>
  /** Hands many text calls over to be answered in minutes or hours, at about half the price. Keep `id` of the job. */
  submitText<const Output extends Schema | undefined = undefined>(
    options: SubmitTextOptions<P, Output>,
  ): Promise<Job<OutputOf<Output>>>
  /**
   * A job by its string, from this process or another; nothing is sent. Give `output` again to have it validated.
   * @throws JobError for a string that is damaged, or belongs to a provider this client does not have
   */
  job<const Output extends Schema | undefined = undefined>(
    id: string,
    options?: { readonly output?: Output; readonly jobKey?: string | Uint8Array },
  ): Job<OutputOf<Output>>
  /** A model value that asks the targets in order until one answers. */
  fallback(targets: readonly Model<P>[]): FallbackModel
  /**
   * A model value of which each call asks one target: by `weights`, or the quicker of two drawn at random. A
   * conversation stays with the target that answered first. For failover put it into a `fallback`.
   */
  balance(targets: readonly Model<P>[], options?: { readonly weights?: readonly number[] }): BalanceModel
  /**
   * A model value that asks the second target too when the first has not begun to answer after `delayMs`: the quicker
   * answer counts, the other request is ended. Both are paid for, and both are in `cost` (the other one estimated).
   */
  hedge(targets: readonly [Model<P>, Model<P>], options: { readonly delayMs: number }): HedgeModel
  /**
   * Operations that only this provider has, by name: `client.provider('…').balance()`.
   * @throws ConfigurationError for an unknown name
   */
  provider<Name extends P[number]['name']>(name: Name): ProviderClient<ExtrasOf<Named<P, Name>>>
  /**
   * Tries what the policy forbids, at all four depths, through the guard and the transport of this client, and says
   * what became of each try; for a start-up or a CI of your own. Everything is dialed to a listener on this machine: no
   * name is looked up, nothing leaves, no credential is read, and nothing goes to the audit log.
   */
  verifyPolicy(options?: { readonly signal?: AbortSignal }): Promise<PolicyVerification>
  /** Deletes what this client uploaded and still holds at the services; says how many files. */
  deleteUploads(options?: CallOptions): Promise<{ readonly deleted: number }>
  /** Refuses new calls, lets running ones end within `graceMs` (default 10_000), cuts the rest. */
  close(options?: { readonly graceMs?: number }): Promise<void>
}

/** The type of `output` in a result: that of the schema, `undefined` without one. */
export type OutputOf<Output extends Schema | undefined> = Output extends Schema ? InferSchema<Output> : undefined
