import { isIP } from 'node:net'
import { endpoints } from '../sovereignty/endpoints.ts'
import { bareHost, type CompiledOrigin, type CompiledPolicy } from './compile-policy.ts'
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
  /** Given with `ok`, and where the address only is not listed: a policy in observe mode lets such go on. */
  readonly url?: URL
}

/** Own properties, read once: a prototype polluted later adds no record. */
const credentialRecords = endpoints.flatMap((record) =>
  Object.hasOwn(record, 'credentialOnly') && record.credentialOnly ? [record.credentialOnly] : [],
)
const credentialHosts = new Set(credentialRecords.map(({ url }) => new URL(url).hostname))

/** Policy, depth 2, in the order of the checks. Origins compare exactly; one URL object is judged and passed on. */
export function judgeSpelledUrl(policy: CompiledPolicy, spelled: string, request: UrlRequest): UrlVerdict {
  const origins = policy.origins ?? []
  const parsed = typeof spelled === 'string' ? parseSpelled(spelled) : undefined
  if (!parsed) return { code: 'url.unparseable', facts: {} }
  const { url } = parsed
  const { hostname } = url
  const facts: Facts = { origin: url.origin === 'null' ? url.protocol : url.origin }
  if (isCredentialUrl(origins, spelled, request)) return { code: 'ok', facts, url }
  if (!origins.some((one) => one.url.protocol === url.protocol)) return { code: 'url.scheme', facts }
  if (parsed.hasUserinfo) return { code: 'url.userinfo', facts }
  if (hostname.endsWith('.')) return { code: 'url.trailing_dot', facts }
  const isPlain = isSpelledPlainly(parsed)
  const found = (code: ReasonCode): UrlVerdict => ({ code, facts, ...(isPlain && { url }) })
  if (isLiteral(hostname) && !origins.some((one) => isLiteral(one.url.hostname))) return found('url.ip_literal')
  if (!origins.some((one) => one.url.hostname === hostname)) return found('url.host_not_allowed')
  if (!isPlain) return { code: 'url.ambiguous', facts }
  return found(origins.some((one) => one.origin === url.origin) ? 'ok' : 'url.port_not_allowed')
}

export function isLiteral(hostname: string): boolean {
  return isIP(bareHost(hostname)) !== 0
}

/** The metadata of a cloud VM: that exact URL, with GET and no body, for a credential alone. */
function isCredentialUrl(origins: readonly CompiledOrigin[], spelled: string, request: UrlRequest): boolean {
  if (!request.credentialOnly || request.method !== 'GET' || request.hasBody) return false
  return credentialRecords.some(
    ({ url, alongside }) => url === spelled && origins.some(({ origin }) => origin === alongside),
  )
}

/** Hosts of credential-only records: only their exact URLs lead to a connection, unless a policy lists the host. */
export function isCredentialOnlyHost(host: string): boolean {
  return credentialHosts.has(host)
}
