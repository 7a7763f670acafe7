import type { ZodType } from 'zod'
import type { Secret } from './auth/secret.ts'
import type { EmbeddingKind } from './vocabulary/embeddings.ts'
import type { Surface } from './vocabulary/features.ts'
import type { AspectRatio } from './vocabulary/images.ts'
import type { ContentPart, PartMessage } from './vocabulary/messages.ts'
import type { ModelCard, ModelRef } from './vocabulary/models.ts'
import type { TextSettings } from './vocabulary/settings.ts'
import type { FinishReason, StreamPart } from './vocabulary/stream-parts.ts'
import type { OutputSpec, ToolChoice, ToolSpec } from './vocabulary/tools.ts'
import type { Usage } from './vocabulary/usage.ts'
import type { Loss, Warning } from './vocabulary/warnings.ts'

/**
 * An adapter: a codec for one service. It translates and describes; core performs. It opens no socket, reads no
 * file and no environment, so it has nothing to leak with.
 *
 * `Kind`, `Name`, `ModelId`, `Options` and `Extras` serve the types only: completion of model references, of
 * `providerOptions` and of `client.provider(name)`.
 */
export interface Provider<
  Kind extends string = string,
  Name extends string = string,
  ModelId extends string = string,
  Options = unknown,
  Extras extends ExtraOperations = ExtraOperations,
> {
  /** The vendor: key of `providerOptions` and of the sovereignty records. */
  readonly kind: Kind
  /** The instance: prefix of model references. Two accounts of one vendor are two providers with two names. */
  readonly name: Name
  /** Where it may send to. Core refuses any other address. */
  readonly endpoints: Readonly<Record<string, Endpoint>>
  readonly models: readonly ModelCard<ModelId>[]
  /** Ways to authorise; one is chosen, see {@link Credential}. Empty: requests go without authorisation. */
  readonly credentials: readonly Credential[]
  /** `'off'`: the service is told not to store prompts. Stated on every receipt. */
  readonly providerLogging: ProviderLogging
  /** Strict. What it throws becomes a PolicyDeniedError `model.unparseable`. */
  parseModel(id: string): ModelRef
  /** Checks `providerOptions[kind]` strictly. @throws ConfigurationError */
  parseOptions(options: unknown): Options
  /** Every way the service is spoken to: its columns of the loss table. */
  readonly surfaces: readonly Surface[]
  /** The surface that serves a model; `options`: what `parseOptions` made of the call's. One of {@link surfaces}. */
  surfaceOf(model: ModelRef, options: unknown): Surface
  /**
   * What of this call cannot be kept: `checkFeatures` over the surface's table, and what depends on values (a schema
   * that cannot be expressed, a file too large). Pure, before any effect.
   */
  check(call: TextCall, model: ModelRef): readonly Loss[]
  text(call: TextCall, model: ModelRef): Operation<TextResult>
  /** The service's own tools that this call lets fetch or send elsewhere, by the service's names: the policy decides. */
  remoteTools?(call: TextCall): readonly string[]
  /**
   * The model that embeds texts of this kind, for a service with a pair of models; the policy judges that one.
   * Default: the model asked for.
   */
  embeddingModelFor?(id: string, kind: EmbeddingKind | undefined): string
  /** As many values as the card's `valuesPerRequest` (1 for an unknown model); core cuts and runs them side by side. */
  embed?(call: EmbedCall, model: ModelRef): Operation<EmbedAnswer>
  image?(call: ImageCall, model: ModelRef): Operation<ImageAnswer>
  /** Stated on the receipt of an image instead of {@link providerLogging}. */
  readonly imageLogging?: ProviderLogging
  /** By the service's own counter. */
  countTokens?(call: TextCall, model: ModelRef): Operation<TokenCount>
  listModels?(): Operation<readonly ListedModel[]>
  readonly deferred?: DeferredOperations
  /** Operations of this service alone, called as `client.provider(name).<operation>(...)`. */
  readonly extras?: Extras
  /** Calls at the same time that the service gives an account. Absent: no limit is known, and core keeps none. */
  readonly parallel?: ParallelLimit
  readonly packages?: TokenPackages
  /** Reads the service's error body. Pure; never throws. */
  toError(reply: ErrorReply): ProviderFailure
}

/** Packages of tokens that an account may have paid in advance. */
export interface TokenPackages {
  /** Tokens left, by package. An account that pays as it goes answers with a PermissionError. */
  left(): Operation<ReadonlyMap<string, number>>
  /** The package that calls of a model use up. */
  packageOf(model: ModelRef): string
}

