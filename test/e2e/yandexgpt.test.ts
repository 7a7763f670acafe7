import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createClient } from '@shlyuz/core'
import { blockedPhrase, startEmulator, type Emulator } from '@shlyuz/emulator'
import { yandexgpt, type YandexgptSettings } from '@shlyuz/yandexgpt'
import { expect, it } from 'vitest'
import { caught, collect } from './support.ts'

const ask = { model: 'yandexgpt/yandexgpt-5.1', prompt: 'Привет' } as const

async function start(settings: (emulator: Emulator) => YandexgptSettings = ({ yandexgpt: given }) => given) {
  const emulator = await startEmulator({ pace: 'instant' })
  const client = createClient({ providers: [yandexgpt(settings(emulator))], network: emulator.network, retries: 1 })
  return {
    emulator,
    client,
    async [Symbol.asyncDispose]() {
      await client.close({ graceMs: 0 })
      await emulator.close()
    },
  }
}

it('sends what the service documents, with storing of prompts off', async () => {
  await using world = await start()
  const answer = await world.client.generateText({
    ...ask,
    instructions: 'Отвечай кратко',
    temperature: 0.3,
    maxOutputTokens: 100,
    seed: 1,
  })
  const { body, headers, path } = world.emulator.requests.at(-1) ?? {}
  expect(path).toBe('/foundationModels/v1/completion')
  expect(body).toEqual({
    modelUri: `gpt://${world.emulator.yandexgpt.folderId}/yandexgpt-5.1`,
    completionOptions: { stream: false, temperature: 0.3, maxTokens: '100' },
    messages: [
      { role: 'system', text: 'Отвечай кратко' },
      { role: 'user', text: 'Привет' },
    ],
  })
  expect(headers?.['x-data-logging-enabled']).toBe('false')
  expect(answer.policy).toMatchObject({ providerLogging: 'off', answeredBy: 'not stated', network: 'test' })
  expect(answer.warnings).toMatchObject([{ code: 'setting-ignored', setting: 'seed' }])
  expect(answer.cost).toMatchObject({ currency: 'RUB', vatIncluded: true })
})

it('turns the cumulative stream into deltas, also cut at every byte', async () => {
  await using world = await start()
  const text = ['Утро', ' туманное 🌫', ', утро', ' седое.']
  world.emulator.script({ service: 'yandexgpt', text })
  world.emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'split', bytes: 1 })
  const stream = world.client.streamText(ask)
  expect(await collect(stream)).toBe(text.join(''))
  expect(await stream.result).toMatchObject({ text: text.join(''), finishReason: 'stop' })
})

it('a rewritten text is a part of its own, and textStream refuses to hide it', async () => {
  await using world = await start()
  const script = { service: 'yandexgpt', lines: ['Вот как', 'Об этом я не говорю.'], times: 2 } as const
  world.emulator.script({ ...script, status: 'ALTERNATIVE_STATUS_CONTENT_FILTER' })
  const stream = world.client.streamText(ask)
  const types: string[] = []
  for await (const part of stream) types.push(part.type)
  expect(types).toEqual(['text-delta', 'rewrite', 'finish'])
  expect(await stream.result).toMatchObject({ text: 'Об этом я не говорю.', finishReason: 'content-filter' })
  const error = await caught(async () => {
    for await (const _text of world.client.streamText(ask).textStream);
  })
  expect(error).toMatchObject({ name: 'StreamInterruptedError' })
})

it.each([
  [['abc СТ', 'Новый текст', 'Новый текст ещё'], 'Новый текст ещё'],
  [['abc', 'Новый СТ', 'Новый СТОП ещё'], 'Новый '],
])('stop strings hold across a rewrite: %j', async (lines, text) => {
  await using world = await start()
  world.emulator.script({ service: 'yandexgpt', lines })
  expect(await world.client.streamText({ ...ask, stop: 'СТОП' }).result).toMatchObject({ text })
})

it('a filtered answer is told from an ordinary one', async () => {
  await using world = await start()
  const answer = await world.client.generateText({ ...ask, prompt: blockedPhrase })
  expect(answer).toMatchObject({ finishReason: 'content-filter', rawFinishReason: 'ALTERNATIVE_STATUS_CONTENT_FILTER' })
})

it('a line with an error inside a stream keeps what had come', async () => {
  await using world = await start()
  world.emulator.script({ service: 'yandexgpt', text: ['начало', ' конец'] })
  world.emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'error-event', pieces: 1 })
  const error = await caught(collect(world.client.streamText(ask)))
  expect(error).toMatchObject({ name: 'StreamInterruptedError', cause: { name: 'ServerError', status: 503 } })
  expect((error as { partial: unknown }).partial).toEqual({
    text: 'начало',
    content: [{ type: 'text', text: 'начало' }],
  })
})

it.each([
  ['an IAM token', ({ credentials }: Emulator) => ({ iamToken: credentials.yandexgpt.iamToken })],
  ['an OAuth token', ({ credentials }: Emulator) => ({ oauthToken: credentials.yandexgpt.oauthToken })],
  ['an authorised key', ({ credentials }: Emulator) => ({ serviceAccountKey: credentials.yandexgpt.authorizedKey })],
  ['the metadata of the VM', () => ({ metadata: true })],
])('%s serves', async (_name, settings) => {
  await using world = await start((emulator) => ({
    ...settings(emulator),
    folderId: emulator.yandexgpt.folderId,
  }))
  expect((await world.client.generateText(ask)).text).not.toBe('')
  world.emulator.expireTokens()
  const second = world.client.generateText(ask)
  if (_name === 'an IAM token') expect(await caught(second)).toMatchObject({ name: 'AuthError' })
  else expect((await second).text).not.toBe('')
})

