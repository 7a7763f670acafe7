import { endpoints } from '../../sovereignty/endpoints.ts'
import { definePolicy, type Policy } from '../define-policy.ts'
import type { CatalogueEntry, OriginRule } from '../policy-document.ts'
import { createProxyRule, hasAddresses, readPresetOptions, refusePreset, type PresetProxy } from './preset-options.ts'

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
  readonly proxy?: PresetProxy
  /** By host: ranges that its addresses must lie in, on top of being public. */
  readonly pins?: Readonly<Record<string, readonly string[]>>
  /** Records of models, with evidence, beside the built-in ones or in place of them. */
  readonly catalogue?: readonly CatalogueEntry[]
}

/** Own properties, read once, like everything a policy is made of. */
const ordinary = endpoints.filter((record) => !Object.hasOwn(record, 'credentialOnly')).map(({ origin }) => origin)

const allWeights = ['own', 'adapted-foreign', 'undisclosed'] as const

/**
 * The default policy: the listed origins of GigaChat and Yandex AI Studio, global addresses, models developed in
 * Russia, no redirects.
 */
export function domesticOnly(options: DomesticOnlyOptions = {}): Policy {
  const given = readPresetOptions<DomesticOnlyOptions>('domesticOnly', options, [
    'weights', 'also', 'remote', 'proxy', 'pins', 'catalogue',
  ]) // oxfmt-ignore
  const { weights = allWeights, also = [], remote, proxy, pins, catalogue } = given
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
    addresses: { classes: ['global'], ...(pins !== undefined && { pins }) },
    redirects: 'deny',
    proxy: createProxyRule('domesticOnly', proxy),
    models: { developer: ['ru'], weights },
    ...(remote !== undefined && { remote }),
    ...(catalogue !== undefined && { catalogue }),
    tls: { verify: true },
    customTransport: 'deny',
  })
}

function refuse(message: string, hint: string): never {
  return refusePreset('domesticOnly', message, hint)
}
