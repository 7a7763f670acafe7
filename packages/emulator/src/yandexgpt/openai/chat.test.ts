import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openAiCall, readEvents, type OpenAiCall } from '../../../test-support/open-ai-call.ts'
import { blockedPhrase } from '../../answers/compose-answer.ts'
import { startEmulator, type Emulator } from '../../start-emulator.ts'

const folder = 'b1gemulator000000000'
const yandexModel = `gpt://${folder}/yandexgpt-5.1`
const openModel = `gpt://${folder}/qwen3-235b-a22b-fp8/latest`
const reasoningModel = `gpt://${folder}/deepseek-v4-flash`
const visionModel = `gpt://${folder}/qwen3.6-35b-a3b`
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const user = { role: 'user', content: 'Привет' }
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Погода в городе',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', description: 'Город' } },
      required: ['city'],
    },
  },
}
const time = { type: 'function', function: { name: 'get_time', description: 'Текущее время' } }
const askWeather = { messages: [{ role: 'user', content: 'Погода в Казани?' }], tools: [weather] }
const callOfKazan = {
  index: 0,
  id: 'get_weather',
  type: 'function',
  function: { name: 'get_weather', arguments: '{"city":"Казань"}' },
}

let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator({ pace: 'instant', yandexgpt: { models: ['gemma-3-27b-it/latest'] } })
})
afterEach(() => emulator.reset())
afterAll(() => emulator.close())

const chat = (change: object = {}, headers: OpenAiCall['headers'] = {}, origin?: string) =>
  openAiCall(emulator, {
    path: '/chat/completions',
    body: { model: yandexModel, messages: [user], ...change },
    headers,
    ...(origin === undefined ? {} : { origin }),
  })
const ask = async (change: object = {}) => {
  const answer = await chat(change)
  expect(answer.status).toBe(200)
  return JSON.parse(answer.text)
}
/** As far as the tests look into an event; the whole of it they compare. */
interface StreamedChat {
  readonly id: string
  readonly choices: readonly {
    readonly delta: {
      readonly content?: string
      readonly reasoning_content?: string
      readonly tool_calls?: readonly { readonly function: { readonly arguments: string } }[]
    }
    readonly finish_reason?: string
  }[]
}
const stream = async (change: object = {}): Promise<StreamedChat[]> => {
  const answer = await chat({ stream: true, ...change })
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream'])
  const events = readEvents(answer.text)
  expect(events.pop()).toBe('[DONE]')
  return events as StreamedChat[]
}

