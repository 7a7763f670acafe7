import { describe, expect, it } from 'vitest'
import { directServices } from '../../test-support/direct-services.ts'
import { blockedPhrase } from '../answers/compose-answer.ts'

const folder = 'b1gemulator000000000'
const message = { role: 'user', text: 'Привет' }

describe('YandexGPT completion', () => {
  it('answers in result, with int64 values as strings', async () => {
    const { complete } = directServices()
    const response = await complete({}, { 'x-client-request-id': 'mine', 'x-data-logging-enabled': 'false' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('x-client-request-id')).toBe('mine')
    expect(response.headers.get('x-request-id')).toBeTruthy()
    expect(response.headers.get('x-server-trace-id')).toBeTruthy()
    expect(await response.json()).toEqual({
      result: {
        alternatives: [
          {
            message: { role: 'assistant', text: expect.stringContaining('Привет') },
            status: 'ALTERNATIVE_STATUS_FINAL',
          },
        ],
        usage: {
          inputTextTokens: expect.stringMatching(/^\d+$/),
          completionTokens: expect.stringMatching(/^\d+$/),
          totalTokens: expect.stringMatching(/^\d+$/),
          completionTokensDetails: { reasoningTokens: '0' },
        },
        modelVersion: '28.08.2025',
      },
    })
  })

  it('records whether logging was switched off', async () => {
    const { complete, state } = directServices()
    await complete({}, { 'x-data-logging-enabled': 'false' })
    expect(state.requests[0]).toMatchObject({
      service: 'yandexgpt',
      operation: 'chat',
      origin: 'https://llm.api.cloud.yandex.net',
      method: 'POST',
      path: '/foundationModels/v1/completion',
      headers: { 'x-data-logging-enabled': 'false' },
      body: { messages: [message] },
      status: 200,
    })
  })

  it('takes snake case, and numbers or strings for int64', async () => {
    const { complete } = directServices()
    const camel = await complete({ completionOptions: { maxTokens: 4, temperature: 0.5 } })
    const snake = await complete({
      modelUri: undefined,
      model_uri: `gpt://${folder}/yandexgpt-5.1`,
      completion_options: { max_tokens: '4', temperature: 1 },
    })
    const body = await snake.json()
    expect(body).toEqual(await camel.json())
    expect(body.result.alternatives[0].status).toBe('ALTERNATIVE_STATUS_TRUNCATED_FINAL')
    expect(body.result.usage.completionTokens).toBe('4')
  })

  it('streams lines that repeat the text so far, the last with its final status', async () => {
    const { complete } = directServices()
    const response = await complete({ completionOptions: { stream: true } })
    const text = await response.text()
    expect(text.endsWith('\n')).toBe(true)
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).result)
    expect(lines.length).toBeGreaterThan(2)
    let before = ''
    for (const [index, { alternatives, usage }] of lines.entries()) {
      const isLast = index === lines.length - 1
      expect(alternatives[0].message.text.startsWith(before)).toBe(true)
      expect(alternatives[0].status).toBe(isLast ? 'ALTERNATIVE_STATUS_FINAL' : 'ALTERNATIVE_STATUS_PARTIAL')
      expect(Number(usage.totalTokens)).toBe(Number(usage.inputTextTokens) + Number(usage.completionTokens))
      before = alternatives[0].message.text
    }
    const whole = await (await complete()).json()
    expect(lines.at(-1)).toEqual(whole.result)
  })

  it('refuses a blocked topic with HTTP 200, zero usage and no model version', async () => {
    const { complete } = directServices()
    const { result } = await (await complete({ messages: [{ role: 'user', text: blockedPhrase }] })).json()
    expect(result.alternatives[0].status).toBe('ALTERNATIVE_STATUS_CONTENT_FILTER')
    expect(result.usage.totalTokens).toBe('0')
    expect(result.modelVersion).toBe('')
  })

  it.each([
    `gpt://${folder}/yandexgpt`,
    `gpt://${folder}/yandexgpt/rc`,
    `gpt://${folder}/yandexgpt-5-lite/latest`,
    `gpt://${folder}/aliceai-llm`,
  ])('serves %s', async (modelUri) => {
    const { complete } = directServices()
    expect((await complete({ modelUri })).status).toBe(200)
  })

  it('serves the tuned models of the folder', async () => {
    const { complete } = directServices({ yandexgpt: { models: ['yandexgpt-lite/latest@mine'] } })
    expect((await complete({ modelUri: `gpt://${folder}/yandexgpt-lite/latest@mine` })).status).toBe(200)
  })

  it('serves the same paths on the newer host', async () => {
    const { send, state } = directServices()
    const response = await send('https://ai.api.cloud.yandex.net/foundationModels/v1/completion', {
      headers: { authorization: `Api-Key ${state.credentials.yandexgpt.apiKey}` },
      body: { modelUri: `gpt://${folder}/yandexgpt-5.1`, messages: [message] },
    })
    expect(response.status).toBe(200)
  })
})

