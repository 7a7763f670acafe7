import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import { createChain, type Chain } from './certificates.ts'

/** A request that reached the server, whole. */
export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Counts the connections from 0. */
  readonly connection: number
}

/** What becomes of a TCP connection before its TLS greeting is read. */
export type Greeting = 'tls' | 'silence' | 'reset'

export interface RawServerOptions {
  readonly handle: RawHandler
  /** Told of each connection, from 0. @default every connection greets by TLS */
  readonly greet?: (connection: number) => Greeting
  /** The leaf alone, without the intermediate certificate that signed it. */
  readonly leafOnly?: boolean
}

/** Writes whatever bytes it likes to one request. */
export type RawHandler = (exchange: RawExchange) => void | Promise<void>

/** The names that the server's certificate is for. */
export const hosts = [
  'localhost',
  'llm.corp.example',
  'api.giga.chat',
  'gigachat.devices.sberbank.ru',
  'ngw.devices.sberbank.ru',
  'llm.api.cloud.yandex.net',
  'ai.api.cloud.yandex.net',
]

let certificates: Promise<Chain> | undefined

/**
 * A server behind TLS on this machine's loopback that holds the socket itself: it can send half a letter, reset a
 * connection or be silent, and counts what it received.
 */
export class RawServer implements AsyncDisposable {
  /** The root that signed the chain. */
  readonly ca: string
  readonly intermediate: string
  readonly port: number
  /** In the order in which they came. */
  readonly requests: RawRequest[] = []
  handle: RawHandler
  greet: (connection: number) => Greeting
  /** TCP connections so far. */
  connections = 0
  /** Bytes of HTTP that were received, behind TLS. */
  received = 0
  readonly #open = new Set<Socket>()
  readonly #close: () => void

  static async start(options: RawServerOptions): Promise<RawServer> {
    const chain = await (certificates ??= createChain(hosts))
    const cert = options.leafOnly ? chain.leaf.cert : chain.leaf.cert + chain.intermediate.cert
    const context = createSecureContext({ key: chain.leaf.key, cert })
    const listener = createServer()
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const { port } = listener.address() as AddressInfo
    const server = new RawServer(options, chain, port, () => listener.close())
    listener.on('connection', (socket) => server.#accept(socket, context))
    return server
  }

  private constructor(options: RawServerOptions, chain: Chain, port: number, close: () => void) {
    this.handle = options.handle
    this.greet = options.greet ?? (() => 'tls')
    this.ca = chain.root.cert
    this.intermediate = chain.intermediate.cert
    this.port = port
    this.#close = close
  }

  /** Connections open at this moment. */
  get open(): number {
    return this.#open.size
  }

  /** Ends every connection in order, as a server does with idle ones. */
  disconnect(): void {
    for (const socket of this.#open) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect()
    this.#close()
  }

  #accept(socket: Socket, secureContext: SecureContext): void {
    const connection = this.connections++
    this.#open.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => this.#open.delete(socket))
    const greeting = this.greet(connection)
    // Read, so that its end is seen.
    if (greeting === 'silence') return void socket.resume()
    if (greeting === 'reset') return void socket.resetAndDestroy()
    const secured = new TLSSocket(socket, { isServer: true, secureContext })
    secured.on('error', () => socket.destroy())
    secured.on('close', () => socket.destroy())
    let held = Buffer.alloc(0)
    secured.on('data', (chunk: Buffer) => {
      this.received += chunk.length
      held = Buffer.concat([held, chunk])
      for (let request = takeRequest(held); request; request = takeRequest(held)) {
        held = held.subarray(request.length)
        const arrived = { ...request.request, connection }
        this.requests.push(arrived)
        // What a handler throws closes the connection: the test sees a failure, not a hang.
        Promise.resolve(this.handle(new RawExchange(arrived, socket, secured))).catch(() => socket.destroy())
      }
    })
  }
}

function takeRequest(held: Buffer): { request: Omit<RawRequest, 'connection'>; length: number } | undefined {
  const end = held.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = held.toString('latin1', 0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const length = end + 4 + Number(headers['content-length'] ?? 0)
  if (held.length < length) return undefined
  const [method = '', path = ''] = first.split(' ')
  return { request: { method, path, headers, body: held.toString('utf8', end + 4, length) }, length }
}

/** The server's side of one request. */
export class RawExchange {
  readonly request: RawRequest
  /** Bytes that the socket took, not those that wait in this process. */
  taken = 0
  readonly #socket: Socket
  readonly #secured: TLSSocket

  constructor(request: RawRequest, socket: Socket, secured: TLSSocket) {
    this.request = request
    this.#socket = socket
    this.#secured = secured
  }

  get isClosed(): boolean {
    return this.#socket.destroyed || this.#secured.destroyed
  }

  /** Writes raw bytes; resolves when the socket took them, or was closed. */
  write(bytes: string | Uint8Array): Promise<void> {
    if (this.isClosed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#socket.once('close', resolve)
      this.#secured.write(bytes, () => {
        this.#socket.off('close', resolve)
        this.taken += bytes.length
        resolve()
      })
    })
  }

  /** The head of an answer whose body is chunked, unless the headers say otherwise. */
  head(status = 200, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const all = { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked', ...headers }
    const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : `${name}: ${value}`))
    return this.write(`HTTP/1.1 ${status} Told\r\n${lines.join('\r\n')}\r\n\r\n`)
  }

  /** One chunk of a chunked body: the client's parser hands it on as a piece of its own. */
  chunk(bytes: string | Uint8Array): Promise<void> {
    const data = Buffer.from(bytes)
    return data.length === 0
      ? Promise.resolve()
      : this.write(Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]))
  }

  /** The orderly end of a chunked body. */
  end(): Promise<void> {
    return this.write('0\r\n\r\n')
  }

  /** A whole answer in one piece. */
  answer(
    status: number,
    body: string | Uint8Array = '',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const data = Buffer.from(body)
    const all = { 'content-type': 'application/json', 'content-length': String(data.length), ...headers }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
    return this.write(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Told\r\n${lines.join('\r\n')}\r\n\r\n`), data]))
  }

  /** A TCP RST. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  /** The end of the connection, in order, wherever the body is. */
  close(): void {
    this.#secured.end()
  }
}
