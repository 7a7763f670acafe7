import type { ListedModel, ModelCard, Operation, Reply, Shape, WireRequest } from '@shlyuz/core'
import { isObject } from './openai-compatible-settings.ts'

/** A model as `GET /models` lists it. */
export interface OpenAiListedModel {
  readonly id: string
  /** Whom the server names as the maker; servers of open models say their own name here. */
  readonly ownedBy?: string
}

const modelsShape: Shape = (z) =>
  z.looseObject({ data: z.array(z.looseObject({ id: z.string(), owned_by: z.string().nullish() })) })

/** `GET /models`. Source: the OpenAI API reference, "List models". */
export function* fetchOpenAiModels(
  endpoint: string,
  headers: Readonly<Record<string, string>> = {},
): Operation<readonly OpenAiListedModel[]> {
  const request: WireRequest = {
    endpoint,
    operation: 'models',
    method: 'GET',
    path: '/models',
    headers,
    repeat: 'safe',
    accept: ['application/json'],
  }
  const { body } = (yield { do: 'exchange', request, read: 'json', shape: modelsShape }) as Reply
  const { data } = body as { readonly data: readonly unknown[] }
  return data.filter(isObject).map(({ id, owned_by: ownedBy }) => ({
    id: id as string,
    ...(typeof ownedBy === 'string' && ownedBy !== '' && { ownedBy }),
  }))
}

/** The models of {@link openaiCompatible}. Their kind is known where a card says it. */
export function* listModels(
  headers: Readonly<Record<string, string>>,
  cards: ReadonlyMap<string, ModelCard>,
  aliases: ReadonlyMap<string, string>,
): Operation<readonly ListedModel[]> {
  const listed = yield* fetchOpenAiModels('api', headers)
  return listed.map(({ id: rawId, ownedBy }) => {
    const id = aliases.get(rawId) ?? rawId
    const card = cards.get(id.toLowerCase())
    return {
      id,
      catalogueId: id,
      rawId,
      ...(card && { kind: card.kind }),
      ...(ownedBy !== undefined && { ownedBy }),
    }
  })
}
