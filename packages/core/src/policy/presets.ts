import { ConfigurationError } from '../errors/configuration-error.ts'
import { endpoints } from '../sovereignty/endpoints.ts'
import { definePolicy, type Policy } from './define-policy.ts'
import type { OriginRule } from './policy-document.ts'

export interface DomesticOnlyOptions {
  /** How the weights may have come about. Unknown ones are always refused. @default all three */
  readonly weights?: readonly ('own' | 'adapted-foreign' | 'undisclosed')[]
  /** Further origins, such as a stand or a server on premises, each with its addresses: the only way to widen. */
  readonly also?: readonly OriginRule[]
  /** All traffic goes through this forward proxy (CONNECT); TLS to the target stays end to end. */
  readonly proxy?: { readonly origin: string; readonly addresses: readonly string[]; readonly ca?: string }
}

const allWeights = ['own', 'adapted-foreign', 'undisclosed'] as const

/**
 * The default policy: the listed origins of GigaChat and Yandex AI Studio, global addresses, models developed in
 * Russia, no redirects.
 */
export function domesticOnly(options: DomesticOnlyOptions = {}): Policy {
  const { weights = allWeights, also = [], proxy } = options
  const unknown = Object.keys(options).find((key) => !['weights', 'also', 'proxy'].includes(key))
  if (unknown !== undefined) {
    throw new ConfigurationError(`domesticOnly: unknown option '${unknown.slice(0, 60)}'`, {
      code: 'config.policy',
      hint: 'domesticOnly принимает weights, also и proxy.',
    })
  }
  if (!Array.isArray(weights) || weights.length === 0 || weights.some((one) => !allWeights.includes(one))) {
    throw new ConfigurationError(`domesticOnly: weights must be some of ${allWeights.join(', ')}`, {
      code: 'config.policy',
      hint: `weights: список из ${allWeights.join(', ')}.`,
    })
  }
  if (!Array.isArray(also) || also.some((one) => !Array.isArray(one?.addresses) || one.addresses.length === 0)) {
    throw new ConfigurationError('domesticOnly: each origin in also needs its addresses', {
      code: 'config.policy',
      hint: "also: [{ origin: 'https://llm.corp.example:8443', addresses: ['10.20.0.0/16'] }].",
    })
  }
  return definePolicy({
    name: 'domestic-only',
    version: '1',
    origins: [...endpoints.filter(({ credentialOnly }) => !credentialOnly).map(({ origin }) => origin), ...also],
    addresses: { classes: ['global'] },
    redirects: 'deny',
    proxy: proxy
      ? {
          mode: 'explicit',
          origin: proxy.origin,
          addresses: { cidrs: proxy.addresses },
          ...(proxy.ca !== undefined && { ca: proxy.ca }),
        }
      : { mode: 'none' },
    models: { developer: ['ru'], weights },
    tls: { verify: true },
    customTransport: 'deny',
  })
}
