import { randomUUID } from 'node:crypto'
import type { Dialect } from '../dialect.ts'
import { encodeError, errorBody } from './error-body.ts'

/** How the stand says what every service says: as vLLM behind nginx. */
export const openAiStandDialect: Dialect = {
  service: 'openai',
  headers: (exchange) => ({ server: 'uvicorn', 'x-request-id': exchange.headers.get('x-request-id') ?? randomUUID() }),
  error: (_, status, message) => encodeError(status, message),
  unauthorized: () => encodeError(401),
  rateLimited: () => encodeError(429),
  streamContentType: 'text/event-stream',
  badGatewayPage:
    '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n' +
    '<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
  brokenPiece: 'data: {"id":"обры\n\n',
  errorPiece: (status, message) => `data: ${JSON.stringify(errorBody(status, message))}\n\n`,
  endlessPiece: (streamed) => (streamed ? 'data: {"id":"' : '{"id":"'),
}
