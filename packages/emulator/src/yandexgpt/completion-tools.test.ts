import { describe, expect, it } from 'vitest'
import { directServices } from '../../test-support/direct-services.ts'

const folder = 'b1gemulator000000000'
const weather = {
  function: {
    name: 'get_weather',
    description: 'Прогноз погоды в городе',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', description: 'Город' }, days: { type: 'integer', minimum: 1, maximum: 5 } },
      required: ['city', 'days'],
    },
  },
}
const clock = { function: { name: 'get_time', description: 'Который час' } }
const question = { role: 'user', text: 'Какая погода в Казани на 3 дня?' }
const called = {
  role: 'assistant',
  toolCallList: { toolCalls: [{ functionCall: { name: 'get_weather', arguments: { city: 'Казань', days: 3 } } }] },
}
const result = {
  role: 'user',
  toolResultList: { toolResults: [{ functionResult: { name: 'get_weather', content: '{"t":[-3,-5]}' } }] },
}
const good = { messages: [question], tools: [weather, clock] }

describe('YandexGPT functions', () => {
  it('are called without ids, whole numbers in the arguments as doubles', async () => {
    const { complete } = directServices()
    const response = await complete(good)
    expect(response.status).toBe(200)
    const text = await response.text()
    expect(text).toContain('"days": 3.0')
    const { alternatives, usage } = JSON.parse(text).result
    expect(alternatives).toEqual([
      {
        message: {
          role: 'assistant',
          toolCallList: {
            toolCalls: [{ functionCall: { name: 'get_weather', arguments: { city: 'Казань', days: 3 } } }],
          },
        },
        status: 'ALTERNATIVE_STATUS_TOOL_CALLS',
      },
    ])
    expect(Number(usage.completionTokens)).toBeGreaterThan(5)
    expect(Number(usage.totalTokens)).toBe(Number(usage.inputTextTokens) + Number(usage.completionTokens))
  })

  it('come whole in the one line of a stream', async () => {
    const { complete } = directServices()
    const streamed = await (await complete({ ...good, completionOptions: { stream: true } })).text()
    expect(streamed.trimEnd().split('\n')).toHaveLength(1)
    expect(streamed).toBe(await (await complete(good)).text())
  })

  it('are called twice in parallel, and once when told so', async () => {
    const { complete } = directServices()
    const messages = [{ role: 'user', text: 'Какая погода в Казани и в Самаре на 2 дня?' }]
    const cities = async (change: object): Promise<unknown[]> => {
      const { result: answer } = await (await complete({ ...good, messages, ...change })).json()
      const { toolCalls } = answer.alternatives[0].message.toolCallList
      return toolCalls.map(
        (call: { functionCall: { arguments: { city: string } } }) => call.functionCall.arguments.city,
      )
    }
    expect(await cities({})).toEqual(['Казань', 'Самара'])
    expect(await cities({ parallelToolCalls: true })).toEqual(['Казань', 'Самара'])
    expect(await cities({ parallelToolCalls: false })).toEqual(['Казань'])
    expect(await cities({ parallel_tool_calls: false })).toEqual(['Казань'])
  })

  it.each<[string, object, string | undefined]>([
    ['AUTO with a question that meets none', { messages: [{ role: 'user', text: 'Привет' }] }, undefined],
    ['AUTO', { toolChoice: { mode: 'AUTO' } }, 'get_weather'],
    ['an unspecified mode', { toolChoice: { mode: 'TOOL_CHOICE_MODE_UNSPECIFIED' } }, 'get_weather'],
    ['NONE', { toolChoice: { mode: 'NONE' } }, undefined],
    ['REQUIRED', { messages: [{ role: 'user', text: 'Привет' }], toolChoice: { mode: 'REQUIRED' } }, 'get_weather'],
    ['a function by its name', { toolChoice: { functionName: 'get_time' } }, 'get_time'],
    ['a function by its name in snake case', { tool_choice: { function_name: 'get_time' } }, 'get_time'],
  ])('obey %s', async (_, change, name) => {
    const { complete } = directServices()
    const { result: answer } = await (await complete({ ...good, ...change })).json()
    const { message, status } = answer.alternatives[0]
    expect(message.toolCallList?.toolCalls[0].functionCall.name).toBe(name)
    expect(status).toBe(name === undefined ? 'ALTERNATIVE_STATUS_FINAL' : 'ALTERNATIVE_STATUS_TOOL_CALLS')
    expect(typeof message.text).toBe(name === undefined ? 'string' : 'undefined')
  })

  it.each(['user', 'assistant'])('have their results quoted in the answer, from role %s', async (role) => {
    const { complete } = directServices()
    const response = await complete({ ...good, messages: [question, called, { ...result, role }] })
    expect(response.status).toBe(200)
    expect((await response.json()).result.alternatives).toEqual([
      { message: { role: 'assistant', text: 'get_weather: {"t":[-3,-5]}' }, status: 'ALTERNATIVE_STATUS_FINAL' },
    ])
  })

  it('may be called again after an answer, with calls and results in snake case', async () => {
    const { complete } = directServices()
    const call = { function_call: { name: 'get_weather', arguments: { city: 'Уфа', days: 1.0 } } }
    const messages = [
      question,
      { role: 'assistant', tool_call_list: { tool_calls: [call, call] } },
      {
        role: 'user',
        tool_result_list: { tool_results: [{ function_result: { name: 'get_weather', content: '1' } }] },
      },
      {
        role: 'user',
        tool_result_list: { tool_results: [{ function_result: { name: 'get_weather', content: '2' } }] },
      },
      { role: 'assistant', text: 'В Уфе тепло.' },
      { role: 'user', text: 'А погода в Перми на 2 дня?' },
    ]
    const { result: answer } = await (await complete({ ...good, messages })).json()
    expect(answer.alternatives[0].message.toolCallList.toolCalls).toEqual([
      { functionCall: { name: 'get_weather', arguments: { city: 'Пермь', days: 2 } } },
    ])
  })

  it('cost input tokens, and the tokenizer counts them as usage does', async () => {
    const { complete, send, state } = directServices()
    const body = { modelUri: `gpt://${folder}/yandexgpt-5.1`, ...good, messages: [question, called, result] }
    const tokenized = await send('https://llm.api.cloud.yandex.net/foundationModels/v1/tokenizeCompletion', {
      headers: { authorization: `Api-Key ${state.credentials.yandexgpt.apiKey}` },
      body,
    })
    const { tokens } = await tokenized.json()
    const withTools = (await (await complete(body)).json()).result.usage
    const without = (await (await complete({ ...body, tools: [] })).json()).result.usage
    expect(withTools.inputTextTokens).toBe(String(tokens.length))
    expect(Number(withTools.inputTextTokens)).toBeGreaterThan(Number(without.inputTextTokens))
  })

  it('are scripted with their arguments to the digit', async () => {
    const { complete, state } = directServices()
    const toolCalls = [
      { name: 'get_weather', arguments: { days: 2, share: 0.5, deep: [{ n: 1 }] } },
      { name: 'other', arguments: '{"id":12}' },
      { name: 'broken', arguments: '{"city": "Ка' },
    ]
    state.scripts.add({ service: 'yandexgpt', toolCalls })
    const text = await (await complete()).text()
    expect(text).toContain('{"name":"get_weather","arguments":{"days": 2.0, "share": 0.5, "deep": [{"n": 1.0}]}}')
    expect(text).toContain('{"name":"other","arguments":{"id":12}}')
    expect(text).toContain('{"name":"broken","arguments":"{\\"city\\": \\"Ка"}')
    expect(JSON.parse(text).result.alternatives[0].status).toBe('ALTERNATIVE_STATUS_TOOL_CALLS')
  })

  it('are scripted behind text, and as the markup that models leak', async () => {
    const { complete, state } = directServices()
    const stream = { completionOptions: { stream: true } }
    state.scripts.add({ service: 'yandexgpt', text: ['Сейчас', ' узнаю'], toolCalls: [{ name: 'f', arguments: {} }] })
    const lines = (await (await complete(stream)).text()).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).result.alternatives[0])).toEqual([
      { message: { role: 'assistant', text: 'Сейчас' }, status: 'ALTERNATIVE_STATUS_PARTIAL' },
      { message: { role: 'assistant', text: 'Сейчас узнаю' }, status: 'ALTERNATIVE_STATUS_PARTIAL' },
      {
        message: { role: 'assistant', toolCallList: { toolCalls: [{ functionCall: { name: 'f', arguments: {} } }] } },
        status: 'ALTERNATIVE_STATUS_TOOL_CALLS',
      },
    ])
    const leaked = '[TOOL_CALL_START]get_weather\n{"city": "Казань"}'
    state.scripts.add({ service: 'yandexgpt', text: leaked })
    const { result: answer } = await (await complete(good)).json()
    expect(answer.alternatives[0]).toEqual({
      message: { role: 'assistant', text: leaked },
      status: 'ALTERNATIVE_STATUS_FINAL',
    })
  })
})

