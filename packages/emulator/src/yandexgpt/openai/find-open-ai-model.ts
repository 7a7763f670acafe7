import { isObject, type Exchange } from '../../exchange.ts'
import { checkFolder } from './authorise-open-ai.ts'
import type { AnsweringModel } from './answering-model.ts'
import { complain } from './complaint.ts'
import { modelCatalogue, type CatalogueModel } from './model-catalogue.ts'

/** The model that a request asks for. */
export interface AskedModel extends CatalogueModel, Pick<AnsweringModel, 'isYandex'> {
  /** As the request spells it. */
  readonly uri: string
  /** `model` of the answer: as asked from Yandex's own models, without the folder from the others (recorded 2025). */
  readonly answerName: string
}

const branches = ['latest', 'rc', 'deprecated']
const form =
  /^(?<scheme>gpt|emb|art|cls):\/\/(?<folder>[\w-]+)\/(?<name>[^/@\s]+)(?:\/(?<branch>[^/@\s]+))?(?:@(?<suffix>[^/@\s]+))?$/

/** The folder in the URI of the model that a body names; `undefined` when there is none. */
export function folderOf(body: unknown): string | undefined {
  return partsOf(body)?.['folder']
}

/**
 * Looks up `<scheme>://<folder>/<name>[/<branch>][@<suffix>]`. The text for a bare name is the service's (its own
 * clients report it), `Failed to get model` too.
 *
 * @throws Complaint with 400
 */
export function findOpenAiModel(
  exchange: Exchange,
  uri: unknown,
  scheme: CatalogueModel['scheme'],
  folderId: string,
): AskedModel {
  const parts = typeof uri === 'string' ? form.exec(uri)?.groups : undefined
  const { folder, name, branch, suffix } = parts ?? {}
  if (typeof uri !== 'string' || folder === undefined || name === undefined) {
    throw complain(400, 'Failed to parse model URI', 'model is not a full URI such as gpt://<folder>/<name>')
  }
  checkFolder(folder, folderId)
  const served = `${name}${branch === undefined ? '' : `/${branch}`}${suffix === undefined ? '' : `@${suffix}`}`
  const model = modelCatalogue.find((known) => known.name === name && known.scheme === scheme)
  if (parts?.['scheme'] !== scheme || model === undefined || !isServed(exchange, model, served, branch, suffix)) {
    throw complain(400, 'Failed to get model', `there is no ${scheme} model ${served} here`)
  }
  return describeModel(model, uri, branch)
}

function isServed(
  { state }: Exchange,
  model: CatalogueModel,
  served: string,
  branch: string = 'latest',
  suffix?: string,
): boolean {
  const { models } = state.options.yandexgpt
  if (models.includes(served) || (suffix === undefined && models.includes(`${model.name}/${branch}`))) return true
  if (model.retired || suffix !== undefined) return false
  return model.maker === 'Yandex' ? branches.includes(branch) : branch === 'latest'
}

function describeModel(model: CatalogueModel, uri: string, branch: string = 'latest'): AskedModel {
  const isYandex = model.maker === 'Yandex'
  return { ...model, uri, isYandex, answerName: isYandex ? uri : `${model.scheme}://${model.name}/${branch}` }
}

/** Whether a body names a model that is not Yandex's own: decides the headers of the answer. Never throws. */
export function isMadeElsewhere(body: unknown): boolean {
  const name = partsOf(body)?.['name']
  const model = modelCatalogue.find((known) => known.name === name)
  return model !== undefined && model.maker !== 'Yandex'
}

function partsOf(body: unknown): Record<string, string | undefined> | undefined {
  const uri = isObject(body) ? body['model'] : undefined
  return typeof uri === 'string' ? form.exec(uri)?.groups : undefined
}
