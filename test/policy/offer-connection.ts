import { PolicyDeniedError, type Policy } from '@shlyuz/core'
import { testNetwork } from '@shlyuz/core/testing'
import { createGuard, type Guard } from '../../packages/core/src/policy/guard.ts'
import { CallScope } from '../../packages/core/src/transport/call-scope.ts'
import { DeadlineWheel } from '../../packages/core/src/transport/deadline-wheel.ts'
import { HttpExchange } from '../../packages/core/src/transport/http-exchange.ts'
import { Pools, type OriginPool } from '../../packages/core/src/transport/pools.ts'
import { send } from '../../packages/core/src/transport/send.ts'
import type { Listener } from './loopback.ts'

const limits = { connectMs: 5_000, headersMs: 5_000, firstContentMs: 5_000, idleMs: 5_000, attemptMs: 5_000 }

/**
 * Opens a real connection under one policy and offers it to a request under another one, at the door where bytes leave:
 * says what became of the request, and how many of its bytes arrived.
 */
export async function offerConnection(
  loopback: Listener,
  url: string,
  openedUnder: Policy,
  address: string,
  offeredTo: Policy,
): Promise<{ readonly verdict: string; readonly code: string; readonly bytes: number }> {
  const { hostname, origin } = new URL(url)
  const network = testNetwork({
    ca: loopback.ca,
    resolve: () => [address],
    dial: () => ({ host: '127.0.0.1', port: loopback.port }),
  })
  const pools = new Pools(network)
  const wheel = new DeadlineWheel()
  try {
    await loopback.start(hostname, [])
    const opener = createGuard([openedUnder])
    const pool = await pools.get(origin, { url }, opener, { provider: 'case', labels: {} })
    await exchange(pool, opener, wheel)
    await loopback.start(hostname, [])
    try {
      await exchange(pool, createGuard([offeredTo]), wheel)
      return { verdict: 'allow', code: 'ok', bytes: (await loopback.read()).bytes }
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve, 2))
      const code = (error as { code?: string }).code ?? String(error)
      return {
        verdict: PolicyDeniedError.isInstance(error) ? 'deny' : 'error',
        code,
        bytes: (await loopback.read()).bytes,
      }
    }
  } finally {
    await pools.destroy()
    wheel.stop()
  }
}

function exchange(pool: OriginPool, guard: Guard, wheel: DeadlineWheel): Promise<void> {
  const scope = new CallScope({ wheel, limitMs: 5_000 })
  return new Promise<void>((resolve, reject) => {
    const reader = { onHeaders: () => {}, onData: () => 'more' as const, onEnd: resolve, onFailure: reject }
    const { origin } = pool
    const request = { method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body: '{}' }
    send(pool, guard, request, new HttpExchange(scope, limits, reader, origin))
  }).finally(() => scope.end())
}
