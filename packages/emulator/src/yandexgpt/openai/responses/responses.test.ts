import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openAiCall, readEvents, type OpenAiCall } from '../../../../test-support/open-ai-call.ts'
import { blockedPhrase } from '../../../answers/compose-answer.ts'
import { startEmulator, type Emulator } from '../../../start-emulator.ts'

const folder = 'b1gemulator000000000'
const yandexModel = `gpt://${folder}/yandexgpt-5.1`
const reasoningModel = `gpt://${folder}/gpt-oss-120b/latest`
const weather = {
  type: 'function',
  name: 'get_weather',
  description: 'Погода в городе',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator({ pace: 'instant' })
})
afterEach(() => emulator.reset())
afterAll(() => emulator.close())

const create = (change: object = {}) =>
  openAiCall(emulator, { path: '/responses', body: { model: yandexModel, input: 'Привет', ...change } })
const send = async (request: OpenAiCall) => {
  const answer = await openAiCall(emulator, request)
  return { status: answer.status, body: JSON.parse(answer.text) }
}
const ask = async (change: object = {}) => {
  const answer = await create(change)
  expect(answer.status, answer.text).toBe(200)
  return JSON.parse(answer.text)
}

describe('a response', () => {
  it('has the shape of OpenAI, and repeats its request', async () => {
    const change = { instructions: 'Кратко', temperature: 0.3, max_output_tokens: 200, metadata: { a: 'б' } }
    expect(await ask(change)).toEqual({
      id: expect.stringMatching(/^resp_[0-9a-f]{32}$/),
      object: 'response',
      created_at: expect.any(Number),
      status: 'completed',
      background: false,
      model: yandexModel,
      error: null,
      incomplete_details: null,
      instructions: 'Кратко',
      previous_response_id: null,
      output: [
        {
          id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: expect.stringContaining('Привет'), annotations: [], logprobs: [] }],
        },
      ],
      parallel_tool_calls: true,
      tool_choice: 'auto',
      tools: [],
      temperature: 0.3,
      top_p: null,
      max_output_tokens: 200,
      text: { format: { type: 'text' } },
      metadata: { a: 'б' },
      store: true,
      usage: {
        input_tokens: 10,
        output_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
    })
    expect(emulator.requests).toMatchObject([{ operation: 'responses', path: '/v1/responses' }])
  })

  it('reads items: messages with and without a type, in text and in parts', async () => {
    const input = [
      { role: 'developer', content: 'Кратко' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Да?' }] },
      { role: 'user', content: [{ type: 'input_text', text: 'Сколько лап у кошки' }] },
    ]
    const { output } = await ask({ input })
    expect(output[0].content[0].text).toContain('Сколько лап у кошки')
  })

  it('calls a function, and takes its result by call_id, also through previous_response_id', async () => {
    const first = await ask({ input: 'Погода в Казани?', tools: [weather] })
    expect(first.output).toEqual([
      {
        id: expect.stringMatching(/^fc_/),
        type: 'function_call',
        status: 'completed',
        call_id: expect.stringMatching(/^call_/),
        name: 'get_weather',
        arguments: '{"city":"Казань"}',
      },
    ])
    const [call] = first.output
    const result = { type: 'function_call_output', call_id: call.call_id, output: '-3' }
    const whole = await ask({ input: [{ role: 'user', content: 'Погода в Казани?' }, call, result], tools: [weather] })
    const short = await ask({ input: [result], tools: [weather], previous_response_id: first.id })
    for (const { output } of [whole, short]) expect(output[0].content[0].text).toBe('Ответ get_weather: -3.')
    expect(short.previous_response_id).toBe(first.id)
    const unknown = await create({ input: [{ ...result, call_id: 'call_x' }], previous_response_id: first.id })
    expect([unknown.status, JSON.parse(unknown.text).error.message]).toEqual([
      400,
      'No tool call found for function call output with call_id call_x.',
    ])
  })

  it('searches the web for a new question, and cites an address within its text', async () => {
    const { output } = await ask({ input: 'Новости Казани', tools: [{ type: 'web_search' }] })
    expect(output).toMatchObject([
      { type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'Новости Казани' } },
      {
        type: 'message',
        content: [{ annotations: [{ type: 'url_citation', url: expect.stringMatching(/^https:/) }] }],
      },
    ])
    const [{ text, annotations }] = output[1].content
    const [{ start_index: start, end_index: end }] = annotations
    expect([start < end, end <= text.length]).toEqual([true, true])
    const unsearched = await ask({ input: 'Новости Казани', tools: [{ type: 'web_search' }], tool_choice: 'none' })
    expect(unsearched.output).toMatchObject([{ type: 'message', content: [{ annotations: [] }] }])
  })

  it('draws when asked to draw', async () => {
    const tools = [{ type: 'image_generation', action: 'generate' }]
    const { output } = await ask({ input: 'Нарисуй зимний лес', tools })
    expect(output).toMatchObject([{ type: 'image_generation_call', status: 'completed' }, { type: 'message' }])
    expect(Buffer.from(output[0].result, 'base64').subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]))
    expect((await ask({ input: 'Привет', tools })).output).toMatchObject([{ type: 'message' }])
  })

  it('takes the tools of other servers and reaches none of them', async () => {
    const mcp = { type: 'mcp', server_label: 'склад', server_url: 'https://mcp.example.ru/' }
    const { output, tools } = await ask({ tools: [mcp] })
    expect(output[0]).toMatchObject({ type: 'mcp_list_tools', server_label: 'склад', tools: [] })
    expect(tools).toEqual([mcp])
  })

  it('gives JSON under a schema', async () => {
    const schema = { type: 'object', properties: { year: { type: 'integer' } }, required: ['year'] }
    const format = { type: 'json_schema', name: 'answer', schema }
    const { output } = await ask({ input: 'Полёт был в 1961 году', text: { format } })
    expect(JSON.parse(output[0].content[0].text)).toEqual({ year: 1961 })
  })

  it.each<[string, object, string]>([
    ['max_output_tokens', { max_output_tokens: 4 }, 'max_output_tokens'],
    ['the content filter', { input: blockedPhrase }, 'content_filter'],
  ])('is incomplete because of %s', async (_, change, reason) => {
    const response = await ask(change)
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason },
      output: [{ type: 'message', status: 'incomplete' }],
    })
  })

  it('shows the reasoning of an open model as an item of its own', async () => {
    const { model, output, usage } = await ask({ model: reasoningModel, reasoning: { effort: 'low' } })
    expect(model).toBe('gpt://gpt-oss-120b/latest')
    expect(output).toMatchObject([
      {
        type: 'reasoning',
        summary: [],
        content: [{ type: 'reasoning_text', text: expect.stringContaining('Привет') }],
      },
      { type: 'message' },
    ])
    expect(usage.output_tokens_details.reasoning_tokens).toBeGreaterThan(0)
  })
})

