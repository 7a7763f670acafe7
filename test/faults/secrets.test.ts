import { inspect } from 'node:util'
import { createClient, type Client, type ShlyuzError } from '@shlyuz/core'
import type { Emulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { expect, it } from 'vitest'
import { startEmulated } from './emulated.ts'
import { row } from './row.ts'
import { caught } from './world.ts'

const prompt = 'СЕКРЕТНЫЙ-ВОПРОС-4711'
/** What looks like the real thing, and is known to nobody. */
const credentials = Buffer.from('0b8b9f5e-aaaa-bbbb-cccc-0123456789ab:1c9d-secret-4711').toString('base64')
const apiKey = 'AQVN4711SecretSecretSecretSecretSecret'

/** Every way in which someone may come to print it, and what caused it. */
function everyForm(value: unknown): string {
  const forms: string[] = []
  const seen = new Set<unknown>()
  for (let one = value; one instanceof Error && !seen.has(one); one = one.cause) {
    seen.add(one)
    forms.push(
      inspect(one, { depth: 20, showHidden: true, getters: true }),
      inspect(one),
      JSON.stringify(one),
      String(one),
      `${one.stack}${one.message}`,
      ...Reflect.ownKeys(one).map((key) => String(Reflect.get(one as object, key))),
    )
  }
  return forms.join('\n')
}

function expectClean(error: unknown, ...secrets: readonly string[]): void {
  const text = everyForm(error)
  const told = [prompt, credentials, apiKey, ...secrets].filter((secret) => text.includes(secret))
  expect(told).toEqual([])
  // Nor what the key is made of.
  expect(/1c9d-secret|(?:Bearer|Api-Key|Basic) \S{8}/.exec(text)?.[0]).toBeUndefined()
}

async function withClient(act: (client: Client, emulator: Emulator) => Promise<void>, wrong = false): Promise<void> {
  await using world = await startEmulated()
  const { emulator } = world
  const providers = [gigachat({ ...emulator.gigachat, credentials }), yandexgpt({ ...emulator.yandexgpt, apiKey })]
  await using mistaken: Client = createClient({ providers, network: emulator.network, retries: 0 })
  await act(wrong ? mistaken : world.client, emulator)
}

const models = ['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5.1'] as const

row('F63', () => {
  it('a wrong key', () =>
    withClient(async (client) => {
      for (const model of models) {
        const error = (await caught(client.generateText({ model, prompt }))) as ShlyuzError
        expect(error.name).toMatch(/^(AuthError|BadRequestError|PermissionError)$/)
        expectClean(error)
        expectClean(await caught(client.streamText({ model, prompt }).result))
      }
    }, true))

  it.each([
    { kind: 'status', status: 400 },
    { kind: 'status', status: 500 },
    { kind: 'unauthorized' },
    { kind: 'reset', after: 'request' },
    { kind: 'reset', after: 'content' },
    { kind: 'garbage' },
    { kind: 'wrong-content-type' },
    { kind: 'redirect', location: `https://elsewhere.example/?q=${encodeURIComponent(prompt)}` },
    { kind: 'model-mismatch', model: 'other' },
  ] as const)('$kind $status $after', (fault) =>
    withClient(async (client, emulator) => {
      const { apiKey: key } = emulator.yandexgpt
      for (const model of models) {
        const service = model.startsWith('giga') ? 'gigachat' : 'yandexgpt'
        emulator.fail({ service, operation: 'chat', times: 9, ...fault })
        let error: unknown
        await client.streamText({ model, prompt }).result.catch((thrown: unknown) => (error = thrown))
        // YandexGPT names no model that could be another one.
        if (fault.kind !== 'model-mismatch' || service === 'gigachat') expect(error).toBeInstanceOf(Error)
        const token =
          emulator.requests.find(({ operation }) => operation === 'chat')?.headers['authorization'] ?? 'none'
        expectClean(error, key, emulator.gigachat.credentials, token.replace('Bearer ', ''))
      }
    }),
  )

  it('a service that repeats all it was sent', () =>
    withClient(async (client, emulator) => {
      const { credentials: own } = emulator.gigachat
      await client.generateText({ model: models[0], prompt: 'Привет' })
      const token = (emulator.requests.at(-1)?.headers['authorization'] ?? '').replace('Bearer ', '')
      for (const model of models) {
        const service = model.startsWith('giga') ? 'gigachat' : 'yandexgpt'
        // A service can repeat only what it was sent.
        const sent = service === 'gigachat' ? `${token} of ${own}` : emulator.yandexgpt.apiKey
        const words = `cannot answer «${prompt}» for ${sent}, sorry`
        for (const status of [400, 422, 500]) {
          const body = JSON.stringify({ status, message: words, error: { message: words, grpcCode: 3 } })
          emulator.script({ service, raw: { status, body } })
          expectClean(await caught(client.generateText({ model, prompt })), token, own, emulator.yandexgpt.apiKey)
        }
      }
    }))
})

row('F64', () => {
  const injected = 'a\r\nX-Injected: 4711'

  it.each([
    ['a session', { providerOptions: { gigachat: { sessionId: injected } } }],
    ['a client id', { providerOptions: { gigachat: { clientId: injected } } }],
    ['a header', { providerOptions: { gigachat: { extraHeaders: { 'x-own': injected } } } }],
    ['the name of a header', { providerOptions: { gigachat: { extraHeaders: { [injected]: 'x' } } } }],
    ['a lone line feed', { providerOptions: { gigachat: { sessionId: 'a\nb4711' } } }],
    ['a null', { providerOptions: { gigachat: { sessionId: 'a\u00004711' } } }],
    ['letters outside ASCII', { providerOptions: { gigachat: { sessionId: 'сессия4711' } } }],
  ])('%s', (_name, options) =>
    withClient(async (client, emulator) => {
      for (const verb of ['generateText', 'streamText'] as const) {
        const made = client[verb]({ model: models[0], prompt, ...options })
        const error = await caught('result' in made ? made.result : made)
        expect(error).toMatchObject({ name: expect.stringMatching(/^(ConfigurationError|PolicyDeniedError)$/) })
        expect(everyForm(error)).not.toContain('4711')
      }
      expect(emulator.requests).toEqual([])
    }),
  )

  it.each([
    ['GigaChat', (emulator: Emulator) => [gigachat({ accessToken: injected, ca: emulator.gigachat.ca })], models[0]],
    ['YandexGPT', () => [yandexgpt({ apiKey: injected, folderId: 'b1gexamplefolder0000' })], models[1]],
  ] as const)('a key of %s', async (_name, providers, model) => {
    await using world = await startEmulated()
    const { emulator } = world
    const make = () => createClient({ providers: providers(emulator), network: emulator.network, retries: 0 })
    const error = await caught(async () => {
      await using client = make()
      await client.generateText({ model, prompt })
    })
    expect(error).toMatchObject({ name: 'ConfigurationError', hint: expect.any(String) })
    expect(everyForm(error)).not.toContain('4711')
    expect(emulator.requests).toEqual([])
  })
})
