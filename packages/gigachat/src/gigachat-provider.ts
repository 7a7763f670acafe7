import { Secret } from '@shlyuz/core'
import type { ClientCertificate, Endpoint, Provider, SecretSource } from '@shlyuz/core'
import { checkGigachatCall } from './check-gigachat-call.ts'
import { gigachatDeferred } from './gigachat-batches.ts'
import { checkV1Call, converse } from './gigachat-chat.ts'
import { createGigachatCredentials } from './gigachat-credentials.ts'
import { embed } from './gigachat-embeddings.ts'
import { convertGigachatError } from './gigachat-errors.ts'
import { gigachatExtras } from './gigachat-extras.ts'
import { generateImage } from './gigachat-images.ts'
import { gigachatModels, parseGigachatModel, type GigachatModelId } from './gigachat-models.ts'
import { parseGigachatOptions, type GigachatOptions } from './gigachat-options.ts'
import { checkGigachatSettings, type GigachatPem, type GigachatSettings } from './gigachat-settings.ts'
import { gigachatPackages } from './gigachat-packages.ts'
import { gigachatParallel } from './gigachat-parallel.ts'
import { gigachatV1, gigachatV2 } from './gigachat-surfaces.ts'
import { countTokens } from './gigachat-tokens.ts'
import { checkV2Call, converseV2, createV2Url, remoteToolsOf } from './gigachat-v2-chat.ts'
import { listGigachatModels } from './list-gigachat-models.ts'
import { russianTrustedRootCa } from './russian-trusted-root-ca.ts'

/** What {@link gigachat} gives: a provider for `createClient`. */
export type GigachatProvider<Name extends string = 'gigachat'> = Provider<
  'gigachat',
  Name,
  GigachatModelId,
  GigachatOptions,
  typeof gigachatExtras
>

const defaultBaseUrl = 'https://api.giga.chat/v1'
const defaultTokenUrl = 'https://ngw.devices.sberbank.ru:9443/api/v2/oauth'

/**
 * GigaChat of Sber. Without settings the credential comes from the environment: `GIGACHAT_CREDENTIALS` (and
 * `GIGACHAT_SCOPE`), or `GIGACHAT_ACCESS_TOKEN`, or `GIGACHAT_USER` with `GIGACHAT_PASSWORD`. Nothing is read or
 * sent here; the Russian root certificate is built in.
 *
 * @example
 * const client = createClient({ providers: [gigachat()] })
 * await client.generateText({ model: 'gigachat/GigaChat-2-Max', prompt: 'Назови три реки Сибири' })
 *
 * @throws ConfigurationError for an unknown setting, a wrong value, or two credentials at once
 */
export function gigachat<const Name extends string = 'gigachat'>(
  settings: GigachatSettings<Name> = {},
): GigachatProvider<NoInfer<Name>> {
  checkGigachatSettings(settings)
  const name = settings.name ?? ('gigachat' as Name)
  const isV2 = (options: unknown): boolean => ((options as GigachatOptions).api ?? settings.api) === 'v2'
  return Object.freeze<GigachatProvider<Name>>({
    kind: 'gigachat',
    name,
    endpoints: createEndpoints(settings),
    models: gigachatModels,
    credentials: createGigachatCredentials(settings),
    providerLogging: 'not stated',
    parseModel: parseGigachatModel,
    parseOptions: parseGigachatOptions,
    surfaces: [gigachatV1, gigachatV2],
    surfaceOf: (_model, options) => (isV2(options) ? gigachatV2 : gigachatV1),
    check: (call, model) => {
      return isV2(call.options)
        ? checkGigachatCall(call, model, gigachatV2, checkV2Call)
        : checkGigachatCall(call, model, gigachatV1, checkV1Call)
    },
    remoteTools: (call) => (isV2(call.options) ? remoteToolsOf(call) : []),
    text: (call, model) => (isV2(call.options) ? converseV2(call, model, name) : converse(call, model, name)),
    embed,
    image: (call, model) => generateImage(call, model, name),
    countTokens,
    listModels: listGigachatModels,
    deferred: gigachatDeferred(name),
    extras: gigachatExtras,
    parallel: gigachatParallel(settings),
    packages: gigachatPackages,
    toError: convertGigachatError,
  })
}

function createEndpoints(settings: GigachatSettings): Readonly<Record<string, Endpoint>> {
  const { baseUrl = defaultBaseUrl, tokenUrl = defaultTokenUrl, clientCertificate } = settings
  const ca = settings.ca === undefined ? russianTrustedRootCa : `${russianTrustedRootCa}\n${settings.ca}`
  // A token that is there, or comes from the API's own address, leaves nothing to ask the token address for.
  const needsTokenUrl = settings.accessToken === undefined && settings.user === undefined
  const access = { ca, ...(clientCertificate && { clientCertificate: toClientCertificate(clientCertificate) }) }
  return Object.freeze({
    api: Object.freeze({ url: baseUrl, ...access }),
    // The chat alone: everything else is under version 1.
    v2: Object.freeze({ url: createV2Url(baseUrl), ...access }),
    ...(needsTokenUrl && { token: Object.freeze({ url: tokenUrl, ca }) }),
  })
}

function toClientCertificate({
  cert,
  key,
  passphrase,
}: NonNullable<GigachatSettings['clientCertificate']>): ClientCertificate {
  return {
    cert: toSource(cert),
    key: toSource(key),
    ...(passphrase !== undefined && { passphrase: toSource(passphrase) }),
  }
}

function toSource(pem: GigachatPem): SecretSource {
  return typeof pem === 'string' ? { value: new Secret(pem) } : pem
}
