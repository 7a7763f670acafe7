import { isIP } from 'node:net'
import { endpoints } from '../sovereignty/endpoints.ts'
import type { CompiledOrigin, CompiledPolicy } from './compile-policy.ts'
import type { Facts } from './decision.ts'
import { isSpelledPlainly, parseSpelled } from './parse-origin.ts'
import type { ReasonCode } from './reason-codes.ts'

export interface UrlRequest {
  readonly credentialOnly: boolean
  readonly method: string
  readonly hasBody: boolean
}

export interface UrlVerdict {
  readonly code: ReasonCode
  readonly facts: Facts
  readonly url?: URL
  readonly listed?: CompiledOrigin
}

/** Policy, depth 2, in the order of the checks. Origins compare exactly; one URL object is judged and passed on. */
export function judgeSpelledUrl(policy: CompiledPolicy, spelled: string, request: UrlRequest): UrlVerdict {
  const origins = policy.origins ?? []
  const parsed = parseSpelled(spelled)
  if (!parsed) return { code: 'url.unparseable', facts: {} }
  const { url } = parsed
  const { hostname } = url
  const facts: Facts = { origin: url.origin === 'null' ? url.protocol : url.origin }
  if (isMetadata(origins, spelled, request)) return { code: 'ok', facts, url }
  if (!origins.some((one) => one.url.protocol === url.protocol)) return { code: 'url.scheme', facts }
  if (parsed.hasUserinfo) return { code: 'url.userinfo', facts }
  if (hostname.endsWith('.')) return { code: 'url.trailing_dot', facts }
  const sameHost = origins.filter((one) => one.url.hostname === hostname)
  if (isLiteral(hostname) && !origins.some((one) => isLiteral(one.url.hostname)))
    return { code: 'url.ip_literal', facts }
  if (sameHost.length === 0) return { code: 'url.host_not_allowed', facts }
  if (!isSpelledPlainly(parsed, spelled)) return { code: 'url.ambiguous', facts }
  const sameScheme = sameHost.filter((one) => one.url.protocol === url.protocol)
  if (sameScheme.length === 0) return { code: 'url.scheme', facts }
  const listed = sameScheme.find((one) => one.origin === url.origin)
  return listed ? { code: 'ok', facts, url, listed } : { code: 'url.port_not_allowed', facts }
}

function isLiteral(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
}

/** The metadata of a cloud VM: that exact URL, with GET and no body, for a credential alone. */
function isMetadata(origins: readonly CompiledOrigin[], spelled: string, request: UrlRequest): boolean {
  if (!request.credentialOnly || request.method !== 'GET' || request.hasBody) return false
  return endpoints.some(
    ({ credentialOnly }) =>
      credentialOnly?.url === spelled && origins.some(({ origin }) => origin === credentialOnly.alongside),
  )
}

/** Hosts of credential-only records: their literal addresses are approved as they stand. */
export function isCredentialOnlyHost(host: string): boolean {
  return endpoints.some(({ credentialOnly }) => credentialOnly && new URL(credentialOnly.url).hostname === host)
}
