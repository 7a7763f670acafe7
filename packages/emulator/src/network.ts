import { testNetwork, type TestNetwork } from '@shlyuz/core/testing'
import { originRecords, type OriginRecord } from './origins.ts'

const loopback = '127.0.0.1'

/**
 * The network of an emulator: known hosts claim fixed global addresses, and an approved address leads to the
 * listener that stands for its origin. Any other host does not exist; any other target is refused.
 */
export function createNetwork(ports: ReadonlyMap<string, number>, ca: string): TestNetwork {
  const listeners = new Map<string, number>()
  for (const record of originRecords) {
    const port = ports.get(record.origin)
    if (port !== undefined) listeners.set(listenerKey(record.address, truePort(record)), port)
  }
  return testNetwork({
    resolve: (host) => resolveHost(host),
    dial(address, port) {
      const local = listeners.get(listenerKey(address, port))
      if (local === undefined) throw new Error(`The emulator has no listener for ${address} port ${port}.`)
      return { host: loopback, port: local }
    },
    ca,
  })
}

function resolveHost(host: string): readonly string[] {
  const addresses = originRecords
    .filter(({ origin }) => new URL(origin).hostname === host)
    .map(({ address }) => address)
  if (addresses.length > 0) return [...new Set(addresses)]
  throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname: host,
  })
}

function truePort({ origin }: OriginRecord): number {
  const { port, protocol } = new URL(origin)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

function listenerKey(address: string, port: number): string {
  return `${address} ${port}`
}
