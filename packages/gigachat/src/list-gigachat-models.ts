import type { ListedModel, ModelCard, Operation, Reply, Shape } from '@shlyuz/core'
import { isGigachatModelName, toCatalogueId } from './gigachat-models.ts'

interface Listed {
  readonly id: string
  readonly type?: string | null | undefined
  readonly owned_by?: string | null | undefined
}

/** Source: `GET /models`, 200. */
const modelsShape: Shape = (z) =>
  z.looseObject({
    data: z.array(z.looseObject({ id: z.string(), type: z.string().nullish(), owned_by: z.string().nullish() })),
  })

const kinds: ReadonlyMap<string, ModelCard['kind']> = new Map([
  ['chat', 'chat'],
  ['embedder', 'embedding'],
  ['aicheck', 'classifier'],
  ['filter', 'classifier'],
])

/** `GET /models`: what this account may ask. What could not be asked for by its name is left out. */
export function* listGigachatModels(): Operation<readonly ListedModel[]> {
  const { body } = (yield {
    do: 'exchange',
    request: {
      endpoint: 'api',
      operation: 'models',
      method: 'GET',
      path: '/models',
      repeat: 'safe',
      accept: ['application/json'],
    },
    read: 'json',
    shape: modelsShape,
  }) as Reply
  const { data } = body as { readonly data: readonly Listed[] }
  return data
    .filter(({ id }) => isGigachatModelName(id))
    .map(({ id, type, owned_by: ownedBy }) => ({
      id,
      catalogueId: toCatalogueId(id),
      rawId: id,
      ...(type && { kind: kinds.get(type) ?? 'other' }),
      ...(ownedBy && { ownedBy }),
    }))
}
