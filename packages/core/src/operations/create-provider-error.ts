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
  type ErrorFacts,
  type ShlyuzError,
} from '../errors/index.ts'
import type { ProviderFailure } from '../provider.ts'
import type { AnswerHeaders } from '../transport/http-exchange.ts'
import { readRetryAfter } from './read-retry-after.ts'

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

const wantFreshToken = new WeakSet<ShlyuzError>()

/** Makes the error class of a failure that the service reported. */
export function createProviderError(failure: ProviderFailure, headers: AnswerHeaders = {}): ShlyuzError {
  const retryAfterMs = readRetryAfter(headers['retry-after'], Date.now())
  const facts: ErrorFacts = {
    ...(failure.hint !== undefined && { hint: failure.hint }),
    ...(failure.status !== undefined && { status: failure.status }),
    ...(failure.providerCode !== undefined && { providerCode: failure.providerCode }),
    ...(failure.requestId !== undefined && { requestId: failure.requestId }),
    ...(failure.isRetryable !== undefined && { isRetryable: failure.isRetryable }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
  const error = new classOf[failure.kind](failure.message, facts)
  if (failure.refreshToken) wantFreshToken.add(error)
  return error
}

/** True when a fresh token may help against this error. */
export function wantsFreshToken(error: unknown): error is ShlyuzError {
  return typeof error === 'object' && error !== null && wantFreshToken.has(error as ShlyuzError)
}
