import { Refusal, type Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { authorise } from './authorise.ts'
import { jsonAnswer } from './json-answer.ts'
import { apiError } from './refusals.ts'

/** `GET /models`: what the account may use. */
export async function answerModels(exchange: Exchange): Promise<Answer> {
  authorise(exchange)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const data = modelsOf(exchange).map(describeModel)
  return jsonAnswer({ object: 'list', data })
}

/** `GET /models/{id}`. @throws Refusal with 404 */
export async function answerModel(exchange: Exchange): Promise<Answer> {
  authorise(exchange)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const id = decodeURIComponent(exchange.url.pathname.split('/').at(-1) ?? '')
  requireModel(exchange, id)
  return jsonAnswer(describeModel(id))
}

/** @throws Refusal with 404 when the account, or this host, does not have the model */
export function requireModel(exchange: Exchange, id: string): void {
  if (!modelsOf(exchange).includes(id)) throw new Refusal(apiError(404, 'No such model'), `no model ${id} here`)
}

/** The id that an answer states: the alias asked for, plus a version. Versions are of the recorded shape. */
export function versionedModel(id: string): string {
  if (id.startsWith('GigaChat-3-')) return `${id}:32.3.18.5`
  if (/(?:^GigaChat-2-Max|^GigaChat-Max)/.test(id)) return `${id}:2.0.30.01`
  return `${id}:2.0.28.2`
}

/** Third-generation models answer on api.giga.chat only. */
function modelsOf({ state, url }: Exchange): readonly string[] {
  const { models } = state.options.gigachat
  return url.hostname === 'api.giga.chat' ? models : models.filter((id) => !id.startsWith('GigaChat-3-'))
}

function describeModel(id: string): object {
  return { id, object: 'model', owned_by: 'salutedevices', type: modelType(id) }
}

/** What a model is for, in the words of `GET /models`. */
export function modelType(id: string): 'chat' | 'embedder' | 'aicheck' | 'filter' {
  if (/embedd/i.test(id)) return 'embedder'
  if (id.startsWith('GigaCheck')) return 'aicheck'
  return id === 'GigaFilter' ? 'filter' : 'chat'
}
