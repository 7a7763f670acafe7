import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  AuthError,
  BadRequestError,
  CircuitOpenError,
  ConfigurationError,
  ConnectionError,
  QueueFullError,
  QuotaError,
  RateLimitError,
  ServerError,
  StreamInterruptedError,
  TimeoutError,
  TlsError,
} from '../errors/index.ts'
import type { Provider } from '../provider.ts'
import { CallScope } from '../transport/call-scope.ts'
import { DeadlineWheel } from '../transport/deadline-wheel.ts'
import { HedgeLost, placesOf, planRoute, restOf, runRoute, type LegRun, type Route } from './route.ts'

const wheel = new DeadlineWheel()

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  wheel.stop()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

function openScope(limitMs = 8_000, signal?: AbortSignal): CallScope {
  return new CallScope({ wheel, limitMs, signal })
}

const busy = new ServerError('busy', { status: 503 })

/** What a target does when it is asked: answers or fails after a time, unless its scope ends it. */
interface Act {
  readonly ms?: number
  readonly error?: unknown
  /** When it takes the word, as the first content of a stream does; then it goes on. */
  readonly claimsAt?: number
}

function create(acts: readonly Act[], expected: (place: number) => number = () => 0) {
  const legs: (LegRun & { readonly remainingMs: number })[] = []
  const ended = new Map<number, unknown>()
  const act = async (leg: LegRun): Promise<number> => {
    const { ms = 0, error, claimsAt } = acts[leg.index] ?? {}
    try {
      if (claimsAt !== undefined) {
        await leg.scope.wait(claimsAt)
        if (leg.claim?.() === false) throw new HedgeLost('too late')
      }
      await leg.scope.wait(ms)
    } catch (reason) {
      ended.set(leg.index, reason)
      throw reason
    }
    if (error !== undefined) throw error
    return leg.index
  }
  const run = (leg: LegRun): Promise<number> => {
    legs.push({ ...leg, remainingMs: leg.scope.remainingMs })
    return act(leg)
  }
  return { legs, ended, asked: () => legs.map(({ index }) => index), runner: { run, expected } }
}

async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => error)
}

const provider = (name: string): Provider => ({ name }) as unknown as Provider
const providers = new Map(['a', 'b', 'c'].map((name) => [name, provider(name)]))

const fallback = (...routes: Route[]): Route => ({ type: 'fallback', routes })
const hedge = (first: Route, second: Route, delayMs = 1_000): Route => ({
  type: 'hedge',
  routes: [first, second],
  delayMs,
})
const balance = (routes: readonly Route[], weights?: readonly number[]): Route => ({ type: 'balance', routes, weights })

describe('a plan', () => {
  it('has the targets in the order they are written, and the shape of the value', () => {
    const { targets, route } = planRoute(providers, {
      type: 'fallback',
      targets: [
        { type: 'balance', targets: ['a/1', 'b/1'], weights: [1, 2] },
        { type: 'hedge', targets: ['a/2', 'c/1'], delayMs: 50 },
        'c/2',
      ],
    })
    expect(targets.map((one) => `${one.provider.name}/${one.modelId}`)).toEqual(['a/1', 'b/1', 'a/2', 'c/1', 'c/2'])
    expect(route).toEqual(fallback(balance([0, 1], [1, 2]), hedge(2, 3, 50), 4))
    expect(placesOf(route)).toEqual([0, 1, 2, 3, 4])
  })

  it.each([undefined, null, 7, {}, { type: 'fallback' }, 'nobody/1', 'a', { type: 'fallback', targets: ['nobody/1'] }])(
    'refuses %o',
    (model) => {
      expect(() => planRoute(providers, model)).toThrow(ConfigurationError)
    },
  )

  it('goes on with the target that answered and those behind it, never with those before', () => {
    const route = fallback(balance([0, 1]), hedge(2, 3), 4)
    expect(restOf(route, 1)).toEqual(fallback(1, hedge(2, 3), 4))
    expect(restOf(route, 2)).toEqual(fallback(2, 4))
    expect(restOf(route, 4)).toBe(4)
    expect(restOf(restOf(route, 1), 4)).toBe(4)
    expect(restOf(7, 7)).toBe(7)
  })
})

