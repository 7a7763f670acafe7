import { randomUUID } from 'node:crypto'
import type { WholeAnswer } from '../answer.ts'
import type { Dialect } from '../dialect.ts'
import type { Exchange } from '../exchange.ts'
import type { Operation } from '../service.ts'
import { apiError, oauthError, statusWords } from './refusals.ts'

const balancer = {
  server: 'SynGX',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'x-xss-protection': '1; mode=block',
}

/** How GigaChat says what every service says. Headers are those of public recordings. */
export const gigachatDialect: Dialect = {
  service: 'gigachat',
  headers,
  error,
  unauthorized: (operation, reason) =>
    isOauth(operation)
      ? oauthError(401, 6, "credentials doesn't match db data")
      : apiError(401, reason === 'expired' ? 'Token has expired' : 'Unauthorized'),
  rateLimited: (operation) => error(operation, 429),
  streamContentType: 'text/event-stream',
  badGatewayPage:
    '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n' +
    '<hr><center>SynGX</center>\r\n</body>\r\n</html>\r\n',
  brokenPiece: 'data: {"choices":[{"delta":{"content":"обры\n\n',
  errorPiece: (status, message = statusWords(status)) => `data: ${JSON.stringify({ status, message })}\n\n`,
  endlessPiece: (streamed) =>
    streamed ? 'data: {"choices":[{"delta":{"content":"' : '{"choices":[{"message":{"role":"assistant","content":"',
}

function headers(exchange: Exchange): Record<string, string> {
  if (isOauth(exchange.record.operation)) {
    return { ...balancer, 'cache-control': 'no-cache, no-store, max-age=0, must-revalidate', pragma: 'no-cache' }
  }
  const client = exchange.headers.get('x-client-id')
  return {
    ...balancer,
    'x-request-id': exchange.headers.get('x-request-id') ?? randomUUID(),
    'x-session-id': exchange.headers.get('x-session-id') ?? randomUUID(),
    ...(client === null ? {} : { 'x-client-id': client }),
  }
}

function error(operation: Operation, status: number, message: string = statusWords(status)): WholeAnswer {
  return isOauth(operation) ? oauthError(status, undefined, message) : apiError(status, message)
}

function isOauth(operation: Operation): boolean {
  return operation === 'token'
}