/** As far as the tests look into an event. */
interface StreamedEvent {
  readonly type: string
  readonly sequence_number: number
  readonly delta?: string
  readonly item?: object
  readonly response?: {
    readonly id: string
    readonly output: readonly { readonly id: string; readonly content: readonly { readonly text: string }[] }[]
  }
}

describe('a streamed response', () => {
  const stream = async (change: object = {}) => {
    const answer = await create({ stream: true, ...change })
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream'])
    const events = readEvents(answer.text) as StreamedEvent[]
    expect(answer.text.match(/^event: .*$/gm)).toEqual(events.map(({ type }) => `event: ${type}`))
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index))
    return events
  }

  it('goes from created through pieces to the whole, which can be fetched', async () => {
    const events = await stream()
    const types = events.map(({ type }) => type)
    const deltas = events.filter(({ type }) => type === 'response.output_text.delta')
    expect(deltas.length).toBeGreaterThan(1)
    expect(types.filter((type) => type !== 'response.output_text.delta')).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events[0]?.response).toMatchObject({ status: 'in_progress', output: [], usage: null })
    const response = events.at(-1)?.response
    const text = deltas.map(({ delta }) => delta).join('')
    expect(response?.output[0]?.content[0]?.text).toBe(text)
    expect(deltas[0]).toMatchObject({ item_id: response?.output[0]?.id, output_index: 0, content_index: 0 })
    expect((await send({ path: `/responses/${response?.id}` })).body).toEqual(response)
  })

  it('brings the arguments of a call', async () => {
    const events = await stream({ input: 'Погода в Казани?', tools: [weather] })
    const name = 'response.function_call_arguments'
    const pieces = events.filter(({ type }) => type === `${name}.delta`)
    expect(pieces.map(({ delta }) => delta).join('')).toBe('{"city":"Казань"}')
    expect(events.find(({ type }) => type === `${name}.done`)).toMatchObject({ arguments: '{"city":"Казань"}' })
    expect(events.find(({ type }) => type === 'response.output_item.added')?.item).toMatchObject({
      type: 'function_call',
      name: 'get_weather',
      arguments: '',
      status: 'in_progress',
    })
  })

  it('tells of a search, with the citation before the end of the text', async () => {
    const types = (await stream({ tools: [{ type: 'web_search' }] })).map(({ type }) => type)
    expect(types).toContain('response.web_search_call.searching')
    expect(types.indexOf('response.output_text.annotation.added')).toBeLessThan(
      types.indexOf('response.output_text.done'),
    )
    expect(types).toContain('response.output_text.annotation.added')
  })

  it('ends with response.incomplete at the limit', async () => {
    expect((await stream({ max_output_tokens: 4 })).at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete' },
    })
  })

  it('may break with an error event', async () => {
    emulator.fail({ service: 'yandexgpt', operation: 'responses', kind: 'error-event', status: 500 })
    const events = readEvents((await create({ stream: true })).text)
    expect(events.at(-1)).toEqual({ type: 'error', code: '500', message: 'Internal error', param: null })
  })
})

