import { maskApiKey } from '../credentials.ts'
import type { Exchange } from '../exchange.ts'
import { refuse, type Refuse } from './refusals.ts'

/** Whose folder a request may use. */
export interface Caller {
  /** The folder of the service account, or the one a person named. */
  readonly folderId: string
}

/**
 * Checks `Authorization` and `x-folder-id` of a model method. The 401 for a person without a folder is from
 * yandex-cloud/cloudapi issue 19, the text of the mismatch from client reports.
 *
 * @throws Refusal with 401, 400 or 403
 */
export function authorise(exchange: Exchange): Caller {
  const { folderId } = exchange.state.options.yandexgpt
  // An empty value names no folder; what the service makes of one is unconfirmed, and clients send it.
  const named = exchange.headers.get('x-folder-id') || null
  if (checkCredential(exchange, refuse) === 'user') {
    if (named === null) throw refuse(401, 'You have to specify folder ID for user account')
    if (named !== folderId) throw refuse(403, 'Permission denied', `the user has no role in folder ${named}`)
  } else if (named !== null) {
    checkFolder(named, folderId)
  }
  return { folderId }
}

/** @throws Refusal with 400 when a request names another folder than its credential has */
export function checkFolder(named: string, folderId: string): void {
  if (named === folderId) return
  throw refuse(400, `Specified folder ID '${named}' does not match with service account folder ID '${folderId}'`)
}

/** Whom the credential speaks for. @throws Refusal with 401 */
export function checkCredential(exchange: Exchange, deny: Refuse): 'service-account' | 'user' {
  const authorization = exchange.headers.get('authorization')
  const [, scheme, value] = /^(Api-Key|Bearer) (\S+)$/.exec(authorization ?? '') ?? []
  if (scheme === undefined || value === undefined) {
    throw deny(401, 'IAM token or API key has to be passed in request')
  }
  if (scheme === 'Api-Key') return checkApiKey(exchange, value, deny)
  const subject = exchange.state.yandexgpt.subjectOf(value)
  if (subject === undefined) throw deny(401, 'Token is invalid or has expired.')
  return subject
}

function checkApiKey(exchange: Exchange, key: string, deny: Refuse): 'service-account' {
  const { apiKey, expiredApiKey } = exchange.state.credentials.yandexgpt
  if (key === expiredApiKey) throw deny(401, 'The apikey has expired')
  if (key !== apiKey) {
    throw deny(401, `rpc error: code = Unauthenticated desc = Unknown api key '${maskApiKey(key)}'`)
  }
  return 'service-account'
}
