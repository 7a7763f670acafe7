import type { FilePart, SourcePart, ToolCallPart, ToolResultPart } from './messages.ts'
import type { Usage } from './usage.ts'

/**
 * One piece of a streamed answer.
 *
 * An adapter emits these; core passes them on, and keeps `response-metadata` for itself.
 */
export type StreamPart =
  | TextDeltaPart
  | RewritePart
  | ReasoningDeltaPart
  | ToolCallPart
  | ToolProgressPart
  | SourcePart
  | FilePart
  | ResponseMetadataPart

/** A piece of the answer's text, never empty. */
export interface TextDeltaPart {
  readonly type: 'text-delta'
  readonly text: string
}

/**
 * The service replaced the text it had already given (a filter stepped in).
 * `text` is the whole text of this step that holds from now on.
 */
export interface RewritePart {
  readonly type: 'rewrite'
  readonly text: string
}

/** A piece of what the model thinks before its answer, never empty. */
export interface ReasoningDeltaPart {
  readonly type: 'reasoning-delta'
  readonly text: string
}

/** A tool of the provider's own is at work (its web search, its image generation). No part of the answer. */
export interface ToolProgressPart {
  readonly type: 'tool-progress'
  readonly toolName: string
  readonly state: 'running' | 'done' | 'failed'
  /** The service's own words. */
  readonly message?: string
  readonly secondsLeft?: number
}

/** What the answer says of itself; comes before its first content. */
export interface ResponseMetadataPart {
  readonly type: 'response-metadata'
  /**
   * The model that answered, as a catalogue id of the adapter; `undefined` when the service does not say.
   * Another id than the one judged ends the call (`response.model_mismatch`).
   */
  readonly modelId?: string
  /** The model as the service spelled it. */
  readonly rawModel?: string
}

/** One question to the model is answered, and another follows: tools ran, or an answer is repaired. */
export interface StepFinishPart {
  readonly type: 'step-finish'
  readonly finishReason: FinishReason
  readonly usage: Usage
}

/** What of the asked output can be read so far: a snapshot, not a delta, and not validated. */
export interface PartialOutputPart {
  readonly type: 'partial-output'
  readonly output: unknown
}

/** The last part of a complete answer. `usage` is that of all steps. */
export interface FinishPart {
  readonly type: 'finish'
  readonly finishReason: FinishReason
  readonly usage: Usage
}

/** What `streamText` gives out, in order; a complete stream ends with `finish`. */
export type TextStreamPart =
  | TextDeltaPart
  | RewritePart
  | ReasoningDeltaPart
  | ToolCallPart
  | ToolResultPart
  | ToolProgressPart
  | SourcePart
  | FilePart
  | PartialOutputPart
  | StepFinishPart
  | FinishPart

/**
 * Why the model stopped.
 *
 * - `stop`: it was done, or a `stop` string was met
 * - `length`: the token limit was reached
 * - `content-filter`: the service withheld or replaced the answer
 * - `tool-calls`: it asks for tools
 * - `error`: the service says that generation failed
 * - `other`: a reason we do not know, kept in `rawFinishReason`
 */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other'
