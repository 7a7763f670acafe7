import { ProtocolError } from '../errors/protocol-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { ProviderFailure, WireRequest } from '../provider.ts'
import type { AnswerHeaders } from '../transport/http-exchange.ts'
import type { CallContext } from './call-context.ts'
import { strikeEcho } from './strike-echo.ts'

/** Bytes of an error body that are read. */
export const errorBodyLimit = 64 * 1024

/** Policy, depth 4, on the headers: no redirect is followed, whatever the target. Then the protocol's own terms. */
export function checkAnswerHeaders(
  context: CallContext,
  request: WireRequest,
  status: number,
  headers: AnswerHeaders,
): void {
  context.record.answer(status, headers)
  if (status >= 300 && status < 400) throw createDeniedError(context.guard.redirected(status))
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new ProtocolError(`the answer is encoded as '${encoding.slice(0, 40)}', which was not asked for`, {
      status,
      hint: 'Отключите сжатие ответов на прокси перед сервисом.',
    })
  }
  if (status >= 300 || request.accept.length === 0) return
  if (status === 204) {
    throw new ProtocolError('the answer is empty', {
      status,
      isRetryable: true,
      hint: 'Сервис прислал пустой ответ: повтор обычно помогает.',
    })
  }
  // Most answers spell it as it was asked for.
  if (request.accept.includes(headers['content-type'] ?? '')) return
  const type = contentTypeOf(headers)
  if (request.accept.includes(type)) return
  throw new ProtocolError(
    `the answer is '${type.slice(0, 80) || 'without content type'}' instead of ${request.accept.join(' or ')}`,
    {
      status,
      hint: 'Ответил не сервис модели, а что-то на пути: проверьте адрес (baseUrl), прокси и страницу входа в сеть.',
    },
  )
}

export function contentTypeOf(headers: AnswerHeaders): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** What the adapter makes of an answer outside 2xx. */
export function readFailure(
  context: CallContext,
  request: WireRequest,
  answer: { readonly status: number; readonly headers: AnswerHeaders; readonly text: string },
): ProviderFailure {
  const failure = context.provider.toError({
    operation: request.operation,
    endpoint: request.endpoint,
    contentType: contentTypeOf(answer.headers),
    ...answer,
  })
  return { status: answer.status, ...failure, message: strikeEcho(failure.message, request.body) }
}
