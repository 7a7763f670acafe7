import type { Answer } from '../answer.ts'
import { composeAnswer } from '../answers/compose-answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import type { YandexGptScript, YandexGptStatus } from '../script.ts'
import { authorise } from './authorise.ts'
import { encodeCompletion, encodeCompletionStream, type CompletionAnswer } from './completion-answer.ts'
import { readCompletionRequest, type CompletionRequest } from './completion-request.ts'
import { findModel } from './model-uri.ts'
import { tokenizeMessages } from './prompt-tokens.ts'
import { refuse } from './refusals.ts'

/** What the content filter says instead of an answer. */
const filterPhrase = 'На такие вопросы я не отвечаю, поищите сведения в других источниках.'

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
    const modelVersion = findModel(exchange, request.modelUri, caller)
    const inputTokens = countPrompt(exchange, request)
    const answer = writeAnswer(exchange, request, modelVersion, inputTokens)
    if (request.stream) return { ...encodeCompletionStream(answer, exchange, release), release }
    const { firstPieceMs, pieceMs } = exchange.state.options.pace
    await pause(exchange.draw(firstPieceMs) + answer.texts.length * exchange.draw(pieceMs), exchange.signal)
    release()
    return encodeCompletion(answer)
  } catch (error) {
    release()
    throw error
  }
}

function tooManyGenerations({ state }: Exchange): string {
  const allowed = state.options.yandexgpt.concurrentGenerations
  return `ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed ${allowed} requests`
}

function countPrompt(exchange: Exchange, { messages }: CompletionRequest): number {
  const { contextTokens } = exchange.state.options.yandexgpt
  const tokens = tokenizeMessages(messages).length
  if (tokens > contextTokens) {
    throw refuse(400, `Number of input tokens must be no more than ${contextTokens}, got ${tokens}`)
  }
  return tokens
}

function writeAnswer(
  exchange: Exchange,
  request: CompletionRequest,
  modelVersion: string,
  inputTokens: number,
): CompletionAnswer {
  const script = exchange.state.scripts.takeYandexGpt()
  const { texts, status } = script === undefined ? replyTo(request) : scripted(script)
  const isFiltered = status === 'ALTERNATIVE_STATUS_CONTENT_FILTER'
  return {
    texts,
    status,
    inputTokens,
    modelVersion: script?.modelVersion ?? exchange.answeringModel ?? (isFiltered ? '' : modelVersion),
    ...(script?.usage === undefined ? {} : { usage: script.usage }),
  }
}

/** The whole text of each line of the stream, and the status of the last. */
interface Content {
  readonly texts: readonly string[]
  readonly status: YandexGptStatus
}

function replyTo({ messages, maxTokens }: CompletionRequest): Content {
  const reply = composeAnswer({ flavour: 'yandexgpt', messages, ...(maxTokens === undefined ? {} : { maxTokens }) })
  if (reply.end === 'blocked') return { texts: [filterPhrase], status: 'ALTERNATIVE_STATUS_CONTENT_FILTER' }
  const status = reply.end === 'cut' ? 'ALTERNATIVE_STATUS_TRUNCATED_FINAL' : 'ALTERNATIVE_STATUS_FINAL'
  return { texts: accumulate(reply.pieces), status }
}

function scripted({ text = '', lines, status = 'ALTERNATIVE_STATUS_FINAL' }: YandexGptScript): Content {
  return { texts: lines ?? accumulate(typeof text === 'string' ? [text] : text), status }
}

function accumulate(pieces: readonly string[]): string[] {
  let whole = ''
  return pieces.map((piece) => (whole += piece))
}
