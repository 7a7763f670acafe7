import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { tool } from '@shlyuz/core'
import { afterEach, describe, expect, it } from 'vitest'
import { decisionsOf, startWorld } from '../test-support/start-world.ts'
import { recordCalls, type CallRecordingOptions } from './record-calls.ts'
import { recordPolicyDecisions } from './record-policy-decisions.ts'

const model = 'gigachat/GigaChat-2-Max'
const prompt = 'Тайна: 4276 1234'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

function record(options?: CallRecordingOptions): void {
  stops.push(recordCalls(options))
}

type World = Awaited<ReturnType<typeof startWorld>>

/** The span of the call that `work` makes, and how it ended. */
async function callIn(world: World, work: () => Promise<unknown>) {
  const { outcome, span: callers } = await world.within('job', work)
  const span = world.spans().find(isChildOf(callers)) as ReadableSpan
  return { outcome, callers, span }
}

function isChildOf(parent: ReadableSpan) {
  return ({ parentSpanContext }: ReadableSpan): boolean => parentSpanContext?.spanId === parent.spanContext().spanId
}

describe('spans', () => {
  it('a call is a span of the client under that of the caller, with facts and without content', async () => {
    record()
    await using world = await startWorld()
    const { span, outcome } = await callIn(world, () => world.client.generateText({ model, prompt }))
    const { usage, attempts, cost, response } = outcome as Awaited<ReturnType<World['client']['generateText']>>
    expect(span).toMatchObject({
      name: 'chat GigaChat-2-Max',
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.UNSET },
    })
    expect(span.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'gigachat',
      'gen_ai.request.model': 'GigaChat-2-Max',
      'gen_ai.response.model': expect.stringContaining('GigaChat-2-Max'),
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': usage.inputTokens,
      'gen_ai.usage.output_tokens': usage.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': usage.cachedInputTokens,
      'server.address': 'api.giga.chat',
      'server.port': 443,
      'shlyuz.call.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'shlyuz.request.id': response.requestId,
      'shlyuz.attempts': attempts.length,
      'shlyuz.cost.amount': Number(cost?.amount),
      'shlyuz.cost.currency': 'RUB',
    })
    expect(JSON.stringify(world.spans().map(({ attributes, events }) => ({ attributes, events })))).not.toContain(
      '4276',
    )
  })

  it('a failure sets the status and the type of the error', async () => {
    record()
    await using world = await startWorld()
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 500 })
    const { span, outcome } = await callIn(world, () => world.client.generateText({ model, prompt }))
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: (outcome as Error).message })
    expect(span.attributes).toMatchObject({ 'error.type': (outcome as { code?: string }).code })
  })

  it("the caller's own abort is told by its name", async () => {
    record()
    await using world = await startWorld()
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'stall', after: 'request' })
    const signal = AbortSignal.timeout(100)
    const { span } = await callIn(world, () => world.client.generateText({ model, prompt, signal }))
    expect(span.attributes).toMatchObject({ 'error.type': 'TimeoutError' })
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR })
  })

  it('a stream lasts until its end and says when its first part came', async () => {
    record()
    await using world = await startWorld()
    const { span } = await callIn(world, () => world.client.streamText({ model, prompt }).result)
    expect(span.attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.response.finish_reasons': ['stop'],
    })
  })

  it('after a failover the span is of the one who answered', async () => {
    record()
    await using world = await startWorld()
    const either = world.client.fallback([model, 'yandexgpt/yandexgpt-5-lite'])
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 503, times: 9 })
    const { span } = await callIn(world, () => world.client.generateText({ model: either, prompt }))
    expect(span.name).toBe('chat GigaChat-2-Max')
    expect(span.attributes).toMatchObject({
      'gen_ai.provider.name': 'yandexgpt',
      'gen_ai.request.model': 'yandexgpt-5-lite',
      'server.address': expect.stringContaining('yandex'),
    })
  })

  it("tools and the policy's decisions are on the span of the call", async () => {
    record()
    stops.push(recordPolicyDecisions())
    await using world = await startWorld()
    const weather = tool({
      description: 'Погода в городе',
      inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      execute: async () => trace.getTracer('test').startActiveSpan('tool', (span) => (span.end(), 'дождь')),
    })
    const { span, callers } = await callIn(world, () =>
      world.client.generateText({ model, prompt: 'Какая погода в Казани?', tools: { weather } }),
    )
    const ofTool = world.spans().find(({ name }) => name === 'tool')
    expect(ofTool && isChildOf(span)(ofTool)).toBe(true)
    expect(decisionsOf(span).length).toBeGreaterThan(2)
    expect(decisionsOf(callers)).toEqual([])
  })

  it('other verbs are named by the conventions, or as they are called', async () => {
    record()
    await using world = await startWorld()
    const { client } = world
    await client.embed({ model: 'yandexgpt/text-search-doc', value: 'Обь' })
    await client.countTokens({ model, prompt })
    await client.listModels({ provider: 'gigachat' })
    await client.provider('gigachat').balance()
    expect(world.spans().map(({ name }) => name)).toEqual([
      'embeddings text-search-doc',
      'count_tokens GigaChat-2-Max',
      'list_models',
      'balance',
    ])
  })

  it('attempts are spans of their own only when they are asked for', async () => {
    record({ attempts: true })
    await using world = await startWorld({ retries: 1 })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 503 })
    const { span } = await callIn(world, () => world.client.generateText({ model, prompt }))
    const attempts = world.spans().filter(isChildOf(span))
    expect(
      attempts.map(({ name, attributes }) => `${name} ${String(attributes['http.response.status_code'])}`),
    ).toEqual(['attempt token 200', 'attempt chat 503', 'attempt chat 200'])
    expect(attempts[1]?.status.code).toBe(SpanStatusCode.ERROR)
  })
})

