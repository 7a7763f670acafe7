import type { Socket } from 'node:net'

/** One TCP connection to a listener. */
export interface ConnectionRecord {
  /** Counts from 1 within the emulator. */
  readonly id: number
  /** The true origin that was addressed. */
  readonly origin: string
  /** HTTP requests that came through it. */
  readonly requests: number
  /** Whether it is still open. */
  readonly isOpen: boolean
}

/** A connection with the raw socket below TLS. */
export interface OpenConnection {
  readonly id: number
  readonly origin: string
  readonly socket: Socket
  requests: number
  isOpen: boolean
}

/** The connections of one listener. */
export interface ConnectionRegistry {
  readonly records: readonly ConnectionRecord[]
  add(socket: Socket, id: number): void
  /** The connection that carries a request, by the client's port: a TLS socket has the port of the one below it. */
  of(socket: Socket): OpenConnection | undefined
  destroyAll(): void
  /** Forgets the connections that have ended. */
  forgetClosed(): void
}

/** An empty registry. */
export function connectionRegistry(origin: string): ConnectionRegistry {
  let known: OpenConnection[] = []
  const open = new Map<number, OpenConnection>()
  return {
    get records() {
      return known
    },
    add(socket, id) {
      const connection = { id, origin, socket, requests: 0, isOpen: true }
      known.push(connection)
      const port = socket.remotePort
      if (port !== undefined) open.set(port, connection)
      socket.once('close', () => {
        connection.isOpen = false
        if (port !== undefined && open.get(port) === connection) open.delete(port)
      })
    },
    of(socket) {
      return socket.remotePort === undefined ? undefined : open.get(socket.remotePort)
    },
    destroyAll() {
      for (const { socket, isOpen } of known) if (isOpen) socket.destroy()
    },
    forgetClosed() {
      known = known.filter(({ isOpen }) => isOpen)
    },
  }
}
