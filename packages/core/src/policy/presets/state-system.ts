import { definePolicy, type Policy } from '../define-policy.ts'
import type { Masker } from '../masker.ts'
import type { CatalogueEntry, OriginRule } from '../policy-document.ts'
import { checkOwnOrigins } from './on-premises-only.ts'
import { createProxyRule, readPresetOptions, refusePreset, type PresetProxy } from './preset-options.ts'

export interface StateSystemOptions {
  /** Own servers or a certified cloud, each with its addresses and its models. */
  readonly origins: readonly (string | OriginRule)[]
  /** Ranges for origins without addresses of their own. */
  readonly cidrs?: readonly string[]
  /** Masks personal data: `russianMasker()` of `@shlyuz/personal-data`. */
  readonly masker: Masker
  /** Models that are not declared with an origin, with the evidence. */
  readonly catalogue?: readonly CatalogueEntry[]
  /** Who may have made a model. @default ['ru'] */
  readonly developer?: readonly ('ru' | 'foreign')[]
  /** @default none */
  readonly proxy?: PresetProxy
}

/**
 * A template for systems of state bodies, to be filled in and reviewed; no claim of compliance. Named origins at named
 * addresses, models with a record of evidence, personal data masked, special categories refused, and an audit log that
 * is strict: without one nothing is sent.
 */
export function stateSystem(options: StateSystemOptions): Policy {
  const known = ['origins', 'cidrs', 'masker', 'catalogue', 'developer', 'proxy'] as const
  const {
    origins,
    cidrs = [],
    masker,
    catalogue,
    developer = ['ru'],
    proxy,
  } = readPresetOptions('stateSystem', options, known)
  checkOwnOrigins('stateSystem', origins, cidrs)
  if (masker === undefined) {
    refusePreset('stateSystem', 'a masker is required', 'masker: russianMasker() из @shlyuz/personal-data.')
  }
  return definePolicy({
    name: 'state-system',
    version: '1',
    origins,
    addresses: { cidrs },
    redirects: 'deny',
    proxy: createProxyRule('stateSystem', proxy),
    // An unknown model is refused whoever may have made it.
    models: { developer, weights: ['*'] },
    ...(catalogue !== undefined && { catalogue }),
    data: { personal: 'mask', special: 'deny', masker },
    audit: 'strict',
    tls: { verify: true },
    customTransport: 'deny',
  })
}
