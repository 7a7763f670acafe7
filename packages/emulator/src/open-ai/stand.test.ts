import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../test-support/call.ts'
import { readEvents, type OpenAiCall } from '../../test-support/open-ai-call.ts'
import { standCall } from '../../test-support/stand-call.ts'
import { blockedPhrase } from '../answers/compose-answer.ts'
import { startEmulator, type Emulator } from '../start-emulator.ts'

const model = 'GigaChat-20B-A3B'
const thinker = 'T-pro-it-2.0'
const user = { role: 'user', content: 'Привет' }
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const weather = { type: 'function', function: { name: 'get_weather', description: 'Погода в городе', parameters } }
const time = { type: 'function', function: { name: 'get_time', description: 'Текущее время' } }
const askWeather = { messages: [{ role: 'user', content: 'Погода в Казани и в Москве?' }], tools: [weather] }
const toolId = /^chatcmpl-tool-[0-9a-f]{32}$/

let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator({ pace: 'instant' })
})
afterEach(() => emulator.reset())
afterAll(() => emulator.close())

const send = (path: string, body?: unknown, headers: OpenAiCall['headers'] = {}) =>
  standCall(emulator, { path, headers, ...(body === undefined ? {} : { body }) })
const chat = (change: object = {}, headers: OpenAiCall['headers'] = {}) =>
  send('/chat/completions', { model, messages: [user], ...change }, headers)
const ask = async (change: object = {}) => {
  const answer = await chat(change)
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json'])
  return JSON.parse(answer.text)
}
/** As far as the tests look into an event; the whole of it they compare. */
interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string; readonly reasoning_content?: string } }[]
  readonly usage?: object
}
const stream = async (change: object = {}): Promise<Chunk[]> => {
  const answer = await chat({ stream: true, ...change })
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream'])
  const events = readEvents(answer.text)
  expect(events.pop()).toBe('[DONE]')
  return events as Chunk[]
}
const error = async (answer: Promise<{ readonly status: number; readonly text: string }>) => {
  const { status, text } = await answer
  return { status, ...JSON.parse(text).error }
}

