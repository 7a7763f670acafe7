import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient, domesticOnly, PolicyDeniedError, StreamInterruptedError, tool, type Client } from '@shlyuz/core'
import { testNetwork } from '@shlyuz/core/testing'
import { openaiCompatible, type OpenAiCompatibleSettings } from '@shlyuz/openai-compatible'
import { afterEach, describe, expect, it } from 'vitest'
import { caught } from './support.ts'

const origin = 'http://llm.corp.example:8000'
const address = '10.20.0.5'
const model = 'vllm/our-model'

/** A policy for a server on premises: its origin, its addresses, and who made its model. */
const policy = domesticOnly({
  also: [
    {
      origin,
      addresses: ['10.20.0.0/16'],
      models: [
        {
          id: 'our-model',
          developer: 'ru',
          weights: 'own',
          source: 'model card of the open weights',
          asOf: '2026-11-24',
        },
      ],
    },
  ],
})

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

type Script = (seen: Seen, response: ServerResponse) => void

interface Stand {
  readonly client: Client
  readonly requests: Seen[]
  /** Connections that are open at this moment. */
  readonly open: () => Promise<number>
}

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** A server on this machine in place of one on premises, and a client of it. */
async function start(script: Script, settings: Partial<OpenAiCompatibleSettings> = {}, at = address): Promise<Stand> {
  const requests: Seen[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString('utf8')
      const { method = '', url = '', headers } = request
      const seen = { method, url, headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
      requests.push(seen)
      script(seen, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client: Client = createClient({
    providers: [openaiCompatible({ name: 'vllm', baseUrl: `${origin}/v1`, ...settings })],
    policy,
    retries: 0,
    network: testNetwork({ resolve: () => [at], dial: () => ({ host: '127.0.0.1', port }) }),
  })
  cleanups.push(async () => {
    await client.close({ graceMs: 0 })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const open = (): Promise<number> =>
    new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))))
  return { client, requests, open }
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function completion(message: object, name = 'our-model', reason = 'stop'): object {
  return {
    model: name,
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: reason }],
    usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
  }
}

function events(response: ServerResponse, chunks: readonly (object | string)[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const one of chunks) response.write(`data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`)
}

function chunk(delta: object, reason?: string): object {
  return { model: 'our-model', choices: [{ index: 0, delta, ...(reason !== undefined && { finish_reason: reason }) }] }
}

describe('a model on premises, under domesticOnly({ also })', () => {
  it('answers, and the receipt says under which policy', async () => {
    const { client, requests } = await start((_seen, response) => json(response, completion({ content: 'Обь' })), {
      apiKey: 'our-key',
    })
    const answer = await client.generateText({ model, prompt: 'Назови реку' })
    expect(answer).toMatchObject({
      text: 'Обь',
      finishReason: 'stop',
      usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 },
      model: { provider: 'vllm', id: 'our-model' },
      policy: {
        verdict: 'allow',
        policy: { name: 'domestic-only' },
        target: { provider: 'vllm', model: 'our-model', origin, address },
        answeredBy: 'our-model',
        providerLogging: 'not stated',
      },
    })
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url: '/v1/chat/completions',
      headers: { authorization: 'Bearer our-key', host: 'llm.corp.example:8000' },
      body: { model: 'our-model', messages: [{ role: 'user', content: 'Назови реку' }], stream: false },
    })
  })

  it('streams, cut where the caller said stop', async () => {
    const { client } = await start((_seen, response) => {
      events(response, [
        chunk({ content: 'Обь, ' }),
        chunk({ content: 'Ени' }),
        chunk({ content: 'сей, Лена' }),
        chunk({}, 'stop'),
        '[DONE]',
      ])
      response.end()
    })
    const stream = client.streamText({ model, prompt: 'Назови реки', stop: 'Лена' })
    expect((await stream.result).text).toBe('Обь, Енисей, ')
  })

  it('asks for tools in pieces, and gets their results by id', async () => {
    const { client, requests } = await start((_seen, response) => {
      const call = (id: string, name: string, args: string): object => ({
        tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: args } }],
      })
      events(
        response,
        requests.length === 1
          ? [
              chunk(call('call-1', 'weather', '{"city":')),
              chunk(call('', '', '"Казань"}')),
              chunk({}, 'tool_calls'),
              '[DONE]',
            ]
          : [chunk({ content: 'В Казани мороз.' }), chunk({}, 'stop'), '[DONE]'],
      )
      response.end()
    })
    const weather = tool({
      inputSchema: { type: 'object', properties: { city: { type: 'string' } } },
      execute: () => ({ degrees: -3 }),
    })
    const stream = client.streamText({ model, prompt: 'Погода?', tools: { weather } })
    expect((await stream.result).text).toBe('В Казани мороз.')
    expect(requests).toHaveLength(2)
    expect(requests[1]?.body).toMatchObject({
      messages: [
        { role: 'user', content: 'Погода?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call-1', function: { name: 'weather', arguments: '{"city":"Казань"}' } }],
        },
        { role: 'tool', tool_call_id: 'call-1', content: '{"degrees":-3}' },
      ],
    })
  })

  it('embeds many texts in few requests, and lists its models', async () => {
    const { client, requests } = await start(
      ({ url, body }, response) => {
        if (url === '/v1/models') return json(response, { data: [{ id: 'our-model', owned_by: 'vllm' }] })
        const { input } = body as { readonly input: readonly string[] }
        json(response, { model: 'our-model', data: input.map((text, index) => ({ index, embedding: [text.length] })) })
      },
      { models: [{ id: 'our-model', kind: 'embedding' }], embeddingsPerRequest: 2 },
    )
    const { embeddings } = await client.embedMany({ model, values: ['а', 'аб', 'абв'] })
    expect(embeddings).toEqual([[1], [2], [3]])
    expect(requests.map(({ url }) => url)).toEqual(['/v1/embeddings', '/v1/embeddings'])
    expect(await client.listModels({ provider: 'vllm' })).toMatchObject([
      { model, live: true, ownedBy: 'vllm', allowed: true, identity: { developer: 'ru', weights: 'own' } },
    ])
  })
})

