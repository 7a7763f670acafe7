import { getEventListeners } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { definePolicy, rule, tool, type CallOptions, type Client, type TextOptions } from '@shlyuz/core'
import { expect, it, vi } from 'vitest'
import { requestsOf, startEmulated } from './emulated.ts'
import { z } from 'zod'
import { startFakeClock } from './fake-clock.ts'
import { openFullBacklog } from './full-backlog.ts'
import { row } from './row.ts'
import { openAi } from './surfaces.ts'
import { caught, eventually, settle, stand, startRaw, type RawWorldOptions } from './world.ts'
import type { RawHandler, RawServer } from './raw-server.ts'

const giga = { model: 'gigachat/GigaChat-2', prompt: 'x' }
const ask = { model: stand, prompt: 'x' }

row('F49', () => {
  it('no socket, no token, for any verb', async () => {
    await using world = await startEmulated()
    const { client } = world
    const reason = { mine: true }
    const signal = AbortSignal.abort(reason)
    const calls = [
      () => client.generateText({ ...giga, signal }),
      () => client.streamText({ ...giga, signal }).result,
      () => client.embed({ model: 'gigachat/Embeddings', value: 'x', signal }),
      () => client.countTokens({ ...giga, signal }),
      () => client.listModels({ signal }),
      () => client.submitText({ model: 'yandexgpt/yandexgpt-5.1', requests: [{ prompt: 'x' }], signal }),
      () => client.generateImage({ model: 'yandexgpt/yandex-art', prompt: 'x', signal }),
    ]
    for (const call of calls) expect(await caught(call)).toBe(reason)
    await settle(50)
    expect(world.emulator.connections).toEqual([])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

interface Place {
  readonly name: string
  readonly handle?: RawHandler
  readonly world?: RawWorldOptions
  readonly options?: Partial<TextOptions<never>>
  /** What goes before the call. */
  readonly prepare?: (client: Client) => void
  /** True when the call waits there. */
  readonly reached: (server: RawServer) => boolean
}

const answered: RawHandler = (exchange) => exchange.answer(200, openAi.whole('да'))
let entered = 0
const enter = (): Promise<never> => {
  entered++
  return new Promise(() => {})
}
const hasEntered = (): boolean => entered > 0
const asked = (server: RawServer): boolean => server.requests.length > 0

const places: readonly Place[] = [
  {
    name: 'in a rule of the policy',
    options: {
      policy: definePolicy({
        name: 'slow',
        rules: [rule({ name: 'slow', version: '1', evaluate: enter, timeLimitMs: 60_000 })],
      }),
    },
    reached: hasEntered,
  },
  { name: 'in the token store', world: { tokenStore: { get: enter, set() {}, delete() {} } }, reached: hasEntered },
  { name: 'in DNS', world: { resolve: enter }, reached: hasEntered },
  { name: 'in TLS', world: { server: { greet: () => 'silence' } }, reached: (server) => server.connections > 0 },
  { name: 'before the headers', handle: () => {}, reached: asked },
  {
    name: 'in the body',
    handle: (exchange) => exchange.answer(200, '{"choices":', { 'content-length': '1000' }),
    reached: asked,
  },
  { name: 'in the body of an error', handle: (exchange) => exchange.head(503), reached: asked },
  { name: 'in back-off', handle: (exchange) => exchange.answer(503), options: { retries: 9 }, reached: asked },
  {
    name: 'in a wait that the service asked for',
    handle: (exchange) => exchange.answer(429, '{}', { 'retry-after': '50' }),
    options: { retries: 9 },
    reached: asked,
  },
  {
    name: 'in the queue for a slot',
    handle: () => {},
    world: { limits: { slots: { stand: 1 } } },
    prepare: (client) => void client.generateText(ask).catch(() => {}),
    reached: asked,
  },
  {
    name: 'in a tool',
    handle: (exchange) =>
      exchange.answer(
        200,
        JSON.stringify({
          model: 'any',
          choices: [
            {
              index: 0,
              finish_reason: 'tool_calls',
              message: {
                role: 'assistant',
                tool_calls: [{ id: 'a', type: 'function', function: { name: 'wait', arguments: '{}' } }],
              },
            },
          ],
        }),
      ),
    options: { tools: { wait: tool({ inputSchema: z.object({}), execute: enter }) } },
    reached: hasEntered,
  },
]

/** Aborts a call where it waits: it rejects with the reason, and leaves nothing behind. */
async function expectEndsAtOnce(place: Place, start: (client: Client, options: object) => Promise<unknown>) {
  entered = 0
  await using world = await startRaw(place.handle ?? answered, place.world)
  const controller = new AbortController()
  const { signal } = controller
  const reason = new Error('enough')
  place.prepare?.(world.client)
  if (place.prepare) await eventually(() => place.reached(world.server), 'it is prepared')
  const error = caught(start(world.client, { ...ask, ...place.options, signal }))
  await eventually(() => place.reached(world.server), place.name)
  await settle(20)
  const before = world.server.requests.length
  controller.abort(reason)
  // Every other end is a minute away.
  expect(await error).toBe(reason)
  expect(getEventListeners(signal, 'abort')).toEqual([])
  const left = place.prepare ? 1 : 0
  await eventually(() => world.server.open === left || place.handle === answered, 'the socket is closed')
  await settle(50)
  expect(world.server.requests).toHaveLength(before)
}

row(
  'F50',
  () => {
    it.each(places)('$name', async (place) => {
      // Back-off takes the longest of its waits, so that it is met.
      vi.spyOn(Math, 'random').mockReturnValue(0.999)
      await expectEndsAtOnce(place, (client, options) => client.generateText(options as never))
      vi.restoreAllMocks()
    })

    it.each([
      ['before the headers', () => {}],
      ['before content', (exchange) => exchange.head()],
      [
        'between contents',
        async (exchange) => {
          await exchange.head()
          await exchange.chunk(openAi.frame(['При'])[0] ?? '')
        },
      ],
    ] satisfies [string, RawHandler][])('of a stream, %s', async (name, handle) => {
      const place = { name, handle, reached: asked }
      await expectEndsAtOnce(place, (client, options) => client.streamText(options as never).result)
      await expectEndsAtOnce(place, async (client, options) => {
        for await (const _part of client.streamText(options as never)) continue
      })
    })

    it('in TCP', async ({ skip }) => {
      await using full = await openFullBacklog()
      if (!full) return skip('only Linux drops a greeting when the backlog is full')
      const dial = () => {
        entered++
        return { host: '127.0.0.1', port: full.port }
      }
      const place = { name: 'in TCP', world: { dial }, reached: hasEntered, handle: answered }
      await expectEndsAtOnce(place, (client, options) => client.generateText(options as never))
    })

    it.each([
      ['for a token', 'token', (client: Client, options: CallOptions) => client.generateText({ ...giga, ...options })],
      [
        'for vectors',
        'embeddings',
        (client: Client, options: CallOptions) =>
          client.embedMany({ model: 'gigachat/Embeddings', values: ['a', 'b'], ...options }),
      ],
      [
        'for an image',
        'operation',
        (client: Client, options: CallOptions) =>
          client.generateImage({ model: 'yandexgpt/yandex-art', prompt: 'x', ...options }),
      ],
      [
        'for a job',
        'operation',
        async (client: Client, options: CallOptions) => {
          const job = await client.submitText({ model: 'yandexgpt/yandexgpt-5.1', requests: [{ prompt: 'x' }] })
          return job.result(options)
        },
      ],
    ] as const)('%s', async (_name, operation, start) => {
      await using world = await startEmulated({}, { yandexgpt: { operationPolls: 99 } })
      if (operation !== 'operation') {
        world.emulator.fail({ service: 'gigachat', operation, kind: 'stall', after: 'request', times: 9 })
      }
      const controller = new AbortController()
      const { signal } = controller
      const reason = new Error('enough')
      const error = caught(start(world.client, { signal }))
      await eventually(() => requestsOf(world.emulator, operation).length > 0, 'it waits')
      await settle(20)
      controller.abort(reason)
      expect(await error).toBe(reason)
      expect(getEventListeners(signal, 'abort')).toEqual([])
    })
  },
  { backOff: true },
)

row('F51', () => {
  const limitMs = 300

  it.each(['abort first', 'limit first'] as const)('%s', async (order) => {
    using _clock = startFakeClock()
    await using world = await startRaw(() => {})
    const controller = new AbortController()
    const { signal } = controller
    const reason = new Error('enough')
    let rejections = 0
    const work = world.client.generateText({ ...ask, signal, timeout: { totalMs: limitMs } })
    work.catch(() => rejections++)
    await untilAsked(world.server)
    if (order === 'abort first') controller.abort(reason)
    // All ticks of these milliseconds, in one go.
    vi.advanceTimersByTime(2 * limitMs)
    if (order === 'limit first') controller.abort(reason)
    const error = await caught(work)
    if (order === 'abort first') expect(error).toBe(reason)
    else expect(error).toMatchObject({ name: 'TimeoutError', phase: 'total', limitMs })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(rejections).toBe(1)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

/** Real turns of the event loop: no time passes. */
async function untilAsked(server: RawServer): Promise<void> {
  for (let turn = 0; server.requests.length === 0 && turn < 1_000_000; turn++) await nextTurn()
}
