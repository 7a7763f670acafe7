import type { CompiledPolicy, CompiledProxy } from './compile-policy.ts'

/** What several policies say of one thing: the same, or not. */
export interface Agreement<T> {
  readonly agreed: boolean
  readonly value: T | undefined
}

/**
 * The way out, as all policies have it that speak of it. Where they differ there is none: else a request's policy
 * could lead the traffic through a proxy that the client's does not name, or past the one that it does.
 */
export function agreeOnProxy(policies: readonly CompiledPolicy[]): Agreement<CompiledProxy> {
  const said = policies.flatMap(({ proxy }) => (proxy === undefined ? [] : [proxy]))
  const [first] = said
  const agreed = said.every((proxy) => spellProxy(proxy) === spellProxy(first))
  return { agreed, value: agreed && first !== 'none' ? first : undefined }
}

function spellProxy(proxy: CompiledProxy | 'none' | undefined): string | undefined {
  return typeof proxy === 'object' ? `${proxy.url.origin} ${proxy.ca ?? ''}` : proxy
}

/** The authority for one origin, as all policies have it that list origins: trust is not widened by nesting either. */
export function agreeOnTrust(policies: readonly CompiledPolicy[], origin: string): Agreement<string> {
  const said = policies.flatMap(({ origins }) =>
    origins ? [origins.find((one) => one.origin === origin && one.ca !== undefined)?.ca] : [],
  )
  const agreed = said.every((ca) => ca === said[0])
  return { agreed, value: agreed ? said[0] : undefined }
}
