import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RawExchange } from '../faults/raw-server.ts'
import { openAi } from '../faults/surfaces.ts'
import { caught, eventually, settle, stand, startRaw, type RawWorld } from '../faults/world.ts'
import { giga, startGigachat } from './support.ts'

afterEach(() => void vi.restoreAllMocks())

const ask = { model: giga, prompt: 'Привет' } as const

it('a connection is kept for the next call, and replaced after five minutes: DNS is judged anew', async () => {
  await using world = await startGigachat()
  const { client, emulator } = world
  const opened = (): number => emulator.connections.filter(({ origin }) => origin === 'https://api.giga.chat').length
  const call = async (): Promise<void> => {
    await client.generateText(ask)
    // A connection is free one turn after its answer.
    await sleep(5)
  }
  await call()
  await call()
  expect(opened()).toBe(1)
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 300_001)
  // The deadlines, too, live by this clock from their next tick on: a call that began before it would seem late.
  await sleep(250)
  await call()
  await call()
  expect(opened()).toBe(2)
  clock.mockRestore()
  await client.close()
  // The one whose time was over, too.
  await expect.poll(() => emulator.connections.some(({ isOpen }) => isOpen)).toBe(false)
})

it('the headers of an answer are a plain object', async () => {
  await using world = await startGigachat()
  const { response } = await world.client.generateText(ask)
  expect(Object.getPrototypeOf(response.headers)).toBe(Object.prototype)
})

describe('which connection', () => {
  const answer = (exchange: RawExchange): Promise<void> => exchange.answer(200, openAi.whole('да'))
  const used = ({ server }: RawWorld): number[] => server.requests.map(({ connection }) => connection)
  const question = { model: stand, prompt: 'x' }
  const call = async ({ client }: RawWorld): Promise<void> => {
    await client.generateText(question)
    await settle(5)
  }

  it('the one that came free last: the others grow old', async () => {
    const held: RawExchange[] = []
    await using world = await startRaw((exchange) => void held.push(exchange))
    const three = [call(world), call(world), call(world)]
    await eventually(() => held.length === 3, 'three connections are open')
    // The second is answered last.
    for (const index of [0, 2, 1]) {
      await answer(held[index] as RawExchange)
      await three[index]
    }
    world.server.handle = answer
    for (let count = 0; count < 5; count++) await call(world)
    expect(world.server.connections).toBe(3)
    const second = held[1]?.request.connection
    expect(used(world).slice(3)).toEqual([second, second, second, second, second])
    await Promise.all([call(world), call(world), call(world)])
    expect(world.server.connections).toBe(3)
  })

  it('none that the service has closed', async () => {
    await using world = await startRaw(answer)
    await Promise.all([call(world), call(world)])
    world.server.disconnect()
    await eventually(() => world.server.open === 0, 'both are closed')
    await settle(20)
    await call(world)
    await call(world)
    expect(used(world).slice(2)).toEqual([2, 2])
  })

  it.each([
    ['the body', (exchange: RawExchange) => exchange.head(200, { 'content-type': 'application/json' })],
    ['the headers', () => {}],
  ])('none that was cut before %s ended, from the same turn on', async (_what, handle) => {
    await using world = await startRaw(handle)
    const { client, server } = world
    const controller = new AbortController()
    const cut = client.generateText({ model: stand, prompt: 'x', signal: controller.signal })
    await eventually(() => server.requests.length === 1, 'it runs')
    await settle(20)
    server.handle = answer
    controller.abort(new Error('enough'))
    const next = call(world)
    expect(await caught(cut)).toMatchObject({ message: 'enough' })
    await next
    await call(world)
    expect(used(world)).toEqual([0, 1, 1])
  })

  it('one whose request the service asked to close is replaced', async () => {
    await using world = await startRaw((exchange) =>
      exchange.answer(200, openAi.whole('да'), exchange.request.connection === 0 ? { connection: 'close' } : {}),
    )
    for (let count = 0; count < 3; count++) await call(world)
    expect(used(world)).toEqual([0, 1, 1])
  })

  it('one that could not be opened is given up', async () => {
    await using world = await startRaw(answer, {
      server: { greet: (connection) => (connection < 2 ? 'reset' : 'tls') },
    })
    expect(await caught(call(world))).toMatchObject({ name: 'ConnectionError' })
    expect(await caught(call(world))).toMatchObject({ name: 'ConnectionError' })
    await call(world)
    await call(world)
    expect(used(world)).toEqual([2, 2])
  })

  const written = (text: string): string => {
    const body = openAi.whole(text)
    return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  }

  it.each([
    ['in one piece', 'at once', undefined],
    ['in one piece', 'later', undefined],
    ['right after it', 'at once', 'none'],
    ['right after it', 'later', 'none'],
    ['a moment after it', 'at once', 0],
    ['a moment after it', 'later', 0],
    ['1 ms after it', 'at once', 1],
    ['1 ms after it', 'later', 1],
  ] as const)('none with an answer that nobody asked for (%s, the next call %s)', async (_how, when, gap) => {
    for (let round = 0; round < 10; round++) {
      await using world = await startRaw(async (exchange) => {
        if (exchange.request.body.includes('второй')) return exchange.write(written('своё'))
        if (gap === undefined) return exchange.write(written('первое') + written('чужое'))
        await exchange.write(written('первое'))
        if (gap !== 'none') await settle(gap)
        await exchange.write(written('чужое'))
      })
      expect((await world.client.generateText(question)).text).toBe('первое')
      if (when === 'later') await settle(10)
      expect((await world.client.generateText({ ...question, prompt: 'второй' })).text).toBe('своё')
    }
  })

  it('closing the client closes those in use, the free ones, and those that are replaced', async () => {
    await using world = await startRaw(answer)
    const { client, server } = world
    await Promise.all([call(world), call(world), call(world)])
    server.handle = () => {}
    const cut = caught(call(world))
    await eventually(() => server.requests.length === 4, 'one is in use')
    expect(server.open).toBe(3)
    await client.close({ graceMs: 0 })
    await eventually(() => server.open === 0, 'all are closed')
    expect(await cut).toMatchObject({ name: 'ClientClosedError' })
  })
})