describe('YandexGPT refuses functions', () => {
  const callWith = (change: object): object => ({
    role: 'assistant',
    toolCallList: { toolCalls: [{ functionCall: { name: 'get_weather', arguments: {}, ...change } }] },
  })

  it.each<[string, object, string]>([
    ['that are no list', { tools: weather }, 'invalid value for field tools'],
    ['without a name', { tools: [{ function: { parameters: {} } }] }, 'tools[0].function.name must not be empty'],
    ['of another kind', { tools: [{ type: 'function', name: 'f' }] }, 'invalid value for field tools[0].function'],
    [
      'whose schema is text',
      { tools: [{ function: { name: 'f', parameters: '{}' } }] },
      'invalid value for field tools[0].function.parameters',
    ],
    [
      'with strict as text',
      { tools: [{ function: { name: 'f', strict: 'yes' } }] },
      'invalid value for field tools[0].function.strict',
    ],
    ['chosen by a bare word', { toolChoice: 'auto' }, 'invalid value for field toolChoice'],
    ['chosen in lower case', { toolChoice: { mode: 'auto' } }, 'invalid value for enum field toolChoice.mode: "auto"'],
    [
      'chosen in two ways',
      { toolChoice: { mode: 'AUTO', functionName: 'get_time' } },
      'only one of mode, functionName may be set in toolChoice',
    ],
    ['chosen and not there', { toolChoice: { functionName: 'f' } }, 'toolChoice names an unknown function: f'],
    ['required and not there', { tools: [], toolChoice: { mode: 'REQUIRED' } }, 'toolChoice REQUIRED needs tools'],
    ['parallel as text', { parallelToolCalls: 'no' }, 'invalid value for field parallelToolCalls'],
    ['called by the user', { messages: [{ ...called, role: 'user' }] }, 'tool calls in a message of the user'],
    [
      'called with text as arguments',
      { messages: [question, callWith({ arguments: '{}' })] },
      'invalid value for field messages[1].toolCallList.toolCalls[0].functionCall.arguments',
    ],
    [
      'called without a name',
      { messages: [question, callWith({ name: '' })] },
      'messages[1].toolCallList.toolCalls[0].functionCall.name must not be empty',
    ],
    [
      'called by an empty list',
      { messages: [question, { role: 'assistant', toolCallList: { toolCalls: [] } }] },
      'messages[1].toolCallList.toolCalls must not be empty',
    ],
    [
      'called and said at once',
      { messages: [question, { ...called, text: 'Сейчас' }] },
      'only one of text, toolCallList may be set in messages[1]',
    ],
    ['whose result has no call', { messages: [question, result] }, 'tool result without a tool call: get_weather'],
    [
      'whose result answers another call',
      {
        messages: [
          question,
          called,
          { role: 'user', toolResultList: { toolResults: [{ functionResult: { name: 'get_time', content: '1' } }] } },
        ],
      },
      'tool result without a tool call: get_time',
    ],
    [
      'whose result comes twice',
      { messages: [question, called, result, result] },
      'tool result without a tool call: get_weather',
    ],
    [
      'whose result comes after something else was said',
      { messages: [question, called, question, result] },
      'tool result without a tool call: get_weather',
    ],
    [
      'whose result is an object',
      {
        messages: [
          question,
          called,
          {
            role: 'user',
            toolResultList: { toolResults: [{ functionResult: { name: 'get_weather', content: { t: 1 } } }] },
          },
        ],
      },
      'invalid value for field messages[2].toolResultList.toolResults[0].functionResult.content',
    ],
    [
      'whose result comes from the system',
      { messages: [question, called, { ...result, role: 'system' }] },
      'tool results in a message of the system',
    ],
    ['beside an empty text', { messages: [question, { role: 'assistant', text: '' }] }, 'empty message text'],
  ])('%s', async (_, change, text) => {
    const { complete } = directServices()
    const response = await complete({ ...good, ...change })
    expect(response.status).toBe(400)
    expect((await response.json()).error).toEqual({
      grpcCode: 3,
      httpCode: 400,
      message: text,
      httpStatus: 'Bad Request',
      details: [],
    })
  })
})

