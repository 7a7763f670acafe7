import { randomUUID } from 'node:crypto'
import type { Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { readChatRequest } from '../yandexgpt/openai/chat-request.ts'
import { chunkChat } from '../yandexgpt/openai/chunk-chat.ts'
import { encodeChat, encodeChatStream, tokenMs, type ChatAnswer } from '../yandexgpt/openai/encode-chat.ts'
import { generate } from '../yandexgpt/openai/generate.ts'
import { isAbsent, readFlag, readObject, type JsonObject } from '../yandexgpt/openai/read-values.ts'
import { checkKey } from './check-key.ts'
import { findStandModel } from './find-stand-model.ts'
import { describeStand } from './open-ai-stand-service.ts'

/**
 * `POST /v1/chat/completions`. A stream has its usage only when `stream_options.include_usage` asks for it (OpenAI's
 * reference). `n`, `stop`, `seed` and `logprobs` are taken and ignored.
 *
 * @throws Refusal
 * @throws Complaint
 */
export async function answerChat(exchange: Exchange): Promise<Answer> {
  checkKey(exchange)
  const fields = readObject(exchange.json, 'body')
  const model = findStandModel(exchange, fields['model'], 'chat')
  const request = readChatRequest(fields, model)
  const isUsageWanted = !request.stream || asksForUsage(fields['stream_options'])
  const generation = generate(describeStand(exchange), model, request)
  const answer: ChatAnswer = {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    name: generation.modelName ?? exchange.answeringModel ?? model.name,
    model,
    generation: isUsageWanted ? generation : { ...generation, usage: null },
  }
  const chunks = chunkChat(answer)
  if (request.stream) return encodeChatStream(answer, chunks, exchange, () => undefined)
  const { firstPieceMs, pieceMs } = exchange.state.options.pace
  const ms = exchange.draw(firstPieceMs) + chunks.length * tokenMs(answer, exchange.draw(pieceMs))
  await pause(ms, exchange.signal)
  return encodeChat(answer)
}

function asksForUsage(value: unknown): boolean {
  if (isAbsent(value)) return false
  const { include_usage: isWanted }: JsonObject = readObject(value, 'stream_options')
  return readFlag(isWanted, 'stream_options.include_usage') ?? false
}
