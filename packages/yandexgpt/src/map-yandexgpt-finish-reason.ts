import type { FinishReason } from '@shlyuz/core'

/** Statuses that end an answer. Source: `Alternative.AlternativeStatus` of the text generation API. */
const reasons: ReadonlyMap<string | undefined, FinishReason> = new Map([
  ['ALTERNATIVE_STATUS_FINAL', 'stop'],
  ['ALTERNATIVE_STATUS_TRUNCATED_FINAL', 'length'],
  ['ALTERNATIVE_STATUS_CONTENT_FILTER', 'content-filter'],
  ['ALTERNATIVE_STATUS_TOOL_CALLS', 'tool-calls'],
])

const openStatuses: ReadonlySet<string | undefined> = new Set([
  undefined,
  'ALTERNATIVE_STATUS_UNSPECIFIED',
  'ALTERNATIVE_STATUS_PARTIAL',
])

/**
 * The neutral word for the status of an alternative; `undefined` while more is to come. Refusals by the content
 * filter come with HTTP 200. A status we do not know is `other`.
 */
export function mapYandexgptFinishReason(status: string | undefined): FinishReason | undefined {
  return openStatuses.has(status) ? undefined : (reasons.get(status) ?? 'other')
}

/** True when nothing can follow in a stream. A status we do not know may be followed by more. */
export function isFinalYandexgptStatus(status: string | undefined): boolean {
  return reasons.has(status)
}
