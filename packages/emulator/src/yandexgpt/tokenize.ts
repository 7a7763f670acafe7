import type { Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { authorise } from './authorise.ts'
import { readCompletionRequest } from './completion-request.ts'
import { readFields, readString } from './fields.ts'
import { findModel } from './model-uri.ts'
import { tokenizeMessages, tokenizeText, type PromptToken } from './prompt-tokens.ts'
import { checkRate } from './rate-quotas.ts'

/** `POST /foundationModels/v1/tokenize`: the tokens of a text. No `result` around the answer. @throws Refusal */
export async function answerTokenize(exchange: Exchange): Promise<Answer> {
  const caller = authorise(exchange)
  checkRate(exchange, 'tokenizer')
  const fields = readFields(exchange.json, 'body')
  const { version } = findModel(exchange, readString(fields['modelUri'], 'modelUri'), caller)
  return encodeTokens(exchange, tokenizeText(readString(fields['text'], 'text')), version)
}

/** `POST /foundationModels/v1/tokenizeCompletion`: the tokens of a conversation. @throws Refusal */
export async function answerTokenizeCompletion(exchange: Exchange): Promise<Answer> {
  const caller = authorise(exchange)
  checkRate(exchange, 'tokenizer')
  const { modelUri, messages, tools } = readCompletionRequest(exchange.json)
  const { version } = findModel(exchange, modelUri, caller)
  return encodeTokens(exchange, tokenizeMessages(messages, tools), version)
}

async function encodeTokens(exchange: Exchange, tokens: readonly PromptToken[], modelVersion: string): Promise<Answer> {
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const body = { tokens: tokens.map((token) => ({ ...token, id: String(token.id) })), modelVersion }
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}
