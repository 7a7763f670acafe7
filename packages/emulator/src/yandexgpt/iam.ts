import { constants, verify, type KeyObject } from 'node:crypto'
import { Refusal, type Answer } from '../answer.ts'
import { isObject, parseJson, type Exchange } from '../exchange.ts'
import { yandexgptOrigins } from '../origins.ts'
import { pause } from '../pace.ts'
import type { Subject } from './cloud.ts'
import { cloudError } from './refusals.ts'

const audience = `${yandexgptOrigins.iam}/iam/v1/tokens`
const longestLifeSeconds = 3600
const clockSkewSeconds = 300

/**
 * `POST /iam/v1/tokens`: an OAuth token or a signed JWT in, an IAM token out. Rules are those of
 * https://yandex.cloud/docs/iam/operations/iam-token/create-for-sa; texts other than the 401 are ours.
 *
 * @throws Refusal with 400 or 401
 */
export async function answerIamToken(exchange: Exchange): Promise<Answer> {
  const subject = authenticate(exchange)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const { token, expiresAt } = exchange.state.yandexgpt.issueToken(subject)
  const body = { iamToken: token, expiresAt: new Date(expiresAt).toISOString().replace('Z', '000000Z') }
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}

function authenticate({ json, state }: Exchange): Subject {
  if (!isObject(json)) throw new Refusal(cloudError(400), 'the body is not a JSON object')
  const oauthToken = json['yandexPassportOauthToken'] ?? json['yandex_passport_oauth_token']
  const { jwt } = json
  if ((oauthToken === undefined) === (jwt === undefined)) {
    throw new Refusal(cloudError(400), 'exactly one of yandexPassportOauthToken and jwt is needed')
  }
  if (jwt !== undefined) {
    checkJwt(jwt, state.credentials.yandexgpt)
    return 'service-account'
  }
  if (oauthToken !== state.credentials.yandexgpt.oauthToken) throw refuse('unknown OAuth token')
  return 'user'
}

interface KeyOwner {
  readonly keyId: string
  readonly serviceAccountId: string
  readonly publicKey: KeyObject
}

function checkJwt(jwt: unknown, owner: KeyOwner): void {
  const [head, claims, signature, ...more] = typeof jwt === 'string' ? jwt.split('.') : []
  if (head === undefined || claims === undefined || signature === undefined || more.length > 0) {
    throw refuse('the JWT does not have three parts')
  }
  checkHeader(decodePart(head), owner)
  checkClaims(decodePart(claims), owner)
  const key = { key: owner.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const isSigned = verify('sha256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'))
  if (!isSigned) throw refuse('the signature of the JWT does not fit the key')
}

function checkHeader(header: Readonly<Record<string, unknown>>, { keyId }: KeyOwner): void {
  if (header['alg'] !== 'PS256') throw refuse('alg of the JWT is not PS256')
  if (header['typ'] !== undefined && header['typ'] !== 'JWT') throw refuse('typ of the JWT is not JWT')
  if (header['kid'] !== keyId) throw refuse('kid of the JWT is not the id of the key')
}

function checkClaims(claims: Readonly<Record<string, unknown>>, { serviceAccountId }: KeyOwner): void {
  const { iss, aud, iat, exp } = claims
  const now = Math.floor(Date.now() / 1000)
  if (iss !== serviceAccountId) throw refuse('iss of the JWT is not the service account')
  if (aud !== audience) throw refuse(`aud of the JWT is not ${audience}`)
  if (typeof iat !== 'number' || typeof exp !== 'number' || !Number.isInteger(iat) || !Number.isInteger(exp)) {
    throw refuse('iat and exp of the JWT must be whole seconds')
  }
  if (exp - iat > longestLifeSeconds) throw refuse('exp - iat of the JWT is more than 3600 seconds')
  if (exp <= now) throw refuse('the JWT has expired')
  if (iat > now + clockSkewSeconds) throw refuse('iat of the JWT lies in the future')
}

function decodePart(part: string): Readonly<Record<string, unknown>> {
  const value = parseJson(Buffer.from(part, 'base64url').toString())
  if (!isObject(value)) throw refuse('a part of the JWT is not a JSON object')
  return value
}

function refuse(reason: string): Refusal {
  return new Refusal(cloudError(401), reason)
}