describe('a chat with the stand', () => {
  it('is answered in the words of OpenAI', async () => {
    const body = await ask()
    expect(body).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: expect.stringContaining('Привет') },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 6, total_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
    })
    expect(body.usage.total_tokens).toBe(body.usage.prompt_tokens + body.usage.completion_tokens)
    expect(emulator.requests).toMatchObject([
      { service: 'openai', operation: 'chat', origin: 'https://llm.corp.example:8443', status: 200 },
    ])
  })

  it('streams token by token between the role and the end, without usage', async () => {
    const events = await stream()
    const [first, ...rest] = events
    const last = rest.pop()
    const shared = { id: expect.any(String), object: 'chat.completion.chunk', created: expect.any(Number), model }
    const chunk = (delta: object, reason: string | null) => ({
      ...shared,
      choices: [{ index: 0, delta, finish_reason: reason }],
    })
    expect(first).toEqual(chunk({ role: 'assistant', content: '' }, null))
    expect(rest.length).toBeGreaterThan(5)
    for (const event of rest) expect(event).toEqual(chunk({ content: expect.any(String) }, null))
    expect(last).toEqual(chunk({}, 'stop'))
    const { choices } = await ask()
    expect(events.map((event) => event.choices[0]?.delta.content ?? '').join('')).toBe(choices[0].message.content)
  })

  it('states the usage of a stream in a chunk of its own when asked', async () => {
    const events = await stream({ stream_options: { include_usage: true } })
    const { usage } = await ask()
    expect(events.pop()).toMatchObject({ choices: [], usage })
    expect(events.filter((event) => 'usage' in event)).toEqual([])
    expect((await stream({ stream_options: { include_usage: false } })).filter((event) => 'usage' in event)).toEqual([])
  })

  it('calls functions, with null for its content and an id for each call', async () => {
    const { choices } = await ask(askWeather)
    const callOf = (city: string) => ({
      id: expect.stringMatching(toolId),
      type: 'function',
      function: { name: 'get_weather', arguments: JSON.stringify({ city }) },
    })
    expect(choices[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: null, tool_calls: [callOf('Казань'), callOf('Москва')] },
      finish_reason: 'tool_calls',
    })
    const one = await ask({ ...askWeather, parallel_tool_calls: false })
    expect(one.choices[0].message.tool_calls).toEqual([callOf('Казань')])
  })

  it('streams calls in pieces, of which the first alone has id, type and name', async () => {
    const events = await stream({ messages: [{ role: 'user', content: 'Погода в Казани?' }], tools: [weather] })
    const pieces = events.flatMap(({ choices }) =>
      choices.flatMap(({ delta }) => ('tool_calls' in delta ? (delta.tool_calls as object[]) : [])),
    )
    expect(pieces.length).toBeGreaterThan(2)
    expect(pieces[0]).toEqual({
      index: 0,
      id: expect.stringMatching(toolId),
      type: 'function',
      function: { name: 'get_weather', arguments: '' },
    })
    for (const piece of pieces.slice(1))
      expect(piece).toEqual({ index: 0, function: { arguments: expect.any(String) } })
    const text = pieces.map((piece) => (piece as { function: { arguments: string } }).function.arguments).join('')
    expect(JSON.parse(text)).toEqual({ city: 'Казань' })
  })

  it('answers with the results of its calls', async () => {
    const called = (await ask(askWeather)).choices[0].message
    const results = called.tool_calls.map(({ id }: { id: string }, index: number) => ({
      role: 'tool',
      tool_call_id: id,
      content: `${index + 1} градус`,
    }))
    const { choices } = await ask({ ...askWeather, messages: [...askWeather.messages, called, ...results] })
    expect(choices[0]).toMatchObject({
      message: { content: 'Ответ get_weather: 1 градус. Ответ get_weather: 2 градус.' },
      finish_reason: 'stop',
    })
  })

  it.each<[string, unknown, string[]]>([
    ['none', 'none', []],
    ['required', 'required', ['get_weather']],
    ['a named function', { type: 'function', function: { name: 'get_time' } }, ['get_time']],
  ])('obeys tool_choice: %s', async (_, choice, names) => {
    const messages = [{ role: 'user', content: 'Погода в Казани?' }]
    const { choices } = await ask({ messages, tools: [weather, time], tool_choice: choice })
    const calls: { function: { name: string } }[] = choices[0].message.tool_calls ?? []
    expect(calls.map((one) => one.function.name)).toEqual(names)
  })

  it('keeps a schema, and gives a JSON object whenever asked for one', async () => {
    const schema = { type: 'object', properties: { day: { type: 'integer' } }, required: ['day'] }
    const messages = [{ role: 'user', content: 'Первый полёт: 12 апреля' }]
    const bySchema = { type: 'json_schema', json_schema: { name: 'date', schema, strict: true } }
    const kept = await ask({ messages, response_format: bySchema })
    expect(JSON.parse(kept.choices[0].message.content)).toEqual({ day: 12 })
    const object = await ask({ response_format: { type: 'json_object' } })
    expect(JSON.parse(object.choices[0].message.content)).toEqual({ answer: expect.stringContaining('Привет') })
  })

  it('shows what a reasoning model thinks, whole and streamed, unless effort is none', async () => {
    const { choices, usage } = await ask({ model: thinker })
    const thought: string = choices[0].message.reasoning_content
    expect(thought).toContain('Привет')
    expect(usage.completion_tokens_details.reasoning_tokens).toBeGreaterThan(0)
    const events = await stream({ model: thinker })
    expect(events.map((event) => event.choices[0]?.delta.reasoning_content ?? '').join('')).toBe(thought)
    const silent = await ask({ model: thinker, reasoning_effort: 'none' })
    expect(silent.choices[0].message).not.toHaveProperty('reasoning_content')
  })

  it.each(['max_tokens', 'max_completion_tokens'])('ends at %s', async (name) => {
    const { choices, usage } = await ask({ [name]: 4 })
    expect([choices[0].finish_reason, usage.completion_tokens]).toEqual(['length', 4])
  })

  it('filters nothing, and takes what it ignores', async () => {
    const { choices } = await ask({
      messages: [{ role: 'user', content: blockedPhrase }],
      stop: ['а'],
      seed: 1,
      n: 2,
      top_k: 5,
      logprobs: true,
    })
    expect(choices).toMatchObject([{ finish_reason: 'stop', message: { content: expect.stringContaining('фильтра') } }])
  })
})

