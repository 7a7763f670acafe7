import type { Usage } from '@shlyuz/core'
import { isObject } from './yandexgpt-settings.ts'

/** `usage` of the native completion: int64 as strings, numbers accepted. A figure left out stays out. */
export function convertYandexgptUsage(usage: unknown): Usage {
  if (!isObject(usage)) return {}
  const details = isObject(usage['completionTokensDetails']) ? usage['completionTokensDetails'] : {}
  const figures = {
    inputTokens: toCount(usage['inputTextTokens']),
    outputTokens: toCount(usage['completionTokens']),
    reasoningTokens: toCount(details['reasoningTokens']),
    totalTokens: toCount(usage['totalTokens']),
  }
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)) as Usage
}

function toCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
