import { getEventListeners } from 'node:events'
import { createClient, type ShlyuzError } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { expect, it, vi } from 'vitest'
import { requestsOf, startEmulated } from './emulated.ts'
import { startFakeClock } from './fake-clock.ts'
import { row } from './row.ts'
import { caught, eventually, settle } from './world.ts'

const ask = { model: 'gigachat/GigaChat-2', prompt: 'Привет' }

row('F12', () => {
  it('one refresh and one repeat, beside the retries', async () => {
    await using world = await startEmulated()
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'unauthorized' })
    const { text, attempts } = await world.client.generateText(ask)
    expect(text).not.toBe('')
    expect(attempts.map((one) => one.error?.name)).toEqual(['AuthError', undefined])
    expect(requestsOf(world.emulator, 'token')).toHaveLength(2)
  })

  it('the second 401 is final', async () => {
    await using world = await startEmulated({ retries: 2 })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'unauthorized', times: 9 })
    const error = await caught(world.client.generateText(ask))
    expect(error).toMatchObject({ name: 'AuthError', status: 401, isRetryable: false })
    expect(requestsOf(world.emulator, 'chat')).toHaveLength(2)
    expect(requestsOf(world.emulator, 'token')).toHaveLength(2)
  })

  it('a stream is no different', async () => {
    await using world = await startEmulated()
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'unauthorized' })
    expect((await world.client.streamText(ask).result).text).not.toBe('')
    expect(requestsOf(world.emulator, 'token')).toHaveLength(2)
  })
})

row('F13', () => {
  it('100 calls, one refresh', async () => {
    await using world = await startEmulated()
    await world.client.generateText(ask)
    world.emulator.expireTokens()
    const results = await Promise.all(Array.from({ length: 100 }, () => world.client.generateText(ask)))
    expect(results.every(({ text }) => text !== '')).toBe(true)
    expect(requestsOf(world.emulator, 'token')).toHaveLength(2)
  })
})

row('F14', () => {
  it('is asked again within the same call, by one layer alone', async () => {
    await using world = await startEmulated({ retries: 2 })
    world.emulator.fail({ service: 'gigachat', operation: 'token', kind: 'status', status: 503, times: 99 })
    const error = (await caught(world.client.generateText(ask))) as ShlyuzError
    expect(error).toMatchObject({ name: 'ServerError', status: 503, provider: 'gigachat', isRetryable: true })
    expect(requestsOf(world.emulator, 'token')).toHaveLength(3)
    expect(error.attempts).toHaveLength(3)
    expect(requestsOf(world.emulator, 'chat')).toEqual([])
  })

  it('those who wait share the outcome, and the next call begins anew', async () => {
    await using world = await startEmulated()
    world.emulator.fail({ service: 'gigachat', operation: 'token', kind: 'delay', ms: 200 })
    world.emulator.fail({ service: 'gigachat', operation: 'token', kind: 'status', status: 503 })
    const errors = await Promise.all(Array.from({ length: 20 }, () => caught(world.client.generateText(ask))))
    expect(errors.map((error) => (error as Error).name)).toEqual(Array.from({ length: 20 }, () => 'ServerError'))
    expect(requestsOf(world.emulator, 'token')).toHaveLength(1)
    expect((await world.client.generateText(ask)).text).not.toBe('')
    expect(requestsOf(world.emulator, 'token')).toHaveLength(2)
  })

  it('a reset is a ConnectionError, and a fallback moves on', async () => {
    await using world = await startEmulated()
    const reset = { service: 'gigachat', operation: 'token', kind: 'reset', after: 'request' } as const
    world.emulator.fail({ ...reset, times: 9 })
    expect(await caught(world.client.generateText(ask))).toMatchObject({ name: 'ConnectionError' })
    const model = world.client.fallback(['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5.1'])
    expect((await world.client.generateText({ ...ask, model })).model.provider).toBe('yandexgpt')
  })
})

