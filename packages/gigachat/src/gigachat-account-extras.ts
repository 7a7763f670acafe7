import type { ExtraOperation, ListedModel, ModelCard, Shape } from '@shlyuz/core'
import { askJson, checkExtraInput } from './gigachat-extra-request.ts'
import { isGigachatModelName, toCatalogueId } from './gigachat-models.ts'
import { refuse } from './gigachat-settings.ts'

/** Tokens left of what was paid in advance. */
export interface GigachatBalance {
  /** What they are for, as the service names it: `GigaChat-Max`, `embeddings`. */
  readonly name: string
  readonly tokens: number
}

/** Source: `GET /balance`, 200. */
const balanceShape: Shape = (z) =>
  z.looseObject({ balance: z.array(z.looseObject({ usage: z.string(), value: z.number() })) })

/** Source: `GET /models/{id}`, 200. */
const modelShape: Shape = (z) =>
  z.looseObject({ id: z.string(), type: z.string().nullish(), owned_by: z.string().nullish() })

const kinds: ReadonlyMap<string, ModelCard['kind']> = new Map([
  ['chat', 'chat'],
  ['embedder', 'embedding'],
  ['aicheck', 'classifier'],
  ['filter', 'classifier'],
])

/**
 * `GET /balance`: for prepaid and free accounts; who pays as he goes gets a PermissionError.
 * Source: official OpenAPI file (api.yml).
 */
const balance: ExtraOperation<undefined, readonly GigachatBalance[]> = {
  operation: 'other',
  run(input) {
    checkExtraInput('balance', input, [])
    return { steps: askJson('other', { method: 'GET', path: '/balance' }, balanceShape, convertBalance) }
  },
}

/**
 * `GET /models/{id}`: what the service says of a model; a NotFoundError when the account has none of this name.
 * Source: official OpenAPI file (api.yml).
 */
const getModel: ExtraOperation<{ readonly model: string }, ListedModel> = {
  operation: 'models',
  run(input) {
    const { model } = checkExtraInput('getModel', input, ['model'], { id: 'model' })
    if (!isGigachatModelName(model)) {
      return refuse('getModel(): model must be a plain model name', "model: имя модели, например 'GigaChat-2-Max'.")
    }
    const path = `/models/${encodeURIComponent(toCatalogueId(model))}`
    return { steps: askJson('models', { method: 'GET', path }, modelShape, convertModel) }
  },
}

/** What the account has. */
export const gigachatAccountExtras = { balance, getModel } as const

function convertBalance(answer: {
  readonly balance: readonly { readonly usage: string; readonly value: number }[]
}): readonly GigachatBalance[] {
  return answer.balance.map(({ usage, value }) => ({ name: usage, tokens: value }))
}

function convertModel(answer: {
  readonly id: string
  readonly type?: string | null
  readonly owned_by?: string | null
}): ListedModel {
  const { id, type, owned_by: ownedBy } = answer
  return {
    id,
    catalogueId: toCatalogueId(id),
    rawId: id,
    ...(type && { kind: kinds.get(type) ?? 'other' }),
    ...(ownedBy && { ownedBy }),
  }
}
