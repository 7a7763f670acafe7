// As a whole: `logs` came with version 1.10, and the SDKs of the 2.x line still go with 1.9.
import * as api from '@opentelemetry/api'
import type { PolicyDecisionMessage } from '@shlyuz/core'
import { createDecisionAttributes } from './decision-attributes.ts'
import { Subscription } from './subscription.ts'

export interface PolicyDecisionOptions {
  /**
   * - `all`: every decision; a call that is allowed has two or more
   * - `refusals`: those that denied, or would have in observe mode
   *
   * @default 'all'
   */
  readonly which?: 'all' | 'refusals'
}

const eventName = 'shlyuz.policy.decision'

const subscription = new Subscription<PolicyDecisionOptions>({
  'shlyuz:policy.decision': (message) => record(message as PolicyDecisionMessage),
})

/**
 * Records the decisions of every client's policy in this process as events `shlyuz.policy.decision`: on the span that
 * is active where the call was made, else, where none records, as a log record, with an API that has logs. Called
 * again it records no decision twice; the widest `which` holds.
 *
 * @returns ends this recording, and the events with the last one
 */
export function recordPolicyDecisions(options: PolicyDecisionOptions = {}): () => void {
  return subscription.add(options)
}

function record(message: PolicyDecisionMessage): void {
  const { verdict, would } = message.decision
  const isRefusal = verdict === 'deny' || would === 'deny'
  if (!isRefusal && !subscription.wants(({ which }) => which !== 'refusals')) return
  const span = api.trace.getActiveSpan()
  if (span?.isRecording()) {
    span.addEvent(eventName, createDecisionAttributes(message))
    return
  }
  if (!('logs' in api)) return
  const logger = api.logs.getLogger('@shlyuz/opentelemetry')
  const severityNumber = isRefusal ? api.SeverityNumber.WARN : api.SeverityNumber.INFO
  if (!logger.enabled({ severityNumber, eventName })) return
  logger.emit({ eventName, severityNumber, attributes: createDecisionAttributes(message) })
}
