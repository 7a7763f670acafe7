import type { Attempt } from '../errors/shlyuz-error.ts'
import type { Receipt } from '../policy/receipt.ts'
import type {
  AssistantMessage,
  ContentPart,
  FilePart,
  SourcePart,
  ToolCallPart,
  ToolMessage,
  ToolResultPart,
} from '../vocabulary/messages.ts'
import type { FinishReason } from '../vocabulary/stream-parts.ts'
import type { Cost, Usage } from '../vocabulary/usage.ts'
import type { Warning } from '../vocabulary/warnings.ts'

/** One question to the model within a call, and what came of it. */
export interface TextStep {
  readonly text: string
  /** What the model thought, where the service gives it out. */
  readonly reasoning?: string
  readonly content: readonly ContentPart[]
  readonly toolCalls: readonly ToolCallPart[]
  /** Of the tools that ran after this step. */
  readonly toolResults: readonly ToolResultPart[]
  readonly finishReason: FinishReason
  /** The service's own word for it. */
  readonly rawFinishReason?: string
  readonly usage: Usage
  /** Absent when no price is known or the service stated no tokens; never zero for want of knowledge. */
  readonly cost?: Cost
  /** Who answered. `answeredBy` is the model as the service states it. */
  readonly model: { readonly provider: string; readonly id: string; readonly answeredBy?: string }
  /** What the policy decided. */
  readonly policy: Receipt
  readonly warnings: readonly Warning[]
  /** Every try, in order; the last one succeeded. */
  readonly attempts: readonly Attempt[]
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly requestId?: string
  }
  /** The service's body, with `include: { raw: true }`; not for streams. */
  readonly raw?: unknown
}

/**
 * The answer of `generateText`, and of `streamText` when the stream is over: the last step, with the usage, the cost,
 * the warnings and the attempts of all steps. `Output`: what the schema of `output` lets through.
 */
export interface GenerateTextResult<Output = undefined> extends TextStep {
  /** Every question to the model, in order; one without tools. */
  readonly steps: readonly TextStep[]
  /** Of all steps. */
  readonly sources: readonly SourcePart[]
  /** What the service generated beside text; of all steps. */
  readonly files: readonly FilePart[]
  /** Calls that wait for a decision: see `needsApproval`. */
  readonly toolApprovals: readonly ToolCallPart[]
  /** Fits the schema of `output`; `undefined` without one. */
  readonly output: Output
  /** How the output was asked for: by the service's own means, or by a forced tool. Absent without one. */
  readonly outputMode?: 'native' | 'emulated'
  /** Append to `messages` to go on with the conversation. */
  readonly responseMessages: readonly (AssistantMessage | ToolMessage)[]
}
