import type { ZodType } from 'zod'
import type { Secret } from './auth/secret.ts'
import type { PartMessage, ContentPart } from './vocabulary/messages.ts'
import type { ModelCard, ModelRef } from './vocabulary/models.ts'
import type { TextSettings } from './vocabulary/settings.ts'
import type { FinishReason, StreamPart } from './vocabulary/stream-parts.ts'
import type { Usage } from './vocabulary/usage.ts'
import type { Loss, Warning } from './vocabulary/warnings.ts'

/**
 * An adapter: a codec for one service. It translates and describes; core performs. It opens no socket, reads no
 * file and no environment, so it has nothing to leak with.
 *
 * `Kind`, `Name`, `ModelId` and `Options` serve the types only: completion of model references and of
 * `providerOptions`.
 */
export interface Provider<
  Kind extends string = string,
  Name extends string = string,
  ModelId extends string = string,
  Options = unknown,
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
  /** What of this call cannot be kept. Pure, before any effect. */
  check(call: TextCall, model: ModelRef): readonly Loss[]
  text(call: TextCall, model: ModelRef): Operation<TextResult>
  /** Operations of this service alone, called as `client.provider(name).<operation>(...)`. */
  readonly extras?: ExtraOperations
  /** Reads the service's error body. Pure; never throws. */
  toError(reply: ErrorReply): ProviderFailure
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
  /** What `parseOptions` made of the caller's options. */
  readonly options: unknown
}

/** What an adapter's `text` operation gives back. */
export interface TextResult {
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
  | { readonly do: 'wait'; readonly ms: number }
  /** A setting that may live outside the code → `string | undefined`, as it stands. */
  | { readonly do: 'read'; readonly source: SecretSource }

/**
 * A zod schema, made when it is first needed: zod costs tens of milliseconds to import. Describe only what is read,
 * with `looseObject`, so that fields a service adds do no harm. Declare it once, outside of functions.
 */
export type Shape = (z: typeof import('zod')) => ZodType

export type OperationKind = 'chat' | 'embed' | 'image' | 'files' | 'models' | 'tokens' | 'token' | 'poll' | 'other'

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
  readonly body?: string | Uint8Array
  /** `unsafe`: never repeated once its body was written. */
  readonly repeat: 'safe' | 'unsafe'
  /** Content types, without parameters; another one is a ProtocolError before decoding. Empty: any. */
  readonly accept: readonly string[]
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
  /** The text of all deltas, cut at `stop` where asked. */
  readonly text: string
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

/** `model` makes the policy judge that model as well. */
export interface ExtraOperation {
  readonly operation: OperationKind
  run(input: never): { readonly model?: string; readonly steps: Operation<unknown> }
}
