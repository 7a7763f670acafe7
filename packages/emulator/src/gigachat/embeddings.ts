import { Refusal, type Answer } from '../answer.ts'
import { embedText } from '../answers/embed-text.ts'
import { isObject, type Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { countTokens } from '../tokens.ts'
import { admit, checkModel } from './admit.ts'
import { jsonAnswer } from './json-answer.ts'
import { apiError, refuseSchema } from './refusals.ts'

interface EmbeddingModel {
  readonly dimensions: number
  /** Most tokens of one text. */
  readonly inputTokens: number
}

/** `Embeddings` was recorded; the others are of several third-party tables, and where those are silent as the first. */
const embeddingModels: Readonly<Record<string, EmbeddingModel>> = {
  Embeddings: { dimensions: 1024, inputTokens: 512 },
  'Embeddings-2': { dimensions: 1024, inputTokens: 512 },
  EmbeddingsGigaR: { dimensions: 2560, inputTokens: 4096 },
  'GigaEmbeddings-3B-2025-09': { dimensions: 2048, inputTokens: 4096 },
}

/** `POST /embeddings`: a vector a text, usage beside each, no total. Vectors are not of unit length. @throws Refusal */
export async function answerEmbeddings(exchange: Exchange): Promise<Answer> {
  const release = admit(exchange)
  try {
    const body = completeEmbeddings(exchange, exchange.json)
    await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
    return jsonAnswer(body)
  } finally {
    release()
  }
}

/** The body of the answer. @throws Refusal with 400, 402, 404, or 413 for a text that is too long */
export function completeEmbeddings(exchange: Exchange, body: unknown): object {
  const { model, texts } = readRequest(body)
  checkModel(exchange, model, 'embedder')
  const { dimensions, inputTokens } = embeddingModels[model] ?? { dimensions: 1024, inputTokens: 512 }
  const data = texts.map((text, index) => {
    const tokens = countTokens(text)
    if (tokens > inputTokens) throw new Refusal(apiError(413), `input ${index} has more than ${inputTokens} tokens`)
    return { object: 'embedding', index, embedding: embedText(text, dimensions), usage: { prompt_tokens: tokens } }
  })
  exchange.state.gigachat.spend(
    model,
    data.reduce((sum, { usage }) => sum + usage.prompt_tokens, 0),
  )
  return { object: 'list', model, data }
}

function readRequest(body: unknown): { readonly model: string; readonly texts: readonly string[] } {
  if (!isObject(body) || typeof body['model'] !== 'string') throw refuseSchema('model is not a string')
  const { model, input } = body
  const texts: unknown[] = Array.isArray(input) ? input : [input]
  if (texts.length === 0) throw refuseSchema('input is empty')
  if (!texts.every((text) => typeof text === 'string')) throw refuseSchema('input is not made of strings')
  return { model, texts }
}
