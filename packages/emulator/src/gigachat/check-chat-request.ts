import { Refusal } from '../answer.ts'
import { parseJson } from '../exchange.ts'
import type { ChatMessage, ChatRequest } from './chat-request.ts'
import { builtInFunctions, checkFunctionNames, checkFunctionSchemas } from './function-spec.ts'
import { apiError, refuseParams } from './refusals.ts'

/** Numbers that both versions of the chat take. */
export interface ChatNumbers {
  readonly temperature?: number
  readonly topP?: number
  readonly maxTokens?: number
  readonly repetitionPenalty?: number
  readonly updateInterval?: number
}

/**
 * Checks values and history as the service does. Texts marked in the reference as seen are theirs; those of the other
 * ranges follow the one for `repetition_penalty`.
 *
 * @param schemas which rules the schemas of functions follow
 * @throws Refusal with 422
 */
export function checkChatRequest(request: ChatRequest, schemas: 'current' | 'older'): void {
  checkRanges(request)
  checkHistory(request.messages)
  checkFunctionNames(request.functions)
  checkFunctionSchemas(request.functions, schemas)
  checkChoice(request)
  if (request.storage !== undefined) throw new Refusal(apiError(422), 'storage is not emulated')
}

/** @throws Refusal with 422 */
export function checkRanges({ temperature, topP, maxTokens, repetitionPenalty, updateInterval }: ChatNumbers): void {
  if (temperature !== undefined && !(temperature > 0)) throw refuseParams('temperature must be in range (0, +inf)')
  if (topP !== undefined && !(topP >= 0 && topP <= 1)) throw refuseParams('top_p must be in range [0, 1]')
  if (maxTokens !== undefined && !(maxTokens > 0)) throw refuseParams('max_tokens must be in range (0, +inf)')
  if (repetitionPenalty !== undefined && !(repetitionPenalty > 0)) {
    throw refuseParams('repetition_penalty must be in range (0, +inf)')
  }
  if (updateInterval !== undefined && !(updateInterval >= 0)) {
    throw refuseParams('update_interval must be in range [0, +inf)')
  }
}

function checkHistory(messages: readonly ChatMessage[]): void {
  if (messages.some(({ role }, index) => role === 'system' && index > 0)) {
    throw refuseParams('system message must be the first message')
  }
  for (const [index, message] of messages.entries()) {
    if (message.functionCall !== undefined && messages[index + 1]?.role !== 'function') throw refuseMissingResult()
    if (message.role !== 'function') continue
    if (messages[index - 1]?.functionCall === undefined) throw refuseMissingCall()
    if (parseJson(message.content) === undefined) throw refuseParams(badResult)
  }
}

/** The live 400 of `/v2` says `invalid function result`, something, and `JSON parse error`. */
export const badResult = 'invalid function result: JSON parse error'

/** 422 for a call in the history that nothing answers. */
export function refuseMissingResult(): Refusal {
  return refuseParams('every assistant function call must have a result in history')
}

/** 422 for a result in the history that nothing asked for. */
export function refuseMissingCall(): Refusal {
  return refuseParams('every assistant function result must have an assistant function call in history')
}

function checkChoice({ functions, functionChoice }: ChatRequest): void {
  if (typeof functionChoice === 'string') return
  const { name } = functionChoice
  if (builtInFunctions.includes(name) || functions.some((each) => each.name === name)) return
  throw refuseParams(`function_call names ${name}, which is not in functions`)
}
