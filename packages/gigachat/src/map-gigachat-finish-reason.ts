import type { FinishReason } from '@shlyuz/core'

const reasons: ReadonlyMap<string | undefined, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['function_call', 'stop'],
  ['blacklist', 'content-filter'],
  ['error', 'error'],
])

/**
 * The neutral word for GigaChat's `finish_reason`. Refusals (`blacklist`) come with status 200; `error` means that
 * the model made a function call that cannot be read. `function_call` is said of a built-in function that ran as
 * well: an answer ends for tools when it has a call. Source: official OpenAPI file (api.yml), `POST /chat/completions`.
 */
export function mapGigachatFinishReason(reason: string | undefined, hasCall: boolean): FinishReason {
  const neutral = reasons.get(reason) ?? 'other'
  return neutral === 'stop' && hasCall ? 'tool-calls' : neutral
}
