import { ConfigurationError } from '../errors/configuration-error.ts'
import { endpoints } from '../sovereignty/endpoints.ts'
import { copyPlain } from './copy-plain.ts'
import { definePolicy, type Policy } from './define-policy.ts'
import type { OriginRule, ProxyRule } from './policy-document.ts'

export interface DomesticOnlyOptions {
  /** How the weights may have come about. Unknown ones are always refused. @default all three */
  readonly weights?: readonly ('own' | 'adapted-foreign' | 'undisclosed')[]
  /** Further origins, such as a stand or a server on premises, each with its addresses: the only way to widen. */
  readonly also?: readonly OriginRule[]
  /**
   * What may make a service fetch or send elsewhere: `'links'` in the content, and its own tools by name, such as
   * `'web_search'`. @default nothing
   */
  readonly remote?: readonly string[]
  /** All traffic goes through this forward proxy (CONNECT); TLS to the target stays end to end. */
  readonly proxy?: { readonly origin: string; readonly addresses: readonly string[]; readonly ca?: string }
}

/** Own properties, read once, like everything a policy is made of. */
const ordinary = endpoints.filter((record) => !Object.hasOwn(record, 'credentialOnly')).map(({ origin }) => origin)

const allWeights = ['own', 'adapted-foreign', 'undisclosed'] as const

/**
 * The default policy: the listed origins of GigaChat and Yandex AI Studio, global addresses, models developed in
 * Russia, no redirects.
 */
export function domesticOnly(options: DomesticOnlyOptions = {}): Policy {
  // A copy without a prototype: a polluted one must not open an origin.
  const given = copyPlain(options, 'domesticOnly') as DomesticOnlyOptions
  const { weights = allWeights, also = [], remote, proxy } = given
  const unknown = Object.keys(given).find((key) => !['weights', 'also', 'remote', 'proxy'].includes(key))
  if (unknown !== undefined)
    refuse(`unknown option '${unknown.slice(0, 60)}'`, 'domesticOnly принимает weights, also, remote и proxy.')
  if (!Array.isArray(weights) || weights.length === 0 || weights.some((one) => !allWeights.includes(one)))
    refuse(`weights must be some of ${allWeights.join(', ')}`, `weights: список из ${allWeights.join(', ')}.`)
  if (!Array.isArray(also) || !also.every(hasAddresses)) {
    refuse(
      'each origin in also needs its addresses',
      "also: [{ origin: 'https://llm.corp.example:8443', addresses: ['10.20.0.0/16'] }].",
    )
  }
  return definePolicy({
    name: 'domestic-only',
    version: '1',
    origins: [...ordinary, ...also],
    addresses: { classes: ['global'] },
    redirects: 'deny',
    proxy: proxy === undefined ? { mode: 'none' } : createProxyRule(proxy),
    models: { developer: ['ru'], weights },
    ...(remote !== undefined && { remote }),
    tls: { verify: true },
    customTransport: 'deny',
  })
}

function hasAddresses(one: unknown): boolean {
  return isObject(one) && Array.isArray(one['addresses']) && one['addresses'].length > 0
}

/** Of a copy: such an object has no prototype. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function createProxyRule(proxy: NonNullable<DomesticOnlyOptions['proxy']>): ProxyRule {
  if (!isObject(proxy)) refuse('proxy must be an object', 'proxy: { origin, addresses }.')
  const { origin, addresses, ca, ...rest } = proxy
  if (typeof origin !== 'string' || !Array.isArray(addresses) || Object.keys(rest).length > 0) {
    refuse(
      'proxy needs an origin and its addresses, and takes a ca',
      "proxy: { origin: 'http://egress.corp.example:3128', addresses: ['10.1.0.0/24'] }.",
    )
  }
  return { mode: 'explicit', origin, addresses: { cidrs: addresses }, ...(ca !== undefined && { ca }) }
}

function refuse(message: string, hint: string): never {
  throw new ConfigurationError(`domesticOnly: ${message}`, { code: 'config.policy', hint })
}
