import { isGlobalUnicast } from './addresses.ts'
import { bareHost, type CompiledPolicy } from './compile-policy.ts'
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
  const name = host.toLowerCase()
  const refused = addresses
    .map((address) => firstRefusal(policies, name, address, role))
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
  const { addresses, origins } = policy
  const listed = origins?.filter(({ url }) => bareHost(url.hostname) === host) ?? []
  // The literal of a credential-only record reaches the connector only through its exact URL.
  if (listed.length === 0 && isCredentialOnlyHost(host) && host === address) return undefined
  if (!addresses && !origins) return undefined
  // A connection knows its host, not its port: of two origins on one host both must agree.
  const own = listed.flatMap(({ ranges }) => ranges ?? [])
  const good =
    own.length > 0
      ? own.every((ranges) => ranges.has(address))
      : addresses && (addresses.ranges.has(address) || (addresses.global && isGlobalUnicast(address)))
  if (!good) return 'dns.address_class'
  const pin = addresses?.pins.get(host)
  return pin && !pin.has(address) ? 'dns.address_not_pinned' : undefined
}

function judgeProxyAddress({ proxy }: CompiledPolicy, address: string): ReasonCode | undefined {
  if (proxy === undefined) return undefined
  if (proxy === 'none') return 'proxy.not_allowed'
  return proxy.ranges.has(address) ? undefined : 'dns.address_class'
}
