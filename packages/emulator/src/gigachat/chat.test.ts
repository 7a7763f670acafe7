import { describe, expect, it } from 'vitest'
import { directServices } from '../../test-support/direct-services.ts'
import { blockedPhrase } from '../answers/compose-answer.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('GigaChat chat', () => {
  it('answers with the documented fields and no others', async () => {
    const { chat } = directServices()
    const response = await chat({}, { 'x-client-id': 'me' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(response.headers.get('x-request-id')).toMatch(uuid)
    expect(response.headers.get('x-session-id')).toMatch(uuid)
    expect(response.headers.get('x-client-id')).toBe('me')
    const body = await response.json()
    expect(body).toEqual({
      choices: [
        { message: { content: expect.stringContaining('Привет'), role: 'assistant' }, index: 0, finish_reason: 'stop' },
      ],
      created: expect.any(Number),
      model: 'GigaChat-2:2.0.28.2',
      object: 'chat.completion',
      usage: {
        prompt_tokens: 2,
        completion_tokens: expect.any(Number),
        total_tokens: body.usage.prompt_tokens + body.usage.completion_tokens,
        precached_prompt_tokens: 0,
      },
    })
  })

  it('gives the same answer to the same prompt, and returns the ids it was given', async () => {
    const { chat } = directServices()
    const [first, second] = [await chat({}, { 'x-request-id': 'r1', 'x-session-id': 's1' }), await chat()]
    expect(first.headers.get('x-request-id')).toBe('r1')
    expect(first.headers.get('x-session-id')).toBe('s1')
    expect((await first.json()).choices).toEqual((await second.json()).choices)
  })

  it('streams pieces, then an empty one with the end and usage, then the end mark', async () => {
    const { chat } = directServices()
    const response = await chat({ stream: true })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const events = (await response.text()).split('\n\n')
    expect(events.slice(-2)).toEqual(['data: [DONE]', ''])
    const chunks = events.slice(0, -2).map((event) => JSON.parse(event.replace(/^data: /, '')))
    expect(chunks.length).toBeGreaterThan(3)
    expect(chunks[0].choices[0].delta).toEqual({ content: expect.any(String), role: 'assistant' })
    expect(chunks[1].choices[0]).toEqual({ delta: { content: expect.any(String) }, index: 0 })
    expect(chunks.at(-1)).toMatchObject({
      choices: [{ delta: { content: '' }, index: 0, finish_reason: 'stop' }],
      object: 'chat.completion',
      usage: { prompt_tokens: 2 },
    })
    const whole = await (await chat()).json()
    expect(chunks.map(({ choices }) => choices[0].delta.content).join('')).toBe(whole.choices[0].message.content)
    expect(chunks.at(-1).usage).toEqual(whole.usage)
  })

  it('stops at max_tokens', async () => {
    const { chat } = directServices()
    const body = await (await chat({ max_tokens: 5 })).json()
    expect(body.choices[0].finish_reason).toBe('length')
    expect(body.usage.completion_tokens).toBe(5)
  })

  it('refuses a blocked topic with HTTP 200 and usage 1/0/1', async () => {
    const { chat } = directServices()
    const body = await (await chat({ messages: [{ role: 'user', content: blockedPhrase }] })).json()
    expect(body.choices[0].finish_reason).toBe('blacklist')
    expect(body.usage).toEqual({ prompt_tokens: 1, completion_tokens: 0, total_tokens: 1, precached_prompt_tokens: 0 })
  })

  it('states cached tokens for a repeated beginning in the same session only', async () => {
    const { chat } = directServices()
    const cachedIn = async (session: string, content: string): Promise<number> => {
      const response = await chat({ messages: [{ role: 'user', content }] }, { 'x-session-id': session })
      return (await response.json()).usage.precached_prompt_tokens
    }
    expect(await cachedIn('one', 'Первый вопрос')).toBe(0)
    expect(await cachedIn('one', 'Первый вопрос и второй')).toBeGreaterThan(2)
    expect(await cachedIn('two', 'Первый вопрос')).toBe(0)
  })

  it('tolerates keys it does not know', async () => {
    const { chat } = directServices()
    expect((await chat({ stop: ['.'], seed: 1, temperature: null, function_call: 'auto' })).status).toBe(200)
  })
})

