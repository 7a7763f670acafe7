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
  const converted: { -readonly [Figure in keyof Usage]: Usage[Figure] } = {}
  const enter = (figure: keyof Usage, stated: unknown): void => {
    const count = toCount(stated)
    if (count !== undefined) converted[figure] = count
  }
  enter('inputTokens', usage['prompt_tokens'])
  enter('cachedInputTokens', input['cached_tokens'])
  enter('outputTokens', usage['completion_tokens'])
  enter('reasoningTokens', output['reasoning_tokens'])
  enter('totalTokens', usage['total_tokens'])
  return converted
}

/** Gateways in front of a model print 64-bit numbers as strings. */
function toCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
