import { createClient } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { expect, it } from 'vitest'
import { caught, collect } from './support.ts'

async function start() {
  const emulator = await startEmulator({ pace: 'instant' })
  const providers = [gigachat(emulator.gigachat), yandexgpt(emulator.yandexgpt)] as const
  const client = createClient({ providers, network: emulator.network, retries: 1 })
  const either = client.fallback(['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5-lite'])
  const asked = (service: string) =>
    emulator.requests.filter((one) => one.service === service && one.operation === 'chat')
  return {
    emulator,
    client,
    either,
    asked,
    async [Symbol.asyncDispose]() {
      await client.close({ graceMs: 0 })
      await emulator.close()
    },
  }
}

it.each([
  { kind: 'reset', after: 'headers' },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 402 },
  { kind: 'rate-limited', retryAfter: 30 },
  { kind: 'stall', after: 'request' },
] as const)('moves on after $kind, with one retry at most', async (fault) => {
  await using world = await start()
  world.emulator.fail({ service: 'gigachat', operation: 'chat', times: 9, ...fault })
  const timeout = fault.kind === 'stall' ? { headersMs: 200 } : {}
  const stream = world.client.streamText({ model: world.either, prompt: 'Привет', timeout })
  expect(await collect(stream)).not.toBe('')
  const { model, attempts } = await stream.result
  expect(model.provider).toBe('yandexgpt')
  expect(attempts.at(-1)).toMatchObject({ provider: 'yandexgpt' })
  expect(world.asked('gigachat').length).toBeLessThanOrEqual(2)
})

it('moves on when the token endpoint is down', async () => {
  await using world = await start()
  world.emulator.fail({ service: 'gigachat', operation: 'token', kind: 'status', status: 503, times: 9 })
  const { model } = await world.client.generateText({ model: world.either, prompt: 'Привет' })
  expect(model.provider).toBe('yandexgpt')
})

it.each([
  { kind: 'status', status: 400 },
  { kind: 'status', status: 403 },
  { kind: 'unauthorized', times: 9 },
] as const)('stays after $kind $status', async (fault) => {
  await using world = await start()
  world.emulator.fail({ service: 'gigachat', operation: 'chat', ...fault })
  await caught(world.client.generateText({ model: world.either, prompt: 'Привет' }))
  expect(world.asked('yandexgpt')).toHaveLength(0)
})

it('stays once content has come', async () => {
  await using world = await start()
  world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'reset', after: 'content' })
  const error = await caught(collect(world.client.streamText({ model: world.either, prompt: 'Привет' })))
  expect(error).toMatchObject({ name: 'StreamInterruptedError' })
  expect(world.asked('yandexgpt')).toHaveLength(0)
})

it('one bad target refuses the whole set before anything is sent', async () => {
  await using world = await start()
  const model = world.client.fallback(['gigachat/GigaChat-2', 'yandexgpt/gpt-oss-20b'])
  const error = await caught(world.client.generateText({ model, prompt: 'Привет' }))
  expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'fallback.not_allowed' })
  expect(world.emulator.connections).toHaveLength(0)
})

it('an empty list and a model named twice are refused', async () => {
  await using world = await start()
  expect(() => world.client.fallback([])).toThrow(/list/)
  expect(() => world.client.fallback(['gigachat/GigaChat-2', 'gigachat/GigaChat-2'])).toThrow(/twice/)
})
