import { describe, expect, it } from 'vitest'
import { directServices, type DirectServices } from '../../test-support/direct-services.ts'

const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) as string

const weather = {
  name: 'get_weather',
  description: 'Погода в городе',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const user = (content: string) => ({ role: 'user', content })
const call = { role: 'assistant', content: '', function_call: { name: 'get_weather', arguments: { city: 'Казань' } } }
const result = { role: 'function', name: 'get_weather', content: '{"temperature":18,"sky":"ясно"}' }
const question = user('Какая погода в Казани?')

async function ask(change: object, services: DirectServices = directServices()) {
  const response = await services.chat(change)
  expect(response.status).toBe(200)
  return (await response.json()) as {
    choices: [{ message: Record<string, unknown>; finish_reason: string }]
    usage: Record<string, number>
  }
}

async function chunksOf(response: Response) {
  const events = (await response.text()).split('\n\n')
  expect(events.slice(-2)).toEqual(['data: [DONE]', ''])
  return events.slice(0, -2).map((event) => JSON.parse(event.replace(/^data: /, '')))
}

describe('GigaChat functions', () => {
  it('calls one function, with arguments as an object and an id of the state', async () => {
    const body = await ask({ messages: [question], functions: [weather], function_call: 'auto' })
    expect(body.choices).toEqual([
      {
        message: {
          content: '',
          role: 'assistant',
          function_call: { name: 'get_weather', arguments: { city: 'Казань' } },
          functions_state_id: uuid,
        },
        index: 0,
        finish_reason: 'function_call',
      },
    ])
    expect(body.usage['prompt_tokens']).toBeGreaterThan(20)
    expect(body.usage['completion_tokens']).toBeGreaterThan(3)
  })

  it('streams the call whole, in one chunk with the end and usage', async () => {
    const { chat } = directServices()
    const chunks = await chunksOf(
      await chat({ messages: [question], functions: [weather], function_call: 'auto', stream: true }),
    )
    expect(chunks).toEqual([
      {
        choices: [
          {
            delta: {
              content: '',
              role: 'assistant',
              function_call: { name: 'get_weather', arguments: { city: 'Казань' } },
              functions_state_id: uuid,
            },
            index: 0,
            finish_reason: 'function_call',
          },
        ],
        created: expect.any(Number),
        model: 'GigaChat-2:2.0.28.2',
        object: 'chat.completion',
        usage: expect.objectContaining({ precached_prompt_tokens: 0 }),
      },
    ])
  })

  it.each([
    ['function_call is left out', {}],
    ['function_call is none', { function_call: 'none' }],
    ['nothing in the prompt asks for it', { function_call: 'auto', messages: [user('Расскажи анекдот')] }],
  ])('calls nothing when %s', async (_, change) => {
    const body = await ask({ messages: [question], functions: [weather], ...change })
    expect(body.choices[0].finish_reason).toBe('stop')
    expect(body.choices[0].message).toEqual({ content: expect.any(String), role: 'assistant' })
  })

  it('calls a forced function whatever is asked, with the partial arguments it is given', async () => {
    const forced = { functions: [weather], messages: [user('Расскажи анекдот')] }
    const body = await ask({ ...forced, function_call: { name: 'get_weather' } })
    expect(body.choices[0].message['function_call']).toEqual({ name: 'get_weather', arguments: { city: 'Москва' } })
    const partial = await ask({ ...forced, function_call: { name: 'get_weather', partial_arguments: { days: 2 } } })
    expect(partial.choices[0].message['function_call']).toEqual({
      name: 'get_weather',
      arguments: { city: 'Москва', days: 2 },
    })
  })

  it('answers a result with a text that quotes it', async () => {
    const body = await ask({ messages: [question, call, result], functions: [weather], function_call: 'auto' })
    expect(body.choices[0]).toEqual({
      message: { content: 'Функция get_weather сообщает: temperature: 18, sky: ясно.', role: 'assistant' },
      index: 0,
      finish_reason: 'stop',
    })
  })

  it('makes the calls of a question for two towns one after the other', async () => {
    const both = user('Какая погода в Казани и в Москве?')
    const change = { functions: [weather], function_call: 'auto' }
    const first = await ask({ ...change, messages: [both] })
    expect(first.choices[0].message['function_call']).toEqual(call.function_call)
    const second = await ask({ ...change, messages: [both, call, result] })
    expect(second.choices[0].message['function_call']).toEqual({ name: 'get_weather', arguments: { city: 'Москва' } })
    const third = await ask({ ...change, messages: [both, call, result, call, result] })
    expect(third.choices[0].message['content']).toContain('temperature: 18')
  })

  it('takes a scripted call, whatever its arguments are', async () => {
    const services = directServices()
    services.state.scripts.add({
      service: 'gigachat',
      functionCalls: [
        { name: 'other', arguments: '{"broken":' },
        { name: 'second', arguments: {} },
      ],
      reasoning: 'Надо позвать.',
    })
    const body = await ask({}, services)
    expect(body.choices[0]).toEqual({
      message: {
        content: '',
        role: 'assistant',
        function_call: { name: 'other', arguments: '{"broken":' },
        functions_state_id: uuid,
        reasoning_content: 'Надо позвать.',
      },
      index: 0,
      finish_reason: 'function_call',
    })
  })
})

describe('GigaChat functions: refusals', () => {
  const invalidJson = 'Your request contains invalid JSON syntax.'
  const named = (name: string) => ({ functions: [{ ...weather, name }] })
  const shaped = (parameters: unknown) => ({ functions: [{ name: 'f', parameters }] })
  const object = { type: 'object', properties: {} }

  it.each<[string, object, number, string]>([
    ['functions as an object', { functions: {} }, 400, invalidJson],
    ['a function without a name', { functions: [{ parameters: object }] }, 400, invalidJson],
    ['a function without parameters', { functions: [{ name: 'f' }] }, 400, invalidJson],
    ['parameters as text', shaped('{}'), 400, invalidJson],
    [
      'an example that is no object',
      { functions: [{ ...weather, few_shot_examples: [{ request: 'Погода', params: '{}' }] }] },
      400,
      invalidJson,
    ],
    ['return_parameters as text', { functions: [{ ...weather, return_parameters: '' }] }, 400, invalidJson],
    ['function_call any', { functions: [weather], function_call: 'any' }, 400, invalidJson],
    [
      'arguments as text',
      { messages: [question, { ...call, function_call: { name: 'f', arguments: '{}' } }, result] },
      400,
      invalidJson,
    ],
    ['a state that is no text', { messages: [question, { ...call, functions_state_id: 1 }, result] }, 400, invalidJson],
    [
      'Cyrillic in a name',
      named('Плохое_Имя'),
      422,
      'Invalid params: Invalid function names. Only Latin letters (A-Z or a-z), underscore (_), hyphen (-), dot (.) and digits (not leading) are allowed.: [Плохое_Имя]',
    ],
    [
      'a digit in front of a name',
      named('1st'),
      422,
      'Invalid params: Invalid function names. Only Latin letters (A-Z or a-z), underscore (_), hyphen (-), dot (.) and digits (not leading) are allowed.: [1st]',
    ],
    ['parameters without properties', shaped({ type: 'object' }), 422, "Field 'properties' is missing"],
    [
      'an inner object without properties',
      shaped({ type: 'object', properties: { data: { type: 'object' } } }),
      422,
      "Field 'properties.data.properties' is missing",
    ],
    [
      'an object in a list without properties',
      shaped({ type: 'object', properties: { rows: { type: 'array', items: { type: 'object' } } } }),
      422,
      "Field 'properties.rows.items.properties' is missing",
    ],
    [
      '$ref',
      shaped({ ...object, properties: { a: { $ref: '#/$defs/A' } } }),
      422,
      'Invalid params: parameters of function f must not contain $ref',
    ],
    [
      'a forced function that is not listed',
      { functions: [weather], function_call: { name: 'other' } },
      422,
      'Invalid params: function_call names other, which is not in functions',
    ],
    [
      'a call without a result',
      { messages: [question, call, question] },
      422,
      'Invalid params: every assistant function call must have a result in history',
    ],
    [
      'a call at the end',
      { messages: [question, call] },
      422,
      'Invalid params: every assistant function call must have a result in history',
    ],
    [
      'a result without a call',
      { messages: [question, result] },
      422,
      'Invalid params: every assistant function result must have an assistant function call in history',
    ],
    [
      'two results for one call',
      { messages: [question, call, result, result] },
      422,
      'Invalid params: every assistant function result must have an assistant function call in history',
    ],
    [
      'a result that is not JSON',
      { messages: [question, call, { ...result, content: 'ясно' }] },
      422,
      'Invalid params: invalid function result: JSON parse error',
    ],
  ])('%s', async (_, change, status, message) => {
    const { chat } = directServices()
    const response = await chat({ messages: [question], ...change })
    expect(await response.text()).toBe(`${JSON.stringify({ status, message })}\n`)
    expect(response.status).toBe(status)
  })

  it('unions by the older rules alone, and properties of any name', async () => {
    const union = shaped({ type: 'object', properties: { $ref: { type: 'string' }, a: { anyOf: [{}, {}] } } })
    expect((await directServices().chat(union)).status).toBe(200)
    const older = directServices({ gigachat: { functionSchemas: 'older' } })
    expect(await (await older.chat(union)).json()).toEqual({
      status: 422,
      message: 'Invalid params: parameters of function f must not contain unions',
    })
  })
})

describe('GigaChat response_format', () => {
  const schema = {
    type: 'object',
    properties: { answer: { type: 'string' }, n: { type: 'integer' }, note: { type: 'string' } },
    required: ['answer', 'n'],
  }

  it('answers in JSON that fits the schema, printed over several lines', async () => {
    const prompt = user('Верни {"answer":"ok","n":3,"note":"да"} точно.')
    const loose = await ask({ messages: [prompt], response_format: { type: 'json_schema', schema } })
    expect(JSON.parse(String(loose.choices[0].message['content']))).toEqual({ answer: 'ok', n: 3, note: 'да' })
    const strict = await ask({ messages: [prompt], response_format: { type: 'json_schema', schema, strict: true } })
    expect(strict.choices[0]).toMatchObject({
      message: { content: '{\n    "answer": "ok",\n    "n": 3\n}' },
      finish_reason: 'stop',
    })
  })

  it('streams the same JSON in pieces, and cuts it at max_tokens', async () => {
    const change = { response_format: { type: 'json_schema', schema }, messages: [user('Сколько будет 2 и 3?')] }
    const whole = await ask(change)
    const chunks = await chunksOf(await directServices().chat({ ...change, stream: true }))
    expect(chunks.length).toBeGreaterThan(2)
    expect(chunks.map(({ choices }) => choices[0].delta.content).join('')).toBe(whole.choices[0].message['content'])
    const cut = await ask({ ...change, max_tokens: 4 })
    expect(cut.choices[0].finish_reason).toBe('length')
    expect(cut.usage['completion_tokens']).toBe(4)
  })

  it('answers in a form given by a regular expression', async () => {
    const body = await ask({ response_format: { type: 'regex', regex: '[A-Z]{3}-\\d{4}' } })
    expect(body.choices[0].message['content']).toMatch(/^[A-Z]{3}-\d{4}$/)
  })

  it.each<[string, object, number, string]>([
    ['json_object', { type: 'json_object' }, 400, 'Unknown type "json_object" in response_format'],
    ['no type', {}, 400, 'Unknown type "undefined" in response_format'],
    ['no schema', { type: 'json_schema' }, 400, 'Empty schema with json format type is not supported'],
    [
      'an empty schema',
      { type: 'json_schema', schema: {} },
      400,
      'Empty schema with json format type is not supported',
    ],
    [
      'a nested schema',
      { type: 'json_schema', json_schema: { name: 'a', schema } },
      400,
      'Empty schema with json format type is not supported',
    ],
    ['a schema as text', { type: 'json_schema', schema: '{}' }, 400, 'Your request contains invalid JSON syntax.'],
    ['a schema beside text', { type: 'text', schema }, 400, 'Your request contains invalid JSON syntax.'],
    ['regex without one', { type: 'regex' }, 400, 'Your request contains invalid JSON syntax.'],
    [
      'strict without required',
      { type: 'json_schema', schema: { type: 'object', properties: {} }, strict: true },
      422,
      'Invalid params: response_format.strict needs required in the schema',
    ],
  ])('refuses %s', async (_, format, status, message) => {
    const response = await directServices().chat({ response_format: format })
    expect(await response.json()).toEqual({ status, message })
  })
})

describe('GigaChat reasoning', () => {
  it('comes beside the answer, and in a stream before it', async () => {
    const body = await ask({ reasoning_effort: 'high' })
    const { reasoning_content: reasoning, ...message } = body.choices[0].message
    expect(reasoning).toContain('Привет')
    expect(message).toEqual({ content: expect.stringContaining('Привет'), role: 'assistant' })
    const chunks = await chunksOf(await directServices().chat({ reasoning_effort: 'low', stream: true }))
    const deltas = chunks.map(({ choices }) => choices[0].delta as Record<string, string>)
    expect(deltas[0]).toEqual({ content: '', role: 'assistant', reasoning_content: expect.any(String) })
    expect(deltas.map((delta) => delta['reasoning_content'] ?? '').join('')).toBe(reasoning)
    expect(deltas.map((delta) => delta['content']).join('')).toBe(message['content'])
  })
})

describe('GigaChat built-in functions', () => {
  const draw = user('Нарисуй розового кота')

  it('draws when asked: the tag of a file that the same client can load, and a sentence', async () => {
    const { chat, send, state } = directServices()
    const headers = { 'x-client-id': 'me' }
    const body = await (await chat({ messages: [draw], function_call: 'auto' }, headers)).json()
    expect(body.choices).toEqual([
      {
        message: {
          content: expect.stringMatching(/^<img src="[0-9a-f-]{36}" fuse="true"\/> вот мой рисунок: розового кота\.$/),
          role: 'assistant',
          functions_state_id: uuid,
        },
        index: 0,
        finish_reason: 'stop',
      },
    ])
    const id = /"([^"]+)"/.exec(body.choices[0].message.content)?.[1]
    const load = (client: string) =>
      send(`https://api.giga.chat/v1/files/${id}/content`, {
        method: 'GET',
        headers: { authorization: `Bearer ${state.credentials.gigachat.accessToken}`, 'x-client-id': client },
      })
    const image = await load('me')
    expect(image.headers.get('content-type')).toBe('image/jpeg')
    expect([...new Uint8Array(await image.arrayBuffer()).subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
    expect((await load('you')).status).toBe(404)
  })

  it('says in a stream how long it will take, in a role of its own', async () => {
    const chunks = await chunksOf(
      await directServices().chat({ messages: [draw], function_call: 'auto', stream: true }),
    )
    const deltas = chunks.map(({ choices }) => choices[0].delta as Record<string, unknown>)
    expect(deltas[0]).toEqual({
      content: 'Рисую. Осталось секунд: 8',
      role: 'function_in_progress',
      name: 'text2image',
      created: expect.any(Number),
    })
    expect(deltas[2]).toEqual({
      content: expect.stringMatching(/^<img src="[0-9a-f-]{36}" fuse="true"\/>$/),
      role: 'assistant',
      functions_state_id: uuid,
    })
    expect(chunks.at(-1).choices[0].finish_reason).toBe('stop')
  })

  it.each([
    ['nobody says auto', {}],
    ['own functions are listed without it', { function_call: 'auto', functions: [weather] }],
    ['nothing is to be drawn', { function_call: 'auto', messages: [user('Кто такой Кандинский?')] }],
  ])('does not draw when %s', async (_, change) => {
    const body = await ask({ messages: [draw], ...change })
    expect(body.choices[0].message['content']).not.toContain('<img')
  })

  it('draws when listed beside own functions, or named', async () => {
    const listed = { functions: [weather, { name: 'text2image' }], function_call: 'auto' }
    expect((await ask({ messages: [draw], ...listed })).choices[0].message['content']).toContain('<img')
    const named = await ask({ messages: [user('кот')], function_call: { name: 'text2image' } })
    expect(named.choices[0].message['content']).toContain('<img')
  })

  it('makes a model', async () => {
    const body = await ask({ messages: [user('Создай 3D-модель стула')], function_call: 'auto' })
    expect(body.choices[0].message['content']).toMatch(/^<div data-model-id="[0-9a-f-]{36}"\/>/)
  })
})
