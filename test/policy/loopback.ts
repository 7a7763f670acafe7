import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, connect, isIP, type AddressInfo, type Server, type Socket } from 'node:net'
import { createSecureContext, createServer as createTlsServer, type SecureContext } from 'node:tls'
import type { Duplex } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { generate } from 'selfsigned'

/** What the listener answers to one request. */
export interface ScriptedAnswer {
  /** @default 200 */
  readonly status?: number
  readonly location?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The model that answers, where `body` does not say. */
  readonly model?: string
}

/** What reached the listener since the last {@link Loopback.start}. TLS handshakes and CONNECT do not count. */
export interface Arrivals {
  /** Bytes of HTTP requests, counted behind TLS. */
  bytes: number
  /** Hosts of the requests, in order. */
  readonly hosts: string[]
  /** Their bodies, as text. */
  readonly bodies: string[]
}

/** Where the connections of a case end. */
export interface Listener {
  readonly port: number
  readonly ca: string
  /** Begins a call: forgets what arrived before. */
  start(host: string | undefined, answers: readonly ScriptedAnswer[]): Promise<void>
  read(): Promise<Arrivals>
  close(): Promise<void>
}

/**
 * One port on this machine's loopback that speaks TLS, plain HTTP and CONNECT, told apart by the first byte: whatever
 * a case manages to send, and however, it ends here and is counted.
 */
export class Loopback implements Listener {
  readonly port: number
  readonly ca: string
  readonly #server: Server
  readonly #prepare: (host: string) => Promise<SecureContext>
  readonly #open: Set<Socket>
  readonly #state: { arrivals: Arrivals; answers: readonly ScriptedAnswer[]; literal: string | undefined }

  private constructor(
    parts: Pick<Loopback, 'port' | 'ca'> & {
      server: Server
      prepare: (host: string) => Promise<SecureContext>
      open: Set<Socket>
      state: { arrivals: Arrivals; answers: readonly ScriptedAnswer[]; literal: string | undefined }
    },
  ) {
    this.port = parts.port
    this.ca = parts.ca
    this.#server = parts.server
    this.#prepare = parts.prepare
    this.#open = parts.open
    this.#state = parts.state
  }

  static async open(): Promise<Loopback> {
    const authority = await createCertificate('Policy Cases Root', undefined)
    const contexts = new Map<string, Promise<SecureContext>>()
    const open = new Set<Socket>()
    const state = {
      arrivals: { bytes: 0, hosts: [], bodies: [] } as Arrivals,
      answers: [] as readonly ScriptedAnswer[],
      literal: undefined as string | undefined,
    }
    const prepare = (host: string): Promise<SecureContext> => {
      const known = contexts.get(host) ?? createCertificate(host, authority).then((pair) => createSecureContext(pair))
      contexts.set(host, known)
      return known
    }
    const http = createHttpServer((request, response) => answer(request, response, state))
    http.on('connect', (_request: IncomingMessage, socket: Duplex) => {
      // A forward proxy whose every tunnel leads back to this port.
      const inner = connect(server.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        socket.pipe(inner).pipe(socket)
      })
      inner.on('error', () => socket.destroy())
      socket.on('error', () => inner.destroy())
    })
    const count = (socket: Duplex): void => {
      http.emit('connection', socket)
      socket.on('data', (chunk: Buffer) => {
        if (!chunk.toString('latin1').startsWith('CONNECT ')) state.arrivals.bytes += chunk.length
      })
      socket.on('error', () => {})
    }
    const tls = createTlsServer({
      SNICallback: (name, done) => {
        prepare(name).then(
          (context) => done(null, context),
          (error: Error) => done(error),
        )
      },
      ...(await createCertificate('127.0.0.1', authority)),
    })
    tls.on('secureConnection', count)
    tls.on('tlsClientError', () => {})
    const tcp = createTcpServer((socket) => {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.on('error', () => {})
      socket.once('data', (first) => {
        socket.pause()
        socket.unshift(first)
        // A greeting in TLS begins with 0x16; without SNI the certificate is that of the literal the case names.
        const secure = first[0] === 0x16
        const ready =
          secure && state.literal !== undefined ? setLiteral(tls, authority, state.literal) : Promise.resolve()
        void ready.then(() => {
          if (secure) tls.emit('connection', socket)
          else count(socket)
          socket.resume()
        })
      })
    })
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
    const server = { port: (tcp.address() as AddressInfo).port }
    return new Loopback({ port: server.port, ca: authority.cert, server: tcp, prepare, open, state })
  }

  async start(host: string | undefined, answers: readonly ScriptedAnswer[]): Promise<void> {
    this.#state.arrivals = { bytes: 0, hosts: [], bodies: [] }
    this.#state.answers = answers
    const bare = host?.replace(/^\[|\]$/g, '')
    this.#state.literal = bare !== undefined && isIP(bare) !== 0 ? bare : undefined
    if (bare && isIP(bare) === 0) await this.#prepare(bare).catch(() => undefined)
  }

  get arrivals(): Arrivals {
    return this.#state.arrivals
  }

  async read(): Promise<Arrivals> {
    return this.arrivals
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  state: { readonly arrivals: Arrivals; readonly answers: readonly ScriptedAnswer[] },
): void {
  const { arrivals, answers } = state
  const { status = 200, location, headers, body, model } = answers[arrivals.hosts.length] ?? {}
  arrivals.hosts.push(request.headers.host ?? '')
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? { model })
  // Answered when all of it is here, so that its body is kept by then.
  readText(request).then(
    (received) => {
      arrivals.bodies.push(received)
      response.writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        ...(location !== undefined && { location }),
        ...headers,
      })
      response.end(text)
    },
    () => {},
  )
}

async function setLiteral(tls: ReturnType<typeof createTlsServer>, authority: Pair, literal: string): Promise<void> {
  tls.setSecureContext(await createCertificate(literal, authority))
}

interface Pair {
  readonly key: string
  readonly cert: string
}

async function createCertificate(name: string, authority: Pair | undefined): Promise<Pair> {
  const altName = isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name }
  const { private: key, cert } = await generate([{ name: 'commonName', value: name.slice(0, 64) }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 86_400_000),
    notAfterDate: new Date(Date.now() + 30 * 86_400_000),
    extensions: authority
      ? [
          { name: 'basicConstraints', cA: false, critical: true },
          { name: 'keyUsage', digitalSignature: true, critical: true },
          { name: 'extKeyUsage', serverAuth: true },
          { name: 'subjectAltName', altNames: [altName] },
        ]
      : [
          { name: 'basicConstraints', cA: true, critical: true },
          { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
        ],
    ...(authority && { ca: authority }),
  })
  return { key, cert }
}