describe('GigaChat chat refuses', () => {
  const user = { role: 'user', content: 'Привет' }
  const system = { role: 'system', content: 'Отвечай кратко' }
  const call = { role: 'assistant', content: '', function_call: { name: 'weather', arguments: {} } }
  const result = { role: 'function', content: '{}', name: 'weather' }
  const invalidJson = 'Your request contains invalid JSON syntax.'

  it.each<[string, object, number, string]>([
    [
      'content in parts',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'Привет' }] }] },
      400,
      invalidJson,
    ],
    ['an unknown role', { messages: [{ role: 'developer', content: 'Привет' }] }, 400, invalidJson],
    ['no messages', { messages: [] }, 400, invalidJson],
    ['no model', { model: undefined }, 400, invalidJson],
    ['a temperature as text', { temperature: '1' }, 400, invalidJson],
    ['max_tokens with a fraction', { max_tokens: 1.5 }, 400, invalidJson],
    ['stream as text', { stream: 'true' }, 400, invalidJson],
    ['profanity_check as a number', { profanity_check: 1 }, 400, invalidJson],
    ['flags as text', { flags: 'preprocess' }, 400, invalidJson],
    ['n as text', { n: '1' }, 400, invalidJson],
    ['an unknown reasoning_effort', { reasoning_effort: 'most' }, 400, invalidJson],
    ['an unknown function_call', { function_call: 'required' }, 400, invalidJson],
    [
      'arguments as text',
      { messages: [user, { ...call, function_call: { name: 'weather', arguments: '{}' } }] },
      400,
      invalidJson,
    ],
    ['attachments that are not text', { messages: [{ ...user, attachments: [1] }] }, 400, invalidJson],
    ['functions as an object', { functions: {} }, 400, invalidJson],
    [
      'an unknown response_format',
      { response_format: { type: 'json_object' } },
      400,
      'Unknown type "json_object" in response_format',
    ],
    [
      'an empty schema',
      { response_format: { type: 'json_schema' } },
      400,
      'Empty schema with json format type is not supported',
    ],
    ['an unknown model', { model: 'GigaChat-9' }, 404, 'No such model'],
    ['a model that only embeds', { model: 'Embeddings' }, 404, 'No such model'],
    [
      'a system message that is not the first',
      { messages: [user, system] },
      422,
      'Invalid params: system message must be the first message',
    ],
    [
      'two system messages',
      { messages: [system, system, user] },
      422,
      'Invalid params: system message must be the first message',
    ],
    [
      'a call without a result',
      { messages: [user, call, user] },
      422,
      'Invalid params: every assistant function call must have a result in history',
    ],
    [
      'a result without a call',
      { messages: [user, result] },
      422,
      'Invalid params: every assistant function result must have an assistant function call in history',
    ],
    [
      'repetition_penalty 0',
      { repetition_penalty: 0 },
      422,
      'Invalid params: repetition_penalty must be in range (0, +inf)',
    ],
    ['temperature 0', { temperature: 0 }, 422, 'Invalid params: temperature must be in range (0, +inf)'],
    ['top_p above 1', { top_p: 1.1 }, 422, 'Invalid params: top_p must be in range [0, 1]'],
    ['max_tokens 0', { max_tokens: 0 }, 422, 'Invalid params: max_tokens must be in range (0, +inf)'],
    [
      'a negative update_interval',
      { update_interval: -1 },
      422,
      'Invalid params: update_interval must be in range [0, +inf)',
    ],
    ['stored context', { storage: { is_stateful: true } }, 422, 'Unprocessable Entity'],
  ])('%s', async (_, change, status, message) => {
    const { chat } = directServices()
    const response = await chat(change)
    expect(response.status).toBe(status)
    expect(response.headers.get('x-request-id')).toMatch(uuid)
    expect(await response.text()).toBe(`${JSON.stringify({ status, message })}\n`)
  })

  it('a body that is not JSON', async () => {
    const { send, state } = directServices()
    const response = await send('https://api.giga.chat/v1/chat/completions', {
      headers: { authorization: `Bearer ${state.credentials.gigachat.accessToken}` },
      body: '{"model":',
    })
    expect(await response.json()).toEqual({ status: 400, message: invalidJson })
  })

  it.each([
    ['no token', { authorization: '' }, 'Unauthorized'],
    ['an unknown token', { authorization: 'Bearer nobody' }, 'Unauthorized'],
    ['the key in place of a token', { authorization: 'Basic a2V5OmtleQ==' }, 'Unauthorized'],
  ])('%s', async (_, headers, message) => {
    const { chat } = directServices()
    const response = await chat({}, headers)
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ status: 401, message })
  })

  it('an expired token', async () => {
    const { chat, state } = directServices()
    state.gigachat.expireTokens()
    const response = await chat()
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ status: 401, message: 'Token has expired' })
  })

  it('an account that has not paid', async () => {
    const { chat } = directServices({ gigachat: { paid: false } })
    expect(await (await chat()).json()).toEqual({ status: 402, message: 'Payment Required' })
  })

  it('a prompt longer than the context', async () => {
    const { chat } = directServices({ gigachat: { contextTokens: 10 } })
    const response = await chat({ messages: [{ role: 'user', content: 'слово '.repeat(20) }] })
    expect(await response.json()).toEqual({ status: 413, message: 'Payload too large' })
  })

  it('a second request of an individual while the first is open, and takes one after it', async () => {
    const { chat } = directServices()
    const first = await chat({ stream: true })
    const second = await chat()
    expect(second.status).toBe(429)
    expect(second.headers.get('retry-after')).toBeNull()
    expect(await second.json()).toEqual({ status: 429, message: 'Too Many Requests' })
    await first.text()
    expect((await chat()).status).toBe(200)
  })

  it('no further request after the client left an open one', async () => {
    const { chat, state } = directServices()
    const first = await chat({ stream: true })
    await first.body?.cancel()
    expect((await chat()).status).toBe(200)
    expect(state.requests[0]?.closedByClient).toBe(true)
  })

  it('third-generation models on the older host', async () => {
    const { send, state } = directServices()
    const ask = (base: string): Promise<Response> =>
      send(`${base}/chat/completions`, {
        headers: { authorization: `Bearer ${state.credentials.gigachat.accessToken}` },
        body: { model: 'GigaChat-3-Ultra', messages: [user] },
      })
    expect((await ask('https://api.giga.chat/v1')).status).toBe(200)
    expect((await ask('https://gigachat.devices.sberbank.ru/api/v1')).status).toBe(404)
  })
})

