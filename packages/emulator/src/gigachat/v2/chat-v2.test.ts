import { describe, expect, it } from 'vitest'
import { directServices, type DirectServices } from '../../../test-support/direct-services.ts'
import { blockedPhrase } from '../../answers/compose-answer.ts'
import type { GigaChatOptions } from '../../options.ts'

const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) as string
const invalidJson = 'Your request contains invalid JSON syntax.'

const user = (text: string) => ({ role: 'user', content: [{ text }] })
const weather = {
  name: 'get_weather',
  description: 'Погода в городе',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const tools = [{ functions: { specifications: [weather] } }]
const question = user('Какая погода в Казани и в Москве?')
const callOf = (city: string) => ({ function_call: { name: 'get_weather', arguments: { city } } })
const resultOf = (result: unknown = '{"sky":"ясно"}') => ({ function_result: { name: 'get_weather', result } })
const calls = { role: 'assistant', content: [callOf('Казань'), callOf('Москва')] }

function send(services: DirectServices, change: object, url = 'https://api.giga.chat/v2/chat/completions') {
  return services.send(url, {
    headers: { authorization: `Bearer ${services.state.credentials.gigachat.accessToken}` },
    body: { model: 'GigaChat-2-Max', messages: [user('Привет')], ...change },
  })
}

async function ask(change: object, services: DirectServices = directServices()) {
  const response = await send(services, change)
  const body = (await response.json()) as {
    messages: { role: string; content: Record<string, unknown>[] }[]
    finish_reason: string
    usage: { input_tokens: number; output_tokens: number; total_tokens: number }
  }
  expect(body, JSON.stringify(body)).toHaveProperty('messages')
  return body
}

async function eventsOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const events = (await response.text()).split('\n\n')
  expect(events.at(-1)).toBe('')
  return events.slice(0, -1).map((event) => {
    const [, name, data = ''] = /^event: (\S+)\ndata: (.*)$/.exec(event) ?? []
    return { name, data: JSON.parse(data) }
  })
}

