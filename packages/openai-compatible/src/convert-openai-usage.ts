import type { Usage } from '@shlyuz/core'
import { isObject } from './openai-compatible-settings.ts'

/**
 * `usage` of chat completions and embeddings: `prompt_tokens`, `completion_tokens`, `total_tokens`, and the details of
 * the first two. A figure left out stays out. Source: the OpenAI API reference, "The chat completion object".
 */
export function convertOpenAiUsage(usage: unknown): Usage {
  if (!isObject(usage)) return {}
  const input = isObject(usage['prompt_tokens_details']) ? usage['prompt_tokens_details'] : {}
  const output = isObject(usage['completion_tokens_details']) ? usage['completion_tokens_details'] : {}
  const inputTokens = toCount(usage['prompt_tokens'])
  const cachedInputTokens = toCount(input['cached_tokens'])
  const outputTokens = toCount(usage['completion_tokens'])
  const reasoningTokens = toCount(output['reasoning_tokens'])
  const totalTokens = toCount(usage['total_tokens'])
  const converted: { -readonly [Figure in keyof Usage]: Usage[Figure] } = {}
  if (inputTokens !== undefined) converted.inputTokens = inputTokens
  if (cachedInputTokens !== undefined) converted.cachedInputTokens = cachedInputTokens
  if (outputTokens !== undefined) converted.outputTokens = outputTokens
  if (reasoningTokens !== undefined) converted.reasoningTokens = reasoningTokens
  if (totalTokens !== undefined) converted.totalTokens = totalTokens
  return converted
}

/** Gateways in front of a model print 64-bit numbers as strings. */
function toCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
