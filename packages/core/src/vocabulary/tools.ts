import type { Message } from './messages.ts'
import type { InferSchema, JsonSchema, Schema } from './schemas.ts'

/** What a tool's code is told beside its input. */
export interface ToolContext {
  readonly toolCallId: string
  readonly toolName: string
  /** The conversation up to the call. */
  readonly messages: readonly Message[]
  /** Ends with the call, and when the tool's time is over. */
  readonly signal: AbortSignal
  readonly labels: Readonly<Record<string, string>>
}

/** A function the model may ask for. Made by {@link tool}. */
export interface Tool<Input = never, Output = unknown> {
  /** What it is for, in the words the model is to understand. */
  readonly description?: string
  /** Of its one argument, an object. */
  readonly inputSchema: Schema
  /**
   * Runs it. What it gives back must be plain JSON. Without it the loop stops at a call of this tool and gives the
   * call to the caller.
   */
  readonly execute?: (input: Input, context: ToolContext) => Output | Promise<Output>
  /** True: the call waits for a decision, see `approve` and `toolApprovals`. @default false */
  readonly needsApproval?: boolean | ((input: Input, context: ToolContext) => boolean | Promise<boolean>)
  /** Longest run, in ms. @default `timeout.toolMs` of the call, else what is left of the call */
  readonly timeoutMs?: number
  /** Ask for arguments that keep the schema exactly, where the service can promise it. */
  readonly strict?: boolean
  /** Sample requests with their input, for services that take them. */
  readonly examples?: readonly { readonly request: string; readonly input: unknown }[]
  /** Of what it gives back, for services that take it. Not enforced. */
  readonly outputSchema?: Schema
}

/** Tools by name: Latin letters, digits, `_` and `-`, a letter first, up to 64 characters. */
export type ToolSet = Readonly<Record<string, Tool>>

/** Types a tool: the input of `execute` is what its schema lets through. */
export function tool<const S extends Schema, Output = unknown>(definition: {
  readonly description?: string
  readonly inputSchema: S
  readonly execute?: (input: InferSchema<S>, context: ToolContext) => Output | Promise<Output>
  readonly needsApproval?: boolean | ((input: InferSchema<S>, context: ToolContext) => boolean | Promise<boolean>)
  readonly timeoutMs?: number
  readonly strict?: boolean
  readonly examples?: readonly { readonly request: string; readonly input: InferSchema<S> }[]
  readonly outputSchema?: Schema
}): Tool<InferSchema<S>, Output> {
  return definition
}

/** Whether the model may, must or must not ask for tools, or must ask for one. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly tool: string }

/** A tool as an adapter sees it. */
export interface ToolSpec {
  readonly name: string
  readonly description?: string
  readonly inputSchema: JsonSchema
  readonly strict?: boolean
  readonly examples?: readonly { readonly request: string; readonly input: unknown }[]
  readonly outputSchema?: JsonSchema
}

/** The shape an answer must have, as an adapter sees it. */
export interface OutputSpec {
  /** Latin letters, digits, `_` and `-`. */
  readonly name: string
  readonly schema: JsonSchema
}
