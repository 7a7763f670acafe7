import type { TokenStore } from './auth/token-store.ts'
import type { Policy } from './policy/guard.ts'
import type { Provider } from './provider.ts'
import type { FallbackModel } from './resilience/fallback.ts'
import type { TestNetwork } from './testing/test-network.ts'
import type { GenerateTextResult } from './operations/text-result.ts'
import type { TextStream } from './operations/text-stream.ts'
import type { Message } from './vocabulary/messages.ts'
import type { TextSettings, Timeouts } from './vocabulary/settings.ts'
import type { Warning } from './vocabulary/warnings.ts'

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
export interface TextOptions<P extends readonly Provider[]> extends TextSettings {
  readonly model: Model<P>
  /** What the model is to keep to; goes first as a system message. */
  readonly instructions?: string
  readonly prompt?: string
  readonly messages?: readonly Message[]
  /** The answer ends before the first of these. Kept on every service: core cuts where the wire cannot. */
  readonly stop?: string | readonly string[]
  readonly providerOptions?: ProviderOptions<P>
  /** Narrows the client's policy for this call; never widens it. */
  readonly policy?: Policy
  /** Facts for the policy's rules and the receipt: purpose, system, data class. */
  readonly labels?: Readonly<Record<string, string>>
  /** Ends the call; it rejects with `signal.reason` itself. */
  readonly signal?: AbortSignal
  readonly timeout?: Timeouts
  readonly retries?: number
  readonly include?: { readonly raw?: boolean }
}

/** Options of every operation of one provider alone. */
export interface CallOptions {
  readonly policy?: Policy
  readonly labels?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly timeout?: Timeouts
  readonly retries?: number
}

/** The operations of one provider alone, by name. */
export type ProviderClient = Readonly<Record<string, (input?: unknown, options?: CallOptions) => Promise<unknown>>>

/** One client for all configured providers. `await using` closes it. */
export interface Client<P extends readonly Provider[] = readonly Provider[]> extends AsyncDisposable {
  generateText(options: TextOptions<P>): Promise<GenerateTextResult>
  /** Starts at once and never throws here: errors come out of the stream. */
  streamText(options: TextOptions<P>): TextStream
  /** A model value that asks the targets in order until one answers. */
  fallback(targets: readonly ModelReference<P>[]): FallbackModel
  /** Operations that only this provider has. @throws ConfigurationError for an unknown name */
  provider(name: P[number]['name']): ProviderClient
  /** Refuses new calls, lets running ones end within `graceMs` (default 10_000), cuts the rest. */
  close(options?: { readonly graceMs?: number }): Promise<void>
}
