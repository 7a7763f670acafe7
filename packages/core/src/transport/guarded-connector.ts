import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { buildConnector } from 'undici'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Decision } from '../policy/decision.ts'
import type { Guard } from '../policy/guard.ts'
import { isCredentialOnlyHost } from '../policy/judge-url.ts'
import type { TestNetwork } from '../testing/test-network.ts'
import { openTunnel } from './open-tunnel.ts'
import type { ConnectionAttempt, PendingConnections } from './pending-connections.ts'
import type { Undici } from './undici.ts'

export interface ConnectorOptions {
  readonly undici: Undici
  readonly guard: Guard
  /** Trust for this origin alone, parsed once: parsing the roots costs milliseconds per connection otherwise. */
  readonly secureContext: SecureContext | undefined
  /** The same for the TLS to an `https:` proxy. */
  readonly proxyContext: SecureContext | undefined
  readonly network: TestNetwork | undefined
  readonly pending: PendingConnections
  /** Called with each approved address that was connected to. */
  readonly onPeer: (address: string) => void
  /** Called with what a policy in observe mode would have refused. */
  readonly onObserved: (decision: Decision) => void
}

/** A connection that hangs longer than this is given up, whoever waits for it. */
const abandonAfterMs = 60_000

/**
 * Policy, depth 3: the only place where a socket is opened. Every address a name resolves to is judged, the
 * connection goes to a judged address, and the peer is compared before a byte is written, the TLS greeting
 * included. One per pool, because the TLS session cache lives in undici's connector.
 */
export function createGuardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { guard, undici } = options
  const secure = undici.buildConnector({
    allowH2: false,
    timeout: abandonAfterMs,
    rejectUnauthorized: true,
    ...(options.secureContext && { secureContext: options.secureContext }),
  })

  async function open(target: buildConnector.Options, attempt: ConnectionAttempt): Promise<Socket> {
    const host = target.hostname.replace(/^\[|\]$/g, '')
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80)
    // An address of this machine's own network, such as the VM's metadata, is not the proxy's to reach.
    if (!guard.proxy || isCredentialOnlyHost(host)) return openApproved(options, attempt, host, port, 'target')
    const { url } = guard.proxy
    const proxyPort = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
    const socket = await openApproved(options, attempt, url.hostname.replace(/^\[|\]$/g, ''), proxyPort, 'proxy')
    return openTunnel(socket, { url, host: target.hostname, port, secureContext: options.proxyContext })
  }

  return (target, done) => {
    const attempt = options.pending.begin(done)
    open(target, attempt).then(
      (socket) => {
        if (attempt.over) return void socket.destroy()
        if (target.protocol !== 'https:') return attempt.finish(null, socket)
        // The name for SNI and the certificate is always the host of the judged URL; an IPv6 address without its
        // brackets, which older Node compares as letters.
        const hostname = target.hostname.replace(/^\[|\]$/g, '')
        const secured = { ...target, hostname, servername: isIP(hostname) ? '' : hostname, httpSocket: socket }
        secure(secured, (...result) => attempt.finish(...result))
      },
      (error: Error) => attempt.finish(error, null),
    )
  }
}

async function openApproved(
  options: ConnectorOptions,
  attempt: ConnectionAttempt,
  host: string,
  port: number,
  role: 'target' | 'proxy',
): Promise<Socket> {
  const { guard, network } = options
  const addresses = await resolveHost(host, network)
  const judged = guard.judgeAddresses(host, addresses, role)
  if (judged?.verdict === 'deny') throw createDeniedError(judged)
  if (judged) options.onObserved(judged)
  const approved = addresses[0] as string
  const dialed = network?.dial(approved, port, host)
  if (dialed && !isLoopback(dialed.host)) {
    throw new ConfigurationError(`the test network dials ${dialed.host}, which is not this machine's loopback`, {
      hint: 'dial тестовой сети должен возвращать адрес 127.0.0.0/8 или ::1.',
    })
  }
  const socket = dialed
    ? await openSocket(attempt, dialed.host, dialed.port, [dialed.host])
    : await openSocket(attempt, host, port, addresses)
  const peer = network ? (dialed?.peer ?? approved) : socket.remoteAddress
  const denial = guard.judgePeer(addresses, peer)
  if (denial) {
    socket.destroy()
    throw createDeniedError(denial)
  }
  options.onPeer(peer ?? approved)
  return socket
}

async function resolveHost(host: string, network: TestNetwork | undefined): Promise<readonly string[]> {
  if (isIP(host)) return [host]
  if (network) return network.resolve(host)
  const answers = await lookup(host, { all: true, verbatim: true })
  return answers.map((answer) => answer.address)
}

/** Connects to one of the judged addresses and to no other: node asks our `lookup`, never DNS again. */
function openSocket(
  attempt: ConnectionAttempt,
  host: string,
  port: number,
  addresses: readonly string[],
): Promise<Socket> {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return new Promise((resolve, reject) => {
    const socket = connectTcp({
      host,
      port,
      autoSelectFamily: true,
      lookup: (_name, wanted, reply) => {
        if (wanted.all) reply(null, all)
        else reply(null, all[0]?.address ?? '', all[0]?.family ?? 4)
      },
    })
    attempt.socket = socket
    socket.setNoDelay(true).setKeepAlive(true, 60_000)
    const abandon = (): void => void socket.destroy(new Error('connecting took too long'))
    socket.setTimeout(abandonAfterMs, abandon)
    socket.once('error', reject)
    socket.once('connect', () => {
      // With the listener, which would keep all this alive for as long as the connection.
      socket.setTimeout(0, abandon)
      socket.removeListener('error', reject)
      resolve(socket)
    })
  })
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