describe('GigaChat models, counts and other paths', () => {
  const get = (path: string, method = 'GET', body?: unknown) => {
    const { send, state } = directServices()
    const headers = { authorization: `Bearer ${state.credentials.gigachat.accessToken}` }
    return send(`https://api.giga.chat${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
  }

  it('lists the models of the account', async () => {
    const body = await (await get('/v1/models')).json()
    expect(body.object).toBe('list')
    expect(body.data).toContainEqual({ id: 'GigaChat-2-Max', object: 'model', owned_by: 'salutedevices', type: 'chat' })
    expect(body.data).toContainEqual({ id: 'Embeddings', object: 'model', owned_by: 'salutedevices', type: 'embedder' })
  })

  it('describes one model, and knows no other', async () => {
    expect((await (await get('/v1/models/GigaChat-2')).json()).id).toBe('GigaChat-2')
    expect(await (await get('/v1/models/other')).json()).toEqual({ status: 404, message: 'No such model' })
  })

  it('counts tokens as usage does', async () => {
    const body = await (
      await get('/v1/tokens/count', 'POST', { model: 'GigaChat-2', input: ['Привет', 'Два слова'] })
    ).json()
    expect(body).toEqual([
      { object: 'tokens', tokens: 2, characters: 6 },
      { object: 'tokens', tokens: 3, characters: 9 },
    ])
  })

  it('refuses input that is not text', async () => {
    expect((await get('/v1/tokens/count', 'POST', { model: 'GigaChat-2', input: [1] })).status).toBe(400)
  })

  it('answers 404 to paths it does not have, and records them', async () => {
    const response = await get('/v1/threads')
    expect(await response.json()).toEqual({ status: 404, message: 'Not Found' })
  })
})
