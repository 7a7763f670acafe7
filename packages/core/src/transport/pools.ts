import { createHash } from 'node:crypto'
import * as tls from 'node:tls'
import { readSource } from '../auth/read-source.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Decision } from '../policy/decision.ts'
import type { Guard } from '../policy/guard.ts'
import type { ClientCertificate, Endpoint, SecretRequest } from '../provider.ts'
import type { TestNetwork } from '../testing/test-network.ts'
import { Connections } from './connections.ts'
import { createGuardedConnector } from './guarded-connector.ts'
import { PendingConnections } from './pending-connections.ts'
import { checkTransport } from './self-check.ts'
import { loadUndici } from './undici.ts'

/** The open connections to one origin under one network policy and one trust. */
export interface OriginPool {
  readonly connections: Connections
  readonly origin: string
  readonly pending: PendingConnections
  /** Approved addresses that were connected to. */
  readonly peers: ReadonlySet<string>
  /** Digest of the network policy its connections were opened under. */
  readonly openedUnder: string
  /** What policies in observe mode would have refused of its connections. */
  readonly observed: readonly Decision[]
  /** How many connections were opened so far. */
  readonly opened: () => number
  /** `performance.now()` after which another pool takes its place. */
  readonly livesUntil: number
}

/** Pools beyond this many are closed, oldest first: request policies may name networks of their own. */
const poolLimit = 64
/**
 * Connections are replaced after this time, so that DNS is judged anew: a pool makes room for a new one. undici's own
 * `clientTtl` looks at the clock for each open connection twice a call, which took 12 µs of a call at 64.
 */
const poolLifeMs = 300_000
/** A call that has its pool sends within this time; then a pool whose life is over closes as its last call ends. */
const farewellMs = 10_000

/**
 * The pools of one client. A connection is shared only by calls with the same origin, the same network part of the
 * policy, the same trust and the same client certificate.
 */
export class Pools {
  readonly #network: TestNetwork | undefined
  readonly #pools = new Map<string, Promise<OriginPool>>()
  /** Those of them that are open: a call need not wait for them. */
  readonly #ready = new Map<string, OriginPool>()
  /** The last one that an endpoint was given: found without spelling its key. */
  #latest = new WeakMap<Endpoint, OriginPool>()
  /** Those whose life is over, and that finish what they have begun. */
  readonly #leaving = new Set<OriginPool>()
  readonly #trustIds = new WeakMap<Endpoint, string>()
  #checked: Promise<void> | undefined

  constructor(network: TestNetwork | undefined) {
    this.#network = network
  }

