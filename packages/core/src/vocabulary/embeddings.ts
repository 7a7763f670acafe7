import type { Attempt } from '../errors/shlyuz-error.ts'
import type { Receipt } from '../policy/receipt.ts'
import type { Cost, Usage } from './usage.ts'
import type { Warning } from './warnings.ts'

/** What a text is: something to be found, or what one searches with. Some services have a model for each. */
export type EmbeddingKind = 'document' | 'query'

/** What `embed` and `embedMany` say beside the vectors. */
export interface EmbeddingFacts {
  readonly usage: Usage
  readonly cost?: Cost
  readonly model: { readonly provider: string; readonly id: string; readonly answeredBy?: string }
  readonly policy: Receipt
  readonly warnings: readonly Warning[]
  readonly attempts: readonly Attempt[]
}

/** What `embed` gives. */
export interface EmbedResult extends EmbeddingFacts {
  /** The vector; its length is the model's, or `dimensions`. */
  readonly embedding: readonly number[]
}

/** What `embedMany` gives. */
export interface EmbedManyResult extends EmbeddingFacts {
  /** One for each value, in their order. */
  readonly embeddings: readonly (readonly number[])[]
}
