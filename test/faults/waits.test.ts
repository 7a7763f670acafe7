import { createClient, type ShlyuzError } from '@shlyuz/core'
import { expect, it, vi } from 'vitest'
import { startFakeClock, type FakeClock } from './fake-clock.ts'
import { row } from './row.ts'
import { openAi } from './surfaces.ts'
import { caught, createStand, policy, settle, stand, startRaw, type RawWorld } from './world.ts'

const ask = { model: stand, prompt: 'x' }

interface Limited extends RawWorld {
  /** Milliseconds between each refusal and the connection of the next attempt. */
  readonly waits: readonly number[]
}

/** Answers 429 with these headers and hangs up, then well: each attempt opens a connection, and that is timed. */
async function startLimited(headers: () => Readonly<Record<string, string>>, refusals = 1): Promise<Limited> {
  const waits: number[] = []
  let refusedAt: number | undefined
  const world = await startRaw((exchange) => exchange.answer(200, openAi.whole('да')), {
    dial: () => {
      if (refusedAt !== undefined) waits.push(performance.now() - refusedAt)
      refusedAt = undefined
      return { host: '127.0.0.1', port: world.server.port }
    },
  })
  // What is loaded once is not what is measured.
  await world.client.generateText(ask)
  await settle(20)
  let asked = 0
  world.server.handle = async (exchange) => {
    if (asked++ >= refusals) return exchange.answer(200, openAi.whole('да'))
    refusedAt = performance.now()
    await exchange.answer(429, '{}', { ...headers(), connection: 'close' })
    exchange.close()
  }
  return { ...world, waits }
}

/** Lets a call end well; gives how long it waited before its second attempt. */
async function measure(clock: FakeClock, { client, waits }: Limited, retries = 1): Promise<number> {
  const work = client.generateText({ ...ask, retries })
  await clock.passUntil(work, 120_000)
  expect((await work).text).toBe('да')
  return waits[0] ?? 0
}

row('F25', () => {
  it.each([1, 7, 59])('%i s', async (seconds) => {
    await using world = await startLimited(() => ({ 'retry-after': String(seconds) }))
    using clock = startFakeClock()
    const ms = await measure(clock, world)
    expect(ms).toBeGreaterThanOrEqual(seconds * 1_000)
    expect(ms).toBeLessThan(seconds * 1_000 + 2_000)
  })

  it('the wait is stated when no retry is left', async () => {
    await using world = await startLimited(() => ({ 'retry-after': '7' }))
    const error = await caught(world.client.generateText({ ...ask, retries: 0 }))
    expect(error).toMatchObject({ name: 'RateLimitError', status: 429, retryAfterMs: 7_000, isRetryable: true })
  })

  it('a wait that would pass the deadline is not begun', async () => {
    await using world = await startLimited(() => ({ 'retry-after': '7' }))
    using clock = startFakeClock()
    const error = caught(world.client.generateText({ ...ask, retries: 2, timeout: { totalMs: 5_000 } }))
    expect(await clock.passUntil(error, 6_000)).toBeLessThan(1_000)
    expect(await error).toMatchObject({ name: 'RateLimitError', retryAfterMs: 7_000 })
  })
})

row('F26', () => {
  it('a date is kept', async () => {
    await using world = await startLimited(() => ({ 'retry-after': new Date(Date.now() + 9_000).toUTCString() }))
    using clock = startFakeClock()
    const ms = await measure(clock, world)
    // Dates have whole seconds.
    expect(ms).toBeGreaterThan(7_900)
    expect(ms).toBeLessThan(11_000)
  })

  it.each([
    ['a date in the past', new Date(Date.now() - 60_000).toUTCString()],
    ['a negative number', '-5'],
    ['no number', 'NaN'],
    ['infinity', 'Infinity'],
    ['nothing', ''],
    ['words', 'in a while'],
    ['a date that is none', 'Tue, 99 Foo 2026 25:61:61 GMT'],
  ])('%s falls to back-off', async (_name, value) => {
    await using world = await startLimited(() => ({ 'retry-after': value }))
    using clock = startFakeClock()
    expect(await measure(clock, world)).toBeLessThan(1_000)
  })

  it.each([
    ['61 s', '61', 61_000],
    ['10^12 s', '1000000000000', 1e15],
    ['a date tomorrow', new Date(Date.now() + 86_400_000).toUTCString(), undefined],
  ])('%s ends the call and is stated', async (_name, value, stated) => {
    await using world = await startLimited(() => ({ 'retry-after': value }), 9)
    using clock = startFakeClock()
    const error = caught(world.client.generateText({ ...ask, retries: 2 }))
    expect(await clock.passUntil(error, 120_000)).toBeLessThan(1_000)
    const { name, retryAfterMs, attempts } = (await error) as ShlyuzError
    expect({ name, attempts: attempts.length }).toEqual({ name: 'RateLimitError', attempts: 1 })
    if (stated === undefined) expect(retryAfterMs).toBeGreaterThan(86_000_000)
    else expect(retryAfterMs).toBe(stated)
    // Nor does it silence the client for longer than the cap.
    world.server.handle = (exchange) => exchange.answer(200, openAi.whole('да'))
    expect(await measure(clock, world)).toBeLessThan(62_000)
  })
})

row(
  'F27',
  () => {
    it('the waits of many clients are spread over the whole range', async () => {
      const count = 40
      const dials: number[] = []
      const refused = new Set<string>()
      await using world = await startRaw(
        async (exchange) => {
          const { body } = exchange.request
          if (refused.has(body)) return exchange.answer(200, openAi.whole('да'))
          refused.add(body)
          await exchange.answer(429, '{}', { connection: 'close' })
          exchange.close()
        },
        {
          dial: () => {
            dials.push(performance.now())
            return { host: '127.0.0.1', port: world.server.port }
          },
        },
      )
      const clients = Array.from({ length: count }, () =>
        createClient({ providers: [createStand()], policy, network: world.network, limits: { breaker: false } }),
      )
      using clock = startFakeClock()
      const calls = clients.map((client, index) =>
        client.generateText({ model: stand, prompt: `client ${index}`, retries: 1 }),
      )
      await clock.passUntil(Promise.all(calls), 60_000)
      await Promise.all(clients.map((client) => client.close({ graceMs: 0 })))
      const waits = dials.slice(count)
      expect(waits).toHaveLength(count)
      const first = Math.min(...waits)
      // Full jitter below 500 ms, seen in steps of 50 ms: each tenth is hit by a few, none by most.
      const places = new Map<number, number>()
      for (const wait of waits) {
        const place = Math.min(9, Math.floor((wait - first) / 50))
        places.set(place, (places.get(place) ?? 0) + 1)
      }
      expect(places.size).toBeGreaterThanOrEqual(6)
      expect(Math.max(...places.values())).toBeLessThan(count / 2)
    })

    it('the range doubles up to 8 s', async () => {
      await using world = await startLimited(() => ({}), 7)
      vi.spyOn(Math, 'random').mockReturnValue(0.999)
      using clock = startFakeClock()
      await measure(clock, world, 7)
      vi.restoreAllMocks()
      const expected = [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]
      expect(world.waits).toHaveLength(expected.length)
      for (const [index, ms] of expected.entries()) {
        expect(world.waits[index]).toBeGreaterThan(0.95 * ms)
        expect(world.waits[index]).toBeLessThan(1.5 * ms + 200)
      }
    })
  },
  { backOff: true },
)
