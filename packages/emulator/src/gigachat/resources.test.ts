import { describe, expect, it } from 'vitest'
import { directServices, type DirectServices } from '../../test-support/direct-services.ts'
import type { GigaChatOptions } from '../options.ts'
import { blockedPhrase } from '../answers/compose-answer.ts'

const corporate: GigaChatOptions = { scope: 'GIGACHAT_API_CORP' }

function at(services: DirectServices) {
  const authorization = `Bearer ${services.state.credentials.gigachat.accessToken}`
  return {
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      services.send(`https://api.giga.chat/v1${path}`, { headers: { authorization, ...headers }, body }),
    get: (path: string) =>
      services.send(`https://api.giga.chat/v1${path}`, { method: 'GET', headers: { authorization } }),
  }
}

describe('GigaChat embeddings', () => {
  it.each([
    ['Embeddings', 1024],
    ['Embeddings-2', 1024],
    ['EmbeddingsGigaR', 2560],
    ['GigaEmbeddings-3B-2025-09', 2048],
  ])('%s gives %i numbers a text, with usage beside each', async (model, dimensions) => {
    const services = directServices()
    const body = await (await at(services).post('/embeddings', { model, input: ['Привет', 'Два слова'] })).json()
    expect(body).toEqual({
      object: 'list',
      model,
      data: [
        { object: 'embedding', index: 0, embedding: expect.any(Array), usage: { prompt_tokens: 2 } },
        { object: 'embedding', index: 1, embedding: expect.any(Array), usage: { prompt_tokens: 3 } },
      ],
    })
    expect(body.data.map(({ embedding }: { embedding: number[] }) => embedding.length)).toEqual([
      dimensions,
      dimensions,
    ])
    expect(services.state.requests[0]?.operation).toBe('embeddings')
  })

  it('takes one text, and the same text gives the same numbers', async () => {
    const { post } = at(directServices())
    const ask = async () => (await post('/embeddings', { model: 'Embeddings', input: 'Привет' })).json()
    const first = await ask()
    expect(first.data).toHaveLength(1)
    expect(await ask()).toEqual(first)
  })

  it.each<[string, object, number]>([
    ['numbers', { input: [1] }, 400],
    ['no text', { input: [] }, 400],
    ['a model of the chat', { model: 'GigaChat-2', input: 'а' }, 404],
    ['a text above 512 tokens', { input: ['а', 'слово '.repeat(300)] }, 413],
  ])('refuses %s', async (_, change, status) => {
    const { post } = at(directServices())
    expect((await post('/embeddings', { model: 'Embeddings', ...change })).status).toBe(status)
  })

  it('takes longer texts for GigaR', async () => {
    const { post } = at(directServices())
    const input = 'слово '.repeat(1000)
    expect((await post('/embeddings', { model: 'EmbeddingsGigaR', input })).status).toBe(200)
  })
})

describe('GigaChat checks', () => {
  const long = 'Важно отметить, что спутник был запущен. '.repeat(5)

  it('says who wrote a text, for businesses that pay as they go', async () => {
    const { post } = at(directServices({ gigachat: corporate }))
    const body = await (await post('/ai/check', { model: 'GigaCheckDetection', input: long })).json()
    expect(body).toEqual({
      category: 'ai',
      characters: long.length,
      tokens: expect.any(Number),
      ai_intervals: expect.arrayContaining([[0, 40]]),
    })
    const other = await (await post('/ai/check', { model: 'GigaCheckClassification', input: long })).json()
    expect(other).toEqual({ ...body, ai_intervals: [] })
  })

  it.each<[string, GigaChatOptions, object, number]>([
    ['individuals', {}, {}, 403],
    ['fewer than twenty words', corporate, { input: 'Слишком мало слов' }, 422],
    ['a model of the chat', corporate, { model: 'GigaChat-2' }, 404],
    ['no text', corporate, { input: 1 }, 400],
  ])('refuses %s', async (_, gigachat, change, status) => {
    const { post } = at(directServices({ gigachat }))
    expect((await post('/ai/check', { model: 'GigaCheckDetection', input: long, ...change })).status).toBe(status)
  })

  it('says what the filter would refuse', async () => {
    const { post } = at(directServices())
    const ask = async (content: string) =>
      (await post('/filter/check', { model: 'GigaFilter', messages: [{ role: 'user', content }] })).json()
    expect(await ask('Привет')).toEqual({ is_profane: false, usage: { filter_tokens: 2 } })
    expect(await ask(blockedPhrase)).toMatchObject({ is_profane: true })
  })
})

describe('GigaChat balance', () => {
  it('goes down with use', async () => {
    const services = directServices()
    const { get } = at(services)
    const { usage } = await (await services.chat()).json()
    expect(await (await get('/balance')).json()).toEqual({
      balance: [
        { usage: 'GigaChat', value: 1_000_000 - usage.total_tokens },
        { usage: 'GigaChat-Pro', value: 1_000_000 },
        { usage: 'GigaChat-Max', value: 1_000_000 },
        { usage: 'embeddings', value: 1_000_000 },
      ],
    })
  })

  it('is 403 for who pays as he goes', async () => {
    const response = await at(directServices({ gigachat: corporate })).get('/balance')
    expect(await response.json()).toEqual({ status: 403, message: 'Permission denied' })
  })
})

