import type { Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { checkCredential } from './authorise.ts'
import { checkRate } from './rate-quotas.ts'
import { refuseAsCloud } from './refusals.ts'

/**
 * `GET /operations/<id>`, and `GET /operations/<id>:cancel` (by GET, as documented). The documentation looks at text
 * on the operation host and at images on the model host; here each host shows both.
 *
 * @throws Refusal with 401, 404 or 429
 */
export async function answerOperation(exchange: Exchange): Promise<Answer> {
  checkCredential(exchange, refuseAsCloud)
  checkRate(exchange, 'poll', refuseAsCloud)
  const { url, state } = exchange
  const [, id = '', action] = /\/operations\/([^/:]+)(:cancel)?$/.exec(decodeURIComponent(url.pathname)) ?? []
  await pause(exchange.draw(state.options.pace.serviceMs), exchange.signal)
  const { operations } = state.yandexgpt
  const body = action === undefined ? operations.look(id) : operations.cancel(id)
  if (body === undefined) throw refuseAsCloud(404, 'Operation not found', `there is no ${url.pathname}`)
  return { status: 200, contentType: 'application/json', body }
}