describe('GigaChat v2 chat', () => {
  it.each([
    'https://api.giga.chat/v2/chat/completions',
    'https://api.giga.chat/api/v2/chat/completions',
    'https://gigachat.devices.sberbank.ru/api/v2/chat/completions',
    'https://gigachat.devices.sberbank.ru/v2/chat/completions',
  ])('answers with the documented fields and no others at %s', async (url) => {
    const services = directServices()
    const response = await send(services, {}, url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const body = await response.json()
    expect(body).toEqual({
      model: 'GigaChat-2-Max:2.0.30.01',
      created_at: expect.any(Number),
      messages: [{ role: 'assistant', content: [{ text: expect.stringContaining('Привет') }] }],
      finish_reason: 'stop',
      usage: {
        input_tokens: 2,
        input_tokens_details: { prompt_tokens: 2, cached_tokens: 0 },
        output_tokens: expect.any(Number),
        total_tokens: 2 + body.usage.output_tokens,
      },
    })
    expect(services.state.requests[0]?.operation).toBe('chat')
  })

  it('streams named events without an end mark', async () => {
    const events = await eventsOf(await send(directServices(), { stream: true }))
    const whole = await ask({})
    expect(events.length).toBeGreaterThan(3)
    expect(new Set(events.slice(0, -1).map(({ name }) => name))).toEqual(new Set(['response.message.delta']))
    expect(events[0]?.data).toEqual({
      model: 'GigaChat-2-Max:2.0.30.01',
      created_at: expect.any(Number),
      messages: [{ role: 'assistant', content: [{ text: expect.any(String) }] }],
    })
    const texts = events.slice(0, -1).map(({ data }) => data.messages[0].content[0].text as string)
    expect(texts.join('')).toBe(whole.messages[0]?.content[0]?.['text'])
    expect(events.at(-1)).toEqual({
      name: 'response.message.done',
      data: {
        model: 'GigaChat-2-Max:2.0.30.01',
        created_at: expect.any(Number),
        finish_reason: 'stop',
        usage: whole.usage,
      },
    })
  })

  it('thinks in a message of its own', async () => {
    const change = { model_options: { reasoning: { effort: 'high' } } }
    const body = await ask(change)
    expect(body.messages.map(({ role }) => role)).toEqual(['reasoning', 'assistant'])
    const events = await eventsOf(await send(directServices(), { ...change, stream: true }))
    const thoughts = events.filter(({ data }) => data.messages?.[0].role === 'reasoning')
    expect(thoughts.map(({ data }) => data.messages[0].content[0].text).join('')).toBe(
      body.messages[0]?.content[0]?.['text'],
    )
    expect((await ask({ model_options: { reasoning: { effort: 'off' } } })).messages).toHaveLength(1)
    const again = { messages: [user('Раз'), ...body.messages, user('Два')] }
    expect((await ask(again)).messages[0]?.content[0]?.['text']).toContain('Два')
  })

  it('obeys model_options: the limit, and the form of the answer', async () => {
    const cut = await ask({ model_options: { max_tokens: 5 } })
    expect(cut).toMatchObject({ finish_reason: 'length', usage: { output_tokens: 5 } })
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    const format = { response_format: { type: 'json_schema', schema, strict: true } }
    const body = await ask({ messages: [user('Верни {"n":3}')], model_options: format })
    expect(body.messages).toEqual([{ role: 'assistant', content: [{ text: '{\n    "n": 3\n}' }] }])
    const regex = await ask({ model_options: { response_format: { type: 'regex', regex: '\\d{4}' } } })
    expect(regex.messages[0]?.content[0]?.['text']).toMatch(/^\d{4}$/)
  })

  it('filters, unless the filter is switched off', async () => {
    const messages = [user(blockedPhrase)]
    expect(await ask({ messages })).toMatchObject({ finish_reason: 'blacklist', usage: { total_tokens: 1 } })
    expect(await ask({ messages, disable_filter: true })).toMatchObject({ finish_reason: 'stop' })
  })
})

describe('GigaChat v2 functions', () => {
  it('calls several functions at once, each with an id', async () => {
    const body = await ask({ messages: [question], tools })
    const called = (city: string) => ({
      function_call: { id: uuid, name: 'get_weather', arguments: { city } },
    })
    const message = { role: 'assistant', tool_state_id: uuid, content: [called('Казань'), called('Москва')] }
    expect(body).toMatchObject({ messages: [message], finish_reason: 'function_call' })
    const events = await eventsOf(await send(directServices(), { messages: [question], tools, stream: true }))
    expect(events).toEqual([
      {
        name: 'response.message.done',
        data: {
          model: 'GigaChat-2-Max:2.0.30.01',
          created_at: expect.any(Number),
          messages: [message],
          finish_reason: 'function_call',
          usage: body.usage,
        },
      },
    ])
  })

  it('calls one at a time when told so, none when told so, and a forced one always', async () => {
    const one = await ask({ messages: [question], tools, model_options: { parallel_tool_calls: false } })
    expect(one.messages[0]?.content).toHaveLength(1)
    const none = await ask({ messages: [question], tools, tool_config: { mode: 'none' } })
    expect(none.finish_reason).toBe('stop')
    const forced = await ask({ tools, tool_config: { mode: 'forced', function_name: 'get_weather' } })
    expect(forced.messages[0]?.content).toMatchObject([{ function_call: { name: 'get_weather' } }])
  })

  it.each(['function', 'tool'])('answers results of the role %s, in one message or in several', async (role) => {
    const together = [question, calls, { role, content: [resultOf(), resultOf({ sky: 'дождь' })] }]
    const body = await ask({ messages: together, tools })
    expect(body.messages).toEqual([
      {
        role: 'assistant',
        tool_state_id: uuid,
        content: [{ text: 'Функция get_weather сообщает: sky: ясно. Функция get_weather сообщает: sky: дождь.' }],
      },
    ])
    const apart = [question, calls, { role, content: [resultOf()] }, { role, content: [resultOf()] }]
    expect((await ask({ messages: apart, tools })).finish_reason).toBe('stop')
  })

  it.each(['tool_state_id', 'tools_state_id', 'functions_state_id'])('takes the state as %s', async (key) => {
    const messages = [
      question,
      { ...calls, [key]: 'id' },
      { role: 'tool', content: [resultOf(), resultOf()], [key]: 'id' },
    ]
    expect((await ask({ messages, tools })).finish_reason).toBe('stop')
  })

  it('takes scripted calls and text, and ids that are left out', async () => {
    const services = directServices()
    services.state.scripts.add({
      service: 'gigachat',
      text: 'Смотрю.',
      functionCalls: [
        { name: 'a', arguments: {}, id: null },
        { name: 'b', arguments: { x: 1 }, id: 'id' },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 12, precached_prompt_tokens: 3 },
    })
    expect(await ask({}, services)).toMatchObject({
      messages: [
        {
          content: [
            { text: 'Смотрю.' },
            { function_call: { name: 'a', arguments: {} } },
            { function_call: { id: 'id', name: 'b', arguments: { x: 1 } } },
          ],
        },
      ],
      finish_reason: 'function_call',
      usage: {
        input_tokens: 5,
        input_tokens_details: { prompt_tokens: 5, cached_tokens: 3 },
        output_tokens: 6,
        total_tokens: 12,
      },
    })
  })
})

describe('GigaChat v2 tools of the service', () => {
  const search = { messages: [user('Что нового в Python?')], tools: [{ web_search: {} }] }

  it('marks in the text what it found, and lists the sources', async () => {
    const body = await ask(search)
    expect(body.messages).toEqual([
      {
        role: 'assistant',
        tool_state_id: uuid,
        content: [
          {
            text: expect.stringMatching(/\[sources=\[1\]\].*\[sources=\[2\]\]/),
            inline_data: {
              images: [],
              sources: {
                1: { url: expect.stringMatching(/^https:/), title: expect.any(String) },
                2: { url: expect.stringMatching(/^https:/), title: expect.any(String) },
              },
            },
          },
        ],
      },
    ])
    expect(body.finish_reason).toBe('stop')
  })

  it('says in a stream that a tool runs and that it has run', async () => {
    const events = await eventsOf(await send(directServices(), { ...search, stream: true }))
    expect(events.slice(0, 3).map(({ name }) => name)).toEqual([
      'response.tool.in_progress',
      'response.tool.completed',
      'response.message.delta',
    ])
    expect(events[0]?.data.messages).toEqual([
      { role: 'assistant', content: [{ tool_execution: { name: 'web_search', seconds_left: 2 } }] },
    ])
    expect(events[1]?.data.messages).toEqual([
      {
        role: 'assistant',
        content: [{ tool_execution: { name: 'web_search', status: 'success', censored: false } }],
      },
    ])
    expect(events.at(-2)?.data.messages[0].content[0]).toHaveProperty('inline_data.sources')
    expect(events.at(-1)?.name).toBe('response.message.done')
  })

  it('draws: a file that can be loaded, and a sentence', async () => {
    const services = directServices()
    const body = await ask(
      {
        messages: [user('кот')],
        tools: [{ image_generate: {} }],
        tool_config: { mode: 'forced', tool_name: 'image_generate' },
      },
      services,
    )
    expect(body.messages).toEqual([
      {
        role: 'assistant',
        tool_state_id: uuid,
        content: [{ files: [{ id: uuid, mime: 'image/jpeg', target: 'image' }] }, { text: 'Готово, на рисунке: кот.' }],
      },
    ])
    const files = body.messages[0]?.content[0]?.['files'] as [{ id: string }]
    const loaded = await services.send(`https://api.giga.chat/v1/files/${files[0].id}/content`, {
      method: 'GET',
      headers: { authorization: `Bearer ${services.state.credentials.gigachat.accessToken}` },
    })
    expect([...new Uint8Array(await loaded.arrayBuffer()).subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
  })

  it.each<[string, string, object, string]>([
    ['image_generate when asked', 'Нарисуй кота', { image_generate: {} }, 'files'],
    ['model_3d_generate when asked', 'Создай 3D-модель', { model_3d_generate: {} }, 'files'],
    ['url_content_extraction with an address', 'О чём https://a.ru/b?', { url_content_extraction: {} }, 'text'],
  ])('runs %s', async (_, prompt, tool, part) => {
    const body = await ask({ messages: [user(prompt)], tools: [tool] })
    expect(body.messages[0]).toMatchObject({ tool_state_id: uuid })
    expect(body.messages[0]?.content[0]).toHaveProperty(part)
  })

  it('runs none that is not listed or not asked for', async () => {
    expect((await ask({ messages: search.messages })).messages[0]).not.toHaveProperty('tool_state_id')
    const statement = await ask({ messages: [user('Спасибо')], tools: search.tools })
    expect(statement.messages[0]).not.toHaveProperty('tool_state_id')
  })

  it('has a code interpreter where the account has one', async () => {
    const change = { messages: [user('Посчитай кодом')], tools: [{ code_interpreter: {} }] }
    const services = directServices({ gigachat: { unavailableTools: [] } })
    expect((await ask(change, services)).messages[0]).toMatchObject({ tool_state_id: uuid })
  })
})

describe('GigaChat v2 refuses', () => {
  const missingResult = 'Invalid params: every assistant function call must have a result in history'
  const missingCall = 'Invalid params: every assistant function result must have an assistant function call in history'
  const assistant = (part: object) => ({ role: 'assistant', content: [part] })
  const results = (...content: object[]) => ({ role: 'function', content })

  it.each<[string, object, number, string]>([
    ['content as a string', { messages: [{ role: 'user', content: 'Привет' }] }, 400, invalidJson],
    ['no content', { messages: [{ role: 'user', content: [] }] }, 400, invalidJson],
    ['a part with a type', { messages: [{ role: 'user', content: [{ type: 'text', text: 'а' }] }] }, 400, invalidJson],
    ['a part with no known key', { messages: [{ role: 'user', content: [{ word: 'а' }] }] }, 400, invalidJson],
    ['files without ids', { messages: [{ role: 'user', content: [{ files: ['id'] }] }] }, 400, invalidJson],
    ['an unknown role', { messages: [{ role: 'developer', content: [{ text: 'а' }] }] }, 400, invalidJson],
    ['no model', { model: undefined }, 400, invalidJson],
    ['stream as text', { stream: 'true' }, 400, invalidJson],
    ['model_options as a list', { model_options: [] }, 400, invalidJson],
    ['an unknown effort', { model_options: { reasoning: { effort: 'most' } } }, 400, invalidJson],
    ['tools of OpenAI', { tools: [{ type: 'function', function: { name: 'f' } }] }, 400, invalidJson],
    ['a tool with two keys', { tools: [{ web_search: {}, image_generate: {} }] }, 400, invalidJson],
    ['a tool without a key', { tools: [{}] }, 400, invalidJson],
    ['functions without specifications', { tools: [{ functions: {} }] }, 400, invalidJson],
    ['an unknown mode', { tool_config: { mode: 'any' } }, 400, invalidJson],
    [
      'arguments as text',
      { messages: [question, assistant({ function_call: { name: 'f', arguments: '{}' } }), results(resultOf())] },
      400,
      invalidJson,
    ],
    [
      'a result that is not JSON',
      { messages: [question, assistant(callOf('Казань')), results(resultOf('ясно'))] },
      400,
      'invalid function result: JSON parse error',
    ],
    ['a result in the role of the user', { messages: [{ role: 'user', content: [resultOf()] }] }, 400, invalidJson],
    ['a call in the role of the user', { messages: [{ role: 'user', content: [callOf('Казань')] }] }, 400, invalidJson],
    ['text in the role of a tool', { messages: [{ role: 'tool', content: [{ text: 'а' }] }] }, 400, invalidJson],
    [
      'json_object',
      { model_options: { response_format: { type: 'json_object' } } },
      400,
      'Unknown type "json_object" in response_format',
    ],
    ['an unknown model', { model: 'GigaChat-9' }, 404, 'No such model'],
    ['an unknown tool', { tools: [{ url_extraction: {} }] }, 404, 'Unknown tool url_extraction'],
    ['an assistant', { assistant_id: 'id' }, 404, 'Not Found'],
    ['a thread', { storage: { thread_id: 'id' } }, 404, 'Not Found'],
    ['an unknown file', { messages: [{ role: 'user', content: [{ files: [{ id: 'id' }] }] }] }, 404, 'Not Found'],
    ['code_interpreter', { tools: [{ code_interpreter: {} }] }, 422, 'Tool code_interpreter is unavailable'],
    [
      'forced without a name',
      { tool_config: { mode: 'forced' } },
      422,
      'Invalid params: tool_config.mode forced needs tool_name or function_name',
    ],
    [
      'a forced function that is not listed',
      { tools, tool_config: { mode: 'forced', function_name: 'other' } },
      422,
      'Invalid params: tool_config names function other, which is not in tools',
    ],
    ['a call without a result', { messages: [question, calls, question] }, 422, missingResult],
    ['one result for two calls', { messages: [question, calls, results(resultOf())] }, 422, missingResult],
    ['a result without a call', { messages: [question, results(resultOf())] }, 422, missingCall],
    [
      'a result of another function',
      {
        messages: [
          question,
          assistant(callOf('Казань')),
          results({ function_result: { name: 'other', result: '{}' } }),
        ],
      },
      422,
      missingCall,
    ],
    [
      'temperature 0',
      { model_options: { temperature: 0 } },
      422,
      'Invalid params: temperature must be in range (0, +inf)',
    ],
  ])('%s', async (_, change, status, message) => {
    const response = await send(directServices(), change)
    expect(await response.text()).toBe(`${JSON.stringify({ status, message })}\n`)
    expect(response.status).toBe(status)
  })

  it.each<[NonNullable<GigaChatOptions['toolResultRole']>, string]>([
    ['function', 'tool'],
    ['tool', 'function'],
  ])('results of another role than %s where the account is strict', async (toolResultRole, other) => {
    const services = directServices({ gigachat: { toolResultRole } })
    const messages = (role: string) => [question, assistant(callOf('Казань')), { role, content: [resultOf()] }]
    expect((await send(services, { messages: messages(other), tools })).status).toBe(400)
    expect((await send(services, { messages: messages(toolResultRole), tools })).status).toBe(200)
  })

  it('a second request of an individual while the first is open', async () => {
    const services = directServices()
    const first = await send(services, { stream: true })
    expect((await send(services, {})).status).toBe(429)
    await first.text()
    expect((await send(services, {})).status).toBe(200)
  })
})
