import type { ChoosableTool } from '../../answers/choose-tools.ts'

/** What a model is asked, in the words that `chat/completions` and `responses` share. */
export interface Turn {
  readonly messages: readonly TurnMessage[]
  readonly tools: readonly ChoosableTool[]
  readonly toolChoice: ToolChoice
  readonly parallelToolCalls: boolean
  readonly format: TurnFormat
  /** Most tokens of the answer, reasoning included. */
  readonly maxTokens?: number
  readonly effort?: ReasoningEffort
}

/** One message of the history. */
export interface TurnMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
  /** Images of a user's message. */
  readonly images: readonly TurnImage[]
  /** Of a result: the function that was called. */
  readonly toolName?: string
  /** Of the model's own turn: the functions it called. */
  readonly calls?: readonly TurnCall[]
}

/** A call of a function that the history has. */
export interface TurnCall {
  readonly name: string
  /** JSON text. */
  readonly arguments: string
}

/** An image that came with a message. */
export interface TurnImage {
  /** Such as `image/png`. */
  readonly mediaType: string
  readonly bytes: number
}

/** Which function the model may or must call. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string }

/** The form of the answer. */
export type TurnFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly schema: unknown }

/** How hard a reasoning model thinks. `none` switches it off where the model can (public reports of 2026). */
export type ReasoningEffort = (typeof reasoningEfforts)[number]

/** Every effort that a request may name. */
export const reasoningEfforts = ['none', 'minimal', 'low', 'medium', 'high'] as const
