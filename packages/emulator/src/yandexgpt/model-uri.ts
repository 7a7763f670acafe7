import type { Exchange } from '../exchange.ts'
import { checkFolder, type Caller } from './authorise.ts'
import { refuse } from './refusals.ts'

/** What the native API serves, and the date that its answers give as `modelVersion`. */
const nativeModels: Readonly<Record<string, string>> = {
  yandexgpt: '09.02.2025',
  'yandexgpt-5-pro': '09.02.2025',
  'yandexgpt-5.1': '28.08.2025',
  'yandexgpt-lite': '18.01.2025',
  'yandexgpt-5-lite': '18.01.2025',
  'aliceai-llm': '25.11.2025',
}

const branches = ['latest', 'rc', 'deprecated']
const form =
  /^(?<scheme>[a-z]+):\/\/(?<folder>[a-z0-9]+)\/(?<name>[^/@\s]+)(?:\/(?<branch>[^/@\s]+))?(?:@(?<suffix>[^/@\s]+))?$/

/**
 * Reads `gpt://<folder>/<model>[/<branch>][@<suffix>]` and looks the model up. Models made elsewhere are served by the
 * OpenAI-compatible API only; here they are as unknown as a misspelt name.
 *
 * @returns the `modelVersion` of the answer
 * @throws Refusal with 400
 */
export function findModel(exchange: Exchange, modelUri: string, caller: Caller): string {
  const parts = form.exec(modelUri)?.groups
  const { scheme, folder, name, branch, suffix } = parts ?? {}
  if (folder === undefined || name === undefined) throw refuse(400, 'invalid model_uri')
  checkFolder(folder, caller.folderId)
  const served = `${name}${branch === undefined ? '' : `/${branch}`}${suffix === undefined ? '' : `@${suffix}`}`
  if (exchange.state.options.yandexgpt.models.includes(served)) return nativeModels[name] ?? '01.01.2026'
  const version = nativeModels[name]
  const isKnown = scheme === 'gpt' && version !== undefined && suffix === undefined
  if (!isKnown || (branch !== undefined && !branches.includes(branch))) {
    throw refuse(400, 'Failed to get model', `the native API has no ${scheme}://…/${served}`)
  }
  return version
}
