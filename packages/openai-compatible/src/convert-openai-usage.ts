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
  const figures = {
    inputTokens: toCount(usage['prompt_tokens']),
    cachedInputTokens: toCount(input['cached_tokens']),
    outputTokens: toCount(usage['completion_tokens']),
    reasoningTokens: toCount(output['reasoning_tokens']),
    totalTokens: toCount(usage['total_tokens']),
  }
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)) as Usage
}

/** Gateways in front of a model print 64-bit numbers as strings. */
function toCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