row('F15', () => {
  const later = Date.now() + 1_800_000
  it.each([
    ['HTML', '<html>Войдите</html>', 'text/html'],
    ['no JSON', 'ok', 'application/json'],
    ['a list', '[]', 'application/json'],
    ['no token', JSON.stringify({ expires_at: later }), 'application/json'],
    ['an empty token', JSON.stringify({ access_token: '', expires_at: later }), 'application/json'],
    ['a token that is a number', JSON.stringify({ access_token: 5, expires_at: later }), 'application/json'],
    ['a token with a line break', JSON.stringify({ access_token: 'a\r\nb: c', expires_at: later }), 'application/json'],
  ])('%s: one request, and an error that says so', async (_name, body, type) => {
    await using world = await startEmulated()
    const raw = { body, headers: { 'content-type': type } }
    world.emulator.script({ service: 'gigachat', operation: 'token', raw, times: 9 })
    const error = (await caught(world.client.generateText(ask))) as ShlyuzError
    expect(error.name).toMatch(/^(AuthError|ProtocolError)$/)
    expect(error).toMatchObject({ provider: 'gigachat', hint: expect.any(String) })
    expect(requestsOf(world.emulator, 'token')).toHaveLength(1)
    expect(requestsOf(world.emulator, 'chat')).toEqual([])
  })

  it.each([
    ['in the past', Date.now() - 3_600_000],
    ['in seconds', Math.floor(later / 1_000)],
    ['missing', undefined],
    ['no number', 'soon'],
    ['far beyond reason', 1e18],
  ])('an expiry that is %s: one request a call', async (_name, expiresAt) => {
    await using world = await startEmulated()
    await world.client.generateText(ask)
    const { authorization = '' } = requestsOf(world.emulator, 'chat')[0]?.headers ?? {}
    await using other = createClient({
      providers: [gigachat(world.emulator.gigachat)],
      network: world.emulator.network,
      retries: 0,
    })
    const before = requestsOf(world.emulator, 'token').length
    const body = JSON.stringify({ access_token: authorization.replace('Bearer ', ''), expires_at: expiresAt })
    world.emulator.script({ service: 'gigachat', operation: 'token', raw: { body }, times: 9 })
    for (let call = 1; call <= 2; call++) {
      await other.generateText(ask).catch((error: unknown) => {
        expect(error).toMatchObject({ name: expect.stringMatching(/^(AuthError|ProtocolError)$/) })
      })
      expect(requestsOf(world.emulator, 'token').length - before).toBeLessThanOrEqual(call)
    }
  })
})

row('F16', () => {
  it('one of ten', async () => {
    await using world = await startEmulated()
    world.emulator.fail({ service: 'gigachat', operation: 'token', kind: 'delay', ms: 400 })
    const controller = new AbortController()
    const reason = new Error('gone')
    const leaving = caught(world.client.generateText({ ...ask, signal: controller.signal }))
    const staying = Array.from({ length: 9 }, () => world.client.generateText(ask))
    await eventually(() => requestsOf(world.emulator, 'token').length === 1, 'the token is asked for')
    controller.abort(reason)
    expect(await leaving).toBe(reason)
    expect((await Promise.all(staying)).every(({ text }) => text !== '')).toBe(true)
    expect(requestsOf(world.emulator, 'token')).toHaveLength(1)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('when all have left, the exchange is given up', async () => {
    await using world = await startEmulated({ retries: 2 })
    world.emulator.fail({ service: 'gigachat', operation: 'token', kind: 'stall', after: 'request' })
    const controller = new AbortController()
    const { signal } = controller
    const leaving = Array.from({ length: 5 }, () => caught(world.client.generateText({ ...ask, signal })))
    await eventually(() => requestsOf(world.emulator, 'token').length === 1, 'the token is asked for')
    controller.abort(new Error('gone'))
    for (const error of await Promise.all(leaving)) expect(error).toBe(signal.reason)
    await eventually(() => requestsOf(world.emulator, 'token')[0]?.closedByClient === true, 'the exchange is given up')
    await settle(50)
    expect(requestsOf(world.emulator, 'token')).toHaveLength(1)
    expect((await world.client.generateText(ask)).text).not.toBe('')
  })
})

row('F17', () => {
  it('the stream goes on, and the next call refreshes', async () => {
    await using world = await startEmulated()
    const pieces = ['Раз ', 'два ', 'три']
    world.emulator.script({ service: 'gigachat', text: pieces })
    const stream = world.client.streamText(ask)
    const told: string[] = []
    for await (const part of stream) {
      if (part.type !== 'text-delta') continue
      if (told.length === 0) world.emulator.expireTokens()
      told.push(part.text)
    }
    expect(told.join('')).toBe('Раз два три')
    expect(requestsOf(world.emulator, 'token')).toHaveLength(1)
    expect((await world.client.generateText(ask)).text).not.toBe('')
    expect(requestsOf(world.emulator, 'token')).toHaveLength(2)
  })
})

row('F18', () => {
  it('is renewed before it ends by the local clock', async () => {
    await using world = await startEmulated()
    await world.client.generateText(ask)
    await settle(20)
    using clock = startFakeClock()
    const call = async (): Promise<void> => {
      // Connecting takes turns of the loop, in which this clock runs.
      const work = world.client.generateText({ ...ask, timeout: { connectMs: 300_000, headersMs: 300_000 } })
      await clock.passUntil(work, 300_000)
      await work
    }
    vi.setSystemTime(Date.now() + 10 * 60_000)
    await call()
    expect(requestsOf(world.emulator, 'token')).toHaveLength(1)
    // A token lives 30 minutes; some seconds before its end it is not used any more.
    vi.setSystemTime(Date.now() + 19 * 60_000 + 55_000)
    await call()
    expect(requestsOf(world.emulator, 'token')).toHaveLength(2)
  })

  it('a token that ended by the service’s clock alone is renewed by its refusal', async () => {
    await using world = await startEmulated()
    await world.client.generateText(ask)
    world.emulator.expireTokens()
    expect((await world.client.generateText(ask)).text).not.toBe('')
    expect(requestsOf(world.emulator, 'token')).toHaveLength(2)
  })
})
