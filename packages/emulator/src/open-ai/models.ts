import type { Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { checkKey } from './check-key.ts'
import { refuse } from './error-body.ts'

/** `GET /v1/models`. vLLM names itself as the owner of every model. @throws Refusal */
export async function answerModels(exchange: Exchange): Promise<Answer> {
  checkKey(exchange)
  const { models } = exchange.state.options.openai
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  return answerJson({ object: 'list', data: models.map(describe) })
}

/** `GET /v1/models/{name}`; slashes of the name may stand as they are. @throws Refusal with 404 */
export async function answerModel(exchange: Exchange): Promise<Answer> {
  checkKey(exchange)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const path = exchange.url.pathname.slice('/v1/models/'.length)
  const name = exchange.state.options.openai.models.find(
    (model) => path === model || path === encodeURIComponent(model),
  )
  if (name === undefined) throw refuse(404, 'The model does not exist.', 'model_not_found')
  return answerJson(describe(name))
}

function describe(id: string): object {
  return { id, object: 'model', created: 1_764_000_000, owned_by: 'vllm' }
}

function answerJson(body: object): Answer {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}