describe('embeddings of the stand', () => {
  const embed = (change: object) => send('/embeddings', { model: 'FRIDA', input: ['Кошка', 'Собака'], ...change })

  it('are made of several texts, in their order', async () => {
    const { data, ...rest } = JSON.parse((await embed({})).text)
    expect(rest).toEqual({ object: 'list', model: 'FRIDA', usage: { prompt_tokens: 4, total_tokens: 4 } })
    expect(data).toEqual([
      { object: 'embedding', index: 0, embedding: expect.any(Array) },
      { object: 'embedding', index: 1, embedding: expect.any(Array) },
    ])
    expect(data[0].embedding).toHaveLength(1536)
    const single = JSON.parse((await embed({ input: 'Собака' })).text)
    expect(single.data[0].embedding).toEqual(data[1].embedding)
  })

  it('come as Base64 of 32-bit floats when asked for', async () => {
    const [plain, packed] = await Promise.all([
      embed({ input: 'Кошка', dimensions: 32 }),
      embed({ input: 'Кошка', dimensions: 32, encoding_format: 'base64' }),
    ])
    const bytes = Buffer.from(JSON.parse(packed.text).data[0].embedding, 'base64')
    const numbers: number[] = JSON.parse(plain.text).data[0].embedding
    expect(numbers).toHaveLength(32)
    expect(numbers.map((_, index) => bytes.readFloatLE(index * 4))).toEqual(numbers.map((value) => Math.fround(value)))
    expect(bytes.byteLength).toBe(32 * 4)
  })

  it.each<[string, object, string]>([
    ['no text', { input: [] }, 'input must not be empty'],
    ['tokens instead of texts', { input: [1, 2] }, 'invalid value for field input[0]'],
    ['too many dimensions', { dimensions: 4096 }, 'dimensions must be no more than 1536'],
    ['another encoding', { encoding_format: 'int8' }, 'invalid value for field encoding_format'],
    ['a model that converses', { model }, 'The model does not support Embeddings API'],
  ])('are refused: %s', async (_, change, message) => {
    expect(await error(embed(change))).toEqual({
      status: 400,
      message,
      type: 'invalid_request_error',
      param: null,
      code: null,
    })
  })
})

describe('models of the stand', () => {
  it('are listed by their bare names, and found by them', async () => {
    const { object, data } = JSON.parse((await send('/models')).text)
    expect([object, data.map(({ id }: { id: string }) => id)]).toEqual([
      'list',
      ['GigaChat-20B-A3B', 'T-lite-it-2.1', 'T-pro-it-2.0', 'FRIDA'],
    ])
    expect(data[0]).toEqual({ id: model, object: 'model', created: expect.any(Number), owned_by: 'vllm' })
    expect(JSON.parse((await send(`/models/${model}`)).text)).toEqual(data[0])
  })

  it('are those of the options, with slashes too', async () => {
    const openai = { models: ['ai-sage/one', 'T-pro-it-2.0', 'seer'], visionModels: ['seer'] }
    await using other = await startEmulator({ pace: 'instant', openai })
    const listed = await standCall(other, { path: '/models' })
    expect(JSON.parse(listed.text).data).toMatchObject([{ id: 'ai-sage/one' }, { id: 'T-pro-it-2.0' }, { id: 'seer' }])
    for (const path of ['/models/ai-sage/one', '/models/ai-sage%2Fone']) {
      expect(JSON.parse((await standCall(other, { path })).text)).toMatchObject({ id: 'ai-sage/one' })
    }
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
    const look = (name: string) =>
      standCall(other, {
        path: '/chat/completions',
        body: { model: name, messages: [{ role: 'user', content: [{ type: 'text', text: 'Что тут?' }, image] }] },
      })
    expect(JSON.parse((await look('seer')).text).choices[0].message.content).toContain('image/png')
    expect(await error(look('ai-sage/one'))).toMatchObject({
      status: 400,
      message: expect.stringMatching(/multimodal/),
    })
  })

  it('must be served to be of a kind', async () => {
    await expect(startEmulator({ openai: { models: ['one'], embeddingModels: ['two'] } })).rejects.toThrow(
      "startEmulator: openai.embeddingModels has 'two', which openai.models does not list.",
    )
    await expect(startEmulator({ openai: { contextTokens: 0 } })).rejects.toThrow('openai.contextTokens must be')
  })
})

