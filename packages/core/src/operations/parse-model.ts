import { ShlyuzError } from '../errors/shlyuz-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Guard } from '../policy/guard.ts'
import type { Provider } from '../provider.ts'
import type { ModelRef } from '../vocabulary/models.ts'

/**
 * Parses a model id by its adapter. `index`: place among the targets of a call, 0 for the first.
 * @throws PolicyDeniedError `model.unparseable`, or `fallback.not_allowed` for a further target
 */
export function parseModel(provider: Provider, modelId: string, guard: Guard, index = 0): ModelRef {
  try {
    return provider.parseModel(modelId)
  } catch (cause) {
    // The reason an adapter gives names the rule, not the text: a model string is public anyway.
    const decision = guard.refuse('model.unparseable', 'intent', {
      provider: provider.name,
      model: modelId.slice(0, 200),
    })
    const hint = ShlyuzError.isInstance(cause) && cause.hint !== undefined ? { hint: cause.hint } : {}
    throw createDeniedError(index === 0 ? decision : guard.refuseFallback(decision, provider.name), { cause, ...hint })
  }
}
