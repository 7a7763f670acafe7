import type { Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { authorise } from './authorise.ts'
import { countLines, encodeCompletion, encodeCompletionStream, type CompletionAnswer } from './completion-answer.ts'
import { readCompletionRequest, type CompletionRequest } from './completion-request.ts'
import { composeCompletion, readScript } from './compose-completion.ts'
import { findModel, type NativeModel } from './model-uri.ts'
import { tokenizeMessages } from './prompt-tokens.ts'
import { refuse } from './refusals.ts'

/**
 * `POST /foundationModels/v1/completion`. The order of the checks is ours: credential and folder, concurrent
 * generations, types and values, model, size.
 *
 * @throws Refusal
 */
export async function answerCompletion(exchange: Exchange): Promise<Answer> {
  const caller = authorise(exchange)
  const release = exchange.state.yandexgpt.openGeneration()
  if (release === undefined) throw refuse(429, tooManyGenerations(exchange))
  try {
    const request = readCompletionRequest(exchange.json)
    const answer = generateCompletion(exchange, request, findModel(exchange, request.modelUri, caller))
    if (request.stream) return { ...encodeCompletionStream(answer, exchange, release), release }
    const { firstPieceMs, pieceMs } = exchange.state.options.pace
    await pause(exchange.draw(firstPieceMs) + countLines(answer) * exchange.draw(pieceMs), exchange.signal)
    release()
    return encodeCompletion(answer)
  } catch (error) {
    release()
    throw error
  }
}

/**
 * The answer to a request: the scripted one if one waits, else made from the prompt. That a model without reasoning
 * refuses it is our reading of the release notes; the text is ours.
 *
 * @throws Refusal with 400 when the prompt is longer than the context, or the model does not reason
 */
export function generateCompletion(
  exchange: Exchange,
  request: CompletionRequest,
  model: NativeModel,
): CompletionAnswer {
  if (request.reasons && !model.reasons) throw refuse(400, 'reasoning is not supported by the model')
  const inputTokens = countPrompt(exchange, request)
  const script = exchange.state.scripts.takeYandexGpt()
  const content = script === undefined ? composeCompletion(request) : readScript(script)
  const isFiltered = content.status === 'ALTERNATIVE_STATUS_CONTENT_FILTER'
  return {
    ...content,
    inputTokens,
    modelVersion: script?.modelVersion ?? exchange.answeringModel ?? (isFiltered ? '' : model.version),
    ...(script?.usage === undefined ? {} : { usage: script.usage }),
  }
}

function tooManyGenerations({ state }: Exchange): string {
  const allowed = state.options.yandexgpt.concurrentGenerations
  return `ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed ${allowed} requests`
}

function countPrompt(exchange: Exchange, { messages, tools }: CompletionRequest): number {
  const { contextTokens } = exchange.state.options.yandexgpt
  const tokens = tokenizeMessages(messages, tools).length
  if (tokens > contextTokens) {
    throw refuse(400, `Number of input tokens must be no more than ${contextTokens}, got ${tokens}`)
  }
  return tokens
}
