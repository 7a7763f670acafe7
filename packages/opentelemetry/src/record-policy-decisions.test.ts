import { hasSubscribers } from 'node:diagnostics_channel'
import { logs, SeverityNumber, trace, type LogRecord } from '@opentelemetry/api'
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace'
import { all, definePolicy, domesticOnly, observe, rule } from '@shlyuz/core'
import { testNetwork } from '@shlyuz/core/testing'
import type { Emulator } from '@shlyuz/emulator'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { decisionsOf, startWorld } from '../test-support/start-world.ts'
import { recordPolicyDecisions } from './record-policy-decisions.ts'

const model = 'gigachat/GigaChat-2-Max'
const prompt = 'Тайна: 4276 1234'

/** What an event says beside the policy's name and digest and the call's id. */
function briefly(span: Parameters<typeof decisionsOf>[0]) {
  return decisionsOf(span).map((attributes) => {
    const { 'shlyuz.policy.depth': depth, 'shlyuz.policy.code': code, 'shlyuz.policy.verdict': verdict } = attributes
    const would = attributes['shlyuz.policy.would']
    return `${String(depth)} ${String(verdict)} ${String(code)}${would === undefined ? '' : ' would deny'}`
  })
}

/** The emulator's network, its names leading to an address of the inner network. */
function innerNetwork({ network }: Emulator) {
  const known = new Map<string, string>()
  return testNetwork({
    async resolve(host) {
      const [address] = await network.resolve(host)
      known.set(host, address as string)
      return ['10.0.0.1']
    },
    dial: (_address, port, host) => ({ ...network.dial(known.get(host) as string, port, host), peer: '10.0.0.1' }),
    ...(network.ca !== undefined && { ca: network.ca }),
  })
}

describe('decisions on the span of the caller', () => {
  let stop: () => void
  beforeEach(() => {
    stop = recordPolicyDecisions()
  })
  afterEach(() => stop())

  it('an allowed call tells all that was decided, and no content', async () => {
    await using world = await startWorld()
    const { span, outcome } = await world.within('job', () => world.client.generateText({ model, prompt }))
    const { policy } = outcome as Exclude<typeof outcome, Error>
    expect(decisionsOf(span).find((one) => one['gen_ai.request.model'] !== undefined)).toEqual({
      'shlyuz.call.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'shlyuz.policy.verdict': 'allow',
      'shlyuz.policy.code': 'ok',
      'shlyuz.policy.depth': 'intent',
      'shlyuz.policy.mode': 'enforce',
      'shlyuz.policy.name': 'domestic-only',
      'shlyuz.policy.digest': policy.policy.digest,
      'shlyuz.policy.rules': expect.arrayContaining(['domestic-only/models']),
      'gen_ai.provider.name': 'gigachat',
      'gen_ai.request.model': 'GigaChat-2-Max',
    })
    expect(new Set(decisionsOf(span).map((one) => one['shlyuz.call.id'])).size).toBe(1)
    expect(JSON.stringify(span.events)).not.toContain('4276')
  })

  it('depth 1: a refusal names the rule that forbade', async () => {
    await using world = await startWorld({
      policy: all(
        domesticOnly(),
        definePolicy({ name: 'mine', rules: [rule({ name: 'never', version: '1', evaluate: () => 'forbid' })] }),
      ),
    })
    const { span } = await world.within('job', () => world.client.generateText({ model, prompt }))
    expect(briefly(span)).toEqual(['intent deny policy.forbidden'])
    expect(decisionsOf(span)[0]).toMatchObject({ 'shlyuz.policy.rules': ['mine/never@1'] })
  })

  it('depth 2: an address that the policy does not know', async () => {
    await using world = await startWorld({
      policy: definePolicy({
        name: 'elsewhere',
        origins: ['https://llm.example'],
        models: { developer: ['*'], weights: ['*'] },
      }),
    })
    const { span } = await world.within('job', () => world.client.generateText({ model, prompt }))
    expect(briefly(span).at(-1)).toMatch(/^url deny /)
  })

  it('depth 3: what the connector found out elsewhere comes to the span of the call', async () => {
    await using world = await startWorld({ network: innerNetwork })
    const { span, outcome } = await world.within('job', () => world.client.generateText({ model, prompt }))
    expect(outcome).toMatchObject({ code: 'dns.address_class' })
    expect(briefly(span).filter((one) => one.startsWith('socket'))).toEqual(['socket deny dns.address_class'])
  })

  it('depth 4: a redirect, and the answer of another model', async () => {
    await using world = await startWorld()
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'redirect', location: 'https://example.com/' })
    const redirected = await world.within('redirected', () => world.client.generateText({ model, prompt }))
    expect(briefly(redirected.span).at(-1)).toBe('response deny redirect.blocked')
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'model-mismatch', model: 'another' })
    const other = await world.within('other', () => world.client.generateText({ model, prompt }))
    expect(briefly(other.span).at(-1)).toBe('response deny response.model_mismatch')
  })

  it('a stream: also what its first event says, over a connection that another call opened', async () => {
    await using world = await startWorld({ policy: observe(domesticOnly()) })
    const ask = () => world.client.streamText({ model, prompt }).result
    await world.within('opening', ask)
    await world.within('warming', ask)
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'model-mismatch', model: 'another' })
    const { span } = await world.within('reusing', ask)
    const connections = world.emulator.requests.map(({ connection }) => connection)
    expect(connections.slice(0, -1)).toContain(connections.at(-1))
    expect(briefly(span)).toEqual([
      'intent allow ok',
      'url allow ok',
      'response allow response.model_mismatch would deny',
    ])
  })

  it('a stream that is refused', async () => {
    await using world = await startWorld()
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'model-mismatch', model: 'another' })
    const { span } = await world.within('job', () => world.client.streamText({ model, prompt }).result)
    expect(briefly(span).at(-1)).toBe('response deny response.model_mismatch')
  })

  it('observe mode: what would have been refused, at depths 1, 3 and 4', async () => {
    await using world = await startWorld({ policy: observe(domesticOnly()), network: innerNetwork })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'model-mismatch', model: 'another' })
    const ask = (asked: string) => () => world.client.generateText({ model: asked, prompt })
    const { span } = await world.within('job', ask(model))
    expect(briefly(span)).toContain('socket allow dns.address_class would deny')
    expect(briefly(span)).toContain('response allow response.model_mismatch would deny')
    const again = await world.within('again', ask(model))
    expect(briefly(again.span)).toEqual([
      'intent allow ok',
      'url allow ok',
      'socket allow dns.address_class would deny',
    ])
    const foreign = await world.within('foreign', ask('yandexgpt/qwen3.6-35b-a3b'))
    expect(decisionsOf(foreign.span)[0]).toMatchObject({
      'shlyuz.policy.would': 'deny',
      'shlyuz.policy.mode': 'observe',
      'shlyuz.policy.rules': ['domestic-only/models'],
    })
  })

  it('calls at the same time tell their own spans, whoever began the token exchange they share', async () => {
    await using world = await startWorld()
    world.emulator.fail({ service: 'gigachat', operation: 'token', kind: 'redirect', location: 'https://example.com/' })
    const ask = () => world.client.generateText({ model, prompt })
    const [first, second] = await Promise.all([world.within('first', ask), world.within('second', ask)])
    for (const { span, outcome } of [first, second]) {
      expect(outcome).toMatchObject({ code: 'redirect.blocked' })
      expect(briefly(span).filter((one) => one.startsWith('response'))).toEqual(['response deny redirect.blocked'])
      expect(new Set(decisionsOf(span).map((one) => one['shlyuz.call.id'])).size).toBe(1)
    }
    const [one, other] = [first, second].map(({ span }) => decisionsOf(span)[0]?.['shlyuz.call.id'])
    expect(one).not.toBe(other)
  })
})

