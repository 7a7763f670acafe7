import { AsyncLocalStorage } from 'node:async_hooks'
import type { ConnectionEnd } from './body.ts'

/** What lies under one HTTP exchange when it came through a socket. */
export interface Transport {
  /** Number of the connection, as in {@link RecordedRequest.connection}. */
  readonly connection: number
  /** Common name of the client's certificate, if it showed one that we trust. */
  readonly clientCertificate?: string
  /** Set by a fault: end the connection in this way instead of answering. */
  end?: ConnectionEnd
}

const storage = new AsyncLocalStorage<Transport>()

/** Runs the handlers with the transport of their request at hand. */
export function runOverTransport<T>(transport: Transport, run: () => T): T {
  return storage.run(transport, run)
}

/** The transport of the request being answered; `undefined` when a handler is called directly. */
export function currentTransport(): Transport | undefined {
  return storage.getStore()
}