describe('YandexGPT completion refuses', () => {
  const mismatch = `Specified folder ID 'b1gother' does not match with service account folder ID '${folder}'`

  it.each<[string, object, number, string]>([
    ['a bare model name', { modelUri: 'yandexgpt' }, 400, 'invalid model_uri'],
    ['no model', { modelUri: undefined }, 400, 'invalid value for field modelUri'],
    ['another folder', { modelUri: 'gpt://b1gother/yandexgpt' }, 400, mismatch],
    ['an unknown model', { modelUri: `gpt://${folder}/yandexgpt-9` }, 400, 'Failed to get model'],
    ['a model made elsewhere', { modelUri: `gpt://${folder}/qwen3-235b-a22b-fp8/latest` }, 400, 'Failed to get model'],
    ['another scheme', { modelUri: `emb://${folder}/yandexgpt` }, 400, 'Failed to get model'],
    ['an unknown branch', { modelUri: `gpt://${folder}/yandexgpt/next` }, 400, 'Failed to get model'],
    ['an unknown tuned model', { modelUri: `gpt://${folder}/yandexgpt-lite/latest@other` }, 400, 'Failed to get model'],
    ['temperature above 1', { completionOptions: { temperature: 1.1 } }, 400, 'temperature must be in range [0, 1]'],
    ['maxTokens 0', { completionOptions: { maxTokens: '0' } }, 400, 'max_tokens must be greater than 0'],
    [
      'maxTokens with a fraction',
      { completionOptions: { maxTokens: 1.5 } },
      400,
      'invalid value for field completionOptions.maxTokens',
    ],
    [
      'stream as text',
      { completionOptions: { stream: 'true' } },
      400,
      'invalid value for field completionOptions.stream',
    ],
    [
      'an unknown enum name',
      { completionOptions: { reasoningOptions: { mode: 'ON' } } },
      400,
      'invalid value for enum field reasoningOptions.mode: "ON"',
    ],
    ['no messages', { messages: [] }, 400, 'messages must not be empty'],
    ['an unknown role', { messages: [{ role: 'tool', text: 'Привет' }] }, 400, 'unknown role in messages[0]'],
    ['empty text', { messages: [{ role: 'user', text: '' }] }, 400, 'empty message text'],
    [
      'text in parts',
      { messages: [{ role: 'user', text: ['Привет'] }] },
      400,
      'invalid value for field messages[0].text',
    ],
  ])('%s', async (_, change, status, text) => {
    const { complete } = directServices()
    const response = await complete(change)
    expect(response.status).toBe(status)
    const { error } = await response.json()
    expect(error).toMatchObject({ httpCode: status, message: text, details: [] })
    expect(error.grpcCode).toBe(3)
  })

  it.each<[string, (key: string, expired: string) => string, string | RegExp]>([
    ['no credential', () => '', 'IAM token or API key has to be passed in request'],
    [
      'an unknown key',
      () => 'Api-Key AQVNother',
      /^rpc error: code = Unauthenticated desc = Unknown api key '\*{4}ther \([0-9A-F]{8}\)'$/,
    ],
    ['an expired key', (_, expired) => `Api-Key ${expired}`, 'The apikey has expired'],
    ['a key as a bearer token', (key) => `Bearer ${key}`, 'Token is invalid or has expired.'],
  ])('%s with 401', async (_, authorization, text) => {
    const { complete, state } = directServices()
    const { apiKey, expiredApiKey } = state.credentials.yandexgpt
    const response = await complete({}, { authorization: authorization(apiKey, expiredApiKey) })
    expect(response.status).toBe(401)
    const { error } = await response.json()
    expect(error).toMatchObject({ grpcCode: 16, httpCode: 401, httpStatus: 'Unauthorized' })
    expect(error.message).toMatch(text)
  })

  it('a token that has expired', async () => {
    const { complete, state } = directServices()
    const authorization = `Bearer ${state.credentials.yandexgpt.iamToken}`
    expect((await complete({}, { authorization })).status).toBe(200)
    state.yandexgpt.expireTokens()
    expect((await complete({}, { authorization })).status).toBe(401)
  })

  it('a person who names no folder, or another one; and takes the right one', async () => {
    const { complete, state } = directServices()
    const authorization = `Bearer ${state.credentials.yandexgpt.userIamToken}`
    const without = await complete({}, { authorization })
    expect(without.status).toBe(401)
    expect((await without.json()).error.message).toBe('You have to specify folder ID for user account')
    expect((await complete({}, { authorization, 'x-folder-id': 'b1gother' })).status).toBe(403)
    expect((await complete({}, { authorization, 'x-folder-id': folder })).status).toBe(200)
  })

  it('a folder header that is not the one of the service account', async () => {
    const { complete } = directServices()
    const response = await complete({}, { 'x-folder-id': 'b1gother' })
    expect(response.status).toBe(400)
    expect((await response.json()).error.message).toBe(mismatch)
  })

  it('the eleventh generation at the same time, in the words of the gauge', async () => {
    const { complete } = directServices()
    const open = await Promise.all(Array.from({ length: 10 }, () => complete({ completionOptions: { stream: true } })))
    const response = await complete()
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBeNull()
    expect((await response.json()).error).toEqual({
      grpcCode: 8,
      httpCode: 429,
      message: 'ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed 10 requests',
      httpStatus: 'Too Many Requests',
      details: [],
    })
    await open[0]?.text()
    expect((await complete()).status).toBe(200)
    await Promise.all(open.slice(1).map(async (answer) => answer.body?.cancel()))
  })

  it('a prompt longer than the context', async () => {
    const { complete } = directServices({ yandexgpt: { contextTokens: 10 } })
    const response = await complete({ messages: [{ role: 'user', text: 'слово '.repeat(10) }] })
    expect(response.status).toBe(400)
    expect((await response.json()).error.message).toMatch(/^Number of input tokens must be no more than 10, got \d+$/)
  })
})

