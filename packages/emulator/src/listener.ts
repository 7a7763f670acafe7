import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { RequestHandler } from 'msw'
import { connectionRegistry, type ConnectionRegistry } from './connections.ts'
import type { OriginRecord } from './origins.ts'
import { respondOverSocket } from './respond-over-socket.ts'
import type { EmulatorState } from './state.ts'

/** TLS settings of a listener. */
export interface ListenerTls {
  readonly key: string
  readonly cert: string
  /** Asks clients for a certificate signed by this root; `isNeeded` refuses those that show none. */
  readonly client?: { readonly ca: string; readonly isNeeded: boolean }
}

/** A listener on this machine's loopback that stands for one origin. */
export interface Listener {
  readonly record: OriginRecord
  readonly port: number
  readonly connections: ConnectionRegistry
  /** Ends every connection and stops listening. */
  close(): Promise<void>
}

/** What a listener needs. */
export interface ListenerOptions {
  readonly record: OriginRecord
  readonly tls?: ListenerTls
  readonly state: EmulatorState
  readonly handlers: readonly RequestHandler[]
  readonly nextConnection: () => number
}

/**
 * Opens a listener. A plain TCP server stands in front and hands each socket on, so that a fault can hold or reset
 * it before TLS begins, and a reset later reaches the raw socket (a TLS socket cannot send RST itself).
 */
export async function openListener({
  record,
  tls,
  state,
  handlers,
  nextConnection,
}: ListenerOptions): Promise<Listener> {
  const connections = connectionRegistry(record.origin)
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = connections.of(request.socket)
    if (connection === undefined) return void request.socket.destroy()
    connection.requests += 1
    void respondOverSocket({ request, response, connection, origin: record.origin, handlers })
  }
  const server = createWebServer(tls, answer)
  const front = createTcpServer({ noDelay: true }, (socket) => {
    connections.add(socket, nextConnection())
    socket.on('error', () => undefined)
    const fault = state.faults.takeForConnection(record.service, record.operations)
    if (fault === undefined) server.emit('connection', socket)
    else endAtConnect(socket, fault.kind)
  })
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject)
    front.listen(0, '127.0.0.1', resolve)
  })
  return {
    record,
    port: portOf(front),
    connections,
    async close() {
      const closed = new Promise<void>((resolve) => front.close(() => resolve()))
      connections.destroyAll()
      server.close()
      await closed
    },
  }
}

function createWebServer(
  tls: ListenerTls | undefined,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const limits = {
    requestTimeout: 0,
    headersTimeout: 0,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 3_600_000,
  }
  if (tls === undefined) return createHttpServer(limits, answer)
  const { key, cert, client } = tls
  const server = createHttpsServer(
    {
      ...limits,
      key,
      cert,
      ...(client === undefined ? {} : { ca: client.ca, requestCert: true, rejectUnauthorized: client.isNeeded }),
    },
    answer,
  )
  server.on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy())
  return server
}

function portOf(server: TcpServer): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The listener has no port.')
  return address.port
}

/** A stall needs nothing: the socket is left alone, and is destroyed when the emulator closes. */
function endAtConnect(socket: Socket, kind: 'stall' | 'reset' | 'close'): void {
  if (kind === 'reset') socket.resetAndDestroy()
  if (kind === 'close') socket.end()
}
