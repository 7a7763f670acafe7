import { createClient } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { expect, it } from 'vitest'
import { caught, giga, startGigachat } from './support.ts'

const ask = { model: giga, prompt: 'Привет' }

it('a hundred calls at once fetch one token', async () => {
  await using world = await startGigachat({ gigachat: { parallelStreams: 200 } })
  await Promise.all(Array.from({ length: 100 }, () => world.client.generateText(ask)))
  expect(world.emulator.requests.filter(({ operation }) => operation === 'token')).toHaveLength(1)
})

it('a hundred refused tokens are renewed once', async () => {
  await using world = await startGigachat({ gigachat: { parallelStreams: 200 } })
  await world.client.generateText(ask)
  world.emulator.expireTokens()
  await Promise.all(Array.from({ length: 100 }, () => world.client.generateText(ask)))
  expect(world.emulator.requests.filter(({ operation }) => operation === 'token')).toHaveLength(2)
})

it('a second 401 is final', async () => {
  await using world = await startGigachat()
  world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'unauthorized', times: 5 })
  const error = await caught(world.client.generateText(ask))
  expect(error).toMatchObject({ name: 'AuthError', status: 401, provider: 'gigachat' })
  expect(world.emulator.requests.filter(({ operation }) => operation === 'chat')).toHaveLength(2)
})

it('one waiter may leave while the others get their token', async () => {
  await using world = await startGigachat({ gigachat: { parallelStreams: 20 } })
  world.emulator.fail({ service: 'gigachat', operation: 'token', kind: 'delay', ms: 200 })
  const controller = new AbortController()
  const leaving = caught(world.client.generateText({ ...ask, signal: controller.signal }))
  const staying = world.client.generateText(ask)
  setTimeout(() => controller.abort(new Error('gone')), 50)
  expect(await leaving).toMatchObject({ message: 'gone' })
  expect((await staying).text).not.toBe('')
})

it.each([
  ['a wrong scope', { scope: 'GIGACHAT_API_CORP' as const }],
  ['a wrong key', { credentials: Buffer.from('who:knows').toString('base64') }],
])('%s comes back as the service answers, with a hint', async (_name, settings) => {
  await using emulator = await startEmulator({ pace: 'instant' })
  await using client = createClient({
    providers: [gigachat({ ...emulator.gigachat, ...settings })],
    network: emulator.network,
  })
  const error = await caught(client.generateText(ask))
  expect(error).toMatchObject({ provider: 'gigachat', hint: expect.any(String) })
  expect(['AuthError', 'BadRequestError']).toContain((error as Error).name)
})

it('user and password, and a ready token, serve as well', async () => {
  await using emulator = await startEmulator({ pace: 'instant' })
  const { user, password, accessToken } = emulator.credentials.gigachat
  const { ca } = emulator.gigachat
  for (const settings of [
    { user, password, ca },
    { accessToken, ca },
  ]) {
    await using client = createClient({ providers: [gigachat(settings)], network: emulator.network })
    expect((await client.generateText(ask)).text).not.toBe('')
  }
})

it('a client certificate alone serves where the stand asks for one', async () => {
  await using emulator = await startEmulator({ pace: 'instant', gigachat: { clientCertificate: 'required' } })
  const { ca } = emulator.gigachat
  const { clientCertificate } = emulator.credentials.gigachat
  await using client = createClient({
    providers: [gigachat({ ca, clientCertificate })],
    network: emulator.network,
  })
  expect((await client.generateText(ask)).text).not.toBe('')
  await using bare = createClient({ providers: [gigachat(emulator.gigachat)], network: emulator.network, retries: 0 })
  expect(await caught(bare.generateText(ask))).toMatchObject({ hint: expect.stringContaining('clientCertificate') })
})

it('an unknown authority is refused, and the message says the fix', async () => {
  await using emulator = await startEmulator({ pace: 'instant' })
  const { credentials, scope } = emulator.gigachat
  await using client = createClient({ providers: [gigachat({ credentials, scope })], network: emulator.network })
  const error = await caught(client.generateText(ask))
  expect(error).toMatchObject({ name: 'TlsError', code: 'tls.untrusted', hint: expect.stringContaining('ca') })
  expect(emulator.requests).toHaveLength(0)
})

it.each(['expired', 'wrong-name', 'leaf-only'] as const)('a certificate that is %s is refused', async (certificate) => {
  await using world = await startGigachat({ gigachat: { certificate } }, { retries: 0 })
  expect(await caught(world.client.generateText(ask))).toMatchObject({ name: 'TlsError' })
  expect(world.emulator.requests).toHaveLength(0)
})

it('the authority of one provider vouches for no other endpoint', async () => {
  await using emulator = await startEmulator({ pace: 'instant' })
  // An address behind the state root, asked by a provider that does not trust it.
  const elsewhere = yandexgpt({ ...emulator.yandexgpt, baseUrl: 'https://api.giga.chat' })
  await using client = createClient({ providers: [elsewhere], network: emulator.network, retries: 0 })
  const error = await caught(client.generateText({ model: 'yandexgpt/yandexgpt-5.1', prompt: 'Привет' }))
  expect(error).toMatchObject({ name: 'TlsError', code: 'tls.untrusted' })
  expect(emulator.requests).toHaveLength(0)
})
