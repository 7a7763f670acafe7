import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  AuthError,
  BadRequestError,
  CircuitOpenError,
  ConfigurationError,
  ConnectionError,
  RateLimitError,
  ServerError,
  StreamInterruptedError,
  TimeoutError,
  TlsError,
} from '../errors/index.ts'
import { Breaker, countsAgainst } from './breaker.ts'

const origin = 'https://api.example'
const openMs = 1_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function createBreaker(failures = 3, onOpen: (until: number) => void = () => {}): Breaker {
  return new Breaker(origin, { failures, openMs }, onOpen)
}

const failure = new ServerError('the service failed', { status: 503 })

type Attempt = () => Promise<string>

const fails = (error: unknown = failure) => vi.fn<Attempt>(() => Promise.reject(error))
const answers = () => vi.fn<Attempt>(() => Promise.resolve('answer'))
const answersLater = () => vi.fn<Attempt>(() => new Promise((resolve) => setTimeout(() => resolve('answer'), 100)))

async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => error)
}

/** An attempt as calls make it. */
async function run(breaker: Breaker, attempt: (answered: () => void) => Promise<string>): Promise<string> {
  const isTrial = breaker.enter()
  try {
    const result = await attempt(() => breaker.passed(isTrial))
    breaker.passed(isTrial)
    return result
  } catch (error) {
    breaker.failed(isTrial, error)
    throw error
  } finally {
    breaker.ended(isTrial)
  }
}

async function failTimes(breaker: Breaker, times: number, error: unknown = failure): Promise<void> {
  for (let count = 0; count < times; count++) await outcomeOf(run(breaker, fails(error)))
}

describe('F53: the breaker', () => {
  it('opens after failures in a row: calls fail fast, are not sent, and say when the next trial is', async () => {
    const breaker = createBreaker()
    await failTimes(breaker, 3)
    const attempt = answers()
    await vi.advanceTimersByTimeAsync(300)
    const refusal = await outcomeOf(run(breaker, attempt))
    expect(refusal).toBeInstanceOf(CircuitOpenError)
    expect(refusal).toMatchObject({ retryAfterMs: 700, hint: expect.stringContaining('client.fallback') })
    expect(String(refusal)).toContain(origin)
    expect(attempt).not.toHaveBeenCalled()
    expect(() => breaker.check()).toThrow(CircuitOpenError)
  })

  it('gives the failure itself while it counts, and stays closed when an answer comes in between', async () => {
    const breaker = createBreaker()
    expect(await outcomeOf(run(breaker, fails()))).toBe(failure)
    await failTimes(breaker, 1)
    await run(breaker, answers())
    await failTimes(breaker, 2)
    expect(await run(breaker, answers())).toBe('answer')
  })

  it.each([
    ['a refused request', new BadRequestError('bad', { status: 400 })],
    ['a refused credential', new AuthError('who?', { status: 401 })],
    ['a rate limit', new RateLimitError('slowly', { status: 429 })],
    ['a server that is busy with the same', new ServerError('conflict', { status: 409 })],
    ['a certificate', new TlsError('not trusted', {})],
    ['a request that was never sent', new ConfigurationError('no credentials')],
    ["the call's own deadline", new TimeoutError('total', 100)],
    ["the caller's abort", new Error('enough')],
  ])('is not moved by %s', async (_what, error) => {
    const breaker = createBreaker()
    await failTimes(breaker, 20, error)
    expect(await run(breaker, answers())).toBe('answer')
  })

  it.each([
    ['a failed service', new ServerError('failed', { status: 500 })],
    ['a broken connection', new ConnectionError('reset', { code: 'connection.reset' })],
    ['silence', new TimeoutError('headers', 100)],
    [
      'a stream that was cut',
      new StreamInterruptedError('cut', { partial: { text: 'На', content: [{ type: 'text', text: 'На' }] } }),
    ],
  ])('counts %s', async (_what, error) => {
    expect(countsAgainst(error)).toBe(true)
    const breaker = createBreaker()
    await failTimes(breaker, 3, error)
    expect(() => breaker.check()).toThrow(CircuitOpenError)
  })

  it('tells others when it opens and when it closes', async () => {
    const told: number[] = []
    const breaker = createBreaker(3, (until) => told.push(until))
    await failTimes(breaker, 3)
    expect(told).toEqual([Date.now() + openMs])
    await vi.advanceTimersByTimeAsync(openMs)
    await run(breaker, answers())
    expect(told).toEqual([expect.any(Number), 0])
  })
})

