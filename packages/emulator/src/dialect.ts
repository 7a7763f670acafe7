import type { WholeAnswer } from './answer.ts'
import type { Exchange } from './exchange.ts'
import type { Operation, Service } from './service.ts'

/** How a service says the things that every service says. */
export interface Dialect {
  readonly service: Service
  /** Headers of every answer. */
  headers(exchange: Exchange): Record<string, string>
  /** An error in the body shape of the operation. */
  error(operation: Operation, status: number, message?: string): WholeAnswer
  /** 401 although the credential is good. */
  unauthorized(operation: Operation, reason: 'expired' | 'unknown'): WholeAnswer
  /** 429. */
  rateLimited(operation: Operation): WholeAnswer
  /** Content type of its streams. */
  readonly streamContentType: string
  /** The balancer's page. */
  readonly badGatewayPage: string
  /** A broken event or line, complete with its end. */
  readonly brokenPiece: string
  /** An error inside a started stream, complete with its end. */
  errorPiece(status: number, message?: string): string
  /** The beginning of an event, line or body that never ends. */
  endlessPiece(streamed: boolean): string
}
