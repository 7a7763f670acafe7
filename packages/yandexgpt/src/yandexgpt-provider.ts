import type { Endpoint, Provider } from '@shlyuz/core'
import { parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { checkYandexgptCall, complete, type YandexgptCallSettings } from './yandexgpt-completion.ts'
import { createYandexgptCredentials } from './yandexgpt-credentials.ts'
import { convertYandexgptError } from './yandexgpt-errors.ts'
import { yandexgptModels, type YandexgptModelId } from './yandexgpt-models.ts'
import { parseYandexgptOptions, type YandexgptOptions } from './yandexgpt-options.ts'
import { checkYandexgptSettings, type YandexgptSettings } from './yandexgpt-settings.ts'

/** What {@link yandexgpt} gives: a provider for `createClient`. */
export type YandexgptProvider<Name extends string = 'yandexgpt'> = Provider<
  'yandexgpt',
  Name,
  YandexgptModelId,
  YandexgptOptions
>

const defaultBaseUrl = 'https://llm.api.cloud.yandex.net'
const defaultIamUrl = 'https://iam.api.cloud.yandex.net/iam/v1/tokens'
const metadataUrl = 'http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token'

/**
 * YandexGPT of Yandex AI Studio. Without settings the credential comes from the environment: `YC_API_KEY`,
 * `YC_IAM_TOKEN`, `YC_OAUTH_TOKEN` or `YC_SERVICE_ACCOUNT_KEY_FILE`, and the folder from `YC_FOLDER_ID`. Nothing is
 * read or sent here. Storing of prompts is switched off.
 *
 * @example
 * const client = createClient({ providers: [yandexgpt()] })
 * await client.generateText({ model: 'yandexgpt/yandexgpt-5.1', prompt: 'Назови три реки Сибири' })
 *
 * @throws ConfigurationError for an unknown setting, a wrong value, or two credentials at once
 */
export function yandexgpt<const Name extends string = 'yandexgpt'>(
  settings: YandexgptSettings<Name> = {},
): YandexgptProvider<Name> {
  checkYandexgptSettings(settings)
  const { folderId, dataLogging = false } = settings
  // A copy without secrets: what operations close over.
  const calls: YandexgptCallSettings = {
    ...(folderId !== undefined && { folderId }),
    dataLogging,
    sendFolderId: settings.sendFolderId ?? (hasCredential(settings) ? settings.oauthToken !== undefined : 'if-oauth'),
  }
  return Object.freeze({
    kind: 'yandexgpt',
    name: settings.name ?? ('yandexgpt' as Name),
    endpoints: createEndpoints(settings),
    models: yandexgptModels,
    credentials: createYandexgptCredentials(settings),
    providerLogging: dataLogging ? 'on' : 'off',
    parseModel: parseYandexgptModel,
    parseOptions: parseYandexgptOptions,
    check: checkYandexgptCall,
    text: (call, model) => complete(call, model, calls),
    toError: convertYandexgptError,
  } satisfies YandexgptProvider<Name>)
}

function hasCredential({ apiKey, iamToken, oauthToken, serviceAccountKey, metadata }: YandexgptSettings): boolean {
  return [apiKey, iamToken, oauthToken, serviceAccountKey].some((given) => given !== undefined) || metadata === true
}

function createEndpoints(settings: YandexgptSettings): Readonly<Record<string, Endpoint>> {
  const { baseUrl = defaultBaseUrl, iamUrl = defaultIamUrl, apiKey, iamToken, metadata } = settings
  const trust = settings.ca === undefined ? {} : { ca: settings.ca }
  // A key or token that is there, or comes from the VM, leaves nothing to ask IAM for.
  const needsIam = apiKey === undefined && iamToken === undefined && !metadata
  return Object.freeze({
    api: Object.freeze({ url: baseUrl, ...trust }),
    ...(needsIam && { iam: Object.freeze({ url: iamUrl, ...trust }) }),
    ...(metadata && { metadata: Object.freeze({ url: metadataUrl, credentialOnly: true }) }),
  })
}
