import { isGlobalUnicast } from '../../policy/addresses.ts'
import { bareHost, type CompiledPolicy } from '../../policy/compile-policy.ts'
import type { Guard } from '../../policy/guard.ts'
import type { ReasonCode } from '../../policy/reason-codes.ts'
import { models } from '../../sovereignty/models.ts'
import type { Canary } from './canary.ts'
import { listsModel, publicAddress, type CanaryTarget } from './find-canary-target.ts'

/** Reserved for examples (RFC 2606): nobody has it. */
const stranger = 'canary.example'

/** Everything forbidden that is tried with one provider: each time an allowed request with one fault. */
export function createCanaries(guard: Guard, kind: string, target: CanaryTarget): readonly Canary[] {
  return [
    ...intentCanaries(kind, target),
    ...urlCanaries(target.url),
    ...socketCanaries(guard, target),
    ...responseCanaries,
  ]
}

function intentCanaries(kind: string, { url, model }: CanaryTarget): readonly Canary[] {
  const recorded = (
    name: string,
    isIt: (record: (typeof models)[number]) => boolean,
    expected: readonly ReasonCode[],
  ): Canary[] => {
    const found = models.find((one) => one.kind === kind && isIt(one))
    if (!found) return []
    const isListed = (policy: CompiledPolicy): boolean => listsModel(policy, kind, found, url.origin)
    return [{ depth: 'intent', name, expected, isListed, ask: { model: found.id } }]
  }
  const unknown = { id: 'shlyuz-canary', developer: 'unknown', weights: 'unknown' } as const
  return [
    {
      depth: 'intent',
      name: 'a model that nobody knows',
      expected: ['model.unknown', 'model.unparseable', 'model.weights'],
      isListed: (policy) => listsModel(policy, kind, unknown, url.origin),
      ask: { model: unknown.id },
    },
    ...recorded('a foreign model', ({ developer }) => developer === 'foreign', ['model.foreign', 'model.weights']),
    ...recorded('a model on foreign weights', ({ weights }) => weights === 'adapted-foreign', ['model.weights']),
    {
      depth: 'intent',
      name: 'a link in the content',
      expected: ['content.remote_url', 'data.personal', 'policy.obligation_unmet'],
      isListed: ({ origins, remote }) => !(origins ?? remote) || remote?.has('links') === true,
      ask: { model, link: new URL(`https://${stranger}/image.png`) },
    },
  ]
}

function urlCanaries({ protocol, hostname, port }: URL): readonly Canary[] {
  const at = port === '' ? '' : `:${port}`
  const other = port === '10443' ? '10444' : '10443'
  const [first = ''] = /[\da-z]/.exec(hostname) ?? []
  const spelled = (letter: string): string => `${protocol}//${hostname.replace(first, letter)}${at}/`
  const unlisted = ['url.host_not_allowed', 'url.scheme'] as const
  const urls: readonly (readonly [string, string, readonly ReasonCode[]])[] = [
    ['a host that is not listed', `https://${stranger}/`, unlisted],
    [
      'a listed host as part of another',
      `${protocol}//${bareHost(hostname).replaceAll(':', '-')}.${stranger}${at}/`,
      unlisted,
    ],
    ['plain http to a listed host', `http://${hostname}${at}/`, ['url.scheme', 'url.port_not_allowed']],
    ['another port of a listed host', `${protocol}//${hostname}:${other}/`, ['url.port_not_allowed']],
    ['a user name in the address', `${protocol}//canary@${hostname}${at}/`, ['url.userinfo']],
    ['a dot after the host', `${protocol}//${hostname}.${at}/`, ['url.trailing_dot', 'url.ambiguous']],
    ['a host with a percent sign', spelled(`%${first.charCodeAt(0).toString(16)}`), ['url.ambiguous']],
    ['a host with a full-width letter', spelled(String.fromCodePoint(first.charCodeAt(0) + 0xfee0)), ['url.ambiguous']],
    ['a bare address of the internet', `https://${publicAddress}/`, ['url.ip_literal', ...unlisted]],
    ['the metadata of a cloud', 'http://169.254.169.254/latest/meta-data/', ['url.ip_literal', ...unlisted]],
  ]
  return [
    ...urls.map(([name, url, expected]): Canary => ({
      depth: 'url',
      name,
      url,
      // Only what is spelled as a policy would spell it can be listed.
      expected: [...expected, 'url.unparseable'],
      isListed: ({ origins }) => !origins || origins.some(({ origin }) => `${origin}/` === url),
    })),
    {
      depth: 'url',
      name: 'a header that names another host',
      expected: ['header.host_override'],
      headers: { host: stranger },
    },
  ]
}