describe('the stand refuses', () => {
  it.each<[string, string | undefined]>([
    ['no key', undefined],
    ['a wrong key', 'Bearer sk-wrong'],
    ['another scheme', 'Api-Key sk-wrong'],
  ])('%s', async (_, authorization) => {
    for (const path of ['/models', '/models/FRIDA']) {
      expect(await error(send(path, undefined, { authorization }))).toMatchObject({ status: 401 })
    }
    for (const path of ['/chat/completions', '/embeddings']) {
      expect(await error(send(path, {}, { authorization }))).toEqual({
        status: 401,
        message: expect.stringMatching(/API key/),
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_api_key',
      })
    }
  })

  it('a model that is not there, letter for letter', async () => {
    expect(await error(chat({ model: 'gigachat-20b-a3b' }))).toEqual({
      status: 404,
      message: 'The model `gigachat-20b-a3b` does not exist.',
      type: 'invalid_request_error',
      param: null,
      code: 'model_not_found',
    })
    expect(await error(send('/models/none'))).toMatchObject({ status: 404, code: 'model_not_found' })
  })

  it.each<[string, object, string]>([
    ['a model of embeddings', { model: 'FRIDA' }, 'The model does not support Chat Completions API'],
    ['no messages', { messages: [] }, 'messages must not be empty'],
    ['a temperature above 2', { temperature: 3 }, 'temperature must be in range [0, 2]'],
    ['stream options of another type', { stream: true, stream_options: 1 }, 'invalid value for field stream_options'],
    [
      'a result without a call',
      { messages: [user, { role: 'tool', tool_call_id: 'x', content: '' }] },
      "messages[1].tool_call_id 'x' does not answer a call of the preceding assistant message",
    ],
  ])('%s', async (_, change, message) => {
    expect(await error(chat(change))).toMatchObject({ status: 400, message, type: 'invalid_request_error' })
    expect(emulator.requests.at(-1)?.reason).not.toBe(undefined)
  })

  it('a prompt longer than the context', async () => {
    await using small = await startEmulator({ pace: 'instant', openai: { contextTokens: 5 } })
    const body = { model, messages: [user] }
    expect(await error(standCall(small, { path: '/chat/completions', body }))).toEqual({
      status: 400,
      message: "This model's maximum context length is 5 tokens. However, your request has 6 input tokens.",
      type: 'invalid_request_error',
      param: null,
      code: 'context_length_exceeded',
    })
  })

  it('a body that is no JSON, and a path that is not there', async () => {
    expect(await error(send('/chat/completions', '{'))).toMatchObject({ status: 400 })
    expect(await error(send('/completions', {}))).toMatchObject({
      status: 404,
      message: 'There is no /v1/completions.',
    })
    expect(emulator.requests.map(({ operation }) => operation)).toEqual(['chat', 'unknown'])
  })
})

