import { randomUUID } from 'node:crypto'
import type { WholeAnswer } from '../answer.ts'
import type { Dialect } from '../dialect.ts'
import type { Exchange } from '../exchange.ts'
import type { Operation } from '../service.ts'
import { cloudError, errorEnvelope, modelError } from './refusals.ts'

/** How YandexGPT says what every service says. */
export const yandexgptDialect: Dialect = {
  service: 'yandexgpt',
  headers,
  error,
  unauthorized: (operation) => error(operation, 401, 'Token is invalid or has expired.'),
  rateLimited: (operation) => error(operation, 429),
  streamContentType: 'application/json',
  badGatewayPage:
    '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><hr>ycalb</body></html>\n',
  brokenPiece: '{"result":{"alternatives":[{"message":{"role":"assistant","text":"обры\n',
  errorPiece: (status, message) => `${JSON.stringify(errorEnvelope(status, message))}\n`,
  endlessPiece: () => '{"result":{"alternatives":[{"message":{"role":"assistant","text":"',
}

function headers(exchange: Exchange): Record<string, string> {
  const client = exchange.headers.get('x-client-request-id')
  return {
    server: 'ycalb',
    'x-request-id': randomUUID(),
    'x-server-trace-id': traceId(),
    ...(client === null ? {} : { 'x-client-request-id': client }),
  }
}

/** What belongs to the cloud and not to the models has its own form of errors. */
const cloudOperations: readonly Operation[] = ['token', 'metadata', 'operation', 'endpoints']

function error(operation: Operation, status: number, message?: string): WholeAnswer {
  return cloudOperations.includes(operation) ? cloudError(status, message) : modelError(status, message)
}

function traceId(): string {
  const digits = randomUUID().replaceAll('-', '')
  return `${digits.slice(0, 16)}:${digits.slice(16)}:${digits.slice(0, 16)}:1`
}
