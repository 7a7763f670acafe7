import type { Endpoint, ModelRef, Provider, Surface } from '@shlyuz/core'
import { checkYandexgptCall } from './check-yandexgpt-call.ts'
import { parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { complete } from './yandexgpt-completion.ts'
import { createYandexgptCredentials } from './yandexgpt-credentials.ts'
import { createYandexgptDeferred } from './yandexgpt-deferred.ts'
import { embed, embeddingModelFor } from './yandexgpt-embeddings.ts'
import { convertYandexgptError } from './yandexgpt-errors.ts'
import { createYandexgptExtras, type YandexgptExtras } from './yandexgpt-extras.ts'
import { generateImage } from './yandexgpt-images.ts'
import { yandexgptModels, type YandexgptModelId } from './yandexgpt-models.ts'
import { converseOpenAi } from './yandexgpt-openai-chat.ts'
import { listOpenAiModels } from './yandexgpt-openai-models.ts'
import { parseYandexgptOptions, type YandexgptOptions } from './yandexgpt-options.ts'
import type { YandexgptCallSettings } from './yandexgpt-request.ts'
import { checkYandexgptSettings, type YandexgptSettings } from './yandexgpt-settings.ts'
import { surfaceOfYandexgptModel } from './yandexgpt-surface-of.ts'
import { yandexgptNative, yandexgptOpenAi } from './yandexgpt-surfaces.ts'
import { countTokens } from './yandexgpt-tokens.ts'

/** What {@link yandexgpt} gives: a provider for `createClient`. */
export type YandexgptProvider<Name extends string = 'yandexgpt'> = Provider<
  'yandexgpt',
  Name,
  YandexgptModelId,
  YandexgptOptions,
  YandexgptExtras
>

const defaultBaseUrl = 'https://llm.api.cloud.yandex.net'
const defaultOpenAiUrl = 'https://ai.api.cloud.yandex.net/v1'
const defaultOperationsUrl = 'https://operation.api.cloud.yandex.net'
const defaultSearchUrl = 'https://searchapi.api.cloud.yandex.net'
const defaultIamUrl = 'https://iam.api.cloud.yandex.net/iam/v1/tokens'
/** Both serve the native API. */
const ownOrigins = [defaultBaseUrl, 'https://ai.api.cloud.yandex.net']
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
): YandexgptProvider<NoInfer<Name>> {
  checkYandexgptSettings(settings)
  const { folderId, dataLogging = false } = settings
  // A copy without secrets: what operations close over.
  const calls: YandexgptCallSettings = {
    ...(folderId !== undefined && { folderId }),
    dataLogging,
    sendFolderId: settings.sendFolderId ?? (hasCredential(settings) ? settings.oauthToken !== undefined : 'if-oauth'),
  }
  const surfaceOf = (model: ModelRef, options: unknown): Surface =>
    surfaceOfYandexgptModel(model, options, settings.api ?? 'auto')
  return Object.freeze({
    kind: 'yandexgpt',
    name: settings.name ?? ('yandexgpt' as Name),
    endpoints: createEndpoints(settings),
    models: yandexgptModels,
    credentials: createYandexgptCredentials(settings),
    providerLogging: dataLogging ? 'on' : 'off',
    // Source: documentation of YandexART: prompts are stored whatever the header says; so third parties of Alice.
    imageLogging: 'cannot be switched off',
    parseModel: parseYandexgptModel,
    parseOptions: parseYandexgptOptions,
    surfaces: [yandexgptNative, yandexgptOpenAi],
    surfaceOf,
    check: (call, model) => checkYandexgptCall(call, model, surfaceOf(model, call.options)),
    text: (call, model) =>
      surfaceOf(model, call.options) === yandexgptNative
        ? complete(call, model, calls)
        : converseOpenAi(call, model, calls),
    embeddingModelFor,
    embed: (call, model) => embed(call, model, calls),
    image: (call, model) => generateImage(call, model, calls),
    countTokens: (call, model) => countTokens(call, model, calls),
    listModels: () => listOpenAiModels(calls),
    deferred: createYandexgptDeferred(calls),
    extras: createYandexgptExtras(calls),
    // Source: yandex.cloud/docs, AI Studio, quotas and limits: ten generations at the same time.
    parallel: {
      operations: ['chat'],
      // oxlint-disable-next-line require-yield -- the same for every folder: no setting is read
      *limit() {
        return 10
      },
    },
    toError: convertYandexgptError,
  } satisfies YandexgptProvider<Name>)
}

function hasCredential({ apiKey, iamToken, oauthToken, serviceAccountKey, metadata }: YandexgptSettings): boolean {
  return [apiKey, iamToken, oauthToken, serviceAccountKey].some((given) => given !== undefined) || metadata === true
}

/** All are listed always; the policy judges each at its use. */
function createEndpoints(settings: YandexgptSettings): Readonly<Record<string, Endpoint>> {
  const { baseUrl = defaultBaseUrl, iamUrl = defaultIamUrl, apiKey, iamToken, metadata } = settings
  const trust = settings.ca === undefined ? {} : { ca: settings.ca }
  // A key or token that is there, or comes from the VM, leaves nothing to ask IAM for.
  const needsIam = apiKey === undefined && iamToken === undefined && !metadata
  const { openaiUrl, operationsUrl, searchUrl } = { ...defaultsBeside(baseUrl), ...withoutGaps(settings) }
  return Object.freeze({
    api: Object.freeze({ url: baseUrl, ...trust }),
    openai: Object.freeze({ url: openaiUrl, ...trust }),
    operations: Object.freeze({ url: operationsUrl, ...trust }),
    search: Object.freeze({ url: searchUrl, ...trust }),
    ...(needsIam && { iam: Object.freeze({ url: iamUrl, ...trust }) }),
    ...(metadata && { metadata: Object.freeze({ url: metadataUrl, credentialOnly: true }) }),
  })
}

type FurtherUrls = Required<Pick<YandexgptSettings, 'openaiUrl' | 'operationsUrl' | 'searchUrl'>>

/** A stand is one address for everything, so that no request leaves it unless that was spelled out. */
function defaultsBeside(baseUrl: string): FurtherUrls {
  const base = baseUrl.replace(/\/+$/, '')
  if (ownOrigins.includes(base.toLowerCase())) {
    return { openaiUrl: defaultOpenAiUrl, operationsUrl: defaultOperationsUrl, searchUrl: defaultSearchUrl }
  }
  return { openaiUrl: `${base}/v1`, operationsUrl: base, searchUrl: base }
}

function withoutGaps({ openaiUrl, operationsUrl, searchUrl }: YandexgptSettings): Partial<FurtherUrls> {
  return {
    ...(openaiUrl !== undefined && { openaiUrl }),
    ...(operationsUrl !== undefined && { operationsUrl }),
    ...(searchUrl !== undefined && { searchUrl }),
  }
}
