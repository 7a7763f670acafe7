import {
  AuthError,
  BadRequestError,
  ContentFilterError,
  ContextLengthError,
  NotFoundError,
  PermissionError,
  ProtocolError,
  QuotaError,
  RateLimitError,
  ServerError,
} from '@shlyuz/core'
import type { ProviderFailure, ShlyuzError } from '@shlyuz/core'

const classOf = {
  'bad-request': BadRequestError,
  auth: AuthError,
  permission: PermissionError,
  'not-found': NotFoundError,
  'context-length': ContextLengthError,
  'content-filter': ContentFilterError,
  quota: QuotaError,
  'rate-limit': RateLimitError,
  server: ServerError,
  protocol: ProtocolError,
} satisfies Record<ProviderFailure['kind'], unknown>

/** The error of a failure that stood in a body of 200: the service's own, or no answer of the service at all. */
export function createYandexgptError(failure: ProviderFailure): ShlyuzError {
  const { kind, message, hint, status, providerCode, requestId, isRetryable } = failure
  return new classOf[kind](message, {
    ...(isRetryable !== undefined && { isRetryable }),
    ...(hint !== undefined && { hint }),
    ...(status !== undefined && { status }),
    ...(providerCode !== undefined && { providerCode }),
    ...(requestId !== undefined && { requestId }),
  })
}
