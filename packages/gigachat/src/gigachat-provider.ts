import { Secret } from '@shlyuz/core'
import type { ClientCertificate, Endpoint, Provider, SecretSource } from '@shlyuz/core'
import { checkGigachatCall, converse } from './gigachat-chat.ts'
import { createGigachatCredentials } from './gigachat-credentials.ts'
import { convertGigachatError } from './gigachat-errors.ts'
import { gigachatModels, parseGigachatModel, type GigachatModelId } from './gigachat-models.ts'
import { parseGigachatOptions, type GigachatOptions } from './gigachat-options.ts'
import { checkGigachatSettings, type GigachatPem, type GigachatSettings } from './gigachat-settings.ts'
import { russianTrustedRootCa } from './russian-trusted-root-ca.ts'

/** What {@link gigachat} gives: a provider for `createClient`. */
export type GigachatProvider<Name extends string = 'gigachat'> = Provider<
  'gigachat',
  Name,
  GigachatModelId,
  GigachatOptions
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
): GigachatProvider<Name> {
  checkGigachatSettings(settings)
  return Object.freeze({
    kind: 'gigachat',
    name: settings.name ?? ('gigachat' as Name),
    endpoints: createEndpoints(settings),
    models: gigachatModels,
    credentials: createGigachatCredentials(settings),
    providerLogging: 'not stated',
    parseModel: parseGigachatModel,
    parseOptions: parseGigachatOptions,
    check: checkGigachatCall,
    text: converse,
    toError: convertGigachatError,
  })
}

function createEndpoints(settings: GigachatSettings): Readonly<Record<string, Endpoint>> {
  const { baseUrl = defaultBaseUrl, tokenUrl = defaultTokenUrl, clientCertificate } = settings
  const ca = settings.ca === undefined ? russianTrustedRootCa : `${russianTrustedRootCa}\n${settings.ca}`
  // A token that is there, or comes from the API's own address, leaves nothing to ask the token address for.
  const needsTokenUrl = settings.accessToken === undefined && settings.user === undefined
  return Object.freeze({
    api: Object.freeze({
      url: baseUrl,
      ca,
      ...(clientCertificate && { clientCertificate: toClientCertificate(clientCertificate) }),
    }),
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