describe('YandexGPT structured answers and reasoning', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' } },
    required: ['city', 'days'],
  }
  const text = async (change: object): Promise<string> => {
    const { complete } = directServices()
    return (await (await complete({ messages: [question], ...change })).json()).result.alternatives[0].message.text
  }

  it('are JSON under the schema', async () => {
    expect(JSON.parse(await text({ jsonSchema: { schema } }))).toEqual({ city: 'Казань', days: 3 })
    expect(await text({ json_schema: { schema } })).toBe('{"city": "Казань", "days": 3}')
  })

  it('are a JSON object without a schema, and prose without either', async () => {
    expect(JSON.parse(await text({ jsonObject: true }))).toEqual({ answer: await text({}) })
    expect(await text({ json_object: false })).toBe(await text({}))
  })

  it('use the results of functions', async () => {
    const messages = [question, called, result]
    const fitted = await text({
      messages,
      tools: [weather],
      jsonSchema: { schema: { type: 'object', properties: { t: { type: 'array', items: { type: 'integer' } } } } },
    })
    expect(JSON.parse(fitted)).toEqual({ t: [-3, -5] })
  })

  it('are streamed as growing beginnings of the JSON', async () => {
    const { complete } = directServices()
    const change = { messages: [question], jsonObject: true, completionOptions: { stream: true } }
    const lines = (await (await complete(change)).text()).trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(2)
    expect(JSON.parse(lines.at(-1) ?? '').result.alternatives[0].message.text).toBe(await text({ jsonObject: true }))
  })

  const reasoning = { reasoningOptions: { mode: 'ENABLED_HIDDEN' } }

  it.each(['yandexgpt', 'yandexgpt/latest', 'yandexgpt-5-pro'])('tell the tokens of reasoning: %s', async (name) => {
    const { complete } = directServices()
    const modelUri = `gpt://${folder}/${name}`
    const { result: answer } = await (await complete({ modelUri, completionOptions: reasoning })).json()
    const { completionTokens, completionTokensDetails } = answer.usage
    expect(Number(completionTokensDetails.reasoningTokens)).toBeGreaterThan(10)
    const plain = (await (await complete({ modelUri })).json()).result
    expect(Number(completionTokens)).toBe(
      Number(plain.usage.completionTokens) + Number(completionTokensDetails.reasoningTokens),
    )
    expect(answer.alternatives).toEqual(plain.alternatives)
  })

  it('are cut by a limit that reasoning uses up', async () => {
    const { complete } = directServices()
    const modelUri = `gpt://${folder}/yandexgpt-5-pro`
    const body = await (await complete({ modelUri, completionOptions: { ...reasoning, maxTokens: 5 } })).json()
    expect(body.result.alternatives).toEqual([
      { message: { role: 'assistant', text: '' }, status: 'ALTERNATIVE_STATUS_TRUNCATED_FINAL' },
    ])
  })

  it.each<[string, object, string]>([
    ['a schema that is text', { jsonSchema: { schema: '{}' } }, 'invalid value for field jsonSchema.schema'],
    ['a bare schema', { jsonSchema: schema }, 'invalid value for field jsonSchema.schema'],
    [
      'both forms at once',
      { jsonObject: true, jsonSchema: { schema } },
      'only one of jsonObject, jsonSchema may be set in body',
    ],
    ['jsonObject as text', { jsonObject: 'true' }, 'invalid value for field jsonObject'],
    ['reasoning of a model without it', { completionOptions: reasoning }, 'reasoning is not supported by the model'],
    [
      'reasoning of the release candidate, which is Pro 5.1',
      {
        modelUri: `gpt://${folder}/yandexgpt/rc`,
        completion_options: { reasoning_options: { mode: 'ENABLED_HIDDEN' } },
      },
      'reasoning is not supported by the model',
    ],
  ])('are refused for %s', async (_, change, message) => {
    const { complete } = directServices()
    const response = await complete(change)
    expect(response.status).toBe(400)
    expect((await response.json()).error).toMatchObject({ grpcCode: 3, message })
  })
})
