import { Refusal, type Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import type { GigaChatScope } from '../options.ts'
import { pause } from '../pace.ts'
import { apiError, oauthError } from './refusals.ts'

const scopes: readonly GigaChatScope[] = ['GIGACHAT_API_PERS', 'GIGACHAT_API_B2B', 'GIGACHAT_API_CORP']
const uuidVersion4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/**
 * `POST /api/v2/oauth`: authorisation key and scope in, access token out. Codes and texts are those of the error page
 * (https://developers.sber.ru/docs/ru/gigachat/api/errors-description). `expires_at` is in milliseconds.
 *
 * @throws Refusal for a bad key, `RqUID` or scope, and for more than ten calls a second
 */
export async function answerOauth(exchange: Exchange): Promise<Answer> {
  const { state, headers } = exchange
  if (!state.gigachat.admitTokenCall()) throw refuse(429, undefined, 'Too Many Requests')
  checkRqUid(headers.get('rquid'))
  checkKey(headers.get('authorization'), state.credentials.gigachat.credentials)
  checkScope(exchange)
  await pause(exchange.draw(state.options.pace.serviceMs), exchange.signal)
  const { token, expiresAt } = state.gigachat.issueToken()
  return {
    status: 200,
    contentType: 'application/json',
    body: JSON.stringify({ access_token: token, expires_at: expiresAt }),
  }
}

/**
 * `POST {base}/token`: user and password as HTTP Basic, as stands on own premises have it. `exp` is in seconds, as the
 * recordings of the official SDK suggest.
 *
 * @throws Refusal for another user or password
 */
export async function answerUserToken(exchange: Exchange): Promise<Answer> {
  const { state, headers } = exchange
  const { user, password } = state.credentials.gigachat
  const given = decodeBasic(headers.get('authorization'))
  if (given !== `${user}:${password}`) throw new Refusal(apiError(401), 'user or password is wrong')
  await pause(exchange.draw(state.options.pace.serviceMs), exchange.signal)
  const { token, expiresAt } = state.gigachat.issueToken()
  return {
    status: 200,
    contentType: 'application/json; charset=utf-8',
    body: JSON.stringify({ tok: token, exp: Math.floor(expiresAt / 1000) }),
  }
}

function checkRqUid(rqUid: string | null): void {
  if (rqUid === null || !uuidVersion4.test(rqUid)) throw refuse(400, undefined, 'RqUID is missing or not a UUID v4')
}

function checkKey(authorization: string | null, key: string): void {
  if (decodeBasic(authorization) === undefined) throw refuse(401, 4, "Can't decode 'Authorization' header")
  if (authorization?.replace(/^\S+\s+/, '') !== key) throw refuse(401, 6, "credentials doesn't match db data")
}

function checkScope(exchange: Exchange): void {
  const scope = new URLSearchParams(exchange.text).get('scope')
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(exchange.headers.get('content-type') ?? '')
  if (scope === null || scope === '' || !isForm) throw refuse(400, 5, 'scope is empty')
  if (!scopes.some((known) => known === scope)) throw refuse(400, 1, 'scope data format invalid')
  if (scope !== exchange.state.options.gigachat.scope) {
    throw refuse(400, 7, 'scope from db not fully includes consumed scope')
  }
}

/** `user:password` of a Basic header (old official texts also say Bearer), or `undefined` when it is none. */
function decodeBasic(authorization: string | null): string | undefined {
  const encoded = /^(?:Basic|Bearer) ([A-Za-z0-9+/]+={0,2})$/.exec(authorization ?? '')?.[1]
  if (encoded === undefined || encoded.length % 4 !== 0) return undefined
  const decoded = Buffer.from(encoded, 'base64').toString()
  return decoded.includes(':') ? decoded : undefined
}

function refuse(status: number, code: number | undefined, message: string): Refusal {
  return new Refusal(oauthError(status, code, message), message)
}
