import { BlockList, isIP } from 'node:net'
import { ConfigurationError } from '../errors/configuration-error.ts'

/**
 * What is not a global unicast address: the IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and its
 * updates), multicast, and every IPv6 form that carries an IPv4 address inside (compatible, mapped, NAT64, 6to4,
 * Teredo), because what it reaches is decided elsewhere.
 */
const special: readonly string[] = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
  '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24',
  '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48',
  '3fff::/20', '5f00::/16',
] // oxfmt-ignore

const notGlobal = createRanges(special)
/** Global unicast IPv6 is 2000::/3 (RFC 4291, section 2.4): everything else is refused without a list. */
const globalV6 = createRanges(['2000::/3'])

/** Ranges of addresses in CIDR form. */
export interface Ranges {
  readonly has: (address: string) => boolean
}

/** @throws ConfigurationError for what is not an address or a CIDR range */
export function createRanges(cidrs: readonly unknown[]): Ranges {
  const v4 = new BlockList()
  const v6 = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', length, ...rest] = String(cidr).split('/')
    const family = isIP(address)
    const bits = family === 4 ? 32 : 128
    const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : NaN
    if (family === 0 || address.includes('%') || rest.length > 0 || !(prefix >= 0 && prefix <= bits)) {
      throw new ConfigurationError(`'${String(cidr).slice(0, 60)}' is not an address range`, {
        hint: "Диапазон пишется как '10.20.0.0/16' или 'fd12:3456::/32'.",
      })
    }
    if (family === 4) v4.addSubnet(address, prefix, 'ipv4')
    else v6.addSubnet(address, prefix, 'ipv6')
  }
  // Two lists, because one would let an IPv4 range match the mapped IPv6 spelling of its addresses.
  return {
    has: (address) => {
      // A zone decides over the interface, so it may lead elsewhere than the address alone.
      if (isIP(address) === 0 || address.includes('%')) return false
      return isIP(address) === 4 ? v4.check(address, 'ipv4') : v6.check(address, 'ipv6')
    },
  }
}

/** True for an ordinary address of the public internet. */
export function isGlobalUnicast(address: string): boolean {
  const family = isIP(address)
  if (family === 0 || address.includes('%') || notGlobal.has(address)) return false
  return family === 4 || (globalV6.has(address) && !isIsatap(address))
}

/** ISATAP puts an IPv4 address behind `5efe` in the interface part of any prefix (RFC 5214, section 6.1). */
function isIsatap(address: string): boolean {
  // The parser's spelling: lower case, no leading zeros, no dotted end.
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const front = head.split(':')
  const back = tail?.split(':') ?? []
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0')
  return [...front, ...zeros, ...back][5] === '5efe'
}

/** The peer of a dual-stack socket is spelled as a mapped address. */
export function normalizePeer(address: string): string {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  return plain ?? address.toLowerCase()
}
