import type { Answer } from '../answer.ts'
import { isObject, type Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { countTokens } from '../tokens.ts'
import { authorise } from './authorise.ts'
import { requireModel } from './models.ts'
import { refuseSchema } from './refusals.ts'

/** `POST /tokens/count`: a bare array, one figure a text. @throws Refusal */
export async function answerCountTokens(exchange: Exchange): Promise<Answer> {
  authorise(exchange)
  const { model, texts } = readRequest(exchange.json)
  requireModel(exchange, model)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const counts = texts.map((text) => ({ object: 'tokens', tokens: countTokens(text), characters: [...text].length }))
  return { status: 200, contentType: 'application/json; charset=utf-8', body: JSON.stringify(counts) }
}

function readRequest(body: unknown): { readonly model: string; readonly texts: readonly string[] } {
  if (!isObject(body) || typeof body['model'] !== 'string') throw refuseSchema('model is not a string')
  const { model, input } = body
  const texts: unknown[] = Array.isArray(input) ? input : [input]
  if (!texts.every((text) => typeof text === 'string')) throw refuseSchema('input is not made of strings')
  return { model, texts }
}
