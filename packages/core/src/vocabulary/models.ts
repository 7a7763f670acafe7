import type { Price } from './usage.ts'

/** What we know of a model: data, dated where it can change. */
export interface ModelCard<Id extends string = string> {
  /** As in a model reference, without the provider's prefix: `GigaChat-2-Max`. */
  readonly id: Id
  readonly kind: 'chat' | 'embedding' | 'image' | 'classifier' | 'other'
  /** Context window in tokens, when it is published. */
  readonly contextTokens?: number
  readonly prices?: readonly Price[]
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
