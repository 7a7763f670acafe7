/** A model value: the targets are asked in order until one answers. Made by `client.fallback`. */
export interface FallbackModel {
  readonly type: 'fallback'
  readonly targets: readonly (string | RoutedModel)[]
}

/** A model value: each call asks one of the targets. Made by `client.balance`. */
export interface BalanceModel {
  readonly type: 'balance'
  readonly targets: readonly (string | RoutedModel)[]
  /** Shares by target; absent: the quicker of two drawn at random. */
  readonly weights?: readonly number[]
}

/** A model value: when the first target is slow, the second is asked too, and the quicker answer counts. Made by `client.hedge`. */
export interface HedgeModel {
  readonly type: 'hedge'
  readonly targets: readonly [string | RoutedModel, string | RoutedModel]
  /** When the second one is asked, in ms from the start. */
  readonly delayMs: number
}

/** A model value that decides whom to ask. They nest, and every verb takes them. */
export type RoutedModel = FallbackModel | BalanceModel | HedgeModel
