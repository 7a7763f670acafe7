import type { Flavour } from '../../answers/weigh-sentences.ts'
import type { GenerationFinish, GenerationUsage } from './generate.ts'

/** What differs between the services whose models answer through `generate`. */
export interface AnsweringService {
  /** How an answer that is made from the prompt sounds. */
  readonly flavour: Flavour
  /** Context of every model in tokens. */
  readonly contextTokens: number
  /** The answer that was written beforehand, if one waits. */
  takeScript(): PreparedAnswer | undefined
  /** What to throw when a prompt is longer than the context. */
  tooLong(tokens: number): Error
}

/** A scripted answer, in words that the services share. */
export interface PreparedAnswer {
  /** The answer, or the pieces in which it is streamed. */
  readonly text?: string | readonly string[] | undefined
  /** Instead of `text`: the whole text so far at each piece, also where it rewrites the one before. */
  readonly lines?: readonly string[] | undefined
  readonly reasoning?: string | undefined
  readonly calls?: readonly PreparedCall[] | undefined
  /** Default: `tool_calls` with calls, else `stop`. */
  readonly finish?: GenerationFinish | undefined
  /** Figures that replace the counted ones; `null` leaves usage out. */
  readonly usage?: GenerationUsage | null | undefined
  /** `model` of the answer. */
  readonly model?: string | undefined
}

/** A call of a function in a scripted answer. */
export interface PreparedCall {
  readonly name: string
  /** An object, or the very text of the wire. */
  readonly arguments: Readonly<Record<string, unknown>> | string
  readonly id?: string
}