  get(origin: string, endpoint: Endpoint, guard: Guard, request: SecretRequest): OriginPool | Promise<OriginPool> {
    const latest = this.#latest.get(endpoint)
    const isIt = latest?.origin === origin && latest.openedUnder === guard.networkDigest
    if (isIt && performance.now() < latest.livesUntil) return latest
    const key = `${origin} ${guard.networkDigest} ${this.#trustId(endpoint)}`
    const ready = this.#ready.get(key)
    if (ready && performance.now() < ready.livesUntil) {
      this.#latest.set(endpoint, ready)
      return ready
    }
    if (ready) this.#retire(key, ready)
    const opening = this.#pools.get(key)
    if (opening) return opening
    const made = this.#open(origin, endpoint, guard, request)
    this.#pools.set(key, made)
    made.then(
      (pool) => {
        if (this.#pools.get(key) === made) this.#ready.set(key, pool)
      },
      () => this.#pools.delete(key),
    )
    if (this.#pools.size > poolLimit) this.#closeOldest()
    return made
  }

  #retire(key: string, pool: OriginPool): void {
    this.#latest = new WeakMap()
    this.#ready.delete(key)
    this.#pools.delete(key)
    this.#leaving.add(pool)
    const close = async (): Promise<void> => {
      await pool.connections.close().catch(() => {})
      this.#leaving.delete(pool)
    }
    setTimeout(() => void close(), farewellMs).unref()
  }

  /** Waits for running requests, then closes. */
  async close(): Promise<void> {
    await this.#all(({ connections }) => connections.close())
  }

  /** Closes at once. */
  async destroy(): Promise<void> {
    await this.#all(({ connections, pending }) => {
      pending.abandon()
      return connections.destroy()
    })
  }

  async #all(end: (pool: OriginPool) => Promise<void>): Promise<void> {
    const pools = await Promise.allSettled([...this.#pools.values(), ...[...this.#leaving].map(async (pool) => pool)])
    this.#leaving.clear()
    this.#latest = new WeakMap()
    this.#pools.clear()
    this.#ready.clear()
    await Promise.allSettled(pools.map((made) => (made.status === 'fulfilled' ? end(made.value) : Promise.resolve())))
  }

  #closeOldest(): void {
    const [key, oldest] = this.#pools.entries().next().value ?? []
    if (key === undefined) return
    this.#latest = new WeakMap()
    this.#pools.delete(key)
    this.#ready.delete(key)
    oldest?.then(({ connections }) => connections.close()).catch(() => {})
  }

  /** What an endpoint trusts and presents. Endpoints with a client certificate of their own share with nobody. */
  #trustId(endpoint: Endpoint): string {
    let id = this.#trustIds.get(endpoint)
    if (id === undefined) {
      const trust = createHash('sha256')
        .update(endpoint.ca ?? '')
        .digest('hex')
      id = endpoint.clientCertificate ? `${trust} ${++certificateCount}` : trust
      this.#trustIds.set(endpoint, id)
    }
    return id
  }

  async #open(origin: string, endpoint: Endpoint, guard: Guard, request: SecretRequest): Promise<OriginPool> {
    const undici = await loadUndici()
    this.#checked ??= checkTransport(undici)
    await this.#checked
    const pending = new PendingConnections()
    const peers = new Set<string>()
    let opened = 0
    const observed: Decision[] = []
    const ca = [endpoint.ca, guard.trustFor(origin), ...authoritiesOf(this.#network)]
    const connect = createGuardedConnector({
      undici,
      guard,
      secureContext: await createContext(ca, endpoint.clientCertificate, request),
      proxyContext:
        guard.proxy && (await createContext([guard.proxy.ca, ...authoritiesOf(this.#network)], undefined, request)),
      network: this.#network,
      pending,
      onPeer: (address) => {
        opened++
        peers.add(address)
      },
      onObserved: (decision) => {
        if (!observed.some(({ code }) => code === decision.code)) observed.push(decision)
      },
    })
    // Our own limits of time rule: see DeadlineWheel.
    const options = { connect, allowH2: false, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 }
    return {
      connections: new Connections(() => new undici.Client(origin, options)),
      origin,
      pending,
      peers,
      observed,
      opened: () => opened,
      openedUnder: guard.networkDigest,
      livesUntil: performance.now() + poolLifeMs,
    }
  }
}

let certificateCount = 0

function authoritiesOf(network: TestNetwork | undefined): readonly string[] {
  const { ca } = network ?? {}
  return ca === undefined ? [] : typeof ca === 'string' ? [ca] : ca
}

/** `undefined`: the runtime's default trust serves. The runtime's roots stay beside what is added. */
async function createContext(
  added: readonly (string | undefined)[],
  certificate: ClientCertificate | undefined,
  request: SecretRequest,
): Promise<tls.SecureContext | undefined> {
  const ca = added.filter((pem): pem is string => pem !== undefined)
  if (ca.length === 0 && !certificate) return undefined
  const options: tls.SecureContextOptions = { ca: [...defaultRoots(), ...ca] }
  if (certificate) {
    options.cert = await readSource(certificate.cert, request)
    options.key = await readSource(certificate.key, request)
    if (certificate.passphrase) options.passphrase = await readSource(certificate.passphrase, request)
  }
  try {
    return tls.createSecureContext(options)
  } catch (error) {
    // OpenSSL's message names the kind of the mistake, never the key.
    throw new ConfigurationError(`the certificate settings of '${request.provider}' are not valid PEM`, {
      provider: request.provider,
      hint: 'Проверьте ca и clientCertificate: нужны тексты PEM (-----BEGIN …), ключ и его пароль должны подходить.',
      cause: new Error((error as Error).message),
    })
  }
}

function defaultRoots(): readonly string[] {
  return 'getCACertificates' in tls
    ? tls.getCACertificates('default')
    : (tls as { rootCertificates: string[] }).rootCertificates
}
