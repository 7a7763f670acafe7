import { context, SpanKind, SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api'
import type { AttemptMessage, CallMessage, CallOutcome } from '@shlyuz/core'
import {
  createAttemptAttributes,
  createOutcomeAttributes,
  createSharedAttributes,
  nameOperation,
} from './call-attributes.ts'
import { recordMetrics } from './call-metrics.ts'
import { Subscription } from './subscription.ts'

export interface CallRecordingOptions {
  /** A span a call, active while it runs: what tools and decisions of the policy record is on it. @default true */
  readonly spans?: boolean
  /** A child span for every request of a call, that of a token included. @default false */
  readonly attempts?: boolean
  /** Durations, tokens, and the time to the first part of a stream. @default true */
  readonly metrics?: boolean
}

/** The spans of the calls that run. */
const running = new WeakMap<CallMessage, Span>()

const subscription = new Subscription<CallRecordingOptions>({
  'shlyuz:call': (message) => onCall(message as CallMessage),
  'shlyuz:attempt': (message) => onAttempt(message as AttemptMessage),
})

/**
 * Records the calls of every client in this process as spans and metrics by the semantic conventions for generative
 * AI. Never their content. Called again it records nothing twice; what one of them asks for is recorded.
 *
 * @returns ends this recording
 */
export function recordCalls(options: CallRecordingOptions = {}): () => void {
  return subscription.add(options)
}

function onCall(message: CallMessage): void {
  const { outcome } = message
  if (!outcome) {
    if (subscription.wants(({ spans = true }) => spans)) startSpan(message)
    return
  }
  const attributes = createSharedAttributes(message)
  const span = running.get(message)
  span?.setAttributes({ ...attributes, ...createOutcomeAttributes(outcome) })
  if (span) endSpan(span, outcome.error)
  if (subscription.wants(({ metrics = true }) => metrics)) recordMetrics(outcome, attributes)
}

function startSpan(message: CallMessage): void {
  const { call, stream, targets } = message
  const name = nameOperation(message)
  const model = targets[0]?.model
  const span = getTracer().startSpan(model === undefined ? name : `${name} ${model}`, {
    kind: SpanKind.CLIENT,
    attributes: {
      ...createSharedAttributes(message),
      'shlyuz.call.id': call,
      ...(stream && { 'gen_ai.request.stream': true }),
    },
  })
  running.set(message, span)
  message.runIn((work) => context.with(trace.setSpan(context.active(), span), work))
}

function onAttempt(message: AttemptMessage): void {
  if (!subscription.wants(({ attempts = false }) => attempts)) return
  const startTime = Date.parse(message.startedAt)
  const attributes = createAttemptAttributes(message)
  const span = getTracer().startSpan(`attempt ${message.operation}`, { startTime, attributes })
  endSpan(span, message.error, startTime + message.durationMs)
}

/** The messages of our errors hold no content; of other errors nothing is told but their names. */
function endSpan(span: Span, error: CallOutcome['error'], endTime?: number): void {
  if (error) {
    span.setStatus({
      code: SpanStatusCode.ERROR,
      ...(error.message !== undefined && { message: error.message }),
    })
  }
  span.end(endTime)
}

function getTracer(): Tracer {
  return trace.getTracer('@shlyuz/opentelemetry')
}
