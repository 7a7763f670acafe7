import { createClient, definePolicy, domesticOnly, type Client, type Policy } from '@shlyuz/core'
import { startEmulator, yandexgptOrigins, type Emulator } from '@shlyuz/emulator'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { caught } from './support.ts'

/** Models of any maker at the Yandex addresses: the opposite of the default. */
const anyModel = definePolicy({
  name: 'any-model',
  origins: [yandexgptOrigins.llm, yandexgptOrigins.ai, yandexgptOrigins.iam],
  addresses: { classes: ['global'] },
  models: { developer: ['*'], weights: ['*'] },
})

let emulator: Emulator

beforeAll(async () => {
  emulator = await startEmulator({ pace: 'instant' })
})
afterEach(() => emulator.reset())
afterAll(() => emulator.close())

async function withClient<R>(policy: Policy, act: (client: ReturnType<typeof create>) => Promise<R>): Promise<R> {
  const client = create(policy)
  try {
    return await act(client)
  } finally {
    await client.close({ graceMs: 0 })
  }
}

function create(policy: Policy) {
  const providers = [yandexgpt(emulator.yandexgpt)] as const
  return createClient({ providers, policy, network: emulator.network, retries: 0 })
}

function sent(): Emulator['requests'] {
  return emulator.requests
}

describe('the OpenAI-compatible surface', () => {
  it.each(['yandexgpt/qwen3-235b-a22b-fp8', 'yandexgpt/aliceai-llm-flash'])(
    'serves %s, whole and streamed',
    async (model) => {
      await withClient(anyModel, async (client: Client) => {
        const whole = await client.generateText({ model, prompt: 'Назови реку' })
        expect(whole.text).not.toBe('')
        expect(whole.warnings).toEqual([])
        const stream = client.streamText({ model, prompt: 'Назови реку' })
        expect(await stream.result).toMatchObject({
          finishReason: 'stop',
          text: expect.stringMatching(/./) as string,
        })
      })
      expect(sent()).toHaveLength(2)
      for (const { path, headers } of sent()) {
        expect(path).toBe('/v1/chat/completions')
        expect(headers).toMatchObject({
          'x-data-logging-enabled': 'false',
          'openai-project': emulator.yandexgpt.folderId,
        })
      }
    },
  )

  it('serves Yandex models when it is asked for', async () => {
    const providerOptions = { yandexgpt: { api: 'openai' } } as const
    const { text } = await withClient(domesticOnly(), (client) =>
      client.generateText({ model: 'yandexgpt/yandexgpt-5.1', prompt: 'Назови реку', providerOptions }),
    )
    expect(text).not.toBe('')
    expect(sent().map(({ path }) => path)).toEqual(['/v1/chat/completions'])
  })

  it('is refused for models of other makers by the default policy, before anything is sent', async () => {
    const error = await withClient(domesticOnly(), (client) =>
      caught(client.generateText({ model: 'yandexgpt/qwen3-235b-a22b-fp8', prompt: 'Привет' })),
    )
    expect(error).toMatchObject({ name: 'PolicyDeniedError' })
    expect(sent()).toEqual([])
  })

  it('lists models with their makers', async () => {
    const models = await withClient(domesticOnly(), (client) => client.listModels({ provider: 'yandexgpt' }))
    const live = models.filter((model) => model.live)
    expect(live.length).toBeGreaterThan(3)
    expect(live.find(({ id }) => id === 'yandexgpt')).toMatchObject({ ownedBy: 'Yandex', allowed: true, kind: 'chat' })
    expect(
      live.filter(({ ownedBy, kind }) => kind === 'chat' && ownedBy !== 'Yandex').every(({ allowed }) => !allowed),
    ).toBe(true)
  })
})

