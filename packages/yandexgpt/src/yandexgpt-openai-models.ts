import type { ListedModel, ModelCard, Operation } from '@shlyuz/core'
import { fetchOpenAiModels, type OpenAiListedModel } from '@shlyuz/openai-compatible'
import { parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { findYandexgptModel } from './yandexgpt-models.ts'
import { createOpenAiHeaders } from './yandexgpt-openai-request.ts'
import { readFolder, type YandexgptCallSettings } from './yandexgpt-request.ts'

/** What a scheme says of a model that we do not know. */
const kinds: Readonly<Record<string, ModelCard['kind']>> = {
  gpt: 'chat',
  emb: 'embedding',
  cls: 'classifier',
  art: 'image',
}

/**
 * The models of the folder: `GET /v1/models`. The service lists full URIs; `latest` is what a name without a branch
 * means, so it is left out of the id. `owned_by` names the maker, and is the only mark of origin the service gives.
 * Source: documentation, "OpenAI compatibility"; a recording of 2025-11.
 * @throws ConfigurationError without a folder
 */
export function* listOpenAiModels(settings: YandexgptCallSettings): Operation<readonly ListedModel[]> {
  const folder = yield* readFolder(undefined, settings)
  const listed = yield* fetchOpenAiModels('openai', createOpenAiHeaders(settings, folder))
  return listed.map(convertListed)
}

function convertListed({ id: rawId, ownedBy }: OpenAiListedModel): ListedModel {
  const [, scheme = '', path] = /^(\w+):\/\/[^/]+\/(.+)$/.exec(rawId) ?? []
  const id = path === undefined ? rawId : path.replace(/^([^/@]+)\/latest(?=$|@)/, '$1')
  const parsed = parse(id)
  const kind = findYandexgptModel(parsed.catalogueId)?.kind ?? kinds[scheme]
  return {
    id,
    catalogueId: parsed.tuned === undefined ? parsed.catalogueId : `${parsed.catalogueId}@${parsed.tuned}`,
    rawId,
    ...(kind !== undefined && { kind }),
    ...(ownedBy !== undefined && { ownedBy }),
  }
}

/** A name of a form we do not know is listed as it is; a call to it is refused. */
function parse(id: string): { readonly catalogueId: string; readonly tuned?: string } {
  try {
    return parseYandexgptModel(id)
  } catch {
    return { catalogueId: id.toLowerCase() }
  }
}
