import type { Exchange } from '../exchange.ts'
import { checkFolder, type Caller } from './authorise.ts'
import { refuse } from './refusals.ts'

/** A model that generates text. */
export interface NativeModel {
  /** The date that answers give as `modelVersion`. */
  readonly version: string
  /** Takes `reasoningOptions.mode: ENABLED_HIDDEN`. */
  readonly reasons: boolean
}

const pro5: NativeModel = { version: '09.02.2025', reasons: true }
/** Release notes: no reasoning. */
const pro51: NativeModel = { version: '28.08.2025', reasons: false }
const lite5: NativeModel = { version: '18.01.2025', reasons: false }

/** What the native API serves. */
const nativeModels: Readonly<Record<string, NativeModel>> = {
  yandexgpt: pro5,
  'yandexgpt-5-pro': pro5,
  'yandexgpt-5.1': pro51,
  'yandexgpt-lite': lite5,
  'yandexgpt-5-lite': lite5,
  'aliceai-llm': { version: '25.11.2025', reasons: false },
}

const branches = ['latest', 'rc', 'deprecated']
const form =
  /^(?<scheme>[a-z]+):\/\/(?<folder>[a-z0-9]+)\/(?<name>[^/@\s]+)(?:\/(?<branch>[^/@\s]+))?(?:@(?<suffix>[^/@\s]+))?$/

/** A model URI taken apart. */
export interface ModelUri {
  readonly scheme: string
  readonly name: string
  /** `latest` when the URI has none. */
  readonly branch: string
  readonly suffix?: string
  /** What stands behind the folder: how `options.yandexgpt.models` names a model. */
  readonly served: string
  /** The branch is one that the service's own models have. */
  readonly hasBranch: boolean
}

/**
 * Takes `<scheme>://<folder>/<model>[/<branch>][@<suffix>]` apart and checks the folder.
 *
 * @throws Refusal with 400
 */
export function readModelUri(modelUri: string, caller: Caller): ModelUri {
  const { scheme, folder, name, branch, suffix } = form.exec(modelUri)?.groups ?? {}
  if (scheme === undefined || folder === undefined || name === undefined) throw refuse(400, 'invalid model_uri')
  checkFolder(folder, caller.folderId)
  return {
    scheme,
    name,
    branch: branch ?? 'latest',
    served: `${name}${branch === undefined ? '' : `/${branch}`}${suffix === undefined ? '' : `@${suffix}`}`,
    hasBranch: branch === undefined || branches.includes(branch),
    ...(suffix === undefined ? {} : { suffix }),
  }
}

/**
 * Looks up a model that generates text. Models made elsewhere are served by the OpenAI-compatible API only; here they
 * are as unknown as a misspelt name.
 *
 * @throws Refusal with 400
 */
export function findModel(exchange: Exchange, modelUri: string, caller: Caller): NativeModel {
  const uri = readModelUri(modelUri, caller)
  const model = uri.name === 'yandexgpt' && uri.branch === 'rc' ? pro51 : nativeModels[uri.name]
  if (isOfFolder(exchange, uri)) return model ?? { version: '01.01.2026', reasons: false }
  if (uri.scheme !== 'gpt' || model === undefined || uri.suffix !== undefined || !uri.hasBranch) throw unknownModel(uri)
  return model
}

/** True for a model that the options add to the folder. */
export function isOfFolder({ state }: Exchange, { served }: ModelUri): boolean {
  return state.options.yandexgpt.models.includes(served)
}

/** The refusal of a model that is not there. */
export function unknownModel({ scheme, served }: ModelUri): Error {
  return refuse(400, 'Failed to get model', `the native API has no ${scheme}://…/${served}`)
}
