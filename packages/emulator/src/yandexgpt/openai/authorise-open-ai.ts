import { maskApiKey } from '../../credentials.ts'
import type { Exchange } from '../../exchange.ts'
import { complain } from './complaint.ts'

/**
 * Checks `Authorization` and the folder of a request to the OpenAI-compatible addresses. An API key may come as
 * `Bearer`, so that stock clients work; the folder may come as `OpenAI-Project` or `x-folder-id`, or from the model's
 * URI (recordings of the service's own client).
 *
 * @returns the folder
 * @throws Complaint with 401, 400 or 403
 */
export function authoriseOpenAi(exchange: Exchange, folderOfModel?: string): string {
  const { folderId } = exchange.state.options.yandexgpt
  const subject = subjectOf(exchange)
  const named = exchange.headers.get('openai-project') ?? exchange.headers.get('x-folder-id')
  if (subject === 'service-account') {
    if (named !== null) checkFolder(named, folderId)
    return folderId
  }
  const wanted = named ?? folderOfModel
  if (wanted === undefined) throw complain(401, 'You have to specify folder ID for user account')
  if (wanted !== folderId) throw complain(403, 'Permission denied', `the user has no role in folder ${wanted}`)
  return folderId
}

/** @throws Complaint with 400 when a request names another folder than its credential has */
export function checkFolder(named: string, folderId: string): void {
  if (named === folderId) return
  throw complain(400, `Specified folder ID '${named}' does not match with service account folder ID '${folderId}'`)
}

function subjectOf(exchange: Exchange): 'service-account' | 'user' {
  const authorization = exchange.headers.get('authorization')
  const [, scheme, value] = /^(Api-Key|Bearer) (\S+)$/i.exec(authorization ?? '') ?? []
  if (scheme === undefined || value === undefined) {
    throw complain(401, 'IAM token or API key has to be passed in request')
  }
  const isBearer = scheme.toLowerCase() === 'bearer'
  const subject = isBearer ? exchange.state.yandexgpt.subjectOf(value) : undefined
  if (subject !== undefined) return subject
  if (isBearer && /^t\d\./.test(value)) throw complain(401, 'Token is invalid or has expired.')
  const { apiKey, expiredApiKey } = exchange.state.credentials.yandexgpt
  if (value === expiredApiKey) throw complain(401, 'The apikey has expired')
  if (value !== apiKey) {
    throw complain(401, `rpc error: code = Unauthenticated desc = Unknown api key '${maskApiKey(value)}'`)
  }
  return 'service-account'
}
