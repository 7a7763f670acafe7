// The OpenAI-compatible API of AI Studio: what we send is the payload, and what the payload says is understood.
import type { ExtraOperation, StreamEnd, StreamPart, TextResult } from '@shlyuz/core'
import { createEmbeddings } from '@shlyuz/openai-compatible'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { describe, expect, it } from 'vitest'
import { textCall } from '../decoding.ts'
import { differences } from './differences.ts'
import { checkStream, drive, resultOf } from './drive.ts'
import { at, isThere, objectAt, readJson, readText, textAt } from './fixtures.ts'
import { checkRequests, folderId, type RequestCase } from './sent.ts'

const provider = yandexgpt({ folderId, api: 'openai' })
const to = 'POST /v1/chat/completions'
const openai = { yandexgpt: { api: 'openai' } } as const

const weather = {
  get_weather: {
    description: 'Погода в городе',
    inputSchema: {
      type: 'object',
      properties: {
        city: { type: 'string', description: 'Город' },
        days: { type: 'integer', minimum: 1, maximum: 5 },
      },
      required: ['city'],
    },
    strict: true,
  },
} as const

const requests: readonly RequestCase[] = [
  {
    path: 'yandexgpt/openai/chat-request.json',
    to,
    send: (client) =>
      client.generateText({
        model: 'yandexgpt/yandexgpt-5.1',
        instructions: 'Отвечай кратко.',
        prompt: 'Назови столицу Татарстана.',
        temperature: 0.3,
        maxOutputTokens: 200,
        providerOptions: openai,
      }),
  },
  {
    path: 'yandexgpt/openai/chat-json-schema-request.json',
    to,
    send: (client, given) =>
      client.generateText({
        model: 'yandexgpt/yandexgpt/latest',
        prompt: 'Дата первого полёта Гагарина',
        output: objectAt(given, 'response_format.json_schema.schema'),
        outputMode: 'native',
        providerOptions: openai,
      }),
    differences: { '= response_format.json_schema.name': 'a schema has no name here: every one is `output`' },
  },
  {
    path: 'yandexgpt/openai/chat-tool-call-request.json',
    to,
    send: (client) =>
      client.generateText({
        model: 'yandexgpt/yandexgpt/latest',
        prompt: 'Погода в Казани?',
        tools: weather,
        parallelToolCalls: true,
        providerOptions: openai,
      }),
  },
  {
    path: 'yandexgpt/openai/chat-tool-result-request.json',
    to,
    send: (client) =>
      client.generateText({
        model: 'yandexgpt/yandexgpt/latest',
        messages: [
          { role: 'user', content: 'Погода в Казани?' },
          {
            role: 'assistant',
            content: [{ type: 'tool-call', toolCallId: 'a', toolName: 'get_weather', input: { city: 'Казань' } }],
          },
          {
            role: 'tool',
            content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'get_weather', output: '-3' }],
          },
        ],
        tools: weather,
        providerOptions: openai,
      }),
    differences: { '+ tool_choice': 'always stated with tools' },
  },
  {
    path: 'yandexgpt/openai/chat-multimodal-request.json',
    to,
    send: (client, given) => {
      const [, base64 = ''] = textAt(given, 'messages.0.content.1.image_url.url').split('base64,')
      return client.generateText({
        model: 'yandexgpt/qwen3.6-35b-a3b',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Что на картинке?' },
              { type: 'image', image: Buffer.from(base64, 'base64') },
            ],
          },
        ],
      })
    },
  },
  {
    path: 'yandexgpt/openai/images-generations-request.json',
    to: 'POST /v1/images/generations',
    send: (client) =>
      client.generateImage({ model: 'yandexgpt/aliceai-image-art-3.0', prompt: 'зимний лес, акварель' }),
  },
  {
    path: 'yandexgpt/openai/responses-request.json',
    to: 'POST /v1/responses',
    send: (client) =>
      client.provider('yandexgpt').createResponse({
        model: 'yandexgpt-5.1',
        instructions: 'Отвечай кратко.',
        input: 'Назови столицу Татарстана.',
        temperature: 0.3,
        maxOutputTokens: 200,
      }),
    differences: { '+ store': 'false: the service would keep the conversation' },
  },
]

interface AnswerCase {
  readonly path: string
  readonly run: (text: string) => unknown
  readonly result: (body: unknown) => unknown
}

function converse(id: string): (text: string) => TextResult {
  return (text) => resultOf(provider.text(textCall(false), provider.parseModel(id)), text)
}

