import type { Attempt } from '../errors/shlyuz-error.ts'
import type { Receipt } from '../policy/receipt.ts'
import type { AssistantMessage, ContentPart } from '../vocabulary/messages.ts'
import type { FinishReason } from '../vocabulary/stream-parts.ts'
import type { Cost, Usage } from '../vocabulary/usage.ts'
import type { Warning } from '../vocabulary/warnings.ts'

/** The answer of `generateText`, and of `streamText` when the stream is over. */
export interface GenerateTextResult {
  readonly text: string
  readonly content: readonly ContentPart[]
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
  /** Append to `messages` to go on with the conversation. */
  readonly responseMessages: readonly AssistantMessage[]
  /** The service's body, with `include: { raw: true }`; not for streams. */
  readonly raw?: unknown
}