describe('a chat with a model of Yandex', () => {
  it.each(['https://ai.api.cloud.yandex.net', 'https://llm.api.cloud.yandex.net'])(
    'is answered by %s',
    async (host) => {
      const answer = await chat({}, { 'x-client-request-id': 'mine', 'x-data-logging-enabled': 'false' }, host)
      expect(answer.status).toBe(200)
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json',
        'x-client-request-id': 'mine',
        'x-request-id': expect.stringMatching(uuid),
        'x-server-trace-id': expect.any(String),
      })
      expect(JSON.parse(answer.text)).toEqual({
        id: expect.stringMatching(uuid),
        object: 'chat.completion',
        created: expect.any(Number),
        model: yandexModel,
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: expect.stringContaining('Привет') },
            finish_reason: 'stop',
          },
        ],
        usage: { prompt_tokens: 6, total_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
      })
      expect(emulator.requests).toMatchObject([
        { operation: 'chat', origin: host, headers: { 'x-data-logging-enabled': 'false' }, status: 200 },
      ])
    },
  )

  it('streams few chunks: the role with the first text, the end with the last, no usage even when asked', async () => {
    const events = await stream({ stream_options: { include_usage: true } })
    const whole = await ask()
    expect(events.length).toBeGreaterThan(1)
    expect(events.length).toBeLessThan(5)
    expect(events.map(({ choices }) => choices[0]?.delta.content).join('')).toBe(whole.choices[0].message.content)
    for (const [index, event] of events.entries()) {
      expect(event).toEqual({
        id: events[0]?.id,
        object: 'chat.completion.chunk',
        created: expect.any(Number),
        model: yandexModel,
        choices: [
          {
            index: 0,
            delta: { ...(index === 0 ? { role: 'assistant' } : {}), content: expect.any(String) },
            ...(index === events.length - 1 ? { finish_reason: 'stop' } : {}),
          },
        ],
      })
    }
    expect(events[0]?.id).toMatch(uuid)
  })

  it('calls a function under its own name as id, with empty content and the place of the call', async () => {
    const { choices } = await ask(askWeather)
    expect(choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: '', tool_calls: [callOfKazan] },
        finish_reason: 'tool_calls',
      },
    ])
  })

  it('streams calls in one chunk, two of one function under one id, whatever parallel_tool_calls says', async () => {
    const messages = [{ role: 'user', content: 'Погода в Казани и в Москве?' }]
    const events = await stream({ messages, tools: [weather], parallel_tool_calls: false })
    const second = { ...callOfKazan, index: 1, function: { name: 'get_weather', arguments: '{"city":"Москва"}' } }
    expect(events.map(({ choices }) => choices)).toEqual([
      [{ index: 0, delta: { role: 'assistant', tool_calls: [callOfKazan, second] }, finish_reason: 'tool_calls' }],
    ])
  })

  it('answers with the results of its calls, one for each call under the shared id', async () => {
    const calls = [callOfKazan, { ...callOfKazan, index: 1 }]
    const result = (content: string) => ({ role: 'tool', tool_call_id: 'get_weather', content })
    const assistant = { role: 'assistant', content: '', tool_calls: calls }
    const { choices } = await ask({
      ...askWeather,
      messages: [...askWeather.messages, assistant, result('-3'), result('+7')],
    })
    expect(choices[0]).toMatchObject({
      message: { content: 'Ответ get_weather: -3. Ответ get_weather: +7.' },
      finish_reason: 'stop',
    })
    const third = await chat({
      ...askWeather,
      messages: [...askWeather.messages, assistant, result('1'), result('2'), result('3')],
    })
    expect([third.status, JSON.parse(third.text).error.message]).toEqual([
      400,
      "messages[4].tool_call_id 'get_weather' does not answer a call of the preceding assistant message",
    ])
  })

  it.each<[string, unknown, string[]]>([
    ['none', 'none', []],
    ['required', 'required', ['get_weather']],
    ['a named function', { type: 'function', function: { name: 'get_time' } }, ['get_time']],
  ])('obeys tool_choice: %s', async (_, choice, names) => {
    const { choices } = await ask({ ...askWeather, tools: [weather, time], tool_choice: choice })
    const calls: { function: { name: string } }[] = choices[0].message.tool_calls ?? []
    expect(calls.map((call) => call.function.name)).toEqual(names)
  })

  it('gives JSON under a schema', async () => {
    const schema = {
      type: 'object',
      properties: { day: { type: 'integer' }, month: { enum: ['март', 'апрель'] } },
      required: ['day', 'month'],
    }
    const { choices } = await ask({
      messages: [{ role: 'user', content: 'Первый полёт: 12 апрель 1961 года' }],
      response_format: { type: 'json_schema', json_schema: { name: 'date', schema } },
    })
    expect(JSON.parse(choices[0].message.content)).toEqual({ day: 12, month: 'апрель' })
  })

  it('gives a JSON object when the prompt says so, and prose when it does not', async () => {
    const format = { response_format: { type: 'json_object' } }
    const told = await ask({ ...format, messages: [{ role: 'system', content: 'Отвечай в JSON' }, user] })
    expect(JSON.parse(told.choices[0].message.content)).toEqual({ answer: expect.stringContaining('Привет') })
    const untold = await ask(format)
    expect(untold.choices[0].message.content).toMatch(/^Запрос/)
  })

  it.each(['max_tokens', 'max_completion_tokens'])('ends at %s', async (name) => {
    const { choices, usage } = await ask({ [name]: 4 })
    expect([choices[0].finish_reason, usage.completion_tokens]).toEqual(['length', 4])
  })

  it('takes and ignores what it does not support', async () => {
    const { choices } = await ask({ stop: ['а'], seed: 1, n: 2, top_k: 5, top_p: 0.1, logprobs: true, store: true })
    expect(choices).toHaveLength(1)
  })

  it('refuses a topic with HTTP 200, the stock phrase and no usage', async () => {
    const filtered = { messages: [{ role: 'user', content: blockedPhrase }] }
    const { choices, usage } = await ask(filtered)
    expect(choices[0].finish_reason).toBe('content_filter')
    expect(usage).toEqual({ prompt_tokens: 0, total_tokens: 0, completion_tokens: 0 })
    const events = await stream(filtered)
    expect(events.map((event) => event.choices[0]?.delta.content).join('')).toBe(choices[0].message.content)
  })

  it('counts hidden reasoning without showing it', async () => {
    const { choices, usage } = await ask({ model: `gpt://${folder}/yandexgpt-5-pro`, reasoning_effort: 'high' })
    expect(choices[0].message).not.toHaveProperty('reasoning_content')
    expect(usage.completion_tokens_details.reasoning_tokens).toBeGreaterThan(10)
  })

  it('takes every role, and content in parts', async () => {
    const { choices } = await ask({
      messages: [
        { role: 'developer', content: 'Кратко' },
        { role: 'system', content: 'Вежливо' },
        user,
        { role: 'assistant', content: 'Привет!' },
        { role: 'user', content: [{ type: 'text', text: 'Как дела' }] },
      ],
    })
    expect(choices[0].message.content).toContain('Как дела')
  })
})

