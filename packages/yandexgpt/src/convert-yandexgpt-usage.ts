import type { Usage } from '@shlyuz/core'
import { isObject } from './yandexgpt-settings.ts'

/** `usage` of the native completion: int64 as strings, numbers accepted. A figure left out stays out. */
export function convertYandexgptUsage(usage: unknown): Usage {
  if (!isObject(usage)) return {}
  const details = isObject(usage['completionTokensDetails']) ? usage['completionTokensDetails'] : {}
  const inputTokens = toCount(usage['inputTextTokens'])
  const outputTokens = toCount(usage['completionTokens'])
  const reasoningTokens = toCount(details['reasoningTokens'])
  const totalTokens = toCount(usage['totalTokens'])
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(totalTokens !== undefined && { totalTokens }),
  }
}

function toCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
