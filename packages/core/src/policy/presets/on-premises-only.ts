import { definePolicy, type Policy } from '../define-policy.ts'
import type { OriginRule } from '../policy-document.ts'
import { createProxyRule, hasAddresses, readPresetOptions, refusePreset, type PresetProxy } from './preset-options.ts'

export interface OnPremisesOnlyOptions {
  /** Own servers: an origin whose addresses lie in `cidrs`, or one with addresses, trust and models of its own. */
  readonly origins: readonly (string | OriginRule)[]
  /** Where the names of those origins may resolve to. Loopback only if it is named. */
  readonly cidrs?: readonly string[]
  /** What may make a server reach elsewhere, see `domesticOnly`. @default nothing */
  readonly remote?: readonly string[]
  /** @default none */
  readonly proxy?: PresetProxy
}

/** Own servers alone: named origins at named addresses, any model that runs there. Nothing public. */
export function onPremisesOnly(options: OnPremisesOnlyOptions): Policy {
  const given = readPresetOptions('onPremisesOnly', options, ['origins', 'cidrs', 'remote', 'proxy'])
  const { origins, cidrs = [], remote, proxy } = given
  checkOwnOrigins('onPremisesOnly', origins, cidrs)
  return definePolicy({
    name: 'on-premises-only',
    version: '1',
    origins,
    addresses: { cidrs },
    redirects: 'deny',
    proxy: createProxyRule('onPremisesOnly', proxy),
    models: { developer: ['*'], weights: ['*'] },
    ...(remote !== undefined && { remote }),
    tls: { verify: true },
    customTransport: 'deny',
  })
}

/** Each origin needs addresses: its own, or those of the whole policy. @throws ConfigurationError */
export function checkOwnOrigins(preset: string, origins: unknown, cidrs: unknown): void {
  const shared = Array.isArray(cidrs) && cidrs.length > 0
  if (Array.isArray(origins) && origins.length > 0 && origins.every((one) => shared || hasAddresses(one))) return
  refusePreset(
    preset,
    'name at least one origin, and the addresses of each',
    `${preset}({ origins: ['https://llm.corp.example:8443'], cidrs: ['10.20.0.0/16'] }).`,
  )
}
