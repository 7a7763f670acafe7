import type { Exchange } from '../exchange.ts'
import type { AnsweringModel } from '../yandexgpt/openai/answering-model.ts'
import { readText } from '../yandexgpt/openai/read-values.ts'
import { refuse } from './error-body.ts'

/**
 * The model that a request names, by its bare name, letter for letter.
 *
 * @throws Refusal with 404 (vLLM's words, OpenAI's code) for one that is not there, with 400 for one that does something
 * else
 */
export function findStandModel({ state }: Exchange, asked: unknown, task: 'chat' | 'embeddings'): AnsweringModel {
  const name = readText(asked, 'model')
  const { models, reasoningModels, visionModels, embeddingModels } = state.options.openai
  if (!models.includes(name)) throw refuse(404, `The model \`${name}\` does not exist.`, 'model_not_found')
  if (embeddingModels.includes(name) !== (task === 'embeddings')) {
    const other = task === 'chat' ? 'Chat Completions' : 'Embeddings'
    throw refuse(400, `The model does not support ${other} API`)
  }
  return {
    name,
    reasoning: reasoningModels.includes(name) ? 'shown' : 'none',
    sees: visionModels.includes(name),
    isYandex: false,
    isStock: true,
  }
}
