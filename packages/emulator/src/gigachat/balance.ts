import { Refusal, type Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { authorise } from './authorise.ts'
import { jsonAnswer } from './json-answer.ts'
import { modelType } from './models.ts'
import { apiError } from './refusals.ts'

/** Tokens of a package at the start. */
const packageTokens = 1_000_000

/** The packages, and the models that use each up. */
const packages: readonly (readonly [string, (model: string) => boolean])[] = [
  ['GigaChat', (model) => modelType(model) === 'chat' && !/Pro|Max|Ultra/.test(model)],
  ['GigaChat-Pro', (model) => /Pro/.test(model)],
  ['GigaChat-Max', (model) => /Max|Ultra/.test(model)],
  ['embeddings', (model) => modelType(model) === 'embedder'],
]

/**
 * `GET /balance`: tokens left of what was paid in advance. Who pays as he goes has no balance: 403.
 *
 * @throws Refusal with 403
 */
export async function answerBalance(exchange: Exchange): Promise<Answer> {
  authorise(exchange)
  const { gigachat, options } = exchange.state
  if (options.gigachat.scope === 'GIGACHAT_API_CORP') throw new Refusal(apiError(403), 'the account pays as it goes')
  await pause(exchange.draw(options.pace.serviceMs), exchange.signal)
  const balance = packages.map(([usage, isOf]) => ({
    usage,
    value: options.gigachat.paid ? Math.max(0, packageTokens - gigachat.spentBy(isOf)) : 0,
  }))
  return jsonAnswer({ balance })
}
