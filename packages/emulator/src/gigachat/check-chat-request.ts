import { Refusal } from '../answer.ts'
import type { ChatMessage, ChatRequest } from './chat-request.ts'
import { apiError, refuseParams } from './refusals.ts'

/**
 * Checks values and history as the service does. Texts marked in the reference as seen are theirs; those of the other
 * ranges follow the one for `repetition_penalty`.
 *
 * @throws Refusal with 422, or 400 for `response_format`
 */
export function checkChatRequest(request: ChatRequest): void {
  checkRanges(request)
  checkHistory(request.messages)
  refuseWhatIsNotEmulated(request)
}

function checkRanges({ temperature, topP, maxTokens, repetitionPenalty, updateInterval }: ChatRequest): void {
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
    if (message.functionCall && messages[index + 1]?.role !== 'function') {
      throw refuseParams('every assistant function call must have a result in history')
    }
    if (message.role === 'function' && messages[index - 1]?.functionCall !== true) {
      throw refuseParams('every assistant function result must have an assistant function call in history')
    }
  }
}

/** Functions, schemas, files and stored context come later; until then they get an error the service documents. */
function refuseWhatIsNotEmulated({ functions, functionCall, messages, responseFormat, storage }: ChatRequest): void {
  const callsFunctions =
    functions.length > 0 || typeof functionCall === 'object' || messages.some(({ role }) => role === 'function')
  if (callsFunctions) {
    throw new Refusal(apiError(422, 'Requested model does not support functions'), 'functions are not emulated yet')
  }
  if (messages.some(({ attachments }) => attachments.length > 0)) {
    throw new Refusal(apiError(422), 'attachments are not emulated yet')
  }
  if (storage !== undefined) throw new Refusal(apiError(422), 'storage is not emulated yet')
  checkResponseFormat(responseFormat)
}

function checkResponseFormat(format: ChatRequest['responseFormat']): void {
  if (format === undefined || format['type'] === 'text') return
  if (format['type'] !== 'json_schema') {
    const message = `Unknown type "${String(format['type'])}" in response_format`
    throw new Refusal(apiError(400, message), message)
  }
  const { schema } = format
  if (typeof schema !== 'object' || schema === null || Object.keys(schema).length === 0) {
    const message = 'Empty schema with json format type is not supported'
    throw new Refusal(apiError(400, message), message)
  }
  throw new Refusal(apiError(422), 'response_format json_schema is not emulated yet')
}
