import type { StreamInterruptedError } from '@shlyuz/core'
import { afterEach, expect, it, vi } from 'vitest'
import { row } from './row.ts'
import { openAi } from './surfaces.ts'
import { caught, eventually, settle, stand, startRaw } from './world.ts'

row('F68', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('a stream that slept with the machine is found dead on waking', async () => {
    await using world = await startRaw(async (exchange) => {
      await exchange.head()
      await exchange.chunk(openAi.frame(['При'])[0] ?? '')
    })
    vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
    const stream = world.client.streamText({ model: stand, prompt: 'x', retries: 2, timeout: { idleMs: 180_000 } })
    const error = caught(async () => {
      for await (const part of stream) if (part.type === 'text-delta') vi.setSystemTime(Date.now() + 600_000)
    })
    expect(await error).toMatchObject({ name: 'StreamInterruptedError', partial: { text: 'При' } })
    expect(((await error) as StreamInterruptedError).cause).toMatchObject({ name: 'TimeoutError', phase: 'idle' })
    await eventually(() => world.server.open === 0, 'the socket is closed')
    expect(world.server.requests).toHaveLength(1)
  })

  it('what begins after waking is not taken for dead', async () => {
    await using world = await startRaw(async (exchange) => {
      if (!exchange.request.body.includes('"stream":true')) return exchange.answer(200, openAi.whole('да'))
      await exchange.head()
      await exchange.chunk(openAi.frame(['При'])[0] ?? '')
    })
    vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
    for await (const _part of world.client.streamText({ model: stand, prompt: 'x' })) {
      // On the same turn of the loop: no limit has been looked at yet.
      vi.setSystemTime(Date.now() + 600_000)
      expect((await world.client.generateText({ model: stand, prompt: 'x' })).text).toBe('да')
      break
    }
  })

  it('a nap shorter than the limit changes nothing', async () => {
    let finish: () => void = () => {}
    await using world = await startRaw(async (exchange) => {
      const [first = '', ...rest] = openAi.frame(['При', 'вет'])
      await exchange.head()
      await exchange.chunk(first)
      finish = () => void exchange.chunk(rest.join('')).then(() => exchange.end())
    })
    vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
    const stream = world.client.streamText({ model: stand, prompt: 'x', timeout: { idleMs: 180_000 } })
    let text = ''
    for await (const part of stream) {
      if (part.type !== 'text-delta') continue
      if (text === '') {
        vi.setSystemTime(Date.now() + 60_000)
        await settle(300)
        finish()
      }
      text += part.text
    }
    expect(text).toBe('Привет')
  })
})
