import type { Price } from './usage.ts'

/** What we know of a model: data, dated where it can change. */
export interface ModelCard<Id extends string = string> {
  /** As in a model reference, without the provider's prefix: `GigaChat-2-Max`. */
  readonly id: Id
  readonly kind: 'chat' | 'embedding' | 'image' | 'classifier' | 'other'
  /** Context window in tokens, when it is published. */
  readonly contextTokens?: number
  /**
   * What a chat model can do beyond text, as far as that differs between the models of a surface. Absent: not known,
   * and the service has the last word.
   */
  readonly abilities?: readonly Ability[]
  /** For models of kind `embedding`. */
  readonly embedding?: EmbeddingLimits
  readonly prices?: readonly Price[]
  /** Prices of deferred jobs, where the service has such. Absent: the cost of a job is not known. */
  readonly deferredPrices?: readonly Price[]
}

/** What some models can do and others cannot. */
export type Ability = 'tools' | 'output' | 'reasoning' | 'image' | 'audio' | 'document'

/** What an embedding model takes. */
export interface EmbeddingLimits {
  /** Most texts in one request; core cuts longer lists. */
  readonly valuesPerRequest: number
  /** Longest text, in tokens. */
  readonly inputTokens?: number
  /** Numbers in a vector; the first is the default where there is a choice. */
  readonly dimensions?: readonly number[]
}

/** A model id, parsed strictly by its adapter. */
export interface ModelRef {
  /** As the caller wrote it, without the provider's prefix. */
  readonly id: string
  /** Key of the sovereignty record and of the price line, in the catalogue's spelling where it is known. */
  readonly catalogueId: string
  /** A tuned variant inherits nothing of its base until it is declared. */
  readonly tuned?: string
  /** What the adapter needs to spell the model on the wire. */
  readonly wire?: Readonly<Record<string, string>>
}