describe('nothing is sent', () => {
  const nothing: Script = (_seen, response) => json(response, completion({ content: 'нет' }))

  it.each([
    ['to a model that the policy does not declare', 'vllm/another-model', address, 'model.developer_unknown'],
    ['to an address outside of the declared ranges', model, '10.30.0.5', 'address.not_allowed'],
    ['to an address of the internet', model, '93.184.216.34', 'address.not_allowed'],
  ])('%s', async (_what, asked, at) => {
    const { client, requests } = await start(nothing, {}, at)
    expect(await caught(client.generateText({ model: asked, prompt: 'Привет' }))).toBeInstanceOf(PolicyDeniedError)
    expect(requests).toEqual([])
  })

  it('to an origin that the policy does not list, whatever kind it claims', async () => {
    const { client, requests } = await start(nothing, { baseUrl: 'http://llm.corp.example:8001/v1', kind: 'our-stand' })
    expect(await caught(client.generateText({ model, prompt: 'Привет' }))).toBeInstanceOf(PolicyDeniedError)
    expect(requests).toEqual([])
  })
})

describe('an answer that must not be given out', () => {
  it('is one of another model than the judged one', async () => {
    const { client } = await start((_seen, response) => json(response, completion({ content: 'нет' }, 'another-model')))
    expect(await caught(client.generateText({ model, prompt: 'Привет' }))).toMatchObject({
      name: 'PolicyDeniedError',
      code: 'response.model_mismatch',
    })
  })

  it('is given out under a name that the settings know', async () => {
    const script: Script = (_seen, response) => json(response, completion({ content: 'да' }, '/models/our.gguf'))
    const { client } = await start(script, { modelAliases: { '/models/our.gguf': 'our-model' } })
    expect((await client.generateText({ model, prompt: 'Привет' })).text).toBe('да')
  })

  it('is half of a stream: the error keeps it, and the connection is closed', async () => {
    const { client, open } = await start((_seen, response) => {
      events(response, [chunk({ content: 'Обь, ' })])
      setImmediate(() => response.destroy())
    })
    const error = await caught(client.streamText({ model, prompt: 'Назови реки' }).result)
    expect(error).toBeInstanceOf(StreamInterruptedError)
    expect(error).toMatchObject({ partial: { text: 'Обь, ' } })
    expect(await open()).toBe(0)
  })

  it('is an error in the middle of a stream', async () => {
    const { client } = await start((_seen, response) => {
      events(response, [chunk({ content: 'Обь, ' }), { error: { message: 'CUDA out of memory', code: 500 } }])
      response.end()
    })
    expect(await caught(client.streamText({ model, prompt: 'Назови реки' }).result)).toMatchObject({
      name: 'StreamInterruptedError',
      message: expect.stringMatching(/CUDA out of memory/) as string,
    })
  })
})
