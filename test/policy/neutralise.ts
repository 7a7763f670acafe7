import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { CasePolicy, CaseRequest } from './case-file.ts'
import type { Scene } from './case-runner.ts'
import { kindOf } from './probe-provider.ts'

/** By kind: a model that every policy for domestic ones allows. */
export const domesticModels: Readonly<Record<string, string>> = {
  yandexgpt: 'gpt://b1gexample/yandexgpt-lite/latest',
  gigachat: 'GigaChat-3-Ultra',
}

/** The same call without the fault that a code names, and otherwise unchanged. */
export function neutralise(scene: Scene, code: string): Scene {
  const { policy, request, world } = scene
  const [group = ''] = code.split('.')
  if (group === 'url') return listAddress(scene)
  if (group === 'dns') return { ...scene, world: { ...world, dns: [[cleanAddress(policy, hostOf(request))]] } }
  if (group === 'redirect' || group === 'response') return { ...scene, world: without(world, ['responses']) }
  if (group === 'header') return { ...scene, request: without(request, ['headers']) }
  // What rules demand may be impossible for what is attached.
  if (code === 'policy.obligation_unmet')
    return { ...scene, request: without(request, ['rule', 'rules', 'attachments']) }
  if (group === 'policy') {
    const { narrower: _none, ...alone } = scene
    return { ...alone, request: without(request, ['rule', 'rules', 'policy']) }
  }
  if (group === 'data') return { ...scene, request: without(request, ['labels', 'dataClass', 'text', 'attachments']) }
  if (group === 'content') return { ...scene, request: without(request, ['attachments']) }
  if (group === 'fallback') return { ...scene, request: without(request, ['fallback']) }
  if (group === 'model') {
    const provider = kindOf(request.provider) in domesticModels ? request.provider : 'gigachat'
    const model = domesticModels[kindOf(provider)] as string
    return { ...scene, request: { ...request, provider: provider as string, model } }
  }
  // The rest is settings and surroundings: connect options, proxies, environment, the opened socket.
  const clean = without(request, ['connect', 'options', 'proxy'])
  const dns = world.dns ?? [[cleanAddress(policy, hostOf(request))]]
  return { ...scene, request: clean, world: { ...without(world, ['env', 'peer']), dns } }
}

/** The address, spelled plainly, is listed, and its name resolves to an address that is allowed. */
function listAddress({ policy, request, world }: Scene): Scene {
  const url = URL.parse(request.url)
  const first = originsOf(policy)[0]
  const spelled = url ? `${url.protocol === 'http:' ? 'http:' : 'https:'}//${hostPart(url)}/` : `${originOf(first)}/`
  const host = new URL(spelled).hostname.replace(/^\[|\]$/g, '')
  const dns = world.dns ?? [[cleanAddress(policy, host)]]
  const addresses = [...new Set([host, ...dns.flat()])].filter((text) => /^[\d.]+$|:/.test(text))
  const { origin } = new URL(spelled)
  const others = originsOf(policy).filter((one) => originOf(one) !== origin)
  return {
    policy: { ...policy, origins: [...others, { origin, addresses }] },
    request: { ...request, url: spelled },
    world: { ...world, dns },
  }
}

/**
 * Node 22 matches no certificate to an IPv6 address, so that such a call fails closed; there the twin has a name.
 */
const verifiesIpv6 =
  checkServerIdentity('2001:db8::1', {
    subject: { CN: 'x' },
    subjectaltname: 'IP Address:2001:DB8:0:0:0:0:0:1',
  } as PeerCertificate) === undefined

/** Also for schemes whose hosts the parser leaves as they are. */
function hostPart(url: URL): string {
  const host = url.host.toLowerCase().replace(/\.(?=:|$)/, '')
  if (host === '') return 'unnamed.example'
  return url.hostname.startsWith('[') && url.protocol !== 'http:' && !verifiesIpv6
    ? `named.example:${url.port || 443}`
    : host
}

function hostOf(request: CaseRequest): string {
  return URL.parse(request.url)?.hostname ?? ''
}

function originsOf(policy: CasePolicy): readonly unknown[] {
  return Array.isArray(policy['origins']) ? (policy['origins'] as unknown[]) : []
}

function originOf(one: unknown): string {
  const spelled = typeof one === 'string' ? one : (one as { origin: string }).origin
  return new URL(spelled).origin
}

/** An address that the policy allows for this host: the first one of its pin, of its ranges, or a public one. */
export function cleanAddress(policy: CasePolicy, host: string): string {
  const own = originsOf(policy).find((one) => typeof one === 'object' && new URL(originOf(one)).hostname === host)
  const proxy = policy['proxy'] as { mode?: string; addresses?: { cidrs: string[] } } | undefined
  const rules = policy['addresses'] as { cidrs?: string[]; pins?: Record<string, string[]> } | undefined
  const range =
    (proxy?.mode === 'explicit' ? proxy.addresses?.cidrs[0] : undefined) ??
    (own as { addresses?: string[] } | undefined)?.addresses?.[0] ??
    rules?.pins?.[host]?.[0] ??
    rules?.cidrs?.[0]
  return range?.split('/')[0] ?? '84.201.181.26'
}

function without<T extends object>(given: T, keys: readonly (keyof T & string)[]): T {
  return Object.fromEntries(Object.entries(given).filter(([key]) => !keys.includes(key as keyof T & string))) as T
}