describe('a fallback', () => {
  it('asks in order, until a target answers', async () => {
    const world = create([{ error: busy }, { error: busy }, {}, {}])
    const answer = runRoute(fallback(0, 1, 2, 3), openScope(), world.runner)
    await vi.runAllTimersAsync()
    expect(await answer).toBe(2)
    expect(world.asked()).toEqual([0, 1, 2])
  })

  it.each([
    ['a broken connection', new ConnectionError('reset', { code: 'connection.reset' })],
    ['silence', new TimeoutError('headers', 10)],
    ['a failed service', busy],
    ['a long wait that the service asks for', new RateLimitError('slowly', { status: 429, retryAfterMs: 2_001 })],
    ['a rate limit without a wait', new RateLimitError('slowly', { status: 429 })],
    ['an account that is used up', new QuotaError('no money', { status: 402 })],
    ['an open breaker', new CircuitOpenError('open', {})],
    ['a full queue', new QueueFullError('full', {})],
    ['a stream that gave nothing', new StreamInterruptedError('cut', { partial: { text: '', content: [] } })],
  ])('moves on after %s', async (_what, error) => {
    const world = create([{ error }, {}])
    const answer = runRoute(fallback(0, 1), openScope(), world.runner)
    await vi.runAllTimersAsync()
    expect(await answer).toBe(1)
  })

  it.each([
    ['a refused request', new BadRequestError('bad', { status: 400 })],
    ['a refused credential', new AuthError('who?', { status: 401 })],
    ['a certificate', new TlsError('not trusted', {})],
    ['a short wait', new RateLimitError('slowly', { status: 429, retryAfterMs: 2_000 })],
    ['an error that is none of ours', new TypeError('a bug')],
    [
      'a stream that gave something',
      new StreamInterruptedError('cut', { partial: { text: 'На', content: [{ type: 'text', text: 'На' }] } }),
    ],
  ])('ends with %s', async (_what, error) => {
    const world = create([{ error }, {}])
    const outcome = outcomeOf(runRoute(fallback(0, 1), openScope(), world.runner))
    await vi.runAllTimersAsync()
    expect(await outcome).toBe(error)
    expect(world.asked()).toEqual([0])
  })

  it('gives each target that is not the last half of what is left, and the last one all of it', async () => {
    const world = create([{ ms: 60_000 }, { ms: 60_000 }, {}])
    const answer = runRoute(fallback(0, 1, 2), openScope(8_000), world.runner)
    await vi.advanceTimersByTimeAsync(8_000)
    expect(await answer).toBe(2)
    expect(world.legs.map(({ remainingMs }) => Math.round(remainingMs / 1_000))).toEqual([4, 2, 2])
    expect(world.ended.get(0)).toMatchObject({ name: 'TimeoutError', phase: 'attempt' })
  })

  it("an abort ends it with the caller's reason: nobody else is asked", async () => {
    const controller = new AbortController()
    const world = create([{ ms: 1_000 }, {}])
    const outcome = outcomeOf(runRoute(fallback(0, 1), openScope(8_000, controller.signal), world.runner))
    const reason = new Error('enough')
    controller.abort(reason)
    await vi.runAllTimersAsync()
    expect(await outcome).toBe(reason)
    expect(world.asked()).toEqual([0])
  })

  it('says which target is the last of all, also inside', async () => {
    const world = create([{ error: busy }, { error: busy }, { error: busy }, { error: busy }])
    const outcome = outcomeOf(runRoute(fallback(fallback(0, 1), fallback(2, 3)), openScope(), world.runner))
    await vi.runAllTimersAsync()
    expect(await outcome).toBe(busy)
    expect(world.legs.map(({ index, isLast }) => [index, isLast])).toEqual([
      [0, false],
      [1, false],
      [2, false],
      [3, true],
    ])
  })

  it('leaves no scope of a target behind', async () => {
    const scope = openScope()
    const world = create([{ error: busy }, {}])
    const answer = runRoute(fallback(0, 1), scope, world.runner)
    await vi.advanceTimersByTimeAsync(10)
    await answer
    expect(world.legs[0]?.scope.over).toBe(true)
    expect(scope.over).toBe(false)
    scope.end()
  })
})

describe('a balance', () => {
  async function shares(route: Route, times: number, expected?: (place: number) => number): Promise<number[]> {
    const counts = [0, 0, 0]
    const world = create([], expected)
    const calls = Promise.all(Array.from({ length: times }, () => runRoute(route, openScope(), world.runner)))
    await vi.runAllTimersAsync()
    for (const place of await calls) counts[place] = (counts[place] ?? 0) + 1
    return counts
  }

  it('asks by weight', async () => {
    const [a = 0, b = 0, c = 0] = await shares(balance([0, 1, 2], [3, 0, 1]), 2_000)
    expect(b).toBe(0)
    expect(a / (a + c)).toBeGreaterThan(0.7)
    expect(a / (a + c)).toBeLessThan(0.8)
  })

  it('of two drawn at random it asks the quicker: the slowest of all is never asked, and not all go to the quickest', async () => {
    const [a = 0, b = 0, c = 0] = await shares(balance([0, 1, 2]), 2_000, (place) => [10, 20, 900][place] as number)
    expect(c).toBe(0)
    // Two draws of three: the quickest is among them in two of three.
    expect(a / (a + b)).toBeGreaterThan(0.6)
    expect(a / (a + b)).toBeLessThan(0.73)
  })

  it('asks one target and no other, also when it fails', async () => {
    const world = create([{ error: busy }, { error: busy }])
    const outcome = outcomeOf(runRoute(balance([0, 1]), openScope(), world.runner))
    await vi.runAllTimersAsync()
    expect(await outcome).toBe(busy)
    expect(world.asked()).toHaveLength(1)
  })
})

