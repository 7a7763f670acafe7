import type { Usage } from '@shlyuz/core'
import { isObject } from './gigachat-settings.ts'

/**
 * The `usage` of v2 in neutral words. `input_tokens` has the cached ones in it: `input_tokens_details` takes it apart.
 * Source: official OpenAPI file (api.yml), `POST /v2/chat/completions`.
 */
export function convertGigachatV2Usage(usage: unknown): Usage {
  if (!isObject(usage)) return {}
  const details = isObject(usage['input_tokens_details']) ? usage['input_tokens_details'] : {}
  const inputTokens = readCount(usage['input_tokens'])
  const cachedInputTokens = readCount(details['cached_tokens'])
  const outputTokens = readCount(usage['output_tokens'])
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