const wrongAddresses: readonly (readonly [string, string])[] = [
  ['this machine', '127.0.0.1'],
  ['this machine, in IPv6', '::1'],
  ['this machine, mapped into IPv6', '::ffff:127.0.0.1'],
  ['this machine, behind NAT64', '64:ff9b::7f00:1'],
  ['a private network', '10.255.255.1'],
  ['the metadata of a cloud', '169.254.169.254'],
  ['the internet', publicAddress],
]

function socketCanaries(guard: Guard, target: CanaryTarget): readonly Canary[] {
  const { resolved, address: good, url } = target
  const role = guard.proxy ? 'the proxy' : 'the host'
  const canaries: Canary[] = []
  if (resolved !== undefined) {
    const expected = ['dns.address_class', 'dns.address_not_pinned'] as const
    for (const [where, address] of wrongAddresses) {
      const isListed = (policy: CompiledPolicy): boolean =>
        listsAddress(policy, resolved, address, guard.proxy !== undefined)
      canaries.push({ depth: 'socket', name: `${role} resolves to ${where}`, expected, isListed, addresses: [address] })
    }
    canaries.push(
      {
        depth: 'socket',
        name: `${role} resolves to this machine beside a good address`,
        expected: ['dns.mixed_answer'],
        isListed: (policy) => listsAddress(policy, resolved, '127.0.0.1', guard.proxy !== undefined),
        addresses: [good, '127.0.0.1'],
      },
      { depth: 'socket', name: `${role} resolves to nothing`, expected: ['dns.empty'], addresses: [] },
    )
  }
  canaries.push({
    depth: 'socket',
    name: 'a socket that reached another address',
    expected: ['socket.address_mismatch'],
    peer: '198.51.100.1',
  })
  if (url.protocol === 'https:') {
    canaries.push(
      {
        depth: 'socket',
        name: 'a certificate that nobody vouches for',
        expected: ['tls.untrusted'],
        certificate: 'untrusted',
      },
      {
        depth: 'socket',
        name: 'a certificate for another name',
        expected: ['tls.name_mismatch'],
        certificate: 'of another name',
      },
    )
  }
  return [
    ...canaries,
    {
      depth: 'socket',
      name: 'a connection opened under another policy',
      expected: ['socket.pool_scope'],
      isReused: true,
    },
  ]
}

/** True when the policy names a range with the address, or has no say. Ordinary ones are named by their class as well. */
function listsAddress(
  { origins, addresses, proxy }: CompiledPolicy,
  host: string,
  address: string,
  isProxy: boolean,
): boolean {
  if (isProxy) return proxy === undefined || (proxy !== 'none' && proxy.ranges.has(address))
  if (!origins && !addresses) return true
  const own = origins?.filter(({ url }) => url.hostname === host).flatMap(({ ranges }) => ranges ?? []) ?? []
  if (own.length > 0) return own.every((ranges) => ranges.has(address))
  if (addresses?.ranges.has(address)) return true
  return address === publicAddress && addresses?.global === true && isGlobalUnicast(address)
}

const responseCanaries: readonly Canary[] = [
  {
    depth: 'response',
    name: 'a redirect',
    expected: ['redirect.blocked'],
    answer: { status: 307, location: `https://${stranger}/`, body: '' },
  },
  {
    depth: 'response',
    name: 'the answer of another model',
    expected: ['response.model_mismatch'],
    answer: { status: 200, body: '{"model":"another"}' },
  },
]
