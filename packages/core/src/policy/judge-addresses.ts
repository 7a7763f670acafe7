import { isGlobalUnicast } from './addresses.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import { isCredentialOnlyHost } from './judge-url.ts'
import type { ReasonCode } from './reason-codes.ts'

/** Policy, depth 3: every address of an answer must be good, because a connector moves on to the next one. */
export function judgeResolved(
  policies: readonly CompiledPolicy[],
  host: string,
  addresses: readonly string[],
  role: 'target' | 'proxy',
): ReasonCode | undefined {
  if (addresses.length === 0) return 'dns.empty'
  const refused = addresses
    .map((address) => firstRefusal(policies, host, address, role))
    .filter((code) => code !== undefined)
  if (refused.length === 0) return undefined
  return refused.length < addresses.length ? 'dns.mixed_answer' : refused[0]
}

function firstRefusal(
  policies: readonly CompiledPolicy[],
  host: string,
  address: string,
  role: 'target' | 'proxy',
): ReasonCode | undefined {
  for (const policy of policies) {
    const code = role === 'proxy' ? judgeProxyAddress(policy, address) : judgeAddress(policy, host, address)
    if (code) return code
  }
  return undefined
}

function judgeAddress(policy: CompiledPolicy, host: string, address: string): ReasonCode | undefined {
  // A literal of a credential-only record reached the connector only through its exact URL.
  if (isCredentialOnlyHost(host) && host === address) return undefined
  const own = policy.origins?.find(({ ranges, url }) => ranges && url.hostname.replace(/^\[|\]$/g, '') === host)
  if (own) return own.ranges?.has(address) ? undefined : 'dns.address_class'
  const { addresses } = policy
  if (!addresses) return policy.origins ? 'dns.address_class' : undefined
  if (!addresses.ranges.has(address) && !(addresses.global && isGlobalUnicast(address))) return 'dns.address_class'
  const pin = addresses.pins.get(host.toLowerCase())
  return pin && !pin.has(address) ? 'dns.address_not_pinned' : undefined
}

function judgeProxyAddress(policy: CompiledPolicy, address: string): ReasonCode | undefined {
  return !policy.proxy || policy.proxy.ranges.has(address) ? undefined : 'dns.address_class'
}
