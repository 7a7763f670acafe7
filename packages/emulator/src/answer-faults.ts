import type { WholeAnswer } from './answer.ts'
import type { Dialect } from './dialect.ts'
import type { Fault } from './faults.ts'
import type { Operation } from './service.ts'

const portalPage =
  '<!doctype html><html><head><title>Вход в сеть</title></head><body>Войдите, чтобы продолжить.</body></html>'

/** The answer that a fault gives in the service's place; `undefined` when the service still answers itself. */
export function answerInstead(fault: Fault, dialect: Dialect, operation: Operation): WholeAnswer | undefined {
  switch (fault.kind) {
    case 'status':
      return withRetryAfter(dialect.error(operation, fault.status, fault.message), fault.retryAfter)
    case 'unauthorized':
      return dialect.unauthorized(operation, fault.reason ?? 'expired')
    case 'rate-limited':
      return withRetryAfter(dialect.rateLimited(operation), fault.retryAfter)
    case 'html-502':
      return { status: 502, contentType: 'text/html', body: dialect.badGatewayPage }
    case 'redirect':
      return {
        status: fault.status ?? 307,
        contentType: 'text/html',
        headers: { location: fault.location },
        body: '<html><body>Moved</body></html>\n',
      }
    case 'wrong-content-type':
      return {
        status: 200,
        contentType: fault.contentType ?? 'text/html; charset=utf-8',
        body: fault.body ?? portalPage,
      }
    case 'empty-body':
      return { status: fault.status ?? 200, contentType: 'application/json', body: '' }
    default:
      return undefined
  }
}

function withRetryAfter(answer: WholeAnswer, retryAfter: number | string | undefined): WholeAnswer {
  if (retryAfter === undefined) return answer
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfter) } }
}
