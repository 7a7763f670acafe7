import type { FinishReason } from '@shlyuz/core'

/** The words of the API, and those that servers of open models add to them. */
const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['content_filter', 'content-filter'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['error', 'error'],
  ['abort', 'error'],
])

/**
 * The neutral word for `finish_reason`; one we do not know is `other`. Servers that were told which tool to call say
 * `stop` about it: where calls were given, that means `tool-calls`.
 * Source: the OpenAI API reference, "The chat completion object"; vLLM, documentation of tool calling.
 */
export function mapOpenAiFinishReason(reason: string | undefined, hasToolCalls: boolean): FinishReason {
  // Most answers: a comparison in place of a look-up, which has to hash the word first.
  if (reason === 'stop' && !hasToolCalls) return 'stop'
  const known = reason === undefined ? undefined : reasons.get(reason)
  if (hasToolCalls && (known === 'stop' || reason === undefined)) return 'tool-calls'
  return known ?? 'other'
}