function embed(values: readonly string[], model: string, dimensions?: number): ReturnType<typeof createEmbeddings> {
  const call = { values, options: {}, ...(dimensions !== undefined && { dimensions }) }
  return createEmbeddings(call, { endpoint: 'openai', model, dialect: {} })
}

const weatherCall = { type: 'tool-call', toolName: 'get_weather', input: { city: 'Казань' } } as const
const stop = { finishReason: 'stop', rawFinishReason: 'stop' } as const
const toolCalls = { finishReason: 'tool-calls', rawFinishReason: 'tool_calls' } as const

const answers: readonly AnswerCase[] = [
  {
    path: 'yandexgpt/openai/chat-response-yandex-model.json',
    run: converse('yandexgpt'),
    result: (body) => ({
      content: [{ type: 'text', text: 'Казань.' }],
      ...stop,
      usage: usage(20, 2, 22),
      modelId: 'yandexgpt',
      rawModel: textAt(body, 'model'),
    }),
  },
  {
    path: 'yandexgpt/openai/chat-response-open-model.json',
    run: converse('qwen3-235b-a22b-fp8'),
    result: (body) => ({
      content: [{ type: 'text', text: 'Казань.' }],
      ...stop,
      usage: usage(9, 12, 21),
      modelId: 'qwen3-235b-a22b-fp8',
      rawModel: textAt(body, 'model'),
    }),
  },
  {
    path: 'yandexgpt/openai/chat-response-reasoning.json',
    run: converse('deepseek-v4-flash'),
    result: (body) => ({
      content: [
        { type: 'reasoning', text: '17*20=340, 17*3=51, всего 391.' },
        { type: 'text', text: '391' },
      ],
      ...stop,
      usage: { ...usage(21, 54, 75), cachedInputTokens: 0, reasoningTokens: 50 },
      modelId: 'deepseek-v4-flash',
      rawModel: textAt(body, 'model'),
    }),
  },
  {
    path: 'yandexgpt/openai/chat-json-schema-response.json',
    run: converse('yandexgpt'),
    result: (body) => ({
      content: [{ type: 'text', text: '{"day": 12, "month": "апрель", "year": 1961}' }],
      ...stop,
      usage: usage(25, 12, 37),
      modelId: 'yandexgpt',
      rawModel: textAt(body, 'model'),
    }),
  },
  {
    path: 'yandexgpt/openai/chat-tool-call-response.json',
    run: converse('yandexgpt'),
    result: (body) => ({
      // The id is the name of the function: core makes it unique.
      content: [{ ...weatherCall, toolCallId: 'get_weather' }],
      ...toolCalls,
      usage: usage(100, 14, 114),
      modelId: 'yandexgpt',
      rawModel: textAt(body, 'model'),
    }),
  },
  {
    path: 'yandexgpt/openai/embeddings-response.json',
    run: (text) => resultOf(embed(['привет'], 'emb://b1gexamplefolder0000/text-search-doc/latest'), text),
    result: (body) => ({
      embeddings: [at(body, 'data.0.embedding')],
      usage: { inputTokens: 3, totalTokens: 3 },
      modelId: textAt(body, 'model'),
      rawModel: textAt(body, 'model'),
    }),
  },
  {
    path: 'yandexgpt/openai/images-generations-response.json',
    run: (text) => {
      const asked = { prompt: 'зимний лес', options: {} }
      return resultOf(provider.image!(asked, provider.parseModel('aliceai-image-art-3.0')), text)
    },
    result: (body) => ({
      bytes: new Uint8Array(Buffer.from(textAt(body, 'data.0.b64_json'), 'base64')),
      mediaType: 'image/jpeg',
    }),
  },
  {
    path: 'yandexgpt/openai/models-list.json',
    run: (text) => resultOf(provider.listModels!(), text),
    result: (body) =>
      (at(body, 'data') as readonly unknown[]).map((listed) => {
        const rawId = textAt(listed, 'id')
        const id = rawId.replace(/^\w+:\/\/[^/]+\//, '').replace(/\/latest(?=@|$)/, '')
        const kind = rawId.startsWith('emb:') ? 'embedding' : 'chat'
        // The moving name of the next generation is known by its fixed one.
        const catalogueId = id === 'yandexgpt/rc' ? 'yandexgpt-5.1' : id
        return { id, catalogueId, rawId, kind, ownedBy: textAt(listed, 'owned_by') }
      }),
  },
  {
    path: 'yandexgpt/openai/responses-response.json',
    run: (text) => {
      const { createResponse } = provider.extras as { readonly createResponse: ExtraOperation<object> }
      return resultOf(createResponse.run({ model: 'yandexgpt-5.1', input: 'Назови столицу Татарстана.' }).steps, text)
    },
    result: (body) => ({
      id: 'resp_example',
      status: 'completed',
      text: 'Казань.',
      content: [{ type: 'text', text: 'Казань.' }],
      output: at(body, 'output'),
      usage: { ...usage(25, 3, 28), cachedInputTokens: 0, reasoningTokens: 0 },
      rawModel: 'gpt://b1gexamplefolder0000/yandexgpt-5.1',
    }),
  },
]

interface StreamFixture {
  readonly path: string
  readonly model: string
  readonly rawModel: string
  readonly parts: readonly StreamPart[]
  readonly content: TextResult['content']
  readonly end: Omit<Extract<StreamEnd, { readonly type: 'finish' }>, 'type'>
}

const openCall = { ...weatherCall, toolCallId: 'chatcmpl-tool-ac80b103abf04365affb7135287855a6' }
const ownCall = { ...weatherCall, toolCallId: 'get_weather' }

const streams: readonly StreamFixture[] = [
  {
    path: 'yandexgpt/openai/chat-stream-yandex-model.sse',
    model: 'yandexgpt/rc',
    rawModel: 'gpt://b1gexamplefolder0000/yandexgpt/rc',
    parts: ['Ка', 'зань — столица Татарстана.'].map(toDelta),
    content: [{ type: 'text', text: 'Казань — столица Татарстана.' }],
    end: { ...stop, usage: {} },
  },
  {
    path: 'yandexgpt/openai/chat-stream-open-model.sse',
    model: 'qwen3-235b-a22b-fp8',
    rawModel: 'gpt://qwen3-235b-a22b-fp8/latest',
    parts: ['Ка', 'зань', '.'].map(toDelta),
    content: [{ type: 'text', text: 'Казань.' }],
    end: { ...stop, usage: usage(9, 4, 13) },
  },
  {
    path: 'yandexgpt/openai/chat-stream-tool-call-yandex-model.sse',
    model: 'yandexgpt/rc',
    rawModel: 'gpt://b1gexamplefolder0000/yandexgpt/rc',
    parts: [ownCall],
    content: [ownCall],
    end: { ...toolCalls, usage: {} },
  },
  {
    path: 'yandexgpt/openai/chat-stream-tool-call-open-model.sse',
    model: 'qwen3-235b-a22b-fp8',
    rawModel: 'gpt://qwen3-235b-a22b-fp8/latest',
    parts: [openCall],
    content: [openCall],
    end: { ...toolCalls, usage: usage(190, 21, 211) },
  },
]

describe.skipIf(!isThere)('YandexGPT, OpenAI-compatible API', () => {
  describe('what we send is', () => {
    checkRequests(requests, { yandexgpt: { folderId } })

    // Its vectors come from the native API; this is what the adapter for any such API sends.
    it.each([
      ['yandexgpt/openai/embeddings-request.json', undefined, []],
      // One text is a list of one, as every list is.
      ['yandexgpt/openai/embeddings-v2-request.json', 768, ['~ input: array, not string']],
    ] as const)('%s', (path, dimensions, expected) => {
      const given = readJson(path)
      const answer = readText('yandexgpt/openai/embeddings-response.json')
      const { requests: sent } = drive(embed(['привет'], textAt(given, 'model'), dimensions), [answer])
      expect(sent.map((request) => request.path)).toEqual(['/embeddings'])
      expect(differences(JSON.parse(sent[0]?.body as string), given)).toEqual(expected)
    })
  })

  describe('what comes back is understood', () => {
    for (const { path, run, result } of answers) {
      it(path, () => {
        expect(run(readText(path))).toEqual(result(readJson(path)))
      })
    }
  })

  describe.each(streams)('$path', ({ path, model, rawModel, parts, content, end }) => {
    const { catalogueId: modelId } = provider.parseModel(model)
    checkStream(provider, {
      path,
      model,
      parts: () => [{ type: 'response-metadata', modelId, rawModel }, ...parts],
      end: { type: 'finish', ...end },
      // The usage comes after it, where it comes at all.
      lastMark: '"finish_reason"',
      result: () => ({ content, ...end, modelId, rawModel }),
    })
  })
})

function toDelta(text: string): StreamPart {
  return { type: 'text-delta', text }
}

function usage(inputTokens: number, outputTokens: number, totalTokens: number): TextResult['usage'] {
  return { inputTokens, outputTokens, totalTokens }
}
