import type { FinishReason } from '@shlyuz/core'

const reasons: ReadonlyMap<string | undefined, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['function_call', 'tool-calls'],
  ['blacklist', 'content-filter'],
  ['error', 'error'],
])

/**
 * The neutral word for GigaChat's `finish_reason`. Refusals (`blacklist`) come with status 200; `error` means that
 * the model made a function call that cannot be read. Source: official OpenAPI file (api.yml), `POST /chat/completions`.
 */
export function mapGigachatFinishReason(reason: string | undefined): FinishReason {
  return reasons.get(reason) ?? 'other'
}