describe('YandexGPT tokenizer and other paths', () => {
  const post = async (path: string, body: object, host = 'llm') => {
    const { send, state } = directServices()
    const headers = { authorization: `Api-Key ${state.credentials.yandexgpt.apiKey}` }
    return send(`https://${host}.api.cloud.yandex.net${path}`, { headers, body })
  }
  const modelUri = `gpt://${folder}/yandexgpt-5.1`

  it('gives the tokens of a text, without result around them', async () => {
    const body = await (await post('/foundationModels/v1/tokenize', { modelUri, text: 'Два слова' })).json()
    expect(body).toEqual({
      tokens: [
        { id: expect.stringMatching(/^\d+$/), text: 'Два', special: false },
        { id: expect.stringMatching(/^\d+$/), text: '▁слов', special: false },
        { id: expect.stringMatching(/^\d+$/), text: 'а', special: false },
      ],
      modelVersion: '28.08.2025',
    })
  })

  it('counts a conversation as usage does', async () => {
    const { tokens } = await (
      await post('/foundationModels/v1/tokenizeCompletion', { modelUri, messages: [message] })
    ).json()
    const { complete } = directServices()
    const { result } = await (await complete()).json()
    expect(String(tokens.length)).toBe(result.usage.inputTextTokens)
  })

  it('answers 501 to what is not emulated and 404 to the rest', async () => {
    expect((await post('/v1/files', {}, 'ai')).status).toBe(501)
    expect((await post('/elsewhere', {})).status).toBe(404)
  })
})