describe('a kept response', () => {
  it('in the background is queued, at work, then complete', async () => {
    const queued = await ask({ background: true })
    expect(queued).toMatchObject({ status: 'queued', output: [], usage: null, background: true })
    const path = `/responses/${queued.id}`
    const looks = [await send({ path }), await send({ path }), await send({ path }), await send({ path })]
    expect(looks.map(({ body }) => body.status)).toEqual(['in_progress', 'in_progress', 'completed', 'completed'])
    expect(looks[3]?.body.output[0].content[0].text).toContain('Привет')
  })

  it('can be cancelled in the background, and not otherwise', async () => {
    const { id } = await ask({ background: true })
    const cancelled = await send({ path: `/responses/${id}/cancel`, method: 'POST' })
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled'])
    expect((await send({ path: `/responses/${id}` })).body.status).toBe('cancelled')
    const plain = await ask()
    expect((await send({ path: `/responses/${plain.id}/cancel`, method: 'POST' })).status).toBe(400)
  })

  it('lists what it was given, newest first, in pages', async () => {
    const first = await ask({ input: 'Раз' })
    const second = await ask({ input: 'Два', previous_response_id: first.id, instructions: 'Кратко' })
    const path = `/responses/${second.id}/input_items`
    const { body } = await send({ path })
    expect(body).toMatchObject({ object: 'list', has_more: false })
    expect(body.data.map((item: { role: string }) => item.role)).toEqual(['user', 'assistant', 'user'])
    expect(body.data[0]).toMatchObject({ type: 'message', content: [{ type: 'input_text', text: 'Два' }] })
    const page = await send({ path: `${path}?order=asc&limit=1&after=${body.data[2].id}` })
    expect(page.body).toMatchObject({ data: [{ id: body.data[1].id }], has_more: true })
  })

  it('is gone with store: false', async () => {
    const { id } = await ask({ store: false })
    const { status, body } = await send({ path: `/responses/${id}` })
    expect([status, body]).toEqual([404, { error: { message: `Response with id '${id}' not found.` } }])
    expect((await send({ path: `/responses/${id}/cancel`, method: 'POST' })).status).toBe(404)
    expect((await create({ previous_response_id: id })).status).toBe(400)
  })
})

describe('a response is refused for', () => {
  it.each<[string, object, number, string]>([
    ['a bare model name', { model: 'yandexgpt' }, 400, 'Failed to parse model URI'],
    ['no input', { input: undefined }, 400, 'invalid value for field input'],
    ['empty input', { input: [] }, 400, 'input must not be empty'],
    ['an unknown item', { input: [{ type: 'computer_call' }] }, 400, 'unsupported type of input[0]'],
    ['an unknown tool', { tools: [{ type: 'computer_use_preview' }] }, 400, 'unsupported type of tools[0]'],
    ['a choice without tools', { tool_choice: 'required' }, 400, 'tool_choice is required but no tools are given'],
    [
      'a schema without a name',
      { text: { format: { type: 'json_schema', schema: {} } } },
      400,
      'invalid value for field text.format.name',
    ],
    [
      'the format of generated images',
      { tools: [{ type: 'image_generation', action: 'generate', output_format: 'png' }] },
      400,
      'tools[0].output_format is not supported',
    ],
    ['background without store', { background: true, store: false }, 400, 'background requires store'],
    ['a conversation, which is not emulated', { conversation: 'conv_1' }, 501, 'Not implemented'],
    ['a stored prompt, which is not emulated', { prompt: { id: 'fvt1' } }, 404, 'Prompt not found'],
  ])('%s', async (_, change, status, message) => {
    const answer = await create(change)
    expect([answer.status, JSON.parse(answer.text)]).toEqual([status, { error: { message } }])
  })

  it.each(['/conversations', '/files', '/vector_stores'])('%s is not emulated', async (path) => {
    expect((await openAiCall(emulator, { path, body: {} })).status).toBe(501)
  })
})
