import {
  AuthError,
  createClient,
  domesticOnly,
  NotFoundError,
  PolicyDeniedError,
  StreamInterruptedError,
  tool,
  type Client,
  type ModelDeclaration,
} from '@shlyuz/core'
import { startEmulator, type Emulator } from '@shlyuz/emulator'
import { openaiCompatible, type OpenAiCompatibleSettings } from '@shlyuz/openai-compatible'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { caught, collect } from './support.ts'

const model = 'stand/GigaChat-20B-A3B'
const declared = (id: string, weights: ModelDeclaration['weights'] = 'own'): ModelDeclaration => ({
  id,
  developer: 'ru',
  weights,
  source: 'model card of the open weights',
  asOf: '2026-11-24',
})

let emulator: Emulator
const clients: Client[] = []
beforeAll(async () => {
  emulator = await startEmulator({ pace: 'instant' })
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close({ graceMs: 0 })
  emulator.reset()
})
afterAll(() => emulator.close())

const models = [
  declared('GigaChat-20B-A3B'),
  declared('T-pro-it-2.0', 'adapted-foreign'),
  declared('FRIDA'),
  declared('not-there'),
]
const allowed = () => domesticOnly({ also: [{ ...emulator.openaiPolicy, models }] })

/** A client of the stand; by default under a policy with the line that lets it in. */
function connect(settings: Partial<OpenAiCompatibleSettings> = {}, policy = allowed(), retries = 0): Client {
  const stand = openaiCompatible({
    ...emulator.openai,
    models: [{ id: 'FRIDA', kind: 'embedding' }],
    embeddingsPerRequest: 2,
    ...settings,
  })
  const client: Client = createClient({ providers: [stand], policy, retries, network: emulator.network })
  clients.push(client)
  return client
}

describe('a stand on premises is refused', () => {
  it('without a line in the policy, and the refusal says what to add', async () => {
    const client = connect({}, domesticOnly())
    const listing = await caught(client.listModels({ provider: 'stand' }))
    expect(listing).toBeInstanceOf(PolicyDeniedError)
    expect(listing).toMatchObject({
      code: 'url.host_not_allowed',
      hint: expect.stringContaining(
        "domesticOnly({ also: [{ origin: 'https://llm.corp.example:8443', addresses: ['10.20.0.0/16'] }] })",
      ),
    })
    const asking = await caught(client.generateText({ model, prompt: 'Привет' }))
    expect(asking).toBeInstanceOf(PolicyDeniedError)
    const line = "also: [{ origin: 'https://llm.corp.example:8443', addresses: ['10.20.0.0/16'], models: [{ id: '"
    expect(asking).toMatchObject({ code: 'model.unknown', hint: expect.stringContaining(line) })
    expect([emulator.requests, emulator.connections]).toEqual([[], []])
  })

  const line = { origin: 'https://llm.corp.example:8443', addresses: ['10.20.0.0/16'], models }
  it.each<[string, Parameters<typeof domesticOnly>[0], string, string]>([
    [
      'at other addresses than the line has',
      { also: [{ ...line, addresses: ['10.30.0.0/16'] }] },
      model,
      'dns.address_class',
    ],
    ['for a model that the line does not name', { also: [line] }, 'stand/T-lite-it-2.1', 'model.unknown'],
    ['for weights that are not wanted', { weights: ['own'], also: [line] }, 'stand/T-pro-it-2.0', 'model.weights'],
  ])('%s', async (_what, options, asked, code) => {
    const error = await caught(connect({}, domesticOnly(options)).generateText({ model: asked, prompt: 'Привет' }))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', code })
    expect(emulator.requests).toEqual([])
  })

  it('by TLS, when the root of the company is not given', async () => {
    const { ca: _, ...rest } = emulator.openai
    const stand = openaiCompatible(rest)
    const client = createClient({ providers: [stand], policy: allowed(), retries: 0, network: emulator.network })
    clients.push(client)
    expect(await caught(client.generateText({ model, prompt: 'Привет' }))).toMatchObject({ name: 'TlsError' })
    expect(emulator.requests).toEqual([])
  })
})