/** Core keeps such calls waiting in a queue instead of letting the service refuse them. */
export interface ParallelLimit {
  /** Which operations count. */
  readonly operations: readonly OperationKind[]
  /** May read settings, such as the kind of account. `undefined`: not known after all. */
  limit(): Operation<number | undefined>
}

export type ProviderLogging = 'off' | 'on' | 'cannot be switched off' | 'not stated'

/** `url` is kept as spelled: spelling and listing are judged by the policy at the call, never in createClient. */
export interface Endpoint {
  readonly url: string
  /** PEM of one or more authorities trusted beside the default roots, for this endpoint only. */
  readonly ca?: string
  /** Used for authorisation only, by exact URL, with GET and no body (the metadata address of a cloud VM). */
  readonly credentialOnly?: boolean
  /** Client certificate presented to this endpoint. */
  readonly clientCertificate?: ClientCertificate
}

/** A client certificate for mutual TLS. PEM texts or where to read them. */
export interface ClientCertificate {
  readonly cert: SecretSource
  readonly key: SecretSource
  readonly passphrase?: SecretSource
}

/** Where a secret or a setting is read from, at first use. */
export type SecretSource =
  | { readonly env: string }
  | { readonly file: string }
  /** The file whose path an environment variable holds. */
  | { readonly fileFromEnv: string }
  /** Wrap literal secrets in {@link Secret}, so that printing a provider does not print them. */
  | { readonly value: string | Secret }
  /** Asked for each call: one client for many tenants. Tokens are kept per secret. */
  | { readonly ask: (request: SecretRequest) => string | Promise<string> }

/** What a secret is needed for. */
export interface SecretRequest {
  readonly provider: string
  readonly model?: string
  readonly labels: Readonly<Record<string, string>>
}

/**
 * One way to authorise. Of the credentials of a provider core takes: those `explicit` (given in settings) if there
 * are any, else those whose environment variables are set, else those marked `fallback`. More than one left is a
 * ConfigurationError that names them.
 */
export interface Credential {
  /** For messages: `authorisation key (GIGACHAT_CREDENTIALS)`. */
  readonly name: string
  readonly explicit: boolean
  /** Taken when no other credential is there: an own client certificate can be authorisation enough. */
  readonly fallback?: boolean
  /** Each is read before {@link Credential.authorize} runs. All are required. */
  readonly secrets: Readonly<Record<string, SecretSource>>
  /**
   * Says which headers authorise. May yield exchanges (OAuth, IAM): they go through the same door, without
   * authorisation of their own, and are shared by all callers that wait.
   * @throws ConfigurationError for a malformed secret, before anything is sent; the message never holds it
   */
  authorize(secrets: Readonly<Record<string, string>>): Operation<Access>
}

/** The right to call a service, for a while. */
export interface Access {
  /** Headers to add, such as `authorization`. */
  readonly headers: Readonly<Record<string, string>>
  /** Unix time in ms from which a new one is fetched before use. Absent: never. */
  readonly refreshAt?: number
}

/** The neutral text call, checked and frozen, as an adapter sees it. */
export interface TextCall {
  /** Content is always a list of parts; `instructions` of the caller come first with role `system`. */
  readonly messages: readonly PartMessage[]
  readonly settings: TextSettings
  readonly stream: boolean
  /** Empty: none. */
  readonly tools: readonly ToolSpec[]
  /** `'auto'` when the caller said nothing. Of no meaning without tools. */
  readonly toolChoice: ToolChoice
  /** Absent: as the service likes. */
  readonly parallelToolCalls?: boolean
  /** Given only where the surface keeps the feature `output`; elsewhere core asks for it by a forced tool. */
  readonly output?: OutputSpec
  /** What `parseOptions` made of the caller's options. */
  readonly options: unknown
}

/** What an adapter's `text` operation gives back. */
export interface TextResult {
  /** In the order of the answer. A tool call without an id has `toolCallId: ''`: core gives it one. */
  readonly content: readonly ContentPart[]
  readonly finishReason: FinishReason
  /** The service's own word. */
  readonly rawFinishReason?: string
  readonly usage: Usage
  /** The model that answered, as a catalogue id; absent when the service does not say. */
  readonly modelId?: string
  /** The model as the service spelled it. */
  readonly rawModel?: string
  readonly warnings?: readonly Warning[]
}

/** Texts to embed, checked. */
export interface EmbedCall {
  readonly values: readonly string[]
  readonly kind?: EmbeddingKind
  readonly dimensions?: number
  readonly options: unknown
}