describe('the Responses API', () => {
  const model = 'yandexgpt-5.1'

  it('answers with sources of a web search', async () => {
    const { data, policy } = await withClient(domesticOnly({ remote: ['web_search'] }), (client) =>
      client.provider('yandexgpt').createResponse({
        model,
        input: 'Какая сегодня ставка?',
        tools: [{ type: 'web_search' }],
      }),
    )
    expect(data).toMatchObject({ status: 'completed' })
    expect(data.text).not.toBe('')
    expect(data.content.some(({ type }) => type === 'source')).toBe(true)
    expect(data.output.map((item) => item['type'])).toContain('web_search_call')
    expect(policy.verdict).toBe('allow')
    expect(sent()[0]).toMatchObject({ path: '/v1/responses', headers: { 'x-data-logging-enabled': 'false' } })
  })

  it.each(['web_search', 'mcp'] as const)('%s is refused by a policy that does not list it', async (type) => {
    const server = { type: 'mcp', serverLabel: 'crm', serverUrl: 'https://mcp.example/sse' } as const
    const tools = [type === 'mcp' ? server : { type }] as const
    const call = withClient(domesticOnly(), (client) =>
      client.provider('yandexgpt').createResponse({ model, input: 'Найди', tools }),
    )
    expect(await caught(call)).toMatchObject({ name: 'PolicyDeniedError', code: 'content.remote_url' })
    expect(sent()).toEqual([])
  })

  it('calls functions, and goes on with their results without anything stored', async () => {
    await withClient(domesticOnly(), async (client) => {
      const { createResponse } = client.provider('yandexgpt')
      const tools = [
        {
          type: 'function',
          name: 'weather',
          description: 'Погода в городе',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      ] as const
      const input = [{ role: 'user', content: 'Какая погода в Казани?' }] as const
      const first = await createResponse({ model, input, tools, toolChoice: { tool: 'weather' } })
      const call = first.data.content.find((part) => part.type === 'tool-call')
      expect(call).toMatchObject({ toolName: 'weather', input: expect.any(Object) as unknown })
      const items = first.data.output.map((item) => ({ type: 'output_item', item }) as const)
      const result = { type: 'function_call_output', callId: call?.toolCallId ?? '', output: { degrees: -3 } } as const
      const second = await createResponse({ model, input: [...input, ...items, result], tools })
      expect(second.data.status).toBe('completed')
      expect(second.data.text).not.toBe('')
    })
  })

  it('works in the background, is looked at, listed and cancelled', async () => {
    await withClient(domesticOnly(), async (client) => {
      const service = client.provider('yandexgpt')
      const { data } = await service.createResponse({ model, input: 'Назови реку', store: true, background: true })
      let { status } = data
      for (let look = 0; look < 20 && status !== 'completed'; look++) {
        ;({ status } = (await service.getResponse({ id: data.id })).data)
      }
      expect(status).toBe('completed')
      const { items, hasMore } = (await service.listResponseItems({ id: data.id })).data
      expect(items).toHaveLength(1)
      expect(hasMore).toBe(false)
      expect((await service.cancelResponse({ id: data.id })).data.id).toBe(data.id)
      expect(await caught(service.getResponse({ id: 'resp_unknown' }))).toMatchObject({ name: 'NotFoundError' })
    })
  })

  it('never reaches out where the policy does not allow it', async () => {
    await withClient(domesticOnly(), async (client) => {
      const { createResponse } = client.provider('yandexgpt')
      const mcp = { type: 'mcp', serverLabel: 'crm', serverUrl: 'https://mcp.example/sse' } as const
      const image = { type: 'image', url: 'https://images.example/a.png' } as const
      const errors = [
        await caught(createResponse({ model, input: 'Привет', tools: [mcp] })),
        await caught(createResponse({ model, input: [{ role: 'user', content: [image] }] })),
      ]
      for (const error of errors) expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'content.remote_url' })
      expect(await caught(createResponse({ model: 'deepseek-v4-flash', input: 'Привет' }))).toMatchObject({
        name: 'PolicyDeniedError',
      })
    })
    expect(sent()).toEqual([])
  })
})