describe('a stand on premises that the policy lists', () => {
  it('answers, and the receipt says where', async () => {
    const answer = await connect().generateText({ model, prompt: 'Привет', temperature: 0.2, maxOutputTokens: 100 })
    expect(answer).toMatchObject({
      text: expect.stringContaining('Привет'),
      finishReason: 'stop',
      usage: { inputTokens: 6, outputTokens: expect.any(Number) },
      policy: {
        verdict: 'allow',
        network: 'test',
        target: { provider: 'stand', origin: 'https://llm.corp.example:8443', address: '10.20.0.5' },
        answeredBy: 'GigaChat-20B-A3B',
      },
    })
    expect(emulator.requests).toHaveLength(1)
    expect(emulator.requests[0]).toMatchObject({
      service: 'openai',
      operation: 'chat',
      origin: 'https://llm.corp.example:8443',
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${emulator.openai.apiKey}` },
      body: {
        model: 'GigaChat-20B-A3B',
        messages: [{ role: 'user', content: 'Привет' }],
        temperature: 0.2,
        max_tokens: 100,
        stream: false,
      },
      status: 200,
    })
  })

  it('streams, with its usage', async () => {
    const stream = connect().streamText({ model, prompt: 'Назови три реки Сибири' })
    const text = await collect(stream)
    const result = await stream.result
    expect(text).toContain('Назови три реки Сибири')
    expect(result).toMatchObject({ text, usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) } })
    const [request] = emulator.requests
    expect(request?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
  })

  it('states no usage of a stream that does not ask for it', async () => {
    const result = await connect({ includeUsage: false }).streamText({ model, prompt: 'Привет' }).result
    expect(result.usage).toEqual({})
    expect(result.text).not.toBe('')
  })

  it('shows what a reasoning model thinks', async () => {
    const call = { model: 'stand/T-pro-it-2.0', prompt: 'Сколько будет дважды два?' } as const
    const client = connect()
    const streamed = await client.streamText(call).result
    const whole = await client.generateText(call)
    expect(whole.content[0]).toEqual({ type: 'reasoning', text: expect.stringContaining('дважды два') })
    expect(streamed.content).toEqual(whole.content)
    const silent = await client.generateText({ ...call, reasoningEffort: 'off' })
    expect(silent.content.map(({ type }) => type)).toEqual(['text'])
  })

  it('calls tools, two at once, and answers with what they gave, streamed or not', async () => {
    const weather = tool({
      description: 'Погода в городе',
      inputSchema: z.object({ city: z.string().describe('Город') }),
      execute: ({ city }) => `в городе ${city} мороз`,
    })
    const call = { model, prompt: 'Какая погода в Казани и в Москве?', tools: { weather } } as const
    const client = connect()
    for (const result of [await client.generateText(call), await client.streamText(call).result]) {
      expect(result.steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
      expect(result.text).toContain('в городе Казань мороз')
      expect(result.text).toContain('в городе Москва мороз')
    }
    const ids = emulator.requests.flatMap(({ body }) => JSON.stringify(body).match(/chatcmpl-tool-\w+/g) ?? [])
    expect(new Set(ids).size).toBe(4)
  })

  it('keeps a schema itself, streamed or not', async () => {
    const output = z.object({ river: z.enum(['Обь', 'Лена']), km: z.int() })
    const client = connect()
    const call = { model, prompt: 'Лена, 4294 км', output } as const
    for (const result of [await client.generateText(call), await client.streamText(call).result]) {
      expect([result.output, result.outputMode]).toEqual([{ river: 'Лена', km: 4294 }, 'native'])
    }
    expect(emulator.requests.map(({ body }) => (body as { response_format: unknown }).response_format)).toEqual([
      { type: 'json_schema', json_schema: expect.objectContaining({ strict: true }) },
      { type: 'json_schema', json_schema: expect.objectContaining({ strict: true }) },
    ])
  })

  it('embeds several texts in a request', async () => {
    const values = ['Кошка спит', 'Собака лает', 'Кошка спит']
    const { embeddings, usage } = await connect().embedMany({ model: 'stand/FRIDA', values, dimensions: 64 })
    expect(embeddings.map((vector) => vector.length)).toEqual([64, 64, 64])
    expect(embeddings[2]).toEqual(embeddings[0])
    expect(embeddings[1]).not.toEqual(embeddings[0])
    expect(usage.inputTokens).toBeGreaterThan(0)
    const inputs = emulator.requests.map(({ body }) => (body as { input: unknown }).input)
    expect(inputs).toHaveLength(2)
    expect(inputs).toEqual(expect.arrayContaining([['Кошка спит', 'Собака лает'], ['Кошка спит']]))
  })

  it('lists its models, whose owner the server names, and the policy its verdict', async () => {
    const listed = await connect().listModels({ provider: 'stand' })
    expect(listed.map(({ model: id, ownedBy, allowed: isAllowed }) => [id, ownedBy, isAllowed])).toEqual([
      ['stand/GigaChat-20B-A3B', 'vllm', true],
      ['stand/T-lite-it-2.1', 'vllm', false],
      ['stand/T-pro-it-2.0', 'vllm', true],
      ['stand/FRIDA', 'vllm', true],
    ])
  })
})

describe('what the stand refuses', () => {
  it('a wrong key, as an AuthError that does not hold it', async () => {
    const error = await caught(connect({ apiKey: 'sk-not-the-key' }).generateText({ model, prompt: 'Привет' }))
    expect(error).toBeInstanceOf(AuthError)
    expect(error).toMatchObject({ status: 401, providerCode: 'invalid_api_key' })
    expect(String(error)).not.toContain('sk-not-the-key')
  })

  it('a model that it does not serve, though the policy names it', async () => {
    const error = await caught(connect().generateText({ model: 'stand/not-there', prompt: 'Привет' }))
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error).toMatchObject({ status: 404, providerCode: 'model_not_found' })
  })

  it('a prompt that is longer than its context', async () => {
    await using small = await startEmulator({ pace: 'instant', openai: { contextTokens: 10 } })
    await using client = createClient({
      providers: [openaiCompatible(small.openai)],
      policy: allowed(),
      network: small.network,
    })
    const error = await caught(client.generateText({ model, prompt: 'Расскажи о Байкале. '.repeat(10) }))
    expect(error).toMatchObject({ name: 'ContextLengthError', status: 400, providerCode: 'context_length_exceeded' })
  })
})

describe('faults of the stand', () => {
  it('are repeated where that helps', async () => {
    emulator.fail({ service: 'openai', operation: 'chat', kind: 'rate-limited', retryAfter: 0 })
    emulator.fail({ service: 'openai', operation: 'chat', kind: 'html-502' })
    const { attempts } = await connect({}, allowed(), 2).generateText({ model, prompt: 'Привет' })
    expect(attempts).toHaveLength(3)
    expect(emulator.requests.map(({ status }) => status)).toEqual([429, 502, 200])
  })

  it('in the middle of a stream leave what had come', async () => {
    emulator.script({ service: 'openai', text: ['Обь, ', 'Енисей'] })
    emulator.fail({ service: 'openai', operation: 'chat', kind: 'error-event', message: 'CUDA out of memory' })
    const error = await caught(connect().streamText({ model, prompt: 'Назови реки' }).result)
    expect(error).toBeInstanceOf(StreamInterruptedError)
    expect(error).toMatchObject({
      partial: { text: 'Обь, ' },
      message: expect.stringContaining('CUDA out of memory'),
    })
  })

  it('of its certificate end the call', async () => {
    await using expired = await startEmulator({ pace: 'instant', openai: { certificate: 'expired' } })
    await using client = createClient({
      providers: [openaiCompatible(expired.openai)],
      policy: allowed(),
      retries: 0,
      network: expired.network,
    })
    expect(await caught(client.generateText({ model, prompt: 'Привет' }))).toMatchObject({ name: 'TlsError' })
    expect(expired.requests).toEqual([])
  })
})

it('a stand that asks for no key gets none', async () => {
  await using open = await startEmulator({ pace: 'instant', openai: { apiKey: 'off' } })
  await using client = createClient({
    providers: [openaiCompatible(open.openai)],
    policy: allowed(),
    network: open.network,
  })
  expect((await client.generateText({ model, prompt: 'Привет' })).text).toContain('Привет')
  expect(open.openai).not.toHaveProperty('apiKey')
  expect(open.requests.map(({ headers }) => headers['authorization'])).toEqual([undefined])
})