export interface EmbedAnswer {
  /** One for each value, in their order. */
  readonly embeddings: readonly (readonly number[])[]
  readonly usage: Usage
  readonly modelId?: string
  readonly rawModel?: string
  readonly warnings?: readonly Warning[]
}

/** An image to make, checked. */
export interface ImageCall {
  readonly prompt: string
  /** Style and manner, where the service takes them apart from the prompt. */
  readonly instructions?: string
  readonly seed?: number
  readonly aspectRatio?: AspectRatio
  readonly options: unknown
}

export interface ImageAnswer {
  readonly bytes: Uint8Array
  readonly mediaType: string
  /** What the model said beside the image. */
  readonly text?: string
  readonly usage?: Usage
  readonly modelId?: string
  readonly rawModel?: string
  readonly warnings?: readonly Warning[]
}

export interface TokenCount {
  readonly tokens: number
  readonly warnings?: readonly Warning[]
}

/** A model as the service lists it. */
export interface ListedModel {
  /** As in a model reference, without the provider's prefix. */
  readonly id: string
  readonly catalogueId: string
  /** As the service spells it. */
  readonly rawId: string
  /** Absent: the service does not say. */
  readonly kind?: ModelCard['kind']
  /** Whom the service names as its maker: evidence for the policy's owner, never a permit. */
  readonly ownedBy?: string
}

/** Work at a lower price that is done later. `Ref` is plain JSON: it travels in the job's string. */
export interface DeferredOperations {
  /** Most calls in one submission; core cuts longer lists and submits the pieces side by side. */
  readonly callsPerSubmission: number
  /** Given when deferred calls take the form of one surface, whatever the call's own would be. */
  readonly form?: Pick<Provider, 'surfaceOf' | 'check'>
  submit(calls: readonly TextCall[], model: ModelRef): Operation<JsonValue>
  inspect(ref: JsonValue, model: ModelRef): Operation<DeferredState>
  cancel?(ref: JsonValue, model: ModelRef): Operation<void>
}

export type DeferredState =
  | { readonly status: 'queued' | 'running'; readonly completed?: number }
  /** One for each call, in their order. */
  | { readonly status: 'done'; readonly items: readonly DeferredItem[] }
  /** The whole submission failed or was cancelled. */
  | { readonly status: 'failed'; readonly failure: ProviderFailure }
  | { readonly status: 'cancelled' }

export type DeferredItem = { readonly result: TextResult } | { readonly failure: ProviderFailure }

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** A synchronous generator that yields what it wants done and receives the reply. */
export type Operation<R> = Generator<Effect, R, unknown>

export type Effect =
  /** → {@link Reply} */
  | {
      readonly do: 'exchange'
      readonly request: WireRequest
      readonly read: 'json' | 'text' | 'bytes'
      /** What a JSON body must look like; another one is a ProtocolError that names the place, never the value. */
      readonly shape?: Shape
    }
  /** → {@link StreamReply}. A decoder has state, so each attempt gets a new one. */
  | { readonly do: 'stream'; readonly request: WireRequest; readonly createDecoder: () => Decoder }
  /** `progress`: from 0 to 1, told to the caller who asked for it. */
  | { readonly do: 'wait'; readonly ms: number; readonly progress?: number }
  /**
   * A file put at the service once for its content → the id that `put` gave. Calls that need the same content at the
   * same time share one upload; it is removed when the call fails, or when the caller asked for that. `remove` is
   * kept as long as the file: make it where the bytes are out of its sight.
   */
  | {
      readonly do: 'upload'
      /** The digest of the content, and whatever else makes two uploads different (a client id). */
      readonly key: string
      readonly put: () => Operation<string>
      readonly remove: (fileId: string) => Operation<void>
    }
  /** A setting that may live outside the code → `string | undefined`, as it stands. */
  | { readonly do: 'read'; readonly source: SecretSource }

/**
 * A zod schema, made when it is first needed: zod costs tens of milliseconds to import. Describe only what is read,
 * so that fields a service adds do no harm: with `object` where answers are many, since `looseObject` copies all the rest
 * and takes three times as long. Declare it once, outside of functions.
 */
export type Shape = (z: typeof import('zod')) => ZodType

export type OperationKind =
  | 'chat'
  | 'embed'
  | 'image'
  | 'files'
  | 'models'
  | 'tokens'
  | 'token'
  | 'job'
  | 'classify'
  | 'other'

