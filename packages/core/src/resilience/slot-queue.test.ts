import { afterEach, describe, expect, it, vi } from 'vitest'
import { QueueFullError } from '../errors/queue-full-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'
import { CallScope } from '../transport/call-scope.ts'
import { DeadlineWheel } from '../transport/deadline-wheel.ts'
import { SlotQueue, type Release } from './slot-queue.ts'

const wheel = new DeadlineWheel()

afterEach(() => {
  wheel.stop()
  vi.useRealTimers()
})

function openScope(limitMs = 60_000, signal?: AbortSignal): CallScope {
  return new CallScope({ wheel, limitMs, signal })
}

function createQueue(limit: number, length = 1_000): SlotQueue {
  return new SlotQueue({ limit, length, name: 'provider' })
}

async function outcomeOf(taking: Promise<Release>): Promise<unknown> {
  return taking.then(
    () => 'granted',
    (error: unknown) => error,
  )
}

/** Holds and frees a slot at once, so that the average time of holding is known. */
async function holdFor(queue: SlotQueue, ms: number): Promise<void> {
  const release = await queue.take(openScope(), 0)
  await vi.advanceTimersByTimeAsync(ms)
  release()
}

describe('the order', () => {
  it('is that of arrival, and no more calls run than there are slots', async () => {
    const queue = createQueue(2)
    const order: number[] = []
    let running = 0
    let most = 0
    const calls = Array.from({ length: 20 }, async (_, at) => {
      const release = await queue.take(openScope(), 0)
      order.push(at)
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running--
      release()
    })
    await Promise.all(calls)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect([most, queue.held, queue.waiting]).toEqual([2, 0, 0])
  })

  it('puts the more urgent first, whenever they came', async () => {
    const queue = createQueue(1)
    const release = await queue.take(openScope(), 0)
    const order: string[] = []
    const ask = async (name: string, priority: number): Promise<void> => {
      const free = await queue.take(openScope(), priority)
      order.push(name)
      free()
    }
    const calls = [ask('low', -1), ask('normal', 0), ask('high', 1), ask('high too', 1)]
    release()
    await Promise.all(calls)
    expect(order).toEqual(['high', 'high too', 'normal', 'low'])
  })

  it('lets nobody starve: who has waited long enough comes before the more urgent who came later', async () => {
    vi.useFakeTimers()
    const queue = createQueue(1)
    const release = await queue.take(openScope(), 0)
    const order: string[] = []
    const ask = (name: string, priority: number): void => {
      void queue.take(openScope(), priority).then((free) => {
        order.push(name)
        free()
      })
    }
    ask('old and low', -1)
    await vi.advanceTimersByTimeAsync(10_001)
    ask('new and normal', 0)
    ask('new and high', 1)
    release()
    await vi.advanceTimersByTimeAsync(0)
    // Two steps of ageing make a low one as urgent as a high one, and it came first.
    expect(order).toEqual(['old and low', 'new and high', 'new and normal'])
  })

  it('does not let a newcomer pass those who wait', async () => {
    const queue = createQueue(1)
    const release = await queue.take(openScope(), 0)
    const order: string[] = []
    const first = queue.take(openScope(), 0).then((free) => {
      order.push('waiting')
      return free
    })
    release()
    const second = queue.take(openScope(), 0).then((free) => {
      order.push('newcomer')
      return free
    })
    ;(await first)()
    ;(await second)()
    expect(order).toEqual(['waiting', 'newcomer'])
  })
})

describe('refusals', () => {
  it('a full queue refuses at once, and takes the next one when there is room again', async () => {
    const queue = createQueue(1, 1)
    const release = await queue.take(openScope(), 0)
    const waiting = queue.take(openScope(), 0)
    const refusal = await outcomeOf(queue.take(openScope(), 0))
    expect(refusal).toBeInstanceOf(QueueFullError)
    expect(refusal).toMatchObject({ code: 'limit.queue_full', hint: expect.stringContaining('limits.queue') })
    release()
    const again = queue.take(openScope(), 0)
    ;(await waiting)()
    ;(await again)()
    expect([queue.held, queue.waiting]).toEqual([0, 0])
  })

  it('a call whose deadline comes before its turn is refused before it waits', async () => {
    vi.useFakeTimers()
    const queue = createQueue(1)
    await holdFor(queue, 1_000)
    const release = await queue.take(openScope(), 0)
    const patient = queue.take(openScope(5_000), 0)
    // Its turn would come in two seconds: one for the call that waits already, one for its own slot.
    const refusal = await outcomeOf(queue.take(openScope(1_500), 0))
    expect(refusal).toMatchObject({ name: 'QueueFullError', code: 'limit.too_late', retryAfterMs: 2_000 })
    // The more urgent one would be served before the one that waits.
    const urgent = queue.take(openScope(1_500), 1)
    expect(queue.waiting).toBe(2)
    release()
    ;(await urgent)()
    ;(await patient)()
  })

  it('waits while nothing is known of how long calls take', async () => {
    const queue = createQueue(1)
    const release = await queue.take(openScope(), 0)
    const waiting = queue.take(openScope(50), 0)
    release()
    ;(await waiting)()
    expect(queue.held).toBe(0)
  })

  it('a call that is over already gets its own reason and no slot', async () => {
    const queue = createQueue(1)
    const reason = new Error('enough')
    expect(await outcomeOf(queue.take(openScope(1_000, AbortSignal.abort(reason)), 0))).toBe(reason)
    expect(queue.held).toBe(0)
  })
})

