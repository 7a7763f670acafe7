import { ConfigurationError, definePolicy, PolicyDeniedError, ServerError, UnsupportedFeatureError } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { caught } from '../e2e/support.ts'
import { createProbe, document, models, receiptOf, startProbe } from './probe.ts'
import type { Handler } from './service.ts'

const unknown = { developer: 'unknown', weights: 'unknown', source: 'not in the catalogue', asOf: '' }
const live = [
  { id: 'chat', catalogueId: 'chat', rawId: 'chat', kind: 'chat', ownedBy: 'acme' },
  { id: 'fresh', catalogueId: 'fresh', rawId: 'fresh', ownedBy: 'abroad' },
  { id: 'odd name', catalogueId: 'odd name', rawId: 'odd name' },
]
const list: Handler = () => ({ json: { data: live } })

describe('listModels', () => {
  test('joins what the service lists with what we know, and says what the policy makes of it', async () => {
    const declared = { id: 'chat', developer: 'ru', weights: 'own', source: 'us', asOf: '2026-01-01' } as const
    const policy = definePolicy({
      ...document,
      origins: [{ origin: 'https://probe.example', models: [declared] }],
      models: { developer: ['ru'], weights: ['own'] },
    })
    await using world = await startProbe(list, {}, { policy })
    const [chat, fresh, odd, vectors, , painter, ...rest] = await world.client.listModels()
    expect(chat).toEqual({
      model: 'probe/chat',
      provider: 'probe',
      id: 'chat',
      kind: 'chat',
      live: true,
      card: models[0],
      identity: declared,
      ownedBy: 'acme',
      allowed: true,
      code: 'ok',
    })
    expect(fresh).toEqual({
      model: 'probe/fresh',
      provider: 'probe',
      id: 'fresh',
      kind: 'other',
      live: true,
      identity: { id: 'fresh', ...unknown },
      ownedBy: 'abroad',
      allowed: false,
      code: 'model.unknown',
    })
    expect(odd).toMatchObject({ model: 'probe/odd name', live: true, allowed: false, code: 'model.unparseable' })
    expect(vectors).toMatchObject({
      model: 'probe/vectors',
      kind: 'embedding',
      live: false,
      card: models[1],
      allowed: false,
    })
    expect(painter).toMatchObject({ model: 'probe/painter', kind: 'image', live: false })
    expect(rest).toEqual([])
    expect(world.service.requests.map(({ path }) => path)).toEqual(['/models'])
  })

  test('what a model is listed as decides what it is judged for', async () => {
    const policy = definePolicy({ ...document, providerLogging: ['off'] })
    await using world = await startProbe(list, { imageLogging: 'on' }, { policy })
    const codes = Object.fromEntries((await world.client.listModels()).map(({ id, code }) => [id, code]))
    expect(codes).toMatchObject({ chat: 'ok', vectors: 'ok', painter: 'data.provider_logging' })
  })

  test('asks all providers that can, or the one that is named', async () => {
    const providers = [
      createProbe(),
      createProbe({ name: 'second' }),
      createProbe({ name: 'mute', without: ['listModels'] }),
    ]
    await using world = await startProbe(list, { providers })
    const all = await world.client.listModels()
    expect([...new Set(all.map(({ provider }) => provider))]).toEqual(['probe', 'second'])
    const second = await world.client.listModels({ provider: 'second' })
    expect([...new Set(second.map(({ provider }) => provider))]).toEqual(['second'])
    expect(await caught(world.client.listModels({ provider: 'mute' }))).toBeInstanceOf(UnsupportedFeatureError)
    expect(await caught(world.client.listModels({ provider: 'third' }))).toBeInstanceOf(ConfigurationError)
    expect(await caught(world.client.listModels({ names: [] } as never))).toBeInstanceOf(ConfigurationError)
  })

  test('one list that does not come is an error, not a shorter answer', async () => {
    let count = 0
    const providers = [createProbe(), createProbe({ name: 'second' })]
    await using world = await startProbe((request) => (++count === 2 ? { status: 500 } : list(request)), { providers })
    expect(await caught(world.client.listModels())).toBeInstanceOf(ServerError)
  })
})

