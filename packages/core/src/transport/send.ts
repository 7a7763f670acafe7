import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Guard } from '../policy/guard.ts'
import type { HttpExchange } from './http-exchange.ts'
import type { OriginPool } from './pools.ts'

/** A request whose URL and headers the policy has approved. */
export interface ApprovedRequest {
  readonly method: string
  /** Path and query, as in the approved URL. */
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array | undefined
}

/**
 * The one function that hands bytes to undici. Everything that leaves the process passes here.
 * @throws PolicyDeniedError `socket.pool_scope` for connections that were opened under another network policy
 */
export function send(pool: OriginPool, guard: Guard, request: ApprovedRequest, exchange: HttpExchange): void {
  const denial = guard.judgeReuse(pool.openedUnder)
  if (denial) throw createDeniedError(denial)
  const client = pool.connections.take()
  exchange.start(pool, client)
  client.dispatch(
    { method: request.method, path: request.path, headers: request.headers, body: request.body ?? null },
    exchange,
  )
}
