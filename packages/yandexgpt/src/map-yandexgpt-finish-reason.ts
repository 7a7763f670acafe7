import type { FinishReason } from '@shlyuz/core'

const reasons: Readonly<Record<string, FinishReason>> = {
  ALTERNATIVE_STATUS_FINAL: 'stop',
  ALTERNATIVE_STATUS_TRUNCATED_FINAL: 'length',
  ALTERNATIVE_STATUS_CONTENT_FILTER: 'content-filter',
  ALTERNATIVE_STATUS_TOOL_CALLS: 'tool-calls',
}

/** The status of an alternative in neutral words; `undefined` while more is to come. */
export function mapYandexgptFinishReason(status: unknown): FinishReason | undefined {
  if (status === undefined || status === 'ALTERNATIVE_STATUS_PARTIAL' || status === 'ALTERNATIVE_STATUS_UNSPECIFIED') {
    return undefined
  }
  return typeof status === 'string' && Object.hasOwn(reasons, status) ? reasons[status] : 'other'
}