describe('countTokens', () => {
  const count: Handler = () => ({ json: { tokens: 12 } })
  const tools = { weather: { description: 'погода', inputSchema: { type: 'object', properties: {} } } }

  test('counts the prompt as the call would put it', async () => {
    await using world = await startProbe(count)
    const result = await world.client.countTokens({
      model: 'probe/chat',
      instructions: 'кратко',
      prompt: 'Привет',
      tools,
    })
    expect(result).toEqual({
      tokens: 12,
      model: { provider: 'probe', id: 'chat' },
      policy: expect.objectContaining(receiptOf('chat') as object),
      warnings: [],
      attempts: [expect.objectContaining({ provider: 'probe' })],
    })
    expect(world.service.requests.map(({ json }) => json)).toEqual([
      {
        model: 'chat',
        messages: [
          { role: 'system', content: [{ type: 'text', text: 'кратко' }] },
          { role: 'user', content: [{ type: 'text', text: 'Привет' }] },
        ],
        tools: [{ name: 'weather', description: 'погода', inputSchema: { type: 'object', properties: {} } }],
      },
    ])
  })

  test('the loss table speaks for tools, outputs and files, and not for plain text', async () => {
    await using world = await startProbe(count, {
      cells: { 'count-tokens-tools': { keep: 'warned', code: 'tools-not-counted', message: 'without tools' } },
    })
    const ask = async (more: object) =>
      (await world.client.countTokens({ model: 'probe/chat', prompt: 'а', ...more })).warnings.map(({ code }) => code)
    expect(await ask({})).toEqual([])
    expect(await ask({ tools })).toEqual(['tools-not-counted'])
    expect(await ask({ output: { type: 'object', properties: {} } })).toEqual(['tools-not-counted'])
    await using bare = await startProbe(count, { without: ['countTokens'] })
    expect(await caught(bare.client.countTokens({ model: 'probe/chat', prompt: 'а' }))).toBeInstanceOf(
      UnsupportedFeatureError,
    )
  })

  test('a fallback is followed: the result says who counted', async () => {
    await using world = await startProbe(count)
    const model = world.client.fallback(['probe/chat', 'probe/other'])
    expect((await world.client.countTokens({ model, prompt: 'а' })).model).toEqual({ provider: 'probe', id: 'chat' })
  })
})

describe('the operations of one provider', () => {
  type Extras = Record<string, (input?: unknown, options?: unknown) => Promise<unknown>>

  test('give their data with the proof of how it was fetched, with and without input', async () => {
    await using world = await startProbe(({ path }) => ({ json: { path } }))
    const { balance } = world.client.provider('probe') as unknown as Extras
    const policy = expect.objectContaining(receiptOf() as object)
    const attempts = [expect.objectContaining({ provider: 'probe' })]
    expect(await balance?.()).toEqual({ data: { path: '/balance/all' }, policy, attempts })
    expect(await balance?.({ of: 'me' })).toEqual({ data: { path: '/balance/me' }, policy, attempts })
    expect(await caught(() => balance?.(undefined, { abortSignal: 1 }) as Promise<unknown>)).toBeInstanceOf(
      ConfigurationError,
    )
  })

  test('addresses in their input are a question for the policy, and so is their model', async () => {
    await using world = await startProbe(({ json }) => ({ json }))
    const { fetchUrl } = world.client.provider('probe') as unknown as Extras
    const error = await caught(fetchUrl?.({ urls: ['https://a.example/secret'] }) as Promise<unknown>)
    expect(error).toBeInstanceOf(PolicyDeniedError)
    expect((error as PolicyDeniedError).code).toBe('content.remote_url')
    expect(world.service.requests).toEqual([])
    expect(await fetchUrl?.({ urls: [] })).toMatchObject({ data: { urls: [] }, policy: receiptOf('chat') as object })
  })

  test('a form goes out with the content type of its own boundary, whatever the adapter says', async () => {
    await using world = await startProbe(() => ({ json: { id: 'f' } }))
    const { sendForm } = world.client.provider('probe') as unknown as Extras
    const file = {
      name: 'file',
      filename: 'имя "1"\r\n.txt',
      mediaType: 'text/plain',
      bytes: Buffer.from('содержимое'),
    }
    const form = { fields: { purpose: 'general' }, files: [file] }
    await sendForm?.({ form, headers: { 'Content-Type': 'multipart/form-data; boundary=mine', 'x-own': 'kept' } })
    const [request] = world.service.requests
    expect(request?.headers['x-own']).toBe('kept')
    const type = request?.headers['content-type'] ?? ''
    expect(type).toMatch(/^multipart\/form-data; boundary=shlyuz-[0-9a-f]{36}$/)
    // Read by another implementation than the one that wrote it.
    const read = await new Response(new Uint8Array(request?.body ?? []), {
      headers: { 'content-type': type },
    }).formData()
    expect(read.get('purpose')).toBe('general')
    const arrived = read.get('file') as unknown as File
    expect(arrived.type).toBe('text/plain')
    expect(await arrived.text()).toBe('содержимое')
    expect(decodeURIComponent(arrived.name)).toBe(file.filename)
  })
})
