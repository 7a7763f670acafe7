/** Settings of a text call that every provider knows or answers for. */
export interface TextSettings {
  /** Most tokens of the answer; a positive integer. Default: the service's own. */
  readonly maxOutputTokens?: number
  /** 0 to 2; the upper limit may be lower on a provider. Default: the service's own. */
  readonly temperature?: number
  /** Share of probability the next word is drawn from, 0 to 1. Default: the service's own. */
  readonly topP?: number
  /** A whole number: the same one is to give the same answer. A warning where the service has none. */
  readonly seed?: number
  /** -2 to 2; above 0 the model repeats words less the more often they stood. Default: the service's own. */
  readonly frequencyPenalty?: number
  /** -2 to 2; above 0 the model repeats words less that stood at all. Default: the service's own. */
  readonly presencePenalty?: number
  /** How much the model is to think before it answers; `'off'`: not at all. Default: the service's own. */
  readonly reasoningEffort?: ReasoningEffort
}

/** Degrees of thinking; a service with fewer of them takes the one it has. */
export type ReasoningEffort = 'off' | 'low' | 'medium' | 'high'

/** Limits of time, in milliseconds. Checked about ten times a second: no finer promise is made. */
export interface Timeouts {
  /** The whole call, with retries, steps and waits. @default 600_000 */
  readonly totalMs?: number
  /** Opening one connection: DNS, TCP and TLS. @default 10_000 */
  readonly connectMs?: number
  /** From the request sent to the answer's headers. @default 120_000 */
  readonly headersMs?: number
  /** From the headers to the first content of a stream, and between two contents. @default 180_000 */
  readonly firstContentMs?: number
  /** Between two reads once content flows; any byte counts. @default 180_000 */
  readonly idleMs?: number
  /** One attempt. Default: no limit of its own. */
  readonly attemptMs?: number
  /** One run of a tool. Default: what is left of the call. */
  readonly toolMs?: number
}