describe('the stand can be told', () => {
  it('to ask for no key: then any is taken', async () => {
    await using open = await startEmulator({ pace: 'instant', openai: { apiKey: 'off' } })
    for (const authorization of [undefined, 'Bearer whatever']) {
      expect((await standCall(open, { path: '/models', headers: { authorization } })).status).toBe(200)
    }
    expect(open.openai).toEqual({ name: 'stand', baseUrl: 'https://llm.corp.example:8443/v1', ca: open.ca.corporate })
  })

  it('what to answer', async () => {
    const toolCalls = [{ name: 'get_time', arguments: '{"broken', id: 'mine' }]
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
    emulator.script({ service: 'openai', text: ['Да', '.'], reasoning: 'Хм', toolCalls, usage, model: 'another' })
    const { choices, usage: stated, model: answered } = await ask()
    expect(choices[0]).toEqual({
      index: 0,
      message: {
        role: 'assistant',
        reasoning_content: 'Хм',
        content: 'Да.',
        tool_calls: [{ id: 'mine', type: 'function', function: { name: 'get_time', arguments: '{"broken' } }],
      },
      finish_reason: 'tool_calls',
    })
    expect([stated, answered]).toEqual([{ prompt_tokens: 1, total_tokens: 3, completion_tokens: 2 }, 'another'])
    emulator.script({ service: 'openai', text: 'Нет', finishReason: 'length', usage: null })
    const second = await ask()
    expect([second.choices[0].finish_reason, 'usage' in second]).toEqual(['length', false])
    emulator.script({ service: 'openai', operation: 'models', raw: { status: 418, body: '{}' } })
    expect((await send('/models')).status).toBe(418)
  })

  it('what goes wrong, without harm to the services', async () => {
    emulator.fail({ service: 'openai', kind: 'unauthorized' })
    emulator.fail({ service: 'openai', kind: 'rate-limited', retryAfter: 7 })
    emulator.fail({ service: 'openai', kind: 'status', status: 503 })
    emulator.fail({ service: 'openai', kind: 'model-mismatch', model: 'another' })
    emulator.fail({ service: 'openai', kind: 'truncate' })
    const { gigachat } = emulator.credentials
    const untouched = await call(emulator, {
      origin: 'https://api.giga.chat',
      path: '/v1/models',
      method: 'GET',
      headers: { authorization: `Bearer ${gigachat.accessToken}` },
    })
    expect(untouched.status).toBe(200)
    expect(await error(chat())).toMatchObject({ status: 401, code: 'invalid_api_key' })
    const limited = await chat()
    expect([limited.status, limited.headers['retry-after']]).toEqual([429, '7'])
    expect(await error(chat())).toMatchObject({ status: 503, type: 'server_error' })
    expect((await ask()).model).toBe('another')
    expect((await chat({ stream: true })).text).not.toContain('[DONE]')
  })

  it('that tokens of the services expire, which its key does not', async () => {
    emulator.expireTokens('openai')
    const headers = { authorization: `Bearer ${emulator.credentials.gigachat.accessToken}` }
    const models = { origin: 'https://api.giga.chat', path: '/v1/models', method: 'GET', headers }
    expect((await call(emulator, models)).status).toBe(200)
    emulator.expireTokens()
    expect((await call(emulator, models)).status).toBe(401)
    expect((await send('/models')).status).toBe(200)
  })
})

it('the name of the stand leads to a private address, and its certificate to a root of its own', async () => {
  expect(await emulator.network.resolve('llm.corp.example')).toEqual(['10.20.0.5'])
  expect(emulator.openaiPolicy).toEqual({ origin: 'https://llm.corp.example:8443', addresses: ['10.20.0.0/16'] })
  const { public: usual, state, corporate } = emulator.ca
  const request = { origin: emulator.openaiPolicy.origin, path: '/v1/models', method: 'GET' }
  await expect(call(emulator, { ...request, options: { ca: [usual, state] } })).rejects.toMatchObject({
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  })
  expect((await call(emulator, { ...request, options: { ca: corporate } })).status).toBe(401)
})