describe('metrics', () => {
  it('durations, tokens and the time to the first part, by provider and model', async () => {
    record({ spans: false })
    await using world = await startWorld()
    const whole = await world.client.generateText({ model, prompt })
    const streamed = await world.client.streamText({ model, prompt }).result
    expect(world.spans()).toEqual([])
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'gigachat',
      'gen_ai.request.model': 'GigaChat-2-Max',
      'gen_ai.response.model': expect.any(String),
      'server.address': expect.any(String),
      'server.port': expect.any(Number),
    }
    const timed = { count: 2, sum: expect.any(Number), attributes }
    expect(await world.measured('gen_ai.client.operation.duration')).toEqual([timed])
    expect(await world.measured('gen_ai.client.operation.time_to_first_chunk')).toEqual([{ ...timed, count: 1 }])
    const sum = (figure: 'inputTokens' | 'outputTokens') => (whole.usage[figure] ?? 0) + (streamed.usage[figure] ?? 0)
    expect(await world.measured('gen_ai.client.token.usage')).toEqual([
      { count: 2, sum: sum('inputTokens'), attributes: { ...attributes, 'gen_ai.token.type': 'input' } },
      { count: 2, sum: sum('outputTokens'), attributes: { ...attributes, 'gen_ai.token.type': 'output' } },
    ])
  })

  it('a refusal is a duration with its code, and no tokens', async () => {
    record()
    await using world = await startWorld()
    await world.client.generateText({ model: 'yandexgpt/qwen3.6-35b-a3b', prompt }).catch(() => {})
    expect(await world.measured('gen_ai.client.operation.duration')).toMatchObject([
      { count: 1, attributes: { 'error.type': 'model.foreign' } },
    ])
    expect(await world.measured('gen_ai.client.token.usage')).toEqual([])
  })
})

it('two recordings record a call once', async () => {
  record()
  record({ metrics: false })
  await using world = await startWorld()
  await world.client.generateText({ model, prompt })
  expect(world.spans()).toHaveLength(1)
  expect(await world.measured('gen_ai.client.operation.duration')).toMatchObject([{ count: 1 }])
})
