import { createClient, type Client, type ShlyuzError } from '@shlyuz/core'
import { expect, it } from 'vitest'
import { startFakeClock, type FakeClock } from './fake-clock.ts'
import { row } from './row.ts'
import { openAi } from './surfaces.ts'
import { caught, createStand, policy, settle, stand, startRaw, type RawWorld } from './world.ts'

const ask = { model: stand, prompt: 'x' }

/** Answers 429 with these headers, then well. */
async function startLimited(headers: () => Readonly<Record<string, string>>, refusals = 1): Promise<RawWorld> {
  let asked = 0
  const world = await startRaw((exchange) =>
    asked++ < refusals ? exchange.answer(429, '{}', headers()) : exchange.answer(200, openAi.whole('да')),
  )
  // What is loaded and opened once is not what is measured.
  const limited = world.server.handle
  world.server.handle = (exchange) => exchange.answer(200, openAi.whole('да'))
  await world.client.generateText(ask)
  await settle(20)
  world.server.handle = limited
  return world
}

async function measure(clock: FakeClock, client: Client, retries = 1): Promise<number> {
  const work = client.generateText({ ...ask, retries })
  const ms = await clock.passUntil(work, 120_000)
  expect((await work).text).toBe('да')
  return ms
}

row('F25', () => {
  it.each([1, 7, 59])('%i s', async (seconds) => {
    await using world = await startLimited(() => ({ 'retry-after': String(seconds) }))
    using clock = startFakeClock()
    const ms = await measure(clock, world.client)
    expect(ms).toBeGreaterThanOrEqual(seconds * 1_000)
    expect(ms).toBeLessThan(seconds * 1_000 + 1_000)
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
    const ms = await measure(clock, world.client)
    // Dates have whole seconds.
    expect(ms).toBeGreaterThanOrEqual(8_000)
    expect(ms).toBeLessThan(10_000)
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
    expect(await measure(clock, world.client)).toBeLessThan(1_000)
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
    expect(await measure(clock, world.client)).toBeLessThanOrEqual(61_000)
  })
})

row(
  'F27',
  () => {
    it('the waits of many clients are spread over the whole range', async () => {
      const refused = new Set<string>()
      await using world = await startRaw((exchange) => {
        const { body } = exchange.request
        if (refused.has(body)) return exchange.answer(200, openAi.whole('да'))
        refused.add(body)
        return exchange.answer(429, '{}')
      })
      const clients = Array.from({ length: 40 }, () =>
        createClient({ providers: [createStand()], policy, network: world.network }),
      )
      using clock = startFakeClock()
      const waits: number[] = []
      const calls = clients.map(async (client, index) => {
        await client.generateText({ model: stand, prompt: `client ${index}`, retries: 1 })
        waits.push(clock.passed)
      })
      await clock.passUntil(Promise.all(calls), 20_000)
      await Promise.all(clients.map((client) => client.close({ graceMs: 0 })))
      expect(waits).toHaveLength(clients.length)
      // Full jitter below 500 ms, seen in steps of 50 ms: each tenth is hit by a few, none by most.
      const places = new Map<number, number>()
      for (const wait of waits) {
        const place = Math.min(9, Math.floor(wait / 50))
        places.set(place, (places.get(place) ?? 0) + 1)
      }
      expect(places.size).toBeGreaterThanOrEqual(6)
      expect(Math.max(...places.values())).toBeLessThan(clients.length / 2)
    })

    it('the range doubles up to 8 s', async () => {
      const longest: number[] = []
      await using world = await startLimited(() => ({}), 7)
      const { vi } = await import('vitest')
      vi.spyOn(Math, 'random').mockReturnValue(0.999)
      using clock = startFakeClock()
      const { server } = world
      const before = server.requests.length
      let at = 0
      const limited = server.handle
      server.handle = (exchange) => {
        if (server.requests.length > before + 1) longest.push(clock.passed - at)
        at = clock.passed
        return limited(exchange)
      }
      await measure(clock, world.client, 7)
      vi.restoreAllMocks()
      const expected = [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]
      expect(longest).toHaveLength(expected.length)
      for (const [index, ms] of expected.entries())
        expect(Math.abs((longest[index] ?? 0) - ms)).toBeLessThanOrEqual(200)
    })
  },
  { backOff: true },
)
