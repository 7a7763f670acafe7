import { spawn } from 'node:child_process'
import { expect, it, vi } from 'vitest'
import type { RawExchange } from './raw-server.ts'
import { row } from './row.ts'
import { openAi } from './surfaces.ts'
import { caught, eventually, settle, stand, startRaw } from './world.ts'

const ask = { model: stand, prompt: 'x' }

row('F62', () => {
  it('what runs may end, and new calls are refused', async () => {
    let finish: () => void = () => {}
    await using world = await startRaw((exchange) => {
      finish = () => void exchange.answer(200, openAi.whole('да'))
    })
    const running = world.client.generateText(ask)
    await eventually(() => world.server.requests.length === 1, 'the call runs')
    const closed = world.client.close({ graceMs: 30_000 })
    expect(await caught(world.client.generateText(ask))).toMatchObject({
      name: 'ClientClosedError',
      isRetryable: false,
    })
    expect(await caught(world.client.streamText(ask).result)).toMatchObject({ name: 'ClientClosedError' })
    finish()
    expect((await running).text).toBe('да')
    await closed
    await eventually(() => world.server.open === 0, 'the sockets are closed')
    expect(world.server.requests).toHaveLength(1)
  })

  it.each([
    ['before the headers', () => {}],
    [
      'in a body',
      (exchange: RawExchange) => {
        const isStream = exchange.request.body.includes('"stream":true')
        return exchange.head(200, isStream ? {} : { 'content-type': 'application/json' })
      },
    ],
    ['in back-off', (exchange: RawExchange) => exchange.answer(429, '{}', { 'retry-after': '50' })],
  ])('what runs too long is cut (%s)', async (_name, handle) => {
    await using world = await startRaw(handle, { retries: 2 })
    const calls = [caught(world.client.generateText(ask)), caught(world.client.streamText(ask).result)]
    await eventually(() => world.server.requests.length === 2, 'the calls run')
    await settle(20)
    await world.client.close({ graceMs: 50 })
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ name: 'ClientClosedError' })
    await eventually(() => world.server.open === 0, 'the sockets are closed')
  })

  it('waits with delays that are none below zero, however the clock runs', async () => {
    await using world = await startRaw(() => {})
    const call = caught(world.client.generateText(ask))
    await eventually(() => world.server.requests.length === 1, 'the call runs')
    // Each look at the clock takes 30 ms: the end of the grace falls between the second and the third one.
    const now = performance.now.bind(performance)
    let looks = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 30 * ++looks)
    const timer = vi.spyOn(globalThis, 'setTimeout')
    try {
      await world.client.close({ graceMs: 45 })
      expect(timer).toHaveBeenCalled()
      expect(timer.mock.calls.filter(([, delayMs = 0]) => delayMs < 0)).toEqual([])
    } finally {
      clock.mockRestore()
      timer.mockRestore()
    }
    expect(await call).toMatchObject({ name: 'ClientClosedError' })
  })

  it('closing twice is one closing', async () => {
    await using world = await startRaw((exchange) => exchange.answer(200, openAi.whole('да')))
    await world.client.generateText(ask)
    expect(world.client.close()).toBe(world.client.close())
    await world.client.close()
  })

  it.each(['call', 'stream', 'stall', 'connect'] as const)('the process ends by itself (%s)', async (work) => {
    await using world = await startRaw(
      async (exchange) => {
        const isStream = exchange.request.body.includes('"stream":true')
        if (work === 'stall' || !isStream)
          return work === 'stall' ? undefined : exchange.answer(200, openAi.whole('да'))
        await exchange.head()
        await exchange.chunk(openAi.frame(['При'])[0] ?? '')
      },
      { server: { greet: () => (work === 'connect' ? 'silence' : 'tls') } },
    )
    const program = new URL('./closing-program.ts', import.meta.url).pathname
    const child = spawn(process.execPath, ['--conditions=@shlyuz/source', program], {
      env: {
        PATH: process.env['PATH'],
        FAULTS_CLOSING: JSON.stringify({ work, port: world.server.port, ca: world.server.ca }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [output, errors] = [child.stdout, child.stderr].map((stream) => stream.setEncoding('utf8').toArray())
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
    const code = await new Promise((resolve) => child.once('close', resolve))
    clearTimeout(late)
    expect((await errors)?.join('')).toBe('')
    expect({ code, output: (await output)?.join('') }).toEqual({ code: 0, output: 'closed\n' })
  })
})
