/** Tokens as the service counted them. A figure that the service did not state is absent, never zero. */
export interface Usage {
  readonly inputTokens?: number
  /** The part of `inputTokens` that the service reused from its cache. */
  readonly cachedInputTokens?: number
  readonly outputTokens?: number
  /** The part of `outputTokens` spent on reasoning. */
  readonly reasoningTokens?: number
  readonly totalTokens?: number
}

/** What a call cost by a dated price line. */
export interface Cost {
  /** Decimal string with a point, in rubles: `"0.0325"`. */
  readonly amount: string
  readonly currency: 'RUB'
  readonly vatIncluded: boolean
  /** True when a token figure the price needs was not stated by the service. */
  readonly estimated: boolean
  /** Where the price line comes from. */
  readonly source: string
  /** Day from which the price line holds, `YYYY-MM-DD`. */
  readonly asOf: string
}

/** One dated price line of a model: rubles per million tokens. */
export interface Price {
  readonly inputPerMillion: string
  readonly outputPerMillion: string
  /** Price of cached input; absent: cached input is billed as input. `"0"` when it is free. */
  readonly cachedInputPerMillion?: string
  /** Price of one image, for models that make them: then the prices of tokens are of no meaning. */
  readonly perImage?: string
  readonly vatIncluded: boolean
  readonly source: string
  /** Day from which the line holds, `YYYY-MM-DD`. */
  readonly asOf: string
}
