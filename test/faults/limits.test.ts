import { getEventListeners } from 'node:events'
import type { LimitOptions, ShlyuzError } from '@shlyuz/core'
import { afterEach, expect, it, vi } from 'vitest'
import type { RawHandler } from './raw-server.ts'
import { row } from './row.ts'
import { openAi } from './surfaces.ts'
import { caught, eventually, settle, stand, startRaw } from './world.ts'

const ask = { model: stand, prompt: 'x' }
const whole: RawHandler = (exchange) => exchange.answer(200, openAi.whole('да'))

row('F52', () => {
  /** Calls of the stand, of which so many may run at the same time. */
  const startNarrow = (slots: number, more: LimitOptions = {}, handle: RawHandler = whole) =>
    startRaw(handle, { limits: { slots: { stand: slots }, breaker: false, ...more } })

  it('1000 calls, 4 slots: never more at once, in order, and every slot comes back, also from errors', async () => {
    let running = 0
    let most = 0
    const arrived: number[] = []
    await using world = await startNarrow(4, {}, async (exchange) => {
      most = Math.max(most, ++running)
      const number = Number(/вопрос (\d+)/.exec(exchange.request.body)?.[1])
      arrived.push(number)
      await settle(0)
      running--
      await (number % 10 === 7 ? exchange.answer(400, '{}') : exchange.answer(200, openAi.whole('да')))
    })
    const calls = Array.from({ length: 1_000 }, (_, number) =>
      world.client.generateText({ ...ask, prompt: `вопрос ${number}` }),
    )
    const results = await Promise.allSettled(calls)
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(100)
    expect(most).toBe(4)
    // Those that run at the same time may overtake each other, nobody else.
    for (const [place, number] of arrived.entries()) expect(Math.abs(number - place)).toBeLessThanOrEqual(4)
    expect((await world.client.generateText(ask)).text).toBe('да')
  })

  it('who leaves the queue frees the place, and whoever is behind moves up', async () => {
    const finish: (() => void)[] = []
    await using world = await startNarrow(1, { queueLength: 2 }, (exchange) => {
      finish.push(() => void exchange.answer(200, openAi.whole('да')))
    })
    const first = world.client.generateText({ ...ask, prompt: 'первый' })
    await eventually(() => finish.length === 1, 'the first call runs')
    const controller = new AbortController()
    const { signal } = controller
    const reason = new Error('gone')
    const leaving = caught(world.client.generateText({ ...ask, signal }))
    await settle(10)
    const staying = world.client.generateText({ ...ask, prompt: 'последний' })
    await settle(10)
    expect(await caught(world.client.generateText(ask))).toMatchObject({ name: 'QueueFullError' })
    controller.abort(reason)
    expect(await leaving).toBe(reason)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    finish[0]?.()
    expect((await first).text).toBe('да')
    await eventually(() => finish.length === 2, 'the last call runs')
    finish[1]?.()
    expect((await staying).text).toBe('да')
    expect(world.server.requests[1]?.body).toContain('последний')
    expect(world.server.requests).toHaveLength(2)
  })

  it('aborted, reset and left streams give their slots back', async () => {
    let asked = 0
    await using world = await startNarrow(1, {}, async (exchange) => {
      if (++asked === 4) return whole(exchange)
      await exchange.head()
      await exchange.chunk(openAi.frame(['При'])[0] ?? '')
      if (asked === 2) exchange.reset()
    })
    for await (const _part of world.client.streamText(ask)) break
    expect(await caught(world.client.streamText(ask).result)).toMatchObject({ name: 'StreamInterruptedError' })
    const controller = new AbortController()
    for await (const _part of world.client.streamText({ ...ask, signal: controller.signal })) {
      controller.abort(new Error('enough'))
      break
    }
    expect((await world.client.generateText({ ...ask, timeout: { totalMs: 10_000 } })).text).toBe('да')
  })
})

afterEach(() => {
  vi.useRealTimers()
})

/** A client whose breaker opens after three failures, on a server that answers as it is told. */
async function startBroken() {
  const state = { status: 503 }
  const world = await startRaw((exchange) => exchange.answer(state.status, openAi.whole('да')), {
    limits: { breaker: { failures: 3, openMs: 10_000 } },
  })
  const call = (options: object = {}) => world.client.generateText({ ...ask, ...options })
  return { ...world, state, call }
}

