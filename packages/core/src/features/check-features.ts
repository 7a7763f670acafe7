import type { TextCall } from '../provider.ts'
import type { Feature, FeatureCell, FeatureRule, Surface } from '../vocabulary/features.ts'
import type { Ability, ModelCard } from '../vocabulary/models.ts'
import type { Loss } from '../vocabulary/warnings.ts'
import { featuresOf } from './features-of.ts'

/** The option a feature is asked for by, where that is not its own name. */
const settings: Partial<Record<Feature, string>> = {
  'system-messages': 'messages',
  'max-output-tokens': 'maxOutputTokens',
  'temperature-zero': 'temperature',
  'temperature-above-one': 'temperature',
  'top-p': 'topP',
  'frequency-penalty': 'frequencyPenalty',
  'presence-penalty': 'presencePenalty',
  'reasoning-effort': 'reasoningEffort',
  'reasoning-off': 'reasoningEffort',
  'tool-choice-none': 'toolChoice',
  'tool-choice-required': 'toolChoice',
  'tool-choice-tool': 'toolChoice',
  'parallel-tool-calls': 'parallelToolCalls',
  'sequential-tool-calls': 'parallelToolCalls',
  'tool-history': 'messages',
  'parallel-tool-history': 'messages',
  'tool-error-results': 'messages',
  'tool-examples': 'tools',
  'output-with-tools': 'output',
  image: 'messages',
  document: 'messages',
  audio: 'messages',
  video: 'messages',
  'remote-file': 'messages',
  'file-reference': 'messages',
  'embed-query': 'kind',
  'embed-document': 'kind',
  'embed-dimensions': 'dimensions',
  'image-seed': 'seed',
  'image-aspect-ratio': 'aspectRatio',
  'image-instructions': 'instructions',
  'count-tokens-tools': 'tools',
  'deferred-tools': 'tools',
}

/** What a surface cannot keep of a text call, by its column of the loss table. */
export function checkFeatures(surface: Surface, call: TextCall, card: ModelCard | undefined): readonly Loss[] {
  return lossesOf(surface, featuresOf(call), card)
}

/** The losses of some features on a surface. */
export function lossesOf(surface: Surface, asked: Iterable<Feature>, card: ModelCard | undefined): readonly Loss[] {
  const losses: Loss[] = []
  for (const feature of asked) {
    const cell = cellOf(surface, feature, card)
    const setting = settings[feature] ?? feature
    if (cell.keep === 'warned') {
      losses.push({ effect: 'warn', code: cell.code, setting, message: cell.message })
    } else if (cell.keep === 'refused') {
      losses.push({
        effect: 'refuse',
        code: cell.code ?? `${feature}-unsupported`,
        setting,
        message: cell.message,
        hint: cell.hint,
      })
    }
  }
  return losses
}

/** The cell of a feature for a model. A model whose abilities are not known is trusted: the service has the last word. */
export function cellOf(surface: Surface, feature: Feature, card: ModelCard | undefined): FeatureCell {
  const rule: FeatureRule = surface.features[feature]
  if (!('needs' in rule)) return rule
  const abilities: readonly Ability[] | undefined = card?.abilities
  return abilities === undefined || abilities.includes(rule.needs) ? rule.cell : rule.otherwise
}
