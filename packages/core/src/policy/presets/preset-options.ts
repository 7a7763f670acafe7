import { ConfigurationError } from '../../errors/configuration-error.ts'
import { copyPlain } from '../copy-plain.ts'
import type { ProxyRule } from '../policy-document.ts'

/** A forward proxy (CONNECT) and the addresses it may have. */
export interface PresetProxy {
  readonly origin: string
  readonly addresses: readonly string[]
  readonly ca?: string
}

/** A copy without a prototype: a polluted one must not open an origin. @throws ConfigurationError for unknown keys */
export function readPresetOptions<Options extends object>(
  preset: string,
  options: Options,
  known: readonly (keyof Options & string)[],
): Options {
  const given = copyPlain(options, preset)
  const unknown = Object.keys(given).find((key) => !(known as readonly string[]).includes(key))
  if (unknown !== undefined) {
    refusePreset(preset, `unknown option '${unknown.slice(0, 60)}'`, `${preset} принимает ${known.join(', ')}.`)
  }
  return given as Options
}

/** True for an origin with at least one range of addresses. */
export function hasAddresses(one: unknown): boolean {
  return isObject(one) && Array.isArray(one['addresses']) && one['addresses'].length > 0
}

/** Of a copy: such an object has no prototype. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** No proxy means none. */
export function createProxyRule(preset: string, proxy: PresetProxy | undefined): ProxyRule {
  if (proxy === undefined) return { mode: 'none' }
  if (!isObject(proxy)) refusePreset(preset, 'proxy must be an object', 'proxy: { origin, addresses }.')
  const { origin, addresses, ca, ...rest } = proxy
  if (typeof origin !== 'string' || !Array.isArray(addresses) || Object.keys(rest).length > 0) {
    refusePreset(
      preset,
      'proxy needs an origin and its addresses, and takes a ca',
      "proxy: { origin: 'http://egress.corp.example:3128', addresses: ['10.1.0.0/24'] }.",
    )
  }
  return { mode: 'explicit', origin, addresses: { cidrs: addresses }, ...(ca !== undefined && { ca }) }
}

export function refusePreset(preset: string, message: string, hint: string): never {
  throw new ConfigurationError(`${preset}: ${message}`, { code: 'config.policy', hint })
}
