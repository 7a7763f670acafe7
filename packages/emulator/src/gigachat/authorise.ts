import { Refusal } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { apiError } from './refusals.ts'

/**
 * Checks the access token of an API request. Where client certificates are required the certificate is enough, as
 * stands have it (https://developers.sber.ru/docs/ru/gigachat-b2bank/api/reference/rest/auth-b2bank).
 *
 * @throws Refusal with 401
 */
export function authorise(exchange: Exchange): void {
  const authorization = exchange.headers.get('authorization')
  if (authorization === null && exchange.state.options.gigachat.clientCertificate === 'required') return
  const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1]
  if (token === undefined) throw new Refusal(apiError(401), 'no bearer token')
  const tokenState = exchange.state.gigachat.tokenState(token)
  if (tokenState === 'unknown') throw new Refusal(apiError(401), 'unknown access token')
  if (tokenState === 'expired') throw new Refusal(apiError(401, 'Token has expired'), 'expired access token')
}
