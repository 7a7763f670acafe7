import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { getResponse, type RequestHandler } from 'msw'
import { BrokenBodyError, type ConnectionEnd } from './body.ts'
import type { OpenConnection } from './connections.ts'
import { runOverTransport, type Transport } from './transport.ts'

/** Time for written bytes to be read before a RST, which may otherwise overtake them. */
const settleMs = 25

/** One request as it came from a socket. */
export interface SocketExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly connection: OpenConnection
  /** The true origin that the listener stands for. */
  readonly origin: string
  readonly handlers: readonly RequestHandler[]
}

/** Lets the handlers answer a request from a socket, and carries out on the socket what they ask for. Never throws. */
export async function respondOverSocket(exchange: SocketExchange): Promise<void> {
  const { request, response, connection } = exchange
  response.on('error', () => undefined)
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const transport = describeTransport(request, connection)
  try {
    const answer = await runOverTransport(transport, async () => {
      const webRequest = await readRequest(exchange, gone.signal)
      return getResponse([...exchange.handlers], webRequest)
    })
    if (gone.signal.aborted) return void answer?.body?.cancel().catch(() => undefined)
    if (answer === undefined) return void response.writeHead(501).end()
    if (answer.type === 'error') return await endConnection(exchange, transport.end ?? 'reset')
    await writeAnswer(response, answer, gone.signal)
  } catch (error) {
    if (gone.signal.aborted) return
    if (error instanceof BrokenBodyError) return await endConnection(exchange, error.how)
    process.emitWarning(
      `The emulator failed on a request: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
    )
    response.socket?.destroy()
  }
}

function describeTransport(request: IncomingMessage, { id }: OpenConnection): Transport {
  const { socket } = request
  if (!(socket instanceof TLSSocket) || !socket.authorized) return { connection: id }
  const commonName: unknown = socket.getPeerCertificate().subject?.CN
  return typeof commonName === 'string' ? { connection: id, clientCertificate: commonName } : { connection: id }
}

async function readRequest({ request, origin }: SocketExchange, signal: AbortSignal): Promise<Request> {
  const body = await buffer(request)
  const { method = 'GET', url = '/' } = request
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  const hasBody = body.length > 0 && method !== 'GET' && method !== 'HEAD'
  return new Request(new URL(origin + (url.startsWith('/') ? url : '/')), {
    method,
    headers,
    signal,
    ...(hasBody ? { body } : {}),
  })
}

async function writeAnswer(response: ServerResponse, answer: Response, signal: AbortSignal): Promise<void> {
  response.writeHead(answer.status, [...answer.headers].flat())
  response.flushHeaders()
  const reader = answer.body?.getReader()
  const cancel = (): void => void reader?.cancel().catch(() => undefined)
  signal.addEventListener('abort', cancel, { once: true })
  try {
    for (;;) {
      const chunk = await reader?.read()
      if (chunk === undefined || chunk.done || signal.aborted) break
      if (!response.write(chunk.value)) await Promise.race([once(response, 'drain'), once(response, 'close')])
    }
    response.end()
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** A reset goes to the raw socket, an orderly end to the outer one, so that TLS says goodbye. */
async function endConnection({ request, connection }: SocketExchange, how: ConnectionEnd): Promise<void> {
  if (request.socket.destroyed) return
  await sleep(settleMs)
  if (how === 'reset') connection.socket.resetAndDestroy()
  else request.socket.end()
}
