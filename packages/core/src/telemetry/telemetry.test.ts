import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { RateLimitError } from '../errors/rate-limit-error.ts'
import { StreamInterruptedError } from '../errors/stream-interrupted-error.ts'
import type { StreamOutlet } from '../operations/text-stream.ts'
import type { CallMessage } from './call-message.ts'
import { checkLogger, type LogEntry } from './logger.ts'
import { Telemetry } from './telemetry.ts'

const facts = {
  call: 'c1',
  verb: 'generateText',
  operation: 'chat',
  targets: [{ provider: 'first', model: 'large' }],
} as const
const result = { text: 'тайна', finishReason: 'stop', usage: { inputTokens: 3, outputTokens: 5 }, content: ['тайна'] }
const outlet: StreamOutlet = { attach: () => {}, push: () => {} }

/** What is told on the channel, as it was when it was told. */
function listen(onMessage?: (message: CallMessage) => void): CallMessage[] {
  const told: CallMessage[] = []
  const listener = (message: unknown): void => {
    told.push({ ...(message as CallMessage) })
    onMessage?.(message as CallMessage)
  }
  subscribe('shlyuz:call', listener)
  onTestFinished(() => void unsubscribe('shlyuz:call', listener))
  return told
}

/** A logger that keeps its lines, with their levels. */
function keepLines() {
  const lines: (readonly [string, LogEntry])[] = []
  const keep = (level: string) => (entry: LogEntry) => void lines.push([level, entry])
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}

const reject = (error: Error) => () => Promise.reject(error)

describe('when nobody listens', () => {
  it('nothing is described, and the work gets what it was given', async () => {
    const describeCall = vi.fn<() => typeof facts>(() => facts)
    const telemetry = new Telemetry(undefined)
    expect(await telemetry.call(describeCall, async () => result)).toBe(result)
    expect(await telemetry.stream(describeCall, outlet, async (given) => given)).toBe(outlet)
    telemetry.attempt(() => {
      throw new Error('was asked')
    })
    expect(describeCall).not.toHaveBeenCalled()
  })
})

describe('on the channel', () => {
  it('a call is told when it begins and, by the same object, when it has ended, without its content', async () => {
    const same = new Set<CallMessage>()
    const told = listen((message) => same.add(message))
    await new Telemetry(undefined).call(
      () => facts,
      async () => result,
    )
    expect(same.size).toBe(1)
    expect(told).toEqual([
      { ...facts, stream: false, runIn: expect.any(Function) },
      {
        ...facts,
        stream: false,
        runIn: expect.any(Function),
        outcome: { durationMs: expect.any(Number), finishReason: 'stop', usage: result.usage },
      },
    ])
    expect(JSON.stringify(told)).not.toContain('тайна')
  })

  it('a failure is told by its facts, without the part of the answer it carries, and reaches the caller', async () => {
    const told = listen()
    const partial = { text: 'тайна', content: [{ type: 'text', text: 'тайна' }] } as const
    const error = new StreamInterruptedError('the answer was cut', { partial, provider: 'first', model: 'large' })
    await expect(new Telemetry(undefined).call(() => facts, reject(error))).rejects.toBe(error)
    expect(told[1]?.outcome).toMatchObject({
      error: { name: 'StreamInterruptedError', code: error.code, message: 'the answer was cut' },
      model: { provider: 'first', id: 'large' },
    })
    expect(JSON.stringify(told)).not.toContain('тайна')
  })

  it("the caller's own reason is told by its name alone", async () => {
    const told = listen()
    const reason = new TypeError('тайна')
    await expect(new Telemetry(undefined).call(() => facts, reject(reason))).rejects.toBe(reason)
    expect(told[1]?.outcome?.error).toEqual({ name: 'TypeError' })
  })

  it('the first part of a stream is timed, later ones change nothing', async () => {
    const told = listen()
    const pushed: unknown[] = []
    await new Telemetry(undefined).stream(
      () => facts,
      { attach: () => {}, push: (part) => void pushed.push(part) },
      async (given) => {
        given.push({ type: 'text-delta', text: 'а' })
        await new Promise((resolve) => setTimeout(resolve, 30))
        given.push({ type: 'text-delta', text: 'б' })
        return result
      },
    )
    expect(pushed).toHaveLength(2)
    const { firstPartMs = Infinity, durationMs = 0 } = told[1]?.outcome ?? {}
    expect(told[1]?.stream).toBe(true)
    expect(durationMs - firstPartMs).toBeGreaterThan(20)
  })

  it('the call runs in what a subscriber puts around it', async () => {
    const storage = new AsyncLocalStorage<string>()
    listen((message) => message.runIn((work) => storage.run('within', work)))
    const seen = await new Telemetry(undefined).call(
      () => facts,
      async () => {
        await Promise.resolve()
        return storage.getStore()
      },
    )
    expect(seen).toBe('within')
    expect(storage.getStore()).toBeUndefined()
  })
})

describe('in the log', () => {
  it('levels say how it went', async () => {
    const logger = keepLines()
    const telemetry = new Telemetry(logger)
    const attempt = { ...facts, provider: 'first', startedAt: '2026-11-24T00:00:00.000Z', durationMs: 7 }
    telemetry.attempt(() => attempt)
    telemetry.attempt(() => ({ ...attempt, error: { name: 'ServerError', code: 'server.error', message: 'broken' } }))
    await telemetry.call(
      () => facts,
      async () => result,
    )
    await telemetry.call(
      () => facts,
      async () => ({ policy: { verdict: 'allow', would: 'deny', code: 'url.scheme' } }),
    )
    await telemetry.call(() => facts, reject(new RateLimitError('too many'))).catch(() => {})
    await telemetry.call(() => facts, reject(new DOMException('enough', 'AbortError'))).catch(() => {})
    expect(logger.lines.map(([level, { event }]) => `${level} ${event}`)).toEqual([
      'debug attempt',
      'warn attempt',
      'debug call.start',
      'info call.end',
      'debug call.start',
      'warn call.end',
      'debug call.start',
      'error call.end',
      'debug call.start',
      'info call.end',
    ])
    expect(logger.lines[3]?.[1]).toEqual({
      event: 'call.end',
      ...facts,
      durationMs: expect.any(Number),
      finishReason: 'stop',
      usage: result.usage,
    })
    expect(logger.lines[5]?.[1]).toMatchObject({ policy: { verdict: 'allow', would: 'deny', code: 'url.scheme' } })
    expect(JSON.stringify(logger.lines)).not.toContain('тайна')
  })

  it('a logger that throws fails no call', async () => {
    const logger = {
      info: () => {
        throw new Error('the disk is full')
      },
    }
    expect(
      await new Telemetry(logger).call(
        () => facts,
        async () => result,
      ),
    ).toBe(result)
  })

  it('a logger is an object with at least one of the functions', () => {
    expect(checkLogger(undefined)).toBeUndefined()
    expect(checkLogger(console)).toBe(console)
    for (const logger of [null, 'console', {}, { info: 'text' }, { info: () => {}, warn: 1 }]) {
      expect(() => checkLogger(logger)).toThrow(/logger must have/)
    }
  })
})