describe('a chat with a model made elsewhere', () => {
  const name = 'gpt://qwen3-235b-a22b-fp8/latest'

  it('names the model without the folder, and has one header to trace it by', async () => {
    const answer = await chat({ model: openModel }, { 'x-client-request-id': 'mine' })
    expect(JSON.parse(answer.text)).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f-]{36}$/),
      model: name,
      choices: [{ index: 0, finish_reason: 'stop' }],
    })
    expect(answer.headers['x-server-trace-id']).toBeTruthy()
    expect(answer.headers).not.toHaveProperty('x-request-id')
    expect(answer.headers).not.toHaveProperty('x-client-request-id')
  })

  it('streams the role alone, tokens, an empty delta with the end, then usage without choices, unasked', async () => {
    const events = await stream({ model: openModel })
    const whole = await ask({ model: openModel })
    const [first, ...rest] = events
    const usage = rest.pop()
    const end = rest.pop()
    expect(first).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion.chunk',
      created: expect.any(Number),
      model: name,
      choices: [{ index: 0, delta: { role: 'assistant' } }],
    })
    expect(rest).toHaveLength(whole.usage.completion_tokens)
    expect(rest.map(({ choices }) => choices[0]?.delta.content).join('')).toBe(whole.choices[0].message.content)
    expect(end?.choices).toEqual([{ index: 0, delta: {}, finish_reason: 'stop' }])
    expect(usage).toEqual({ ...first, choices: [], usage: whole.usage })
  })

  it('calls with null content, a fresh id and no place', async () => {
    const { choices } = await ask({ ...askWeather, model: openModel })
    expect(choices[0].message).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          id: expect.stringMatching(/^chatcmpl-tool-[0-9a-f]{32}$/),
          type: 'function',
          function: callOfKazan.function,
        },
      ],
    })
  })

  it('streams a call in pieces whose id, type and name are empty after the first', async () => {
    const events = await stream({ ...askWeather, model: openModel })
    const calls = events.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    const [first, ...rest] = calls
    expect(first).toEqual({
      index: 0,
      id: expect.stringMatching(/^chatcmpl-tool-[0-9a-f]{32}$/),
      type: 'function',
      function: { name: 'get_weather', arguments: '' },
    })
    expect(rest.length).toBeGreaterThan(3)
    for (const piece of rest) {
      expect(piece).toEqual({ index: 0, id: '', type: '', function: { name: '', arguments: expect.any(String) } })
    }
    expect(rest.map((piece) => piece.function.arguments).join('')).toBe('{"city":"Казань"}')
    expect(events.at(-2)?.choices).toEqual([{ index: 0, delta: {}, finish_reason: 'tool_calls' }])
  })

  it('has an empty type from the first piece on, if it is gemma, which the list has lost and an option brings back', async () => {
    const events = await stream({ ...askWeather, model: `gpt://${folder}/gemma-3-27b-it` })
    const calls = events.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(calls[0]).toMatchObject({ type: '', function: { name: 'get_weather' } })
  })

  it('makes one call at a time when parallel calls are off, until all it was asked for are made', async () => {
    const messages: object[] = [{ role: 'user', content: 'Погода в Казани и текущее время' }]
    const called: string[] = []
    for (let step = 0; step < 3; step += 1) {
      const { choices } = await ask({ model: openModel, messages, tools: [weather, time], parallel_tool_calls: false })
      const { message } = choices[0]
      const calls: { id: string; function: { name: string } }[] = message.tool_calls ?? []
      expect(calls).toHaveLength(step < 2 ? 1 : 0)
      called.push(...calls.map((call) => call.function.name))
      messages.push(message, ...calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'да' })))
    }
    expect(called.toSorted((a, b) => a.localeCompare(b))).toEqual(['get_time', 'get_weather'])
  })

  it('shows its reasoning, counted apart, and none for effort none', async () => {
    const { choices, usage } = await ask({ model: reasoningModel })
    expect(choices[0].message.reasoning_content).toContain('Привет')
    expect(usage).toEqual({
      prompt_tokens: 6,
      total_tokens: 6 + usage.completion_tokens,
      completion_tokens: expect.any(Number),
      completion_tokens_details: { reasoning_tokens: expect.any(Number) },
      prompt_tokens_details: { cached_tokens: 0 },
    })
    const events = await stream({ model: reasoningModel })
    const thought = events.map((event) => event.choices[0]?.delta.reasoning_content ?? '').join('')
    expect(thought).toBe(choices[0].message.reasoning_content)
    const quick = await ask({ model: reasoningModel, reasoning_effort: 'none' })
    expect(quick.choices[0].message).not.toHaveProperty('reasoning_content')
  })

  it('may spend its whole limit on reasoning and answer nothing', async () => {
    const { choices, usage } = await ask({ model: reasoningModel, max_tokens: 5 })
    expect(choices[0]).toMatchObject({ message: { content: '' }, finish_reason: 'length' })
    expect(usage).toMatchObject({ completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 5 } })
  })

  it('sees images in data URLs', async () => {
    const url = `data:image/png;base64,${Buffer.from('not really a picture').toString('base64')}`
    const content = [
      { type: 'text', text: 'Что на картинке?' },
      { type: 'image_url', image_url: { url, detail: 'low' } },
    ]
    const { choices, usage } = await ask({ model: visionModel, messages: [{ role: 'user', content }] })
    expect(choices[0].message.content).toContain('image/png, 20 Б')
    expect(usage.prompt_tokens).toBeGreaterThan(256)
  })
})

