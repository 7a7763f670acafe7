import type { Usage } from '@shlyuz/core'
import { isObject } from './gigachat-settings.ts'

/**
 * GigaChat's `usage` in neutral words. `precached_prompt_tokens` are part of `prompt_tokens`; `total_tokens` is
 * passed on as stated: recorded answers give the plain sum, the documentation the billed part of it.
 */
export function convertGigachatUsage(usage: unknown): Usage {
  if (!isObject(usage)) return {}
  const inputTokens = readCount(usage['prompt_tokens'])
  const cachedInputTokens = readCount(usage['precached_prompt_tokens'])
  const outputTokens = readCount(usage['completion_tokens'])
  const totalTokens = readCount(usage['total_tokens'])
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(cachedInputTokens !== undefined && { cachedInputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(totalTokens !== undefined && { totalTokens }),
  }
}

function readCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
