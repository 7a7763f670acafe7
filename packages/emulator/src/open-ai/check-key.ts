import type { Exchange } from '../exchange.ts'
import { refuse } from './error-body.ts'

/**
 * Checks `Authorization: Bearer <key>`, unless the stand asks for no key; then whatever comes is taken.
 *
 * @throws Refusal with 401
 */
export function checkKey({ headers, state }: Exchange): void {
  if (state.options.openai.apiKey === 'off') return
  const authorization = headers.get('authorization')
  if (authorization === null) throw refuse(401, "You didn't provide an API key.", 'invalid_api_key')
  const [, key] = /^Bearer (\S+)$/i.exec(authorization) ?? []
  if (key !== state.credentials.openai.apiKey) throw refuse(401, 'Incorrect API key provided.', 'invalid_api_key')
}
