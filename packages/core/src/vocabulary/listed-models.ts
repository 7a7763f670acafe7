import type { ModelIdentity } from '../policy/intent.ts'
import type { ReasonCode } from '../policy/reason-codes.ts'
import type { ModelCard } from './models.ts'

/** A model of one provider: what the service says now, what we know, and what the policy says of it. */
export interface ModelInfo {
  /** A model reference: `'<provider>/<id>'`. */
  readonly model: string
  readonly provider: string
  readonly id: string
  readonly kind: ModelCard['kind']
  /** False: known to us, but not in the service's list for this account. */
  readonly live: boolean
  /** What is known of it: context, abilities, prices. Absent for a model we do not know. */
  readonly card?: ModelCard
  /** Who made it, by the policy's records; whom the service names as its maker is in `ownedBy`. */
  readonly identity: ModelIdentity
  /** As the service says; evidence, not a permit. */
  readonly ownedBy?: string
  /** Whether the client's policy lets it be asked. */
  readonly allowed: boolean
  /** The reason of the decision; `'ok'` when it is allowed. */
  readonly code: ReasonCode
}