describe('a chat is refused for', () => {
  const png = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
  const remote = { type: 'image_url', image_url: { url: 'https://example.ru/cat.png' } }
  const schema = { type: 'object', properties: {} }

  it.each<[string, object, number, string]>([
    ['a bare model name', { model: 'yandexgpt-5.1' }, 400, 'Failed to parse model URI'],
    ['no model', { model: undefined }, 400, 'Failed to parse model URI'],
    ['an unknown model', { model: `gpt://${folder}/yandexgpt-9` }, 400, 'Failed to get model'],
    ['a removed model', { model: `gpt://${folder}/deepseek-v32` }, 400, 'Failed to get model'],
    ['an open model under another branch', { model: `${openModel.slice(0, -6)}rc` }, 400, 'Failed to get model'],
    ['an embedding model', { model: `emb://${folder}/text-search-doc` }, 400, 'Failed to get model'],
    ['an unknown tuned model', { model: `gpt://${folder}/yandexgpt-lite/latest@other` }, 400, 'Failed to get model'],
    [
      'another folder',
      { model: 'gpt://b1gother/yandexgpt-5.1' },
      400,
      `Specified folder ID 'b1gother' does not match with service account folder ID '${folder}'`,
    ],
    ['no messages', { messages: [] }, 400, 'messages must not be empty'],
    ['an unknown role', { messages: [{ role: 'function', content: 'а' }] }, 400, 'unknown role in messages[0]'],
    ['empty text', { messages: [{ role: 'user', content: '' }] }, 400, 'empty message text'],
    [
      'content of another type',
      { messages: [{ role: 'user', content: 1 }] },
      400,
      'invalid value for field messages[0].content',
    ],
    [
      'a part of another type',
      { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
      400,
      'unsupported content part in messages[0].content[0]',
    ],
    [
      'an image for a model without eyes',
      { messages: [{ role: 'user', content: [png] }] },
      400,
      'yandexgpt-5.1 is not a multimodal model',
    ],
    [
      'a remote image',
      { model: visionModel, messages: [{ role: 'user', content: [remote] }] },
      400,
      'invalid image in messages[0].content[0]: a Base64 data URL is expected',
    ],
    [
      'a result without its call',
      { messages: [user, { role: 'tool', tool_call_id: 'x', content: '1' }] },
      400,
      "messages[1].tool_call_id 'x' does not answer a call of the preceding assistant message",
    ],
    ['a tool that is no function', { tools: [{ type: 'custom' }] }, 400, 'unsupported type of tools[0]'],
    [
      'a function without a good name',
      { tools: [{ type: 'function', function: { name: 'погода' } }] },
      400,
      'invalid value for field tools[0].function.name',
    ],
    ['a choice without tools', { tool_choice: 'required' }, 400, 'tool_choice is required but no tools are given'],
    [
      'a choice of an unknown function',
      { tools: [weather], tool_choice: { type: 'function', function: { name: 'other' } } },
      400,
      'tool_choice names an unknown function other',
    ],
    [
      'a schema without a name',
      { response_format: { type: 'json_schema', json_schema: { schema } } },
      400,
      'invalid value for field response_format.json_schema.name',
    ],
    [
      'a bare schema',
      { response_format: { type: 'json_schema', json_schema: schema } },
      400,
      'invalid value for field response_format.json_schema.name',
    ],
    ['an unknown format', { response_format: { type: 'xml' } }, 400, 'invalid value for field response_format.type'],
    ['max_tokens 0', { max_tokens: 0 }, 400, 'max_tokens must be greater than 0'],
    ['temperature above 2', { temperature: 2.1 }, 400, 'temperature must be in range [0, 2]'],
    ['an unknown effort', { reasoning_effort: 'huge' }, 400, 'invalid value for field reasoning_effort'],
    ['stream as text', { stream: 'true' }, 400, 'invalid value for field stream'],
  ])('%s', async (_, change, status, message) => {
    const answer = await chat(change)
    expect([answer.status, JSON.parse(answer.text)]).toEqual([status, { error: { message } }])
    expect(emulator.requests.at(-1)?.reason).toBeTruthy()
  })

  it('a body that is not JSON, once the credential is good', async () => {
    const headers = { authorization: undefined }
    expect((await openAiCall(emulator, { path: '/chat/completions', body: '{', headers })).status).toBe(401)
    const answer = await openAiCall(emulator, { path: '/chat/completions', body: '{' })
    expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([400, 'invalid value for field body'])
  })

  it.each<[string, (emulator: Emulator) => OpenAiCall['headers'], number, string | RegExp]>([
    ['no credential', () => ({ authorization: undefined }), 401, 'IAM token or API key has to be passed in request'],
    ['an unknown key', () => ({ authorization: 'Bearer AQVNother' }), 401, /Unknown api key '\*{4}ther/],
    ['an unknown token', () => ({ authorization: 'Bearer t1.a.b' }), 401, 'Token is invalid or has expired.'],
    [
      'an expired key',
      ({ credentials }) => ({ authorization: `Api-Key ${credentials.yandexgpt.expiredApiKey}` }),
      401,
      'The apikey has expired',
    ],
    [
      'another folder in OpenAI-Project',
      () => ({ 'openai-project': 'b1gother' }),
      400,
      /^Specified folder ID 'b1gother'/,
    ],
    [
      'a person in a folder of others',
      ({ credentials }) => ({
        authorization: `Bearer ${credentials.yandexgpt.userIamToken}`,
        'x-folder-id': 'b1gother',
      }),
      403,
      'Permission denied',
    ],
  ])('%s', async (_, headers, status, message) => {
    const answer = await chat({}, headers(emulator))
    expect(answer.status).toBe(status)
    const { error } = JSON.parse(answer.text)
    if (typeof message === 'string') expect(error).toEqual({ message })
    else expect(error.message).toMatch(message)
  })

  it('nothing when a good credential comes in any of its forms', async () => {
    const { apiKey, iamToken, userIamToken } = emulator.credentials.yandexgpt
    const forms = [`Api-Key ${apiKey}`, `Bearer ${apiKey}`, `Bearer ${iamToken}`, `Bearer ${userIamToken}`]
    const answers = await Promise.all(forms.map((authorization) => chat({}, { authorization })))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })

  it('a prompt longer than the context', async () => {
    await using small = await startEmulator({ pace: 'instant', yandexgpt: { contextTokens: 10 } })
    const body = { model: yandexModel, messages: [{ role: 'user', content: 'слово '.repeat(10) }] }
    const answer = await openAiCall(small, { path: '/chat/completions', body })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text).error.message).toMatch(/^Number of input tokens must be no more than 10, got \d+$/)
  })
})