describe('GigaChat batches', () => {
  const binary = { 'content-type': 'application/octet-stream' }
  const line = (id: string, request: object) => JSON.stringify({ id, request })
  const good = line('один', { model: 'GigaChat-2', messages: [{ role: 'user', content: 'Привет' }] })
  const bad = line('два', { model: 'GigaChat-2', messages: [] })

  it('goes from created by way of in_progress to completed, with a file of results', async () => {
    const services = directServices({ gigachat: corporate })
    const { post, get } = at(services)
    const made = await (await post('/batches?method=chat_completions', `${good}\n${bad}\n`, binary)).json()
    expect(made).toEqual({
      id: expect.any(String),
      method: 'chat_completions',
      request_counts: { total: 2 },
      status: 'created',
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
    })
    const look = async () => (await (await get(`/batches?batch_id=${made.id}`)).json()).batches
    expect(await look()).toEqual([{ ...made, status: 'in_progress' }])
    const [done] = await look()
    expect(done).toEqual({
      ...made,
      status: 'completed',
      request_counts: { total: 2, completed: 1, failed: 1 },
      output_file_id: expect.any(String),
      updated_at: expect.any(Number),
    })
    expect(await (await get('/batches')).json()).toEqual({ batches: [done] })
    const output = await (await get(`/files/${done.output_file_id}/content`)).text()
    const lines = output
      .trimEnd()
      .split('\n')
      .map((each) => JSON.parse(each))
    expect(lines[0]).toMatchObject({ id: 'один', result: { object: 'chat.completion', model: 'GigaChat-2:2.0.28.2' } })
    expect(lines[1]).toEqual({
      id: 'два',
      error: { status: 400, message: 'Your request contains invalid JSON syntax.' },
    })
  })

  it('embeds, takes as many looks as it is told, and puts errors where it is told', async () => {
    const { post, get } = at(directServices({ gigachat: { ...corporate, batchPolls: 1, batchErrorKey: 'result' } }))
    const lines = [line('a', { model: 'Embeddings', input: ['да'] }), line('b', { model: 'GigaChat-2', input: 'да' })]
    const { id } = await (await post('/batches?method=embedder', lines.join('\n'), binary)).json()
    const [done] = (await (await get(`/batches?batch_id=${id}`)).json()).batches
    expect(done.status).toBe('completed')
    const output = await (await get(`/files/${done.output_file_id}/content`)).text()
    const results = output
      .trimEnd()
      .split('\n')
      .map((each) => JSON.parse(each).result)
    expect(results[0]).toMatchObject({ object: 'list', data: [{ index: 0 }] })
    expect(results[1]).toEqual({ status: 404, message: 'No such model' })
  })

  it.each<[string, string, string, Record<string, string>, number]>([
    ['another method', '?method=images', good, binary, 400],
    ['no method', '', good, binary, 400],
    ['JSON as the content type', '?method=embedder', good, { 'content-type': 'application/json' }, 400],
    ['no line', '?method=embedder', '\n', binary, 400],
    ['a line that is not JSON', '?method=embedder', `${good}\nда`, binary, 400],
    ['a line without an id', '?method=embedder', '{"request":{}}', binary, 400],
  ])('refuses %s', async (_, query, body, headers, status) => {
    const { post } = at(directServices({ gigachat: corporate }))
    expect((await post(`/batches${query}`, body, headers)).status).toBe(status)
  })

  it('knows no other batch, and no other scope unless told so', async () => {
    const response = await at(directServices({ gigachat: corporate })).get('/batches?batch_id=other')
    expect(await response.json()).toEqual({ status: 404, message: 'Batch task not found' })
    const individual = at(directServices())
    expect((await individual.post('/batches?method=chat_completions', good, binary)).status).toBe(403)
    expect((await individual.get('/batches')).status).toBe(403)
    const open = at(directServices({ gigachat: { corporateOnly: false } }))
    expect((await open.post('/batches?method=chat_completions', good, binary)).status).toBe(200)
  })
})

describe('GigaChat function tools', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } } }

  it.each<[string, object, object]>([
    [
      'a good function',
      { name: 'f', description: '', parameters, few_shot_examples: [], return_parameters: {} },
      { message: 'Function is valid' },
    ],
    [
      'a bare function',
      { name: 'f', description: '', parameters, return_parameters: {} },
      {
        message: 'Function is valid',
        warnings: [{ description: 'few_shot_examples are missing', schema_location: '(root)' }],
      },
    ],
    [
      'a function without a name',
      { parameters },
      {
        message: 'Incorrect function syntax',
        errors: [{ description: 'name is required', schema_location: '(root)' }],
      },
    ],
    [
      'an object without properties',
      { name: 'f', parameters: { type: 'object', properties: { data: { type: 'object' } } } },
      {
        message: 'Incorrect function syntax',
        errors: [{ description: 'properties is required', schema_location: 'parameters.properties.data' }],
      },
    ],
  ])('validates %s', async (_, spec, said) => {
    const response = await at(directServices()).post('/functions/validate', spec)
    expect(await response.json()).toEqual({ status: 200, json_ai_rules_version: '1.0.5', ...said })
  })

  it('makes functions of an OpenAPI description', async () => {
    const operation = {
      operationId: 'getWeather',
      summary: 'Погода',
      parameters: [{ name: 'city', in: 'query', required: true, schema: { type: 'string' } }],
    }
    const { post } = at(directServices())
    const response = await post('/functions/convert', { openapi: '3.1.0', paths: { '/weather': { get: operation } } })
    expect(await response.json()).toEqual({
      functions: [{ name: 'getWeather', description: 'Погода', parameters: { ...parameters, required: ['city'] } }],
    })
    expect((await post('/functions/convert', 'openapi: 3.1.0')).status).toBe(422)
  })
})
