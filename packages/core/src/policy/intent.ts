import type { OperationKind, ProviderLogging } from '../provider.ts'

/** What is known of who made a model. Three questions, kept apart: see the sovereignty records. */
export interface ModelIdentity {
  /** Catalogue id, compared without case. */
  readonly id: string
  readonly developer: 'ru' | 'foreign' | 'unknown'
  readonly weights: 'own' | 'adapted-foreign' | 'undisclosed' | 'unknown'
  /** The foreign model it was adapted from. */
  readonly base?: string
  /** Where the classification comes from. */
  readonly source: string
  /** `YYYY-MM-DD` */
  readonly asOf: string
}

/** Counts and flags about the content, not the content itself. */
export interface ContentFacts {
  readonly messages: number
  readonly characters: number
  readonly images: number
  readonly files: number
  /** Links that would make the provider fetch something. */
  readonly remoteUrls: number
  /** The service's own tools that this call lets fetch or send elsewhere: `web_search`. */
  readonly remoteTools: readonly string[]
  /** Personal data found and still in the content, by type; absent where no policy asks for a look. */
  readonly personal?: Readonly<Record<string, number>>
  /** Personal data that was masked, by type; absent when nothing was. */
  readonly masked?: Readonly<Record<string, number>>
}

/** What a call wants, as the policy sees it: plain, frozen, without functions. */
export interface Intent {
  readonly operation: OperationKind
  /** Vendor: `gigachat`, `yandexgpt`. */
  readonly provider: string
  /** Absent for operations that name no model, such as a token exchange. */
  readonly model?: ModelIdentity
  /** Origins of the provider's endpoints, as far as they can be parsed. */
  readonly origins: readonly string[]
  readonly stream: boolean
  readonly content: ContentFacts
  /** Whether the service stores what this operation sends. */
  readonly providerLogging: ProviderLogging
  /** Set by the caller: purpose, system. */
  readonly labels: Readonly<Record<string, string>>
  /** What the caller says of the content, lower-case: `'internal'`, `'health'`. */
  readonly dataClasses: readonly string[]
}
