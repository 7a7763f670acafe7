import type { Attempt } from '../errors/shlyuz-error.ts'
import type { Receipt } from '../policy/receipt.ts'
import type { Cost, Usage } from './usage.ts'
import type { Warning } from './warnings.ts'

/** `width:height` in small whole numbers: `16:9`. */
export type AspectRatio = `${number}:${number}`

/** What `generateImage` gives. */
export interface GenerateImageResult {
  /** The whole file, ready to be written. */
  readonly bytes: Uint8Array
  /** As the bytes say: `image/jpeg`. */
  readonly mediaType: string
  /** What the model said beside the image, where it says something. */
  readonly text?: string
  readonly usage: Usage
  readonly cost?: Cost
  readonly model: { readonly provider: string; readonly id: string; readonly answeredBy?: string }
  /** Its `providerLogging` says what becomes of the prompt at the service. */
  readonly policy: Receipt
  readonly warnings: readonly Warning[]
  readonly attempts: readonly Attempt[]
}
