import type { ExtraOperation, Shape } from '@shlyuz/core'
import { askJson, checkExtraInput, createClientHeaders, type GigachatClientInput } from './gigachat-extra-request.ts'
import { isGigachatModelName, parseGigachatModel } from './gigachat-models.ts'
import { refuse } from './gigachat-settings.ts'

export interface GigachatTextTokensInput extends GigachatClientInput {
  readonly model: string
  /** At least one. */
  readonly texts: readonly string[]
}

/** Length of one text. */
export interface GigachatTextTokens {
  readonly tokens: number
  readonly characters?: number
}

interface WireCount {
  readonly tokens: number
  readonly characters?: number | null
}

/** Source: `POST /tokens/count`, 200: a bare list. */
const countsShape: Shape = (z) =>
  z.array(z.looseObject({ tokens: z.number().int().nonnegative(), characters: z.number().nullish() }))

/**
 * `POST /tokens/count`: tokens and characters of each text. To count a conversation take `client.countTokens`. The
 * policy judges the model. Source: official OpenAPI file (api.yml).
 */
const countTextTokens: ExtraOperation<GigachatTextTokensInput, readonly GigachatTextTokens[]> = {
  operation: 'tokens',
  run(input) {
    const known = ['model', 'texts', 'clientId']
    const { model, texts, clientId } = checkExtraInput('countTextTokens', input, known, { input: 'texts' })
    if (!isGigachatModelName(model)) {
      return refuse('countTextTokens(): model must be a plain model name', "model: имя модели, например 'GigaChat-2'.")
    }
    const isList = Array.isArray(texts) && texts.length > 0 && texts.every((text) => typeof text === 'string')
    if (!isList) {
      return refuse('countTextTokens(): texts must be a non-empty list of strings', "texts: список строк: ['текст'].")
    }
    const parsed = parseGigachatModel(model)
    const headers = createClientHeaders('countTextTokens', clientId)
    const body = JSON.stringify({ model: parsed.catalogueId, input: texts })
    const request = { method: 'POST', path: '/tokens/count', headers, body } as const
    return { model: parsed.id, steps: askJson('tokens', request, countsShape, convertCounts) }
  },
}

/** The service's own counter, text by text. */
export const gigachatTokenExtras = { countTextTokens } as const

function convertCounts(counts: readonly WireCount[]): readonly GigachatTextTokens[] {
  return counts.map(({ tokens, characters }) => ({ tokens, ...(typeof characters === 'number' && { characters }) }))
}
