import { Refusal, type Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'

/**
 * The token of a virtual machine's service account
 * (https://yandex.cloud/docs/compute/operations/vm-connect/auth-inside-vm). Without `Metadata-Flavor: Google` it is
 * refused; the status and body of that refusal are ours.
 *
 * @throws Refusal with 403
 */
export async function answerMetadata(exchange: Exchange): Promise<Answer> {
  if (exchange.headers.get('metadata-flavor') !== 'Google') {
    const message = 'Missing Metadata-Flavor:Google header'
    throw new Refusal({ status: 403, contentType: 'text/plain', body: message }, message)
  }
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const { token, expiresAt } = exchange.state.yandexgpt.issueToken('service-account')
  const expiresIn = Math.floor((expiresAt - Date.now()) / 1000)
  const body = { access_token: token, expires_in: expiresIn, token_type: 'Bearer' }
  return {
    status: 200,
    contentType: 'application/json',
    headers: { 'metadata-flavor': 'Google' },
    body: JSON.stringify(body),
  }
}
