import { context, metrics, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider, MetricReader, type HistogramMetricData } from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace'
import { createClient, type ClientOptions } from '@shlyuz/core'
import type { TestNetwork } from '@shlyuz/core/testing'
import { startEmulator, type Emulator, type EmulatorOptions } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'

/** A client of both services on an emulator that answers at once, with spans that end in memory. */
export async function startWorld(
  options: Partial<Omit<ClientOptions<readonly []>, 'network'>> & {
    readonly emulator?: EmulatorOptions
    /** Makes the client's network of the emulator's. */
    readonly network?: (emulator: Emulator) => TestNetwork
    readonly sampler?: Sampler
  } = {},
) {
  const { emulator: emulatorOptions, network, sampler, ...clientOptions } = options
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    ...(sampler && { sampler }),
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(provider)
  const reader = new IdleReader()
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  const emulator = await startEmulator({ pace: 'instant', ...emulatorOptions })
  const client = createClient({
    retries: 0,
    network: network ? network(emulator) : emulator.network,
    onWarning: () => {},
    ...clientOptions,
    providers: [gigachat(emulator.gigachat), yandexgpt(emulator.yandexgpt)],
  })
  return {
    emulator,
    client,
    /** Every span that ended, in the order of their ends. */
    spans: (): readonly ReadableSpan[] => exporter.getFinishedSpans(),
    /** What the instruments of a name have measured: how often, the sum, and the attributes. */
    async measured(name: string): Promise<{ count: number; sum: number; attributes: Attributes }[]> {
      const { resourceMetrics } = await reader.collect()
      const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
      const found = all.find(({ descriptor }) => descriptor.name === name) as HistogramMetricData | undefined
      return (found?.dataPoints ?? []).map(({ attributes, value: { count, sum = 0 } }) => ({ count, sum, attributes }))
    },
    /** Runs `work` in a span of the caller's own; gives its outcome, which may be an error, and the span. */
    async within<R>(name: string, work: () => Promise<R>): Promise<{ outcome: R | Error; span: ReadableSpan }> {
      const outcome = await trace.getTracer('test').startActiveSpan(name, async (span) => {
        try {
          return await work()
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR })
          return error as Error
        } finally {
          span.end()
        }
      })
      const span = exporter.getFinishedSpans().find((one) => one.name === name)
      if (!span) throw new Error(`no span ${name} was recorded`)
      return { outcome, span }
    },
    async [Symbol.asyncDispose]() {
      await client.close({ graceMs: 0 })
      await emulator.close()
      await provider.shutdown()
      trace.disable()
      metrics.disable()
      context.disable()
    },
  }
}

/** The decisions on a span. */
export function decisionsOf({ events }: ReadableSpan): Attributes[] {
  return events.filter(({ name }) => name === 'shlyuz.policy.decision').map(({ attributes = {} }) => attributes)
}

/** Collects when it is asked to. */
class IdleReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}