row('F53', () => {
  it('after failures in a row calls fail fast, with the time until the trial', async () => {
    await using world = await startBroken()
    const { call, server } = world
    vi.useFakeTimers({ toFake: ['Date'] })
    for (let failure = 0; failure < 3; failure++) expect(await caught(call)).toMatchObject({ name: 'ServerError' })
    const error = (await caught(() => call({ retries: 2 }))) as ShlyuzError
    expect(error).toMatchObject({ name: 'CircuitOpenError', retryAfterMs: 10_000 })
    expect(error.message).toContain('https://llm.corp.example')
    vi.setSystemTime(Date.now() + 4_000)
    expect(await caught(call)).toMatchObject({ name: 'CircuitOpenError', retryAfterMs: 6_000 })
    expect(server.requests).toHaveLength(3)
  })

  it('another endpoint is not concerned', async () => {
    await using world = await startBroken()
    const { call, state } = world
    for (let failure = 0; failure < 3; failure++) await caught(call)
    state.status = 400
    expect(await caught(() => call({ model: 'gigachat/GigaChat-2' }))).toMatchObject({ name: 'BadRequestError' })
  })

  it('a success in between begins the count anew', async () => {
    await using world = await startBroken()
    const { call, state } = world
    for (const status of [503, 503, 200, 503, 503]) {
      state.status = status
      await call().catch(() => {})
    }
    state.status = 200
    expect((await call()).text).toBe('да')
  })

  it.each([400, 401, 403, 404, 409, 429])('%i says nothing about the endpoint', async (status) => {
    await using world = await startBroken()
    const { call, state } = world
    state.status = status
    for (let failure = 0; failure < 5; failure++) await caught(call)
    state.status = 200
    expect((await call()).text).toBe('да')
  })

  it('nor do aborts and the policy', async () => {
    await using world = await startBroken()
    const { call, state, server } = world
    server.handle = () => {}
    for (let failure = 0; failure < 5; failure++) {
      const controller = new AbortController()
      const before = server.requests.length
      const aborted = caught(() => call({ signal: controller.signal }))
      await eventually(() => server.requests.length > before, 'the call runs')
      controller.abort(new Error('enough'))
      expect(await aborted).toBe(controller.signal.reason)
    }
    // An answer by another model than the one that was judged.
    server.handle = (exchange) => exchange.answer(200, openAi.whole('да').replace('"any"', '"other"'))
    for (let failure = 0; failure < 5; failure++) {
      expect(await caught(call)).toMatchObject({ name: 'PolicyDeniedError' })
    }
    server.handle = whole
    state.status = 200
    expect((await call()).text).toBe('да')
  })
})

row('F54', () => {
  it('of 50 one is the trial, and the others fail fast', async () => {
    await using world = await startBroken()
    const { call, state, server } = world
    vi.useFakeTimers({ toFake: ['Date'] })
    for (let failure = 0; failure < 3; failure++) await caught(call)
    vi.setSystemTime(Date.now() + 10_001)
    state.status = 200
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => call()))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'CircuitOpenError' })
    }
    expect(server.requests).toHaveLength(4)
    expect((await call()).text).toBe('да')
  })

  it('a trial that fails opens it again for the whole time', async () => {
    await using world = await startBroken()
    const { call } = world
    vi.useFakeTimers({ toFake: ['Date'] })
    for (let failure = 0; failure < 3; failure++) await caught(call)
    vi.setSystemTime(Date.now() + 10_001)
    expect(await caught(call)).toMatchObject({ name: 'ServerError' })
    expect(await caught(call)).toMatchObject({ name: 'CircuitOpenError', retryAfterMs: 10_000 })
  })
})

row('F55', () => {
  const targets = ['gigachat/GigaChat-2', stand] as const

  it.each(['generateText', 'streamText'] as const)('%s: the winner is taken, and the loser is closed', async (verb) => {
    let open = 0
    await using world = await startRaw(async (exchange) => {
      const isSlow = exchange.request.path.startsWith('/api/v1') || exchange.request.headers['host'] === 'api.giga.chat'
      if (isSlow) return void open++
      if (verb === 'generateText') return exchange.answer(200, openAi.whole('да'))
      await exchange.head()
      for (const one of openAi.frame(['да'])) await exchange.chunk(one)
      await exchange.end()
    })
    const model = world.client.hedge(targets, { delayMs: 100 })
    const made = world.client[verb]({ model, prompt: 'x' })
    const { text, model: answered, attempts } = await ('result' in made ? made.result : made)
    expect({ text, provider: answered.provider }).toEqual({ text: 'да', provider: 'stand' })
    expect(open).toBe(1)
    // Both were paid for: both are told.
    expect(attempts.map(({ provider }) => provider).toSorted()).toEqual(['gigachat', 'stand'])
    await eventually(() => world.server.open <= 1, 'the connection of the loser is closed')
  })

  it('a first that is quick enough is asked alone', async () => {
    await using world = await startRaw(whole)
    const model = world.client.hedge([stand, 'second/any'], { delayMs: 10_000 })
    expect((await world.client.generateText({ model, prompt: 'x' })).text).toBe('да')
    await settle(50)
    expect(world.server.requests).toHaveLength(1)
  })

  it('never for a stream that has begun, however slow it is then', async () => {
    await using world = await startRaw(async (exchange) => {
      const [first = '', ...rest] = openAi.frame(['При', 'вет'])
      await exchange.head()
      await exchange.chunk(first)
      await settle(700)
      await exchange.chunk(rest.join(''))
      await exchange.end()
    })
    const model = world.client.hedge([stand, 'second/any'], { delayMs: 400 })
    expect((await world.client.streamText({ model, prompt: 'x' }).result).text).toBe('Привет')
    expect(world.server.requests).toHaveLength(1)
  })

  it('off by default: one call is one request', async () => {
    await using world = await startRaw(async (exchange) => {
      await settle(300)
      await exchange.answer(200, openAi.whole('да'))
    })
    await world.client.generateText(ask)
    expect(world.server.requests).toHaveLength(1)
  })
})
