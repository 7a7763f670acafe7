import type { Answer } from '../../answer.ts'
import { embedText, normalise } from '../../answers/embed-text.ts'
import type { Exchange } from '../../exchange.ts'
import { pause } from '../../pace.ts'
import { countTokens } from '../../tokens.ts'
import { authoriseOpenAi } from './authorise-open-ai.ts'
import { complain } from './complaint.ts'
import { findOpenAiModel, folderOf, type AskedModel } from './find-open-ai-model.ts'
import { isAbsent, readCount, readList, readObject, readText, type JsonObject } from './read-values.ts'

/** Documented limit of an input, in tokens. */
const mostTokens = 2000

/**
 * `POST /v1/embeddings`: one input, as text or as a list of one, in numbers. OpenAI's clients ask for Base64 unless told
 * otherwise; it is not documented here and refused. The texts of the refusals are ours.
 *
 * @throws Complaint
 */
export async function answerEmbeddings(exchange: Exchange): Promise<Answer> {
  const folderId = authoriseOpenAi(exchange, folderOf(exchange.json))
  const fields = readObject(exchange.json, 'body')
  const model = findOpenAiModel(exchange, fields['model'], 'emb', folderId)
  const text = readInput(fields['input'])
  const dimensions = readDimensions(fields, model)
  if (!isAbsent(fields['encoding_format']) && fields['encoding_format'] !== 'float') {
    throw complain(400, 'encoding_format must be float')
  }
  const tokens = countTokens(text)
  if (tokens > mostTokens)
    throw complain(400, `Number of input tokens must be no more than ${mostTokens}, got ${tokens}`)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const body = {
    object: 'list',
    model: exchange.answeringModel ?? model.uri,
    data: [{ index: 0, embedding: normalise(embedText(text, dimensions)) }],
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}

function readInput(value: unknown): string {
  if (typeof value === 'string') return checkText(value)
  const list = readList(value, 'input')
  if (list.length !== 1) throw complain(400, `input must hold exactly one text, got ${list.length}`)
  return checkText(readText(list[0], 'input[0]'))
}

function checkText(text: string): string {
  if (text.trim() === '') throw complain(400, 'input must not be empty')
  return text
}

/** @returns how long the vector is; the model's own length unless the request asks for another that it has */
function readDimensions(fields: JsonObject, { name, dimensions = [] }: AskedModel): number {
  const asked = readCount(fields['dimensions'], 'dimensions')
  const usual = dimensions[0] ?? 256
  if (asked === undefined) return usual
  if (dimensions.length > 1 ? dimensions.includes(asked) : asked === usual) return asked
  throw complain(400, `dimensions ${asked} is not supported by ${name}`)
}
