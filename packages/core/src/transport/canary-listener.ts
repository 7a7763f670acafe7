import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext, TLSSocket } from 'node:tls'

/** What came to a listener. */
export interface Arrivals {
  readonly connections: number
  /** Of requests, as they are inside of TLS; greetings and what proxies are told do not count. */
  readonly bytes: number
}

export interface CanaryListenerOptions {
  /** PEM texts: of the first layer of TLS, then of the one in a tunnel. The last one serves further layers. */
  readonly certificates: readonly { readonly cert: string; readonly key: string }[]
  readonly answer: { readonly status: number; readonly location?: string; readonly body: string }
}

/** How long a connection may stay open when nobody uses it any more. */
const lingerMs = 500

/**
 * A listener on this machine's loopback that stands for everything outside: server with or without TLS, and proxy, by
 * what comes first. It counts what arrives, so that "nothing left" is measured.
 */
export class CanaryListener {
  readonly #server = createServer((socket) => this.#accept(socket))
  readonly #open = new Set<Socket>()
  readonly #contexts
  readonly #answer: string
  #connections = 0
  #bytes = 0

  private constructor({ certificates, answer }: CanaryListenerOptions) {
    this.#contexts = certificates.map((pair) => createSecureContext(pair))
    const { status, location, body } = answer
    const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`
    const redirect = location === undefined ? '' : `location: ${location}\r\n`
    this.#answer = `HTTP/1.1 ${status} Canary\r\n${redirect}${headers}\r\n\r\n${body}`
  }

  static async open(options: CanaryListenerOptions): Promise<CanaryListener> {
    const listener = new CanaryListener(options)
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', reject).listen(0, '127.0.0.1', resolve)
    })
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Forgets what arrived so far. */
  reset(): void {
    this.#connections = 0
    this.#bytes = 0
  }

  /** What arrived, all of it: waits for what is on its way. */
  async close(): Promise<Arrivals> {
    const timer = setTimeout(() => {
      for (const socket of this.#open) socket.destroy()
    }, lingerMs)
    await new Promise((resolve) => this.#server.close(resolve))
    clearTimeout(timer)
    return { connections: this.#connections, bytes: this.#bytes }
  }

  #accept(socket: Socket): void {
    this.#connections++
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    this.#serve(socket, 0)
  }

  #serve(stream: Duplex, layer: number): void {
    stream.on('error', () => {})
    stream.once('data', (first: Buffer) => {
      // A greeting in TLS begins with 0x16.
      if (first[0] === 0x16) {
        stream.pause()
        stream.unshift(first)
        const secureContext = this.#contexts[Math.min(layer, this.#contexts.length - 1)]
        this.#serve(new TLSSocket(stream, { isServer: true, ...(secureContext && { secureContext }) }), layer + 1)
        return
      }
      if (first.toString('latin1').startsWith('CONNECT ')) {
        stream.write('HTTP/1.1 200 Connection established\r\n\r\n')
        this.#serve(stream, layer)
        return
      }
      this.#receive(stream, first)
      stream.on('data', (chunk: Buffer) => this.#receive(stream, chunk))
    })
  }

  #receive(stream: Duplex, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (chunk.includes('\r\n\r\n')) stream.write(this.#answer)
  }
}
