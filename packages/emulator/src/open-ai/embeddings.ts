import type { Answer } from '../answer.ts'
import { embedText, normalise } from '../answers/embed-text.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { countTokens } from '../tokens.ts'
import { complain } from '../yandexgpt/openai/complaint.ts'
import { readChoice, readCount, readList, readObject, readText } from '../yandexgpt/openai/read-values.ts'
import { checkKey } from './check-key.ts'
import { findStandModel } from './find-stand-model.ts'
import { describeStand } from './open-ai-stand-service.ts'

/**
 * `POST /v1/embeddings`: one text or several, as numbers or, as OpenAI's own clients ask, as Base64 of 32-bit floats
 * (little-endian). `dimensions` may be any number up to the model's own.
 *
 * @throws Refusal
 * @throws Complaint
 */
export async function answerEmbeddings(exchange: Exchange): Promise<Answer> {
  checkKey(exchange)
  const fields = readObject(exchange.json, 'body')
  const model = findStandModel(exchange, fields['model'], 'embeddings')
  const texts = readInput(fields['input'])
  const { options } = exchange.state
  const dimensions = readCount(fields['dimensions'], 'dimensions') ?? options.openai.embeddingDimensions
  if (dimensions > options.openai.embeddingDimensions) {
    throw complain(400, `dimensions must be no more than ${options.openai.embeddingDimensions}`)
  }
  const form = readChoice(fields['encoding_format'], 'encoding_format', ['float', 'base64']) ?? 'float'
  const counts = texts.map(countTokens)
  const { contextTokens, tooLong } = describeStand(exchange)
  const longest = Math.max(...counts)
  if (longest > contextTokens) throw tooLong(longest)
  await pause(exchange.draw(options.pace.serviceMs), exchange.signal)
  const tokens = counts.reduce((sum, count) => sum + count, 0)
  const body = {
    object: 'list',
    model: exchange.answeringModel ?? model.name,
    data: texts.map((text, index) => {
      const vector = normalise(embedText(text, dimensions))
      return { object: 'embedding', index, embedding: form === 'float' ? vector : encodeVector(vector) }
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}

function readInput(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  const texts = readList(value, 'input').map((text, index) => readText(text, `input[${index}]`))
  if (texts.length === 0) throw complain(400, 'input must not be empty')
  return texts
}

function encodeVector(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}
