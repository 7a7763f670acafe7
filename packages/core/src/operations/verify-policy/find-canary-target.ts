import { isIP } from 'node:net'
import { bareHost, type CompiledPolicy } from '../../policy/compile-policy.ts'
import type { Guard } from '../../policy/guard.ts'
import type { ModelIdentity } from '../../policy/intent.ts'
import { findDeclared } from '../../policy/judge-intent.ts'
import type { Provider } from '../../provider.ts'
import { models } from '../../sovereignty/models.ts'
import { createIntent } from '../create-intent.ts'

/** An address of the public internet that nothing is ever sent to. */
export const publicAddress = '8.8.8.8'

/** What a canary differs from in one thing: a request that the policy allows, as far as there is one. */
export interface CanaryTarget {
  readonly url: URL
  /** Authority that the provider trusts there. */
  readonly ca: string | undefined
  /** Where its name, or that of the policy's proxy, may resolve to. */
  readonly address: string
  /** Whose name is resolved; absent where there is only an address. */
  readonly resolved: string | undefined
  readonly model: string
}

/** The first address of the provider, or else of the policy, that is allowed; and the rest of an allowed request. */
export async function findCanaryTarget(
  guard: Guard,
  policies: readonly CompiledPolicy[],
  provider: Provider,
): Promise<CanaryTarget> {
  const own = Object.values(provider.endpoints).filter(({ credentialOnly }) => !credentialOnly)
  const listed = policies.flatMap(({ origins = [] }) => origins.map(({ url }) => ({ url: url.href, ca: undefined })))
  const places = [...own, ...listed].filter(({ url }) => URL.canParse(url))
  const request = { credentialOnly: false, method: 'POST', hasBody: true }
  const place = places.find(({ url }) => isClean(guard.judgeUrl(url, request).decision)) ?? places[0]
  const url = new URL(place?.url ?? 'https://canary.example/')
  const host = bareHost((guard.proxy?.url ?? url).hostname)
  return {
    url,
    ca: place?.ca,
    address: findAddress(guard, policies, host),
    resolved: isIP(host) === 0 ? host : undefined,
    model: await findModel(guard, policies, provider, url.origin),
  }
}

/** The host itself, an address of the internet, or the first one of a range that the policy names. */
function findAddress(guard: Guard, policies: readonly CompiledPolicy[], host: string): string {
  if (isIP(host) !== 0) return host
  const named = policies.flatMap(({ network }) => [...network.matchAll(/"([\da-f.:]+)(?:\/\d+)?"/gi)])
  const candidates = [
    publicAddress,
    ...named.map(([, address = '']) => address).filter((address) => isIP(address) !== 0),
  ]
  const role = guard.proxy ? 'proxy' : 'target'
  return candidates.find((address) => !guard.judgeAddresses(host, [address], role)) ?? publicAddress
}

const mostTries = 10

/** A model that the policy allows, as far as one is known. */
async function findModel(
  guard: Guard,
  policies: readonly CompiledPolicy[],
  provider: Provider,
  origin: string,
): Promise<string> {
  const declared = policies.flatMap(({ origins = [], catalogue }) => [
    ...origins.filter((one) => one.origin === origin).flatMap((one) => one.models),
    ...catalogue.filter((one) => one.provider === provider.kind),
  ])
  const recorded = models.filter(({ kind, developer }) => kind === provider.kind && developer === 'ru')
  const candidates = [
    ...declared,
    ...recorded.filter(({ weights }) => weights === 'own'),
    ...recorded,
    ...provider.models,
  ]
  // Rules of the policy's owner are asked each time.
  for (const { id } of candidates.slice(0, mostTries)) {
    const model = guard.identify(provider.kind, { id, catalogueId: id }, [origin])
    const decision = await guard.judgeIntent(createIntent(provider, { operation: 'chat', model }))
    if (isClean(decision)) return id
  }
  return candidates[0]?.id ?? 'shlyuz-canary'
}

function isClean({ verdict, would }: { readonly verdict: string; readonly would?: string }): boolean {
  return verdict === 'allow' && would === undefined
}

/** True when the policy allows such a model by name or by kind, or leaves models to others or to rules of its own. */
export function listsModel(
  policy: CompiledPolicy,
  kind: string,
  { id, developer, weights }: Pick<ModelIdentity, 'id' | 'developer' | 'weights'>,
  origin: string,
): boolean {
  const { models: allowed, origins, rules } = policy
  if (!allowed) return origins === undefined || rules.length > 0
  if (findDeclared(policy, kind, id, [origin])) return true
  const has = (words: ReadonlySet<string>, word: string): boolean => words.has('*') || words.has(word)
  return has(allowed.developer, developer) && has(allowed.weights, weights)
}
