import { ConfigurationError } from '../errors/configuration-error.ts'

/** How a test network answers in place of DNS and the internet. */
export interface TestNetworkOptions {
  /** The addresses a host claims to have. They are judged by the policy like real answers. */
  resolve(host: string): readonly string[] | Promise<readonly string[]>
  /**
   * Where a connection to an approved address really goes: a listener on this machine's loopback. Throw for any
   * other target. `peer` stands for the address of the opened socket (default: the approved address).
   */
  dial(
    address: string,
    port: number,
    host: string,
  ): { readonly host: string; readonly port: number; readonly peer?: string }
  /** PEM of authorities trusted beside the default roots, for every origin. */
  readonly ca?: string | readonly string[]
}

const networks = new WeakSet<object>()

/** A network on this machine's loopback, see {@link testNetwork}. */
export interface TestNetwork extends TestNetworkOptions {
  readonly kind: 'test-network'
}

/**
 * Makes a network for tests and demos: the policy judges as always, but every approved connection ends at a
 * loopback listener. Receipts of such calls say `network: 'test'`.
 */
export function testNetwork(options: TestNetworkOptions): TestNetwork {
  if (typeof options?.resolve !== 'function' || typeof options.dial !== 'function') {
    throw new ConfigurationError('testNetwork needs the functions resolve and dial', {
      hint: 'Передайте testNetwork({ resolve, dial }).',
    })
  }
  const network = Object.freeze({
    kind: 'test-network' as const,
    resolve: (host: string) => options.resolve(host),
    dial: (address: string, port: number, host: string) => options.dial(address, port, host),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  })
  networks.add(network)
  return network
}

/** True for what {@link testNetwork} made; an object of the same shape is not one. */
export function isTestNetwork(value: unknown): value is TestNetwork {
  return typeof value === 'object' && value !== null && networks.has(value)
}