describe('a hedge', () => {
  it('F55: a slow first target gets company after the delay; the quicker one counts, the other is ended', async () => {
    const world = create([{ ms: 5_000 }, { ms: 500 }])
    const answer = runRoute(hedge(0, 1, 1_000), openScope(), world.runner)
    await vi.advanceTimersByTimeAsync(999)
    expect(world.asked()).toEqual([0])
    await vi.advanceTimersByTimeAsync(501)
    expect(await answer).toBe(1)
    expect(world.ended.get(0)).toBeInstanceOf(HedgeLost)
  })

  it('a quick first target is alone, and the delay is no timer that lives on', async () => {
    const world = create([{ ms: 100 }, {}])
    const answer = runRoute(hedge(0, 1, 60_000), openScope(), world.runner)
    await vi.advanceTimersByTimeAsync(100)
    expect(await answer).toBe(0)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(world.asked()).toEqual([0])
  })

  it('a first target that fails sends the second one at once; when both fail the later error stands', async () => {
    const later = new QuotaError('no money', { status: 402 })
    const world = create([{ error: busy }, { error: later }])
    const outcome = outcomeOf(runRoute(hedge(0, 1, 60_000), openScope(), world.runner))
    await vi.advanceTimersByTimeAsync(10)
    expect(await outcome).toBe(later)
    expect(world.asked()).toEqual([0, 1])
  })

  it('the failure of one leaves the other its chance', async () => {
    const world = create([{ ms: 3_000 }, { ms: 10, error: busy }])
    const answer = runRoute(hedge(0, 1, 1_000), openScope(), world.runner)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(await answer).toBe(0)
  })

  it('what no other target could do better ends both: the one that still runs is closed', async () => {
    const refused = new BadRequestError('bad', { status: 400 })
    const world = create([{ ms: 2_000, error: refused }, { ms: 60_000 }])
    const outcome = outcomeOf(runRoute(hedge(0, 1, 1_000), openScope(), world.runner))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await outcome).toBe(refused)
    await vi.advanceTimersByTimeAsync(0)
    expect(world.ended.get(1)).toBeInstanceOf(HedgeLost)
  })

  it('whose stream begins first has the word, and keeps it: a cut afterwards moves nowhere', async () => {
    const cut = new StreamInterruptedError('cut', { partial: { text: 'На', content: [{ type: 'text', text: 'На' }] } })
    const world = create([{ claimsAt: 100, ms: 3_000, error: cut }, {}])
    const outcome = outcomeOf(runRoute(hedge(0, 1, 1_000), openScope(), world.runner))
    await vi.advanceTimersByTimeAsync(3_100)
    expect(await outcome).toBe(cut)
    expect(world.asked()).toEqual([0])
  })

  it("an abort ends both with the caller's reason", async () => {
    const controller = new AbortController()
    const world = create([{ ms: 60_000 }, { ms: 60_000 }])
    const outcome = outcomeOf(runRoute(hedge(0, 1, 10), openScope(8_000, controller.signal), world.runner))
    await vi.advanceTimersByTimeAsync(50)
    const reason = new Error('enough')
    controller.abort(reason)
    await vi.advanceTimersByTimeAsync(0)
    expect(await outcome).toBe(reason)
    expect([world.ended.get(0), world.ended.get(1)]).toEqual([reason, reason])
  })

  it('inside a fallback: when both fail, the next one is asked', async () => {
    const world = create([{ error: busy }, { error: busy }, {}])
    const answer = runRoute(fallback(hedge(0, 1), 2), openScope(), world.runner)
    await vi.runAllTimersAsync()
    expect(await answer).toBe(2)
    expect(world.legs.map(({ isLast }) => isLast)).toEqual([false, false, true])
  })

  it('of hedges inside a hedge one target alone has the word', async () => {
    const world = create([
      { claimsAt: 3_000, ms: 100 },
      { claimsAt: 1_000, ms: 1_500 },
      { claimsAt: 1_900, ms: 100 },
    ])
    const answer = runRoute(hedge(hedge(0, 1, 500), 2, 100), openScope(), world.runner)
    await vi.advanceTimersByTimeAsync(10_000)
    // The one inside began its stream at 1.5 s, the one outside would have at 2 s.
    expect(await answer).toBe(1)
    expect([world.ended.get(0), world.ended.get(2)]).toEqual([expect.any(HedgeLost), expect.any(HedgeLost)])
  })
})
