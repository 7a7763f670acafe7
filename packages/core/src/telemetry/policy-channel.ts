import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import type { Decision } from '../policy/decision.ts'

/** One decision of a policy, as `shlyuz:policy.decision` tells it. No content, no secrets. */
export interface PolicyDecisionMessage {
  readonly decision: Decision
  /** Tells the decisions of one call from those of others. */
  readonly call: string
  readonly provider: string
  /** Without the provider's prefix; absent for operations that name no model. */
  readonly model?: string
}

const decisions = channel('shlyuz:policy.decision')

/** Tells whoever subscribed to the diagnostics channel. */
export type PublishDecision = (create: () => PolicyDecisionMessage) => void

/**
 * Gives what publishes in the async context of now, that of the call's caller: what a connection brings comes in the
 * context of the call that opened it. Costs next to nothing when nobody subscribed.
 */
export function createDecisionPublisher(): PublishDecision {
  if (!decisions.hasSubscribers) return publish
  const inCallersContext = AsyncLocalStorage.snapshot()
  return (create) => inCallersContext(publish, create)
}

function publish(create: () => PolicyDecisionMessage): void {
  if (decisions.hasSubscribers) decisions.publish(create())
}
