import { Refusal } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { countTokens, tokenize } from '../tokens.ts'
import { authorise } from './authorise.ts'
import { modelType, requireModel } from './models.ts'
import { apiError } from './refusals.ts'

/**
 * Lets a request to a model in: the token, then one of the account's parallel streams.
 *
 * @returns how to give the stream back
 * @throws Refusal with 401 or 429
 */
export function admit(exchange: Exchange): () => void {
  authorise(exchange)
  const release = exchange.state.gigachat.openStream()
  if (release === undefined) throw new Refusal(apiError(429), 'all parallel streams of the account are taken')
  return release
}

/** @throws Refusal with 404 for a model that is not there or of another type, 402 when its tokens are used up */
export function checkModel(exchange: Exchange, model: string, type: ReturnType<typeof modelType>): void {
  requireModel(exchange, model)
  if (modelType(model) !== type) throw new Refusal(apiError(404, 'No such model'), `${model} is no model for ${type}`)
  if (!exchange.state.options.gigachat.paid) throw new Refusal(apiError(402), 'the account is not paid')
}

/** Addresses for businesses that pay as they go. @throws Refusal with 403 */
export function requireCorporate(exchange: Exchange): void {
  const { corporateOnly, scope } = exchange.state.options.gigachat
  if (corporateOnly && scope !== 'GIGACHAT_API_CORP') throw new Refusal(apiError(403), `not for scope ${scope}`)
}

/** Tokens of a prompt, and how many of them the cache had. */
export interface PromptTokens {
  readonly all: number
  readonly cached: number
}

/**
 * Prompt tokens are those of the texts: for messages the same figures as from `/tokens/count`.
 *
 * @throws Refusal with 413
 */
export function countPrompt(exchange: Exchange, texts: readonly string[]): PromptTokens {
  const tokens = texts.flatMap((text) => tokenize(text).map((token) => token.text))
  if (tokens.length > exchange.state.options.gigachat.contextTokens) {
    throw new Refusal(apiError(413), 'the prompt is longer than the context')
  }
  const session = exchange.headers.get('x-session-id')
  const cached = session === null ? 0 : exchange.state.gigachat.promptCache.reuse(session, tokens)
  return { all: tokens.length, cached }
}

/** Tokens of what a model gave: its thoughts, its text, its calls. */
export function countReply(pieces: readonly string[], calls: readonly object[], reasoning: string = ''): number {
  return (
    countTokens(reasoning + pieces.join('')) + calls.reduce((sum, call) => sum + countTokens(JSON.stringify(call)), 0)
  )
}

/** As long as the stream of the same answer would take. */
export function thinkingMs(exchange: Exchange, pieces: number): number {
  const { firstPieceMs, pieceMs } = exchange.state.options.pace
  return exchange.draw(firstPieceMs) + pieces * exchange.draw(pieceMs)
}
