import type { Usage } from './usage.ts'

/**
 * One piece of a streamed answer.
 *
 * An adapter emits these; core passes on `text-delta`, and keeps `response-metadata` for itself.
 */
export type StreamPart = TextDeltaPart | RewritePart | ResponseMetadataPart | FinishPart

/** A piece of the answer's text, never empty. */
export interface TextDeltaPart {
  readonly type: 'text-delta'
  readonly text: string
}

/**
 * The service replaced the text it had already given (YandexGPT does so when a filter steps in).
 * `text` is the whole text that holds from now on.
 */
export interface RewritePart {
  readonly type: 'rewrite'
  readonly text: string
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

/** The last part of a complete answer. */
export interface FinishPart {
  readonly type: 'finish'
  readonly finishReason: FinishReason
  readonly usage: Usage
}

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