describe('faults of a chat', () => {
  it.each([
    ['object', { error: { message: 'Internal error' } }],
    ['text', { error: 'Internal error' }],
    ['message', { message: 'Internal error' }],
  ] as const)('take the form %s, before and inside a stream', async (form, body) => {
    await using other = await startEmulator({ pace: 'instant', yandexgpt: { openAiErrorForm: form } })
    const send = (isStreamed: boolean) =>
      openAiCall(other, {
        path: '/chat/completions',
        body: { model: yandexModel, messages: [user], stream: isStreamed },
      })
    other.fail({ service: 'yandexgpt', operation: 'chat', kind: 'status', status: 500 })
    const whole = await send(false)
    expect([whole.status, JSON.parse(whole.text)]).toEqual([500, body])
    other.fail({ service: 'yandexgpt', operation: 'chat', kind: 'error-event', pieces: 2, status: 500 })
    const streamed = await send(true)
    expect(streamed.status).toBe(200)
    const events = readEvents(streamed.text)
    expect(events).toHaveLength(3)
    expect(events[2]).toEqual(body)
  })

  it('end a stream without its end mark', async () => {
    emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'truncate' })
    const { text } = await chat({ stream: true })
    expect(readEvents(text)).toHaveLength(1)
    expect(text).not.toContain('finish_reason')
  })

  it('say 401, and 429 in the words of the gauge', async () => {
    emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'unauthorized' })
    emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'rate-limited' })
    expect((await chat()).status).toBe(401)
    const limited = await chat()
    expect([limited.status, JSON.parse(limited.text).error.message]).toEqual([
      429,
      'ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed 10 requests',
    ])
  })

  it('come from open generations, too, which all addresses share', async () => {
    await using one = await startEmulator({
      pace: { serviceMs: [0, 0], firstPieceMs: [300, 300], pieceMs: [0, 0] },
      yandexgpt: { concurrentGenerations: 1 },
    })
    const body = { model: yandexModel, messages: [user] }
    const [first, second] = await Promise.all([
      openAiCall(one, { path: '/chat/completions', body }),
      openAiCall(one, { path: '/chat/completions', body, origin: 'https://llm.api.cloud.yandex.net' }),
    ])
    expect([first.status, second.status].toSorted((a, b) => a - b)).toEqual([200, 429])
    expect((await openAiCall(one, { path: '/chat/completions', body })).status).toBe(200)
  })

  it('are none when a client hangs up: its generation ends', async () => {
    await using one = await startEmulator({
      pace: { serviceMs: [0, 0], firstPieceMs: [0, 0], pieceMs: [200, 200] },
      yandexgpt: { concurrentGenerations: 1 },
    })
    const body = { model: yandexModel, messages: [user] }
    const cut = openAiCall(one, {
      path: '/chat/completions',
      body: { ...body, stream: true },
      onFirstPiece: (hangUp) => hangUp(),
    })
    await expect(cut).rejects.toMatchObject({ message: 'hung up', status: 200 })
    await expect.poll(() => one.requests[0]?.closedByClient, { timeout: 2000 }).toBe(true)
    expect((await openAiCall(one, { path: '/chat/completions', body })).status).toBe(200)
  })

  it('name another model', async () => {
    emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'model-mismatch', model: 'latest' })
    expect((await ask({ model: openModel })).model).toBe('latest')
  })
})

