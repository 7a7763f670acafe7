import { createClient, memoryTokenStore, type Warning } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { expect, it } from 'vitest'
import { models } from '../../packages/core/src/sovereignty/models.ts'
import { checkTransport } from '../../packages/core/src/transport/self-check.ts'
import type { Undici } from '../../packages/core/src/transport/undici.ts'
import { caught, giga, startGigachat } from './support.ts'

const ask = { model: giga, prompt: 'Привет' }

it('every model an adapter lists has a sovereignty record', () => {
  for (const provider of [gigachat(), yandexgpt()]) {
    const known = new Set(models.filter(({ kind }) => kind === provider.kind).map(({ id }) => id))
    expect(provider.models.map(({ id }) => id).filter((id) => !known.has(id))).toEqual([])
  }
})

it('a closed client refuses calls, and closing cuts what runs too long', async () => {
  await using world = await startGigachat()
  world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'stall', after: 'request' })
  const running = caught(world.client.generateText(ask))
  await new Promise((resolve) => setTimeout(resolve, 150))
  await world.client.close({ graceMs: 50 })
  expect(await running).toMatchObject({ name: 'ClientClosedError' })
  expect(await caught(world.client.generateText(ask))).toMatchObject({ name: 'ClientClosedError' })
  expect(await caught(world.client.streamText(ask).result)).toMatchObject({ name: 'ClientClosedError' })
})

it('closing waits for what ends in time', async () => {
  await using world = await startGigachat()
  world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'delay', ms: 200 })
  const running = world.client.generateText(ask)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await world.client.close()
  expect((await running).text).not.toBe('')
})

it('two clients share a token through their store, which never sees the credential', async () => {
  await using emulator = await startEmulator({ pace: 'instant' })
  const keys: string[] = []
  const memory = memoryTokenStore()
  const tokenStore = {
    ...memory,
    set: (...input: Parameters<typeof memory.set>) => (keys.push(input[0]), memory.set(...input)),
  }
  for (let turn = 0; turn < 2; turn++) {
    await using client = createClient({
      providers: [gigachat(emulator.gigachat)],
      network: emulator.network,
      tokenStore,
    })
    await client.generateText(ask)
  }
  expect(emulator.requests.filter(({ operation }) => operation === 'token')).toHaveLength(1)
  expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
})

it.each([
  ['connectMs', 'connect', { kind: 'stall', after: 'connect' }],
  ['headersMs', 'headers', { kind: 'stall', after: 'request' }],
  ['attemptMs', 'attempt', { kind: 'stall', after: 'request' }],
  ['firstContentMs', 'first-content', { kind: 'stall', after: 'headers' }],
] as const)('timeout.%s is enforced and named', async (option, phase, fault) => {
  await using world = await startGigachat({}, { retries: 0 })
  await world.client.generateText(ask)
  world.emulator.disconnect()
  await new Promise((resolve) => setTimeout(resolve, 50))
  world.emulator.fail({ service: 'gigachat', operation: 'chat', times: 3, ...fault })
  const error = await caught(world.client.streamText({ ...ask, timeout: { [option]: 300 } }).result)
  expect(error).toMatchObject({ name: 'TimeoutError', phase, hint: expect.stringContaining(option) })
})

it('a reply of another shape is a ProtocolError that names the place and no value', async () => {
  await using world = await startGigachat()
  const body = JSON.stringify({ choices: [{ message: { content: ['СЕКРЕТ'] } }] })
  world.emulator.script({ service: 'gigachat', raw: { body } })
  const error = await caught(world.client.generateText(ask))
  expect(error).toMatchObject({ name: 'ProtocolError', code: 'response.shape' })
  expect((error as Error).message).toContain('choices.0.message.content')
  expect((error as Error).message).not.toContain('СЕКРЕТ')
})

it('raw is there when asked for, and only then', async () => {
  await using world = await startGigachat()
  expect(await world.client.generateText(ask)).not.toHaveProperty('raw')
  const { raw } = await world.client.generateText({ ...ask, include: { raw: true } })
  expect(raw).toMatchObject({ object: 'chat.completion' })
})

it('a stream is the body of an HTTP response', async () => {
  await using world = await startGigachat()
  world.emulator.script({ service: 'gigachat', text: ['раз ', 'два'] })
  const response = new Response(world.client.streamText(ask).toReadableStream())
  expect(await response.text()).toBe('раз два')
})

it('proxy variables that nobody follows are mentioned once', async () => {
  const warnings: Warning[] = []
  await using world = await startGigachat({}, { onWarning: (warning) => warnings.push(warning) })
  process.env['HTTPS_PROXY'] = 'http://proxy.example:3128'
  try {
    await world.client.generateText(ask)
    await world.client.generateText(ask)
  } finally {
    delete process.env['HTTPS_PROXY']
  }
  expect(warnings).toMatchObject([{ code: 'proxy-ignored' }])
})

it('a runtime whose HTTP client ignores connectors sends nothing', async () => {
  class Client {
    dispatch(_options: unknown, handler: { onResponseEnd: () => void }): void {
      handler.onResponseEnd()
    }
    async destroy(): Promise<void> {}
  }
  const error = await caught(checkTransport({ Client } as unknown as Undici))
  expect(error).toMatchObject({ name: 'ConfigurationError', code: 'config.transport' })
})

it('two providers may not trust different authorities at one origin', async () => {
  await using emulator = await startEmulator({ pace: 'instant' })
  const plain = { credentials: emulator.gigachat.credentials }
  const providers = [gigachat({ ...plain, name: 'one' }), gigachat({ ...plain, name: 'two', ca: emulator.ca.state })]
  expect(() => createClient({ providers })).toThrow(expect.objectContaining({ code: 'config.trust_conflict' }))
})

it('one client serves many tenants: credentials are asked for each call, tokens kept apart', async () => {
  await using emulator = await startEmulator({ pace: 'instant' })
  const keys: Record<string, string> = {
    good: emulator.gigachat.credentials,
    bad: Buffer.from('a:b').toString('base64'),
  }
  const credentials = ({ labels }: { labels: Readonly<Record<string, string>> }): string =>
    keys[labels['tenant'] ?? ''] ?? ''
  await using client = createClient({
    providers: [gigachat({ ...emulator.gigachat, credentials })],
    network: emulator.network,
  })
  expect((await client.generateText({ ...ask, labels: { tenant: 'good' } })).text).not.toBe('')
  expect(await caught(client.generateText({ ...ask, labels: { tenant: 'bad' } }))).toMatchObject({ name: 'AuthError' })
  expect((await client.generateText({ ...ask, labels: { tenant: 'good' } })).text).not.toBe('')
  expect(emulator.requests.filter(({ operation }) => operation === 'token')).toHaveLength(2)
})