describe('without a span that records', () => {
  function collectLogs(): LogRecord[] {
    const records: LogRecord[] = []
    const logger = { emit: (record: LogRecord) => void records.push(record), enabled: () => true }
    logs.setGlobalLoggerProvider({ getLogger: () => logger })
    onTestFinished(() => logs.disable())
    return records
  }

  it.each(['no span at all', 'one that sampling left out'])('%s: decisions become log records', async (which) => {
    const records = collectLogs()
    onTestFinished(recordPolicyDecisions())
    await using world = await startWorld({ sampler: new AlwaysOffSampler() })
    const ask = () => world.client.generateText({ model: 'yandexgpt/qwen3.6-35b-a3b', prompt }).catch(() => {})
    if (which === 'no span at all') await ask()
    else await trace.getTracer('test').startActiveSpan('job', ask)
    expect(records).toEqual([
      {
        eventName: 'shlyuz.policy.decision',
        severityNumber: SeverityNumber.WARN,
        attributes: expect.objectContaining({ 'shlyuz.policy.verdict': 'deny' }),
      },
    ])
  })

  it('a logger that throws does not end the process', async () => {
    const emit = (): never => {
      throw new Error('broken')
    }
    logs.setGlobalLoggerProvider({ getLogger: () => ({ emit, enabled: () => true }) })
    onTestFinished(() => logs.disable())
    onTestFinished(recordPolicyDecisions())
    await using world = await startWorld()
    const { text } = await world.client.generateText({ model, prompt })
    expect(text).not.toBe('')
  })
})

describe('several recordings', () => {
  it('record a decision once, until the last one is ended', async () => {
    const stops = [recordPolicyDecisions(), recordPolicyDecisions({ which: 'refusals' })]
    await using world = await startWorld()
    const ask = () => world.client.generateText({ model, prompt })
    await world.within('token', ask)
    expect(briefly((await world.within('both', ask)).span)).toEqual(['intent allow ok', 'url allow ok'])
    stops[0]?.()
    stops[0]?.()
    expect(briefly((await world.within('one', ask)).span)).toEqual([])
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'redirect', location: 'https://example.com/' })
    expect(briefly((await world.within('refused', ask)).span)).toEqual(['response deny redirect.blocked'])
    stops[1]?.()
    expect(briefly((await world.within('none', ask)).span)).toEqual([])
    expect(hasSubscribers('shlyuz:policy.decision')).toBe(false)
  })
})
