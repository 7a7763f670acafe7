import type { Decision } from './decision.ts'
import type { Intent, ModelIdentity } from './intent.ts'

interface Judgement {
  readonly intent: Intent
  readonly decision: Decision
}

/** For one model: whole or streamed, at one provider or a few. */
const limit = 16

/**
 * Permissions for calls that differ in the length of their text alone. Built-in rules look at no length, so that such a call
 * is judged once. Anything that a rule could take a different view of (files, links, remote tools, labels, data classes,
 * personal data) is no plain call, and is judged each time.
 */
export class PlainJudgements {
  readonly #byModel = new WeakMap<ModelIdentity, Judgement[]>()

  find(intent: Intent): Decision | undefined {
    const judged = intent.model && this.#byModel.get(intent.model)
    return judged?.find((one) => isSame(one.intent, intent))?.decision
  }

  keep(intent: Intent, decision: Decision): void {
    const { model } = intent
    if (!model) return
    const judged = this.#byModel.get(model) ?? []
    if (judged.length < limit) judged.push({ intent, decision })
    this.#byModel.set(model, judged)
  }
}

/** True for a call of text alone that says nothing of itself. */
export function isPlain({ model, content, labels, dataClasses }: Intent): boolean {
  return (
    model !== undefined &&
    content.images + content.files + content.remoteUrls === 0 &&
    content.remoteTools.length === 0 &&
    content.personal === undefined &&
    content.masked === undefined &&
    dataClasses.length === 0 &&
    isEmpty(labels)
  )
}

function isEmpty(labels: object): boolean {
  // Labels are copies of plain objects: nothing is inherited.
  for (const _ in labels) return false
  return true
}

/** Origins by identity: those of a provider are one frozen list. */
function isSame(one: Intent, other: Intent): boolean {
  return (
    one.origins === other.origins &&
    Object.isFrozen(one.origins) &&
    one.provider === other.provider &&
    one.operation === other.operation &&
    one.stream === other.stream &&
    one.providerLogging === other.providerLogging
  )
}
