import type { FinishReason } from '@shlyuz/core'

const reasons: ReadonlyMap<string | undefined, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['function_call', 'stop'],
  ['function_call_error', 'error'],
  ['error', 'error'],
  ['blacklist', 'content-filter'],
  ['request_blacklist', 'content-filter'],
  ['request_whitelist', 'content-filter'],
  ['request_filter', 'content-filter'],
  ['response_blacklist', 'content-filter'],
])

/**
 * The neutral word for the `finish_reason` of v2. Its filters have a word for each list, by agreement; refusals come
 * with status 200. An answer ends for tools when it has a call. Source: official OpenAPI file (api.yml),
 * `POST /v2/chat/completions`.
 */
export function mapGigachatV2FinishReason(reason: string | undefined, hasCall: boolean): FinishReason {
  const neutral = reasons.get(reason) ?? 'other'
  return neutral === 'stop' && hasCall ? 'tool-calls' : neutral
}
