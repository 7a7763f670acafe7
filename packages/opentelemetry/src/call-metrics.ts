import { metrics, type Attributes, type Histogram, type MeterProvider } from '@opentelemetry/api'
import type { CallOutcome } from '@shlyuz/core'

/** Boundaries that the conventions ask for. */
const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const tokens = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]

interface Instruments {
  readonly duration: Histogram
  readonly firstChunk: Histogram
  readonly tokens: Histogram
}

let provider: MeterProvider | undefined
let instruments: Instruments | undefined

export function recordMetrics(outcome: CallOutcome, attributes: Attributes): void {
  const { duration, firstChunk, tokens: usage } = findInstruments()
  const { inputTokens, outputTokens } = outcome.usage ?? {}
  duration.record(outcome.durationMs / 1000, attributes)
  if (outcome.firstPartMs !== undefined) firstChunk.record(outcome.firstPartMs / 1000, attributes)
  if (inputTokens !== undefined) usage.record(inputTokens, { ...attributes, 'gen_ai.token.type': 'input' })
  if (outputTokens !== undefined) usage.record(outputTokens, { ...attributes, 'gen_ai.token.type': 'output' })
}

/** Those of the application's provider, which it may set later than it begins to record. */
function findInstruments(): Instruments {
  const current = metrics.getMeterProvider()
  if (instruments && provider === current) return instruments
  provider = current
  const meter = current.getMeter('@shlyuz/opentelemetry')
  instruments = {
    duration: meter.createHistogram('gen_ai.client.operation.duration', {
      description: 'GenAI operation duration.',
      unit: 's',
      advice: { explicitBucketBoundaries: seconds },
    }),
    firstChunk: meter.createHistogram('gen_ai.client.operation.time_to_first_chunk', {
      description: 'Time to receive the first chunk of a stream.',
      unit: 's',
      advice: { explicitBucketBoundaries: seconds },
    }),
    tokens: meter.createHistogram('gen_ai.client.token.usage', {
      description: 'Number of input and output tokens used.',
      unit: '{token}',
      advice: { explicitBucketBoundaries: tokens },
    }),
  }
  return instruments
}
