import type { Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { ConnectionError } from '../errors/connection-error.ts'

interface TunnelOptions {
  /** The proxy. */
  readonly url: URL
  /** The target, as in its URL: an IPv6 address in brackets. */
  readonly host: string
  readonly port: number
  readonly secureContext: SecureContext | undefined
}

/** The head of a proxy's answer is some hundred bytes; more is not an answer. */
const headLimit = 16_384
const answerWithinMs = 30_000

/**
 * Asks a forward proxy for a tunnel (RFC 9110, section 9.3.6). The proxy sees the target's name and port; TLS runs
 * end to end inside.
 */
export async function openTunnel(socket: Socket, options: TunnelOptions): Promise<Socket> {
  const proxied = options.url.protocol === 'https:' ? await secureProxy(socket, options) : socket
  const target = `${options.host}:${options.port}`
  return new Promise((resolve, reject) => {
    let head = ''
    const fail = (message: string): void => {
      proxied.destroy()
      reject(
        new ConnectionError(`proxy ${options.url.host}: ${message}`, {
          code: 'connection.proxy',
          hint: 'Проверьте, что прокси разрешает CONNECT к этому узлу и порту.',
        }),
      )
    }
    const onEnd = (): void => fail('closed the connection')
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return head.length > headLimit ? fail('sent no answer to CONNECT') : undefined
      proxied.off('data', onData).off('error', onEnd).off('close', onEnd)
      proxied.setTimeout(0)
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]
      if (status !== '200') return fail(`answered CONNECT with ${status ?? 'nonsense'}`)
      // The target speaks first in no protocol of ours: bytes behind the head are the proxy's own.
      if (head.length > end + 4) return fail('sent bytes of its own into the tunnel')
      proxied.pause()
      resolve(proxied)
    }
    proxied.on('data', onData).once('error', onEnd).once('close', onEnd)
    proxied.setTimeout(answerWithinMs, () => fail('did not answer CONNECT'))
    proxied.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`)
  })
}

function secureProxy(socket: Socket, options: TunnelOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secured = connectTls({
      socket,
      servername: options.url.hostname,
      rejectUnauthorized: true,
      ...(options.secureContext && { secureContext: options.secureContext }),
    })
    secured.once('error', reject)
    secured.once('secureConnect', () => {
      secured.removeListener('error', reject)
      resolve(secured)
    })
  })
}