describe('F54: half open', () => {
  it('of 50 callers one is the trial; the rest fail fast and are not sent', async () => {
    const breaker = createBreaker()
    await failTimes(breaker, 3)
    await vi.advanceTimersByTimeAsync(openMs)
    const attempt = answersLater()
    const calls = Promise.all(Array.from({ length: 50 }, () => outcomeOf(run(breaker, attempt))))
    await vi.advanceTimersByTimeAsync(100)
    const outcomes = await calls
    expect(attempt).toHaveBeenCalledTimes(1)
    expect(outcomes.filter((one) => one === 'answer')).toHaveLength(1)
    const refused = outcomes.filter((one) => CircuitOpenError.isInstance(one))
    expect(refused).toHaveLength(49)
    expect(refused.every(({ retryAfterMs }) => typeof retryAfterMs === 'number')).toBe(true)
  })

  it('a trial that passes lets everybody pass again', async () => {
    const breaker = createBreaker()
    await failTimes(breaker, 3)
    await vi.advanceTimersByTimeAsync(openMs)
    await run(breaker, answers())
    const all = await Promise.all(Array.from({ length: 50 }, () => run(breaker, answers())))
    expect(all).toHaveLength(50)
    // And it counts from nothing.
    await failTimes(breaker, 2)
    expect(() => breaker.check()).not.toThrow()
  })

  it('a trial that fails leaves the endpoint alone for another time', async () => {
    const breaker = createBreaker()
    await failTimes(breaker, 3)
    await vi.advanceTimersByTimeAsync(openMs)
    expect(await outcomeOf(run(breaker, fails()))).toBe(failure)
    expect(await outcomeOf(run(breaker, answers()))).toMatchObject({ name: 'CircuitOpenError', retryAfterMs: openMs })
  })

  it('a trial that is refused by the service shows that it is there', async () => {
    const breaker = createBreaker()
    await failTimes(breaker, 3)
    await vi.advanceTimersByTimeAsync(openMs)
    await outcomeOf(run(breaker, fails(new BadRequestError('bad', { status: 400 }))))
    expect(await Promise.all([run(breaker, answers()), run(breaker, answers())])).toEqual(['answer', 'answer'])
  })

  it.each([
    ["the caller's abort", new Error('enough')],
    ["the call's own deadline", new TimeoutError('total', 100)],
  ])('a trial that ends with %s shows nothing: the next one is a trial as well', async (_what, end) => {
    const breaker = createBreaker()
    await failTimes(breaker, 3)
    await vi.advanceTimersByTimeAsync(openMs)
    expect(await outcomeOf(run(breaker, fails(end)))).toBe(end)
    await vi.advanceTimersByTimeAsync(openMs)
    const attempt = answersLater()
    const calls = Promise.all([outcomeOf(run(breaker, attempt)), outcomeOf(run(breaker, attempt))])
    await vi.advanceTimersByTimeAsync(100)
    await calls
    expect(attempt).toHaveBeenCalledTimes(1)
  })
})

describe('what another process found', () => {
  it('holds here, and one good trial ends it for everybody', async () => {
    const told: number[] = []
    const breaker = createBreaker(3, (until) => told.push(until))
    breaker.openUntil(Date.now() + 500)
    expect(await outcomeOf(run(breaker, answers()))).toMatchObject({ retryAfterMs: 500 })
    await vi.advanceTimersByTimeAsync(500)
    await run(breaker, answers())
    expect(told).toEqual([0])
    const attempt = answersLater()
    const calls = Promise.all(Array.from({ length: 5 }, () => outcomeOf(run(breaker, attempt))))
    await vi.advanceTimersByTimeAsync(100)
    expect(await calls).toEqual(Array.from({ length: 5 }, () => 'answer'))
  })

  it('one failed trial here leaves the endpoint alone again', async () => {
    const breaker = createBreaker(3)
    breaker.openUntil(Date.now() + 500)
    await vi.advanceTimersByTimeAsync(500)
    await outcomeOf(run(breaker, fails()))
    expect(await outcomeOf(run(breaker, answers()))).toMatchObject({ name: 'CircuitOpenError', retryAfterMs: openMs })
  })
})

it('lets no second trial pass while the first one still runs, also when others came between', async () => {
  const breaker = createBreaker(1)
  await failTimes(breaker, 1)
  await vi.advanceTimersByTimeAsync(openMs)
  const isTrial = breaker.enter()
  // A long stream: it answers well, and others are let in.
  breaker.passed(isTrial)
  await failTimes(breaker, 1)
  await vi.advanceTimersByTimeAsync(openMs)
  expect(isTrial).toBe(true)
  expect(() => breaker.enter()).toThrow(CircuitOpenError)
  breaker.ended(isTrial)
  expect(breaker.enter()).toBe(true)
})
