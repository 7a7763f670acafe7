import { randomUUID } from 'node:crypto'
import type { Answer } from '../../answer.ts'
import type { Exchange } from '../../exchange.ts'
import { pause } from '../../pace.ts'
import { authoriseOpenAi } from './authorise-open-ai.ts'
import { readChatRequest } from './chat-request.ts'
import { chunkChat } from './chunk-chat.ts'
import { complain } from './complaint.ts'
import { encodeChat, encodeChatStream, tokenMs, type ChatAnswer } from './encode-chat.ts'
import { findOpenAiModel, folderOf, type AskedModel } from './find-open-ai-model.ts'
import { generate, type Generation } from './generate.ts'
import { readObject } from './read-values.ts'
import { describeYandexGpt } from './yandexgpt-service.ts'

/**
 * `POST /v1/chat/completions`. The order of the checks is ours: credential and folder, concurrent generations (which
 * the native API shares), model, types and values, size.
 *
 * @throws Complaint
 */
export async function answerChat(exchange: Exchange): Promise<Answer> {
  const folderId = authoriseOpenAi(exchange, folderOf(exchange.json))
  const fields = readObject(exchange.json, 'body')
  const release = openGeneration(exchange)
  try {
    const model = findOpenAiModel(exchange, fields['model'], 'gpt', folderId)
    const request = readChatRequest(fields, model)
    const answer = describe(exchange, model, generate(describeYandexGpt(exchange), model, request))
    const chunks = chunkChat(answer)
    if (request.stream) return { ...encodeChatStream(answer, chunks, exchange, release), release }
    const { firstPieceMs, pieceMs } = exchange.state.options.pace
    const ms = exchange.draw(firstPieceMs) + chunks.length * tokenMs(answer, exchange.draw(pieceMs))
    await pause(ms, exchange.signal)
    release()
    return encodeChat(answer)
  } catch (error) {
    release()
    throw error
  }
}

/** Takes one of the folder's concurrent generations. @throws Complaint with 429 */
export function openGeneration({ state }: Exchange): () => void {
  const release = state.yandexgpt.openGeneration()
  if (release !== undefined) return release
  const allowed = state.options.yandexgpt.concurrentGenerations
  throw complain(
    429,
    `ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed ${allowed} requests`,
  )
}

/** Ids are bare from Yandex's own models, and begin with `chatcmpl-` from the others (recorded). */
function describe(exchange: Exchange, model: AskedModel, generation: Generation): ChatAnswer {
  return {
    id: model.isYandex ? randomUUID() : `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    name: generation.modelName ?? exchange.answeringModel ?? model.answerName,
    model,
    generation,
  }
}