/** What goes over the wire. The adapter names an endpoint; it cannot spell an origin. */
export interface WireRequest {
  /** Key of {@link Provider.endpoints}. */
  readonly endpoint: string
  readonly operation: OperationKind
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Joined to the endpoint's path. Starts with `/`, or is empty. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | Multipart
  /** `unsafe`: never repeated once its body was written. */
  readonly repeat: 'safe' | 'unsafe'
  /** Content types, without parameters; another one is a ProtocolError before decoding. Empty: any. */
  readonly accept: readonly string[]
}

/** A form with files, encoded by core. The content type and its boundary are set by core as well. */
export interface Multipart {
  readonly fields: Readonly<Record<string, string>>
  readonly files: readonly {
    readonly name: string
    readonly filename: string
    readonly mediaType: string
    readonly bytes: Uint8Array
  }[]
}

/** The whole answer to an `exchange`. Only 2xx comes here; the rest goes through `toError`. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON, text or bytes, as `read` asked. */
  readonly body: unknown
}

/** The end of a `stream`, with what core collected on the way. */
export interface StreamReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly end: StreamFinish
  /** All parts joined to whole ones, in their order; the text cut at `stop` where asked. */
  readonly content: readonly ContentPart[]
}

/** A complete answer. */
export interface StreamFinish {
  readonly type: 'finish'
  readonly finishReason: FinishReason
  readonly rawFinishReason?: string
  readonly usage: Usage
  readonly warnings?: readonly Warning[]
}

/**
 * How a stream ended, in the adapter's judgement: only it knows the end mark.
 * `cut`: the body ended without it. `failed`: the service said so, or sent what cannot be read.
 */
export type StreamEnd =
  | StreamFinish
  | { readonly type: 'cut' }
  | { readonly type: 'failed'; readonly failure: ProviderFailure }

/**
 * A synchronous, pure stream decoder: one per stream. `push` appends parts to `out`; `done` turns true at the end
 * mark or at a failure, then nothing is pushed any more. `end` is called once, on a clean end and on a reset alike.
 */
export type Decoder = SseDecoder | LineDecoder | ByteDecoder

interface DecoderState {
  readonly done: boolean
  /** May append the parts of a last frame that came without its end. */
  end(out: StreamPart[]): StreamEnd
}
export interface SseDecoder extends DecoderState {
  readonly framing: 'sse'
  push(event: string | undefined, data: string, out: StreamPart[]): void
}
export interface LineDecoder extends DecoderState {
  readonly framing: 'lines'
  push(line: string, out: StreamPart[]): void
}
export interface ByteDecoder extends DecoderState {
  readonly framing: 'bytes'
  push(bytes: Uint8Array, out: StreamPart[]): void
}

/** An answer outside 2xx, its body cut at 64 KiB. */
export interface ErrorReply {
  readonly operation: OperationKind
  readonly endpoint: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly contentType: string
  /** Text of the body. */
  readonly text: string
}

/** A failure the service reported, in neutral words. Core adds provider, model and request id. */
export interface ProviderFailure {
  readonly kind:
    | 'bad-request'
    | 'auth'
    | 'permission'
    | 'not-found'
    | 'context-length'
    | 'content-filter'
    | 'quota'
    | 'rate-limit'
    | 'server'
    | 'protocol'
  /** English, made from the service's own words; never a secret, never prompt text. */
  readonly message: string
  /** Russian hint with the exact fix. */
  readonly hint?: string
  /** The service's own code, such as `7` or `RESOURCE_EXHAUSTED`. */
  readonly providerCode?: string
  readonly status?: number
  /** Default: true for `rate-limit` and `server`, else false. */
  readonly isRetryable?: boolean
  /** A fresh token may help: core drops the token, fetches one and repeats once. */
  readonly refreshToken?: boolean
  /** The service's id of the request, when the body or headers name one. */
  readonly requestId?: string
}

export type ExtraOperations = Readonly<Record<string, ExtraOperation>>

/** An operation of one service alone. */
export interface ExtraOperation<Input = never, Result = unknown> {
  readonly operation: OperationKind
  /**
   * Checks the input and begins. `model` makes the policy judge that model as well; `remoteUrls` counts addresses in
   * the input that would make the service fetch something.
   * @throws ConfigurationError
   */
  run(input: Input): {
    readonly model?: string
    readonly remoteUrls?: number
    /** As {@link Provider.remoteTools}. */
    readonly remoteTools?: readonly string[]
    readonly steps: Operation<Result>
  }
}