describe('a scripted chat', () => {
  it('has the text, end, usage and model of the script', async () => {
    emulator.script({
      service: 'yandexgpt',
      text: ['а', 'б'],
      status: 'ALTERNATIVE_STATUS_TRUNCATED_FINAL',
      usage: { inputTextTokens: 1, completionTokens: 2, totalTokens: 3, reasoningTokens: 1 },
      model: 'latest',
    })
    expect(await ask()).toMatchObject({
      model: 'latest',
      choices: [{ message: { content: 'аб' }, finish_reason: 'length' }],
      usage: {
        prompt_tokens: 1,
        total_tokens: 3,
        completion_tokens: 2,
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    })
  })

  it('calls functions, also with broken arguments and an id of its own, and reasons', async () => {
    emulator.script({
      service: 'yandexgpt',
      reasoning: 'Надо узнать.',
      toolCalls: [
        { name: 'get_weather', arguments: { city: 'Казань' } },
        { name: 'get_weather', arguments: '{"city":', id: 'own' },
      ],
    })
    const { choices } = await ask({ model: reasoningModel })
    expect(choices[0]).toMatchObject({
      message: {
        reasoning_content: 'Надо узнать.',
        content: null,
        tool_calls: [
          { function: { arguments: '{"city":"Казань"}' } },
          { id: 'own', function: { arguments: '{"city":' } },
        ],
      },
      finish_reason: 'tool_calls',
    })
  })

  it('is replaced by the content filter half-way: the last chunk holds the whole phrase', async () => {
    emulator.script({
      service: 'yandexgpt',
      lines: ['Начало', 'Начало ответа', 'Об этом не говорю.'],
      status: 'ALTERNATIVE_STATUS_CONTENT_FILTER',
    })
    const events = await stream()
    expect(events.map(({ choices }) => choices[0]?.delta.content)).toEqual(['Начало', ' ответа', 'Об этом не говорю.'])
    expect(events.at(-1)?.choices[0]?.finish_reason).toBe('content_filter')
  })
})