it('a key file and the environment serve, and settings win', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shlyuz-key-'))
  const names = ['YC_SERVICE_ACCOUNT_KEY_FILE', 'YC_FOLDER_ID', 'YC_API_KEY']
  const before = names.map((name) => process.env[name])
  try {
    await using world = await start(() => ({}))
    await using other = await start()
    const file = join(folder, 'key.json')
    await writeFile(file, world.emulator.credentials.yandexgpt.authorizedKey)
    process.env['YC_SERVICE_ACCOUNT_KEY_FILE'] = file
    process.env['YC_FOLDER_ID'] = world.emulator.yandexgpt.folderId
    expect((await world.client.generateText(ask)).text).not.toBe('')
    process.env['YC_API_KEY'] = 'AQVNwrong'
    expect((await other.client.generateText(ask)).text).not.toBe('')
    await using confused = createClient({ providers: [yandexgpt()], network: world.emulator.network })
    const error = await caught(confused.generateText(ask))
    expect(error).toMatchObject({ code: 'config.credentials_conflict' })
    expect((error as Error).message).toMatch(/YC_API_KEY.*YC_SERVICE_ACCOUNT_KEY_FILE/)
  } finally {
    for (const [index, name] of names.entries()) {
      if (before[index] === undefined) delete process.env[name]
      else process.env[name] = before[index]
    }
    await rm(folder, { recursive: true, force: true })
  }
})

it.each([
  ['a key with a line break', { apiKey: 'AQVNsecretkey\n' }],
  ['a key with a byte order mark', { apiKey: '\uFEFFAQVNsecretkey' }],
  ['an IAM token for a key', { apiKey: 't1.secretkey.x' }],
  ['an OAuth token for a key', { apiKey: 'y0_secretkey' }],
  ['a key file that is none', { serviceAccountKey: '{"id":"secretkey"}' }],
  ['no folder', { apiKey: 'AQVNsecretkey' }],
])('%s is refused before any socket and never shown', async (name, settings) => {
  await using world = await start(() => (name === 'no folder' ? settings : { ...settings, folderId: 'b1gfolder' }))
  const error = await caught(world.client.generateText(ask))
  expect(error).toMatchObject({ name: 'ConfigurationError', hint: expect.stringMatching(/[а-яё]/i) })
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secretkey')
  expect(world.emulator.connections).toHaveLength(0)
})

it.each([
  ['the key itself for its path', '{"private_key":"-----BEGIN secretkey"}'],
  ['a file that is not there', '/nowhere/secretkey.json'],
])('%s is refused and never shown', async (_name, file) => {
  await using world = await start(() => ({ serviceAccountKey: { file }, folderId: 'b1gfolder' }))
  const error = await caught(world.client.generateText(ask))
  expect(error).toMatchObject({ name: 'ConfigurationError', hint: expect.stringMatching(/путь/) })
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secretkey')
})

it.each([
  [{ folder: 'x' }, /folderId/],
  [{ apiKey: 'a', iamToken: 'b' }, /apiKey.*iamToken/],
  [{ apiKey: 5 }, /apiKey/],
  [{ folderId: 'с пробелом' }, /folderId/],
  [{ metadata: 'yes' }, /metadata/],
  [{ api: 'grpc' }, /api/],
  [{ ca: '/etc/ca.pem' }, /ca/],
])('the settings %j are refused', (settings, message) => {
  expect(() => yandexgpt(settings as never)).toThrow(message)
})

it.each([
  ['a wrong folder', { folderId: 'b1gotherfolder00000' }, 'BadRequestError', /folderId: 'b1g/],
  ['an expired key', 'expired', 'AuthError', /выпустите/],
  ['an unknown key', { apiKey: 'AQVNunknown' }, 'AuthError', /YC_API_KEY/],
])('%s comes back as the service answers, with a hint', async (_name, settings, name, hint) => {
  await using world = await start((emulator) => ({
    ...emulator.yandexgpt,
    ...(settings === 'expired' ? { apiKey: emulator.credentials.yandexgpt.expiredApiKey } : (settings as object)),
  }))
  const error = await caught(world.client.generateText(ask))
  expect(error).toMatchObject({ name, hint: expect.stringMatching(hint), provider: 'yandexgpt' })
})

it('refuses what the native surface cannot keep, before any socket', async () => {
  await using world = await start()
  const image = { type: 'image', image: new Uint8Array([0xff, 0xd8, 0xff]) } as const
  const calls = [
    { ...ask, temperature: 1.5 },
    { model: ask.model, messages: [{ role: 'user', content: [image] }] },
    { ...ask, model: 'yandexgpt/aliceai-llm-flash', providerOptions: { yandexgpt: { api: 'native' } } },
    { ...ask, model: 'yandexgpt/text-search-doc' },
    { ...ask, reasoningEffort: 'high' },
  ]
  for (const call of calls) {
    expect(await caught(world.client.generateText(call as never))).toMatchObject({ name: 'UnsupportedFeatureError' })
  }
  expect(world.emulator.connections).toHaveLength(0)
})

it.each(['gpt://f/a/b/c', 'a%2e', '../x', 'имя', 'a//b', 'http://x/y', 'a@b@c', 'a b', '.'])(
  'the model %s cannot be parsed',
  async (model) => {
    await using world = await start()
    const error = await caught(world.client.generateText({ ...ask, model: `yandexgpt/${model}` }))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'model.unparseable' })
  },
)
