import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { testNetwork, type TestNetwork } from '@shlyuz/core/testing'
import { generate } from 'selfsigned'

/** A request that reached the service, whole. */
export interface Arrived {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** The body, parsed. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Answer {
  readonly status?: number
  readonly json?: unknown
  readonly bytes?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export type Handler = (request: Arrived) => Answer | Promise<Answer>

/** A service of one function on this machine's loopback, behind TLS. */
export interface Service extends AsyncDisposable {
  readonly network: TestNetwork
  /** In the order in which they came. */
  readonly requests: readonly Arrived[]
  /** Connections open at this moment. */
  readonly connections: number
  /** Most requests that were being answered at one time. */
  readonly mostAtOnce: number
  handle: Handler
}

export const host = 'probe.example'
export const origin = `https://${host}`

export async function startService(handle: Handler): Promise<Service> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: host }] },
    ],
  })
  const requests: Arrived[] = []
  const open = new Set<Socket>()
  let running = 0
  const state = { handle, mostAtOnce: 0 }
  const plain = createServer((request, response) => {
    state.mostAtOnce = Math.max(state.mostAtOnce, ++running)
    response.on('close', () => running--)
    void answer(request, response, requests, (arrived) => state.handle(arrived))
  })
  const server = createSecureServer({ key, cert }, (request, response) => plain.emit('request', request, response))
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    network: testNetwork({ resolve: () => ['10.0.0.1'], dial: () => ({ host: '127.0.0.1', port }), ca: cert }),
    requests,
    get connections() {
      return open.size
    },
    get mostAtOnce() {
      return state.mostAtOnce
    },
    get handle() {
      return state.handle
    },
    set handle(next: Handler) {
      state.handle = next
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  requests: Arrived[],
  handle: Handler,
): Promise<void> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    // The client hung up in the middle of its request: it never arrived.
    return
  }
  const body = Buffer.concat(chunks)
  const { method = '', url = '', headers } = request
  const arrived = { method, path: url, headers, body, json: parse(body) }
  requests.push(arrived)
  const { status = 200, json, bytes, headers: more } = await handle(arrived)
  const content = bytes ?? Buffer.from(JSON.stringify(json ?? {}))
  response.writeHead(status, {
    'content-type': bytes ? 'image/jpeg' : 'application/json',
    'content-length': content.length,
    ...more,
  })
  response.end(content)
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString('utf8')) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** Waits until something holds, a bounded time. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  const until = Date.now() + 5_000
  while (!holds()) {
    if (Date.now() > until) throw new Error(`it did not come to pass: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
