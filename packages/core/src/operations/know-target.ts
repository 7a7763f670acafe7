import type { Guard } from '../policy/guard.ts'
import type { ModelIdentity } from '../policy/intent.ts'
import type { Provider } from '../provider.ts'
import type { ModelRef } from '../vocabulary/models.ts'
import type { Price } from '../vocabulary/usage.ts'
import { originsOf } from './create-intent.ts'
import type { Target } from './find-target.ts'
import { parseModel } from './parse-model.ts'
import { pricesOf, type PriceTable } from './prices.ts'

/** What all calls of a target have in common under one policy. */
export class KnownTarget {
  readonly guard: Guard
  readonly ref: ModelRef
  readonly identity: ModelIdentity
  readonly prices: readonly Price[] | undefined
  readonly #provider: Provider
  #defaults: unknown

  constructor(guard: Guard, provider: Provider, ref: ModelRef, prices: PriceTable) {
    this.guard = guard
    this.ref = ref
    this.identity = guard.identify(provider.kind, ref, originsOf(provider))
    this.prices = pricesOf(prices, provider, ref)
    this.#provider = provider
  }

  /** The provider's own options of a call, checked. */
  parseOptions(own: unknown): unknown {
    if (own !== undefined) return this.#provider.parseOptions(own)
    return (this.#defaults ??= this.#provider.parseOptions(undefined))
  }
}

/** Under the policy of the last call: policies of single calls are rare. */
const known = new WeakMap<Target, KnownTarget>()

/**
 * Parses the model of a target, and finds out who made it and what it costs: once, not in each call.
 * @param index place among the targets of a call
 * @throws as {@link parseModel}
 */
export function knowTarget(target: Target, guard: Guard, prices: PriceTable, index: number): KnownTarget {
  const before = known.get(target)
  if (before?.guard === guard) return before
  const { provider, modelId } = target
  const fresh = new KnownTarget(guard, provider, parseModel(provider, modelId, guard, index), prices)
  known.set(target, fresh)
  return fresh
}