describe('calls that end while they wait', () => {
  it('an abort leaves the queue at once, with its reason, and leaves the others their order', async () => {
    const queue = createQueue(1)
    const release = await queue.take(openScope(), 0)
    const controller = new AbortController()
    const order: string[] = []
    const note = (name: string) => (free: Release) => {
      order.push(name)
      free()
    }
    const first = queue.take(openScope(), 0).then(note('first'))
    const aborted = outcomeOf(queue.take(openScope(60_000, controller.signal), 0))
    const last = queue.take(openScope(), 0).then(note('last'))
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await aborted).toBe(reason)
    expect(queue.waiting).toBe(2)
    release()
    await Promise.all([first, last])
    expect(order).toEqual(['first', 'last'])
    expect(queue.held).toBe(0)
  })

  it('a deadline ends the wait', async () => {
    vi.useFakeTimers()
    const queue = createQueue(1)
    await queue.take(openScope(), 0)
    const late = outcomeOf(queue.take(openScope(500), 0))
    await vi.advanceTimersByTimeAsync(800)
    expect(await late).toBeInstanceOf(TimeoutError)
    expect([queue.held, queue.waiting]).toEqual([1, 0])
  })

  it('a call that is granted and ends afterwards is no waiter any more', async () => {
    const queue = createQueue(1)
    const release = await queue.take(openScope(), 0)
    const scope = openScope()
    const granted = queue.take(scope, 0)
    const behind = queue.take(openScope(), 0)
    release()
    scope.fail(new Error('enough'))
    expect(queue.waiting).toBe(1)
    ;(await granted)()
    ;(await behind)()
    expect([queue.held, queue.waiting]).toEqual([0, 0])
  })
})

describe('what the service takes', () => {
  it('a refusal lowers the limit to what ran beside it, never below one', async () => {
    const queue = createQueue(4)
    const slots = [await queue.take(openScope(), 0), await queue.take(openScope(), 0), await queue.take(openScope(), 0)]
    queue.refused(performance.now())
    expect(queue.limit).toBe(2)
    for (const release of slots) release()
    queue.refused(performance.now())
    expect(queue.limit).toBe(1)
  })

  it('twenty good answers in a row raise it by one, up to what was configured, and wake who waits', async () => {
    const queue = createQueue(2)
    const slots = [await queue.take(openScope(), 0), await queue.take(openScope(), 0)]
    queue.refused(performance.now())
    for (const release of slots) release()
    const held = await queue.take(openScope(), 0)
    const waiting = queue.take(openScope(), 0)
    for (let count = 0; count < 19; count++) queue.accepted()
    expect([queue.limit, queue.held]).toEqual([1, 1])
    queue.accepted()
    expect([queue.limit, queue.held]).toEqual([2, 2])
    for (let count = 0; count < 100; count++) queue.accepted()
    expect(queue.limit).toBe(2)
    held()
    ;(await waiting)()
  })

  it('a refusal in between begins the count anew', async () => {
    const queue = createQueue(3)
    const slots = [await queue.take(openScope(), 0), await queue.take(openScope(), 0)]
    queue.refused(performance.now())
    for (let count = 0; count < 19; count++) queue.accepted()
    queue.refused(performance.now())
    queue.accepted()
    expect(queue.limit).toBe(1)
    for (const release of slots) release()
  })

  it('a slot given back twice is one slot', async () => {
    const queue = createQueue(1)
    const release = await queue.take(openScope(), 0)
    release()
    release()
    expect(queue.held).toBe(0)
    await queue.take(openScope(), 0)
    void queue.take(openScope(), 0)
    expect([queue.held, queue.waiting]).toEqual([1, 1])
  })
})

it('F52: 1000 calls over 4 slots keep their order and lose no slot after errors and aborts', async () => {
  const queue = createQueue(4)
  const order: number[] = []
  let running = 0
  let most = 0
  const outcomes = await Promise.all(
    Array.from({ length: 1_000 }, async (_, at) => {
      const controller = new AbortController()
      const scope = openScope(60_000, controller.signal)
      // One in seven is aborted: some while they wait, some while they run.
      if (at % 7 === 3) setTimeout(() => controller.abort(new Error('aborted')), at / 20)
      try {
        const release = await queue.take(scope, 0)
        order.push(at)
        most = Math.max(most, ++running)
        try {
          await scope.wait(at % 3)
          if (at % 5 === 2) throw new Error('failed')
          return 'done'
        } finally {
          running--
          release()
        }
      } catch (error) {
        return (error as Error).message
      } finally {
        scope.end()
      }
    }),
  )
  const count = (what: string): number => outcomes.filter((one) => one === what).length
  expect(order).toEqual(order.toSorted((a, b) => a - b))
  expect(most).toBe(4)
  expect([queue.held, queue.waiting, queue.limit]).toEqual([0, 0, 4])
  expect(count('done') + count('failed') + count('aborted')).toBe(1_000)
  expect(count('aborted')).toBeGreaterThan(50)
  expect(count('done')).toBeGreaterThan(500)
})
