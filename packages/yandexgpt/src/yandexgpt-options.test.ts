import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '@shlyuz/core'
import { parseYandexgptOptions } from './yandexgpt-options.ts'

it('takes what YandexGPT has', () => {
  const options = {
    api: 'native',
    reasoningMode: 'enabled-hidden',
    jsonObject: true,
    imageWeights: { prompt: 2, instructions: -0.5 },
    clientRequestId: '7d0b3c6e-request',
    extraBody: { newField: true, completionOptions: { newOption: 1 } },
    extraHeaders: { 'X-Trace-ID': 'a b' },
  }
  expect(parseYandexgptOptions(options)).toEqual(options)
  expect(parseYandexgptOptions(undefined)).toEqual({})
  expect(parseYandexgptOptions({ reasoningMode: undefined, extraBody: undefined })).toEqual({})
})

it('copies what it takes', () => {
  const extraBody = { newField: { inner: {} } }
  const extraHeaders = { 'x-a': '1' }
  const options = parseYandexgptOptions({ extraBody, extraHeaders })
  Object.assign(extraBody, { modelUri: 'gpt://other/model' })
  Object.assign(extraHeaders, { authorization: 'x' })
  expect(options).toEqual({ extraBody: { newField: { inner: {} } }, extraHeaders: { 'x-a': '1' } })
})

describe('refuses', () => {
  it.each<[unknown, RegExp]>([
    [null, /must be an object/],
    ['x', /must be an object/],
    [[], /must be an object/],
    [{ reasoning: true }, /use reasoningMode/],
    [{ temperature: 1 }, /use temperature of the call itself/],
    [{ reasoning_mode: 'disabled' }, /use reasoningMode/],
    [{ colour: 1 }, /unknown option 'colour'/],
    [{ reasoningMode: 'ENABLED_HIDDEN' }, /'disabled' or 'enabled-hidden'/],
    [{ api: 'grpc' }, /'auto', 'native' or 'openai'/],
    [{ jsonObject: 1 }, /jsonObject must be true or false/],
    [{ jsonSchema: {} }, /use output of the call itself/],
    [{ toolChoice: 'auto' }, /use toolChoice of the call itself/],
    [{ extraBody: { jsonSchema: {} } }, /may not set 'jsonSchema'; use output/],
    [{ extraBody: { json_object: true } }, /use providerOptions\.yandexgpt\.jsonObject/],
    [{ extraBody: { tools: [] } }, /may not set 'tools'; use tools/],
    [{ clientRequestId: 'a\r\nb' }, /visible ASCII/],
    [{ clientRequestId: '' }, /visible ASCII/],
    [{ imageWeights: 2 }, /imageWeights must be an object/],
    [{ imageWeights: { prompt: '2' } }, /imageWeights\.prompt must be a number/],
    [{ imageWeights: { text: 2 } }, /unknown option 'text'/],
    [{ extraBody: { tool_choice: 'none' } }, /use toolChoice/],
    [{ extraBody: { max_completion_tokens: 1 } }, /use maxOutputTokens/],
    [{ extraBody: { response_format: {} } }, /use output, or providerOptions\.yandexgpt\.jsonObject/],
    [{ extraBody: { n: 2 } }, /use one call for each answer/],
    [{ extraBody: { web_search_options: {} } }, /use createResponse with the tool web_search/],
    [{ extraBody: { generationOptions: {} } }, /use seed and aspectRatio/],
    [{ extraBody: [] }, /plain JSON/],
    [{ extraBody: { modelUri: 'x' } }, /may not set 'modelUri'; use model/],
    [{ extraBody: { model_uri: 'x' } }, /may not set 'model_uri'; use model/],
    [{ extraBody: { messages: [] } }, /use messages/],
    [{ extraBody: { stream: true } }, /use streamText/],
    [{ extraBody: { completionOptions: { stream: true } } }, /completionOptions may not set 'stream'; use streamText/],
    [{ extraBody: { completionOptions: { maxTokens: '1' } } }, /use maxOutputTokens/],
    [{ extraBody: { completionOptions: { max_tokens: '1' } } }, /use maxOutputTokens/],
    [{ extraBody: { completionOptions: { reasoning_options: {} } } }, /use providerOptions\.yandexgpt\.reasoningMode/],
    [{ extraBody: { completion_options: { stream: true } } }, /use completionOptions/],
    [{ extraBody: { completionOptions: 1 } }, /completionOptions must be an object/],
    [{ extraHeaders: 'x' }, /object of strings/],
    [{ extraHeaders: { Authorization: 'x' } }, /may not set 'Authorization'; it comes from apiKey/],
    [{ extraHeaders: { 'X-Data-Logging-Enabled': 'true' } }, /dataLogging: true/],
    [{ extraHeaders: { 'x-folder-id': 'b1g' } }, /sendFolderId/],
    [{ extraHeaders: { 'x-client-request-id': '1' } }, /clientRequestId/],
    [{ extraHeaders: { 'x a': '1' } }, /malformed header name/],
    [{ extraHeaders: { 'x-a': 'b\r\nc: d' } }, /printable ASCII/],
    [{ extraHeaders: { 'x-a': 1 } }, /printable ASCII/],
  ])('%j', (options, message) => {
    expect(() => parseYandexgptOptions(options)).toThrow(ConfigurationError)
    expect(() => parseYandexgptOptions(options)).toThrow(message)
  })

  it('what JSON would drop or choke on', () => {
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    for (const extraBody of [cyclic, { a: 1n }, { a: Number.NaN }, { a: undefined }, { a: () => 1 }]) {
      expect(() => parseYandexgptOptions({ extraBody })).toThrow(/plain JSON/)
    }
  })
})
