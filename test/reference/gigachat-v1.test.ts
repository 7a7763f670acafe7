// The chat of GigaChat, version 1: what we send is the payload, and what the payload says is understood.
import type { TextResult, ToolSet } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { describe, expect, it } from 'vitest'
import { textCall } from '../decoding.ts'
import { checkStream, resultOf } from './drive.ts'
import { at, isThere, objectAt, parseEvents, readJson, readText, textAt } from './fixtures.ts'
import { checkRequests, type RequestCase } from './sent.ts'

const provider = gigachat()
const to = 'POST /v1/chat/completions'

/** The head of an image: bytes that are uploaded. */
const png = Buffer.from('89504e470d0a1a0a', 'hex')

/** The functions of a payload, as a user declares them. */
function toolsOf(given: unknown): ToolSet {
  const functions = at(given, 'functions') as readonly Readonly<Record<string, unknown>>[]
  return Object.fromEntries(
    functions.map((one) => [
      textAt(one, 'name'),
      {
        description: textAt(one, 'description'),
        inputSchema: objectAt(one, 'parameters'),
        outputSchema: objectAt(one, 'return_parameters'),
        examples: (at(one, 'few_shot_examples') as readonly unknown[]).map((example) => ({
          request: textAt(example, 'request'),
          input: at(example, 'params'),
        })),
      },
    ]),
  )
}

const requests: readonly RequestCase[] = [
  {
    path: 'gigachat/v1_chat_request_basic.json',
    to,
    send: (client, given) =>
      client.generateText({ model: 'gigachat/GigaChat', prompt: textAt(given, 'messages.0.content') }),
  },
  {
    path: 'gigachat/v1_chat_stream_request.json',
    to,
    send: (client, given) =>
      client.streamText({ model: 'gigachat/GigaChat', prompt: textAt(given, 'messages.0.content') }).result,
  },
  {
    path: 'gigachat/v1_chat_request_json_schema.json',
    to,
    send: (client, given) =>
      client.generateText({
        model: 'gigachat/GigaChat-3-Ultra',
        prompt: textAt(given, 'messages.0.content'),
        output: objectAt(given, 'response_format.schema'),
      }),
  },
  {
    path: 'gigachat/v1_chat_request_functions.json',
    to,
    send: (client, given) =>
      client.generateText({
        model: 'gigachat/GigaChat-2-Pro',
        prompt: 'Погода в Манжероке на десять дней',
        tools: toolsOf(given),
      }),
  },
  {
    path: 'gigachat/v1_chat_request_functions_forced.json',
    to,
    send: (client, given) =>
      client.generateText({
        model: 'gigachat/GigaChat-2-Pro',
        prompt: 'Погода в Манжероке на десять дней',
        tools: toolsOf(given),
        toolChoice: { tool: 'weather_forecast' },
      }),
  },
  {
    path: 'gigachat/v1_chat_request_function_result.json',
    to,
    send: (client, given) =>
      client.generateText({
        model: 'gigachat/GigaChat-2-Pro',
        messages: [
          { role: 'user', content: 'Погода в Манжероке на десять дней' },
          {
            role: 'assistant',
            content: [
              {
                type: 'tool-call',
                toolCallId: 'made-by-the-client',
                toolName: 'weather_forecast',
                input: { location: 'Манжерок', num_days: 10 },
                providerMetadata: { gigachat: { functionsStateId: '0199e210-2f13-744c-8fe5-c9a19fe27db7' } },
              },
            ],
          },
          {
            role: 'tool',
            content: [
              {
                type: 'tool-result',
                toolCallId: 'made-by-the-client',
                toolName: 'weather_forecast',
                output: { temperature: 15, forecast: ['дожди'] },
              },
            ],
          },
        ],
        tools: toolsOf(given),
      }),
    differences: {
      '= messages[2].content': 'the same JSON without spaces',
      '+ function_call': 'always stated with functions: older models took `none` for granted without it',
    },
  },
  {
    path: 'gigachat/v1_chat_request_image.json',
    to,
    send: (client) =>
      client.generateText({
        model: 'gigachat/GigaChat',
        instructions: 'Ты — Василий Кандинский',
        prompt: 'Нарисуй розового кота',
        providerOptions: { gigachat: { builtInFunctions: ['text2image'] } },
      }),
    differences: {
      '+ functions': 'the function of the service is named, so that no other one runs',
    },
  },
  {
    path: 'gigachat/v1_chat_request_attachments.json',
    to,
    send: (client) =>
      client.generateText({
        model: 'gigachat/GigaChat-2-Max',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Что на картинке?' },
              { type: 'image', image: png },
            ],
          },
        ],
      }),
    differences: { '= messages[0].attachments[0]': 'the id under which the image was uploaded before' },
  },
]

interface AnswerCase {
  readonly path: string
  readonly model: string
  readonly result: (body: unknown) => Omit<TextResult, 'modelId' | 'rawModel'>
}

const call = { type: 'tool-call', toolCallId: '', toolName: 'weather_forecast' } as const
const weather = {
  ...call,
  input: { location: 'Манжерок', num_days: 10 },
  providerMetadata: { gigachat: { functionsStateId: '0199e210-2f13-744c-8fe5-c9a19fe27db7' } },
}
const cat = {
  type: 'file',
  data: { fileId: '3727db23-91a3-44fa-a6b7-9f0a311d3e9e', provider: 'gigachat' },
  mediaType: 'image/jpeg',
} as const

const answers: readonly AnswerCase[] = [
  {
    path: 'gigachat/v1_chat_200.json',
    model: 'GigaChat',
    result: (body) => ({ content: said(body), ...stopped(17, 3, 20, 2) }),
  },
  {
    path: 'gigachat/v1_chat_200_json_schema.json',
    model: 'GigaChat-3-Ultra',
    result: (body) => ({ content: said(body), ...stopped(24, 21, 45, 0) }),
  },
  {
    path: 'gigachat/v1_chat_200_reasoning.json',
    model: 'GigaChat',
    result: (body) => ({
      content: [{ type: 'reasoning', text: textAt(body, 'choices.0.message.reasoning_content') }, ...said(body)],
      ...stopped(18, 68, 86),
    }),
  },
  {
    path: 'gigachat/v1_chat_200_function_call.json',
    model: 'GigaChat-2-Pro',
    result: () => ({
      content: [weather],
      finishReason: 'tool-calls',
      rawFinishReason: 'function_call',
      usage: usage(278, 35, 313, 0),
    }),
  },
  {
    path: 'gigachat/v1_chat_200_image.json',
    model: 'GigaChat',
    result: () => ({
      content: [cat, { type: 'text', text: ' вот мой рисунок розового кота.' }],
      ...stopped(626, 43, 669, 3),
    }),
  },
  {
    path: 'gigachat/v1_chat_200_blacklist.json',
    model: 'GigaChat-2-Max',
    result: (body) => ({
      content: said(body),
      finishReason: 'content-filter',
      rawFinishReason: 'blacklist',
      usage: usage(1, 0, 1, 0),
    }),
  },
  {
    path: 'gigachat/v1_chat_200_length.json',
    model: 'GigaChat-2',
    result: (body) => ({
      content: said(body),
      finishReason: 'length',
      rawFinishReason: 'length',
      usage: usage(20, 8, 28, 0),
    }),
  },
  {
    path: 'gigachat/v1_chat_200_finish_error.json',
    model: 'GigaChat-2-Pro',
    result: () => ({ content: [], finishReason: 'error', rawFinishReason: 'error', usage: usage(278, 35, 313, 0) }),
  },
]

describe.skipIf(!isThere)('GigaChat v1', () => {
  describe('what we send is', () => {
    checkRequests(requests)
  })

  describe('what comes back is understood', () => {
    for (const { path, model, result } of answers) {
      it(path, () => {
        const body = readJson(path)
        const operation = provider.text(textCall(false), provider.parseModel(model))
        expect(resultOf(operation, readText(path))).toEqual({
          ...result(body),
          modelId: model,
          rawModel: textAt(body, 'model'),
        })
      })
    }
  })

  describe('gigachat/v1_chat_stream.sse', () => {
    const path = 'gigachat/v1_chat_stream.sse'
    const pieces = (): readonly string[] => deltasOf(path).map((delta) => textAt(delta, 'content'))
    const rawModel = (): string => textAt(parseEvents(readText(path))[0]?.data, 'model')
    checkStream(provider, {
      path,
      model: 'GigaChat',
      parts: () => [
        { type: 'response-metadata', modelId: 'GigaChat', rawModel: rawModel() },
        ...pieces()
          .filter((text) => text !== '')
          .map((text) => ({ type: 'text-delta', text }) as const),
      ],
      end: { type: 'finish', ...stopped(17, 42, 59, 2) },
      result: () => ({
        content: [{ type: 'text', text: pieces().join('') }],
        ...stopped(17, 42, 59, 2),
        modelId: 'GigaChat',
        rawModel: rawModel(),
      }),
    })
  })

  describe('gigachat/v1_chat_stream_function_call.sse', () => {
    const end = { finishReason: 'tool-calls', rawFinishReason: 'function_call', usage: usage(278, 35, 313, 0) } as const
    const answered = { modelId: 'GigaChat-2-Pro', rawModel: 'GigaChat-2-Pro:2.0.28.2' }
    checkStream(provider, {
      path: 'gigachat/v1_chat_stream_function_call.sse',
      model: 'GigaChat-2-Pro',
      parts: () => [{ type: 'response-metadata', ...answered }, weather],
      end: { type: 'finish', ...end },
      result: () => ({ content: [weather], ...end, ...answered }),
    })
  })

  describe('gigachat/v1_chat_stream_function_in_progress.sse', () => {
    const answered = { modelId: 'GigaChat', rawModel: 'GigaChat:2.0.28.2' }
    checkStream(provider, {
      path: 'gigachat/v1_chat_stream_function_in_progress.sse',
      model: 'GigaChat',
      parts: () => [
        { type: 'response-metadata', ...answered },
        { type: 'tool-progress', toolName: 'text2image', state: 'running', message: 'Рисую. Осталось 8 секунд' },
        cat,
        { type: 'text-delta', text: ' вот мой рисунок.' },
      ],
      end: { type: 'finish', ...stopped(626, 43, 669, 3) },
      result: () => ({
        content: [cat, { type: 'text', text: ' вот мой рисунок.' }],
        ...stopped(626, 43, 669, 3),
        ...answered,
      }),
    })
  })

  describe('gigachat/v1_chat_stream_blacklist.sse', () => {
    const text = 'Не люблю менять тему разговора, но вот сейчас тот самый случай.'
    const end = { finishReason: 'content-filter', rawFinishReason: 'blacklist', usage: usage(1, 0, 1, 0) } as const
    const answered = { modelId: 'GigaChat-2', rawModel: 'GigaChat-2:2.0.28.2' }
    checkStream(provider, {
      path: 'gigachat/v1_chat_stream_blacklist.sse',
      model: 'GigaChat-2',
      parts: () => [
        { type: 'response-metadata', ...answered },
        { type: 'text-delta', text },
      ],
      end: { type: 'finish', ...end },
      result: () => ({ content: [{ type: 'text', text }], ...end, ...answered }),
    })
  })

  describe('gigachat/v1_chat_stream_truncated.sse', () => {
    checkStream(provider, {
      path: 'gigachat/v1_chat_stream_truncated.sse',
      model: 'GigaChat-2',
      parts: () => [
        { type: 'response-metadata', modelId: 'GigaChat-2', rawModel: 'GigaChat-2:2.0.28.2' },
        { type: 'text-delta', text: 'Первая часть ответа' },
      ],
      end: { type: 'cut' },
    })
  })
})

/** The text of an answer, read without the adapter. */
function said(body: unknown): TextResult['content'] {
  return [{ type: 'text', text: textAt(body, 'choices.0.message.content') }]
}

function deltasOf(path: string): readonly unknown[] {
  const events = parseEvents(readText(path)).filter(({ data }) => data !== '[DONE]')
  return events.map(({ data }) => at(data, 'choices.0.delta'))
}

function stopped(...figures: Parameters<typeof usage>): Pick<TextResult, 'usage'> & {
  readonly finishReason: 'stop'
  readonly rawFinishReason: 'stop'
} {
  return { finishReason: 'stop', rawFinishReason: 'stop', usage: usage(...figures) }
}

function usage(
  inputTokens: number,
  outputTokens: number,
  totalTokens: number,
  cachedInputTokens?: number,
): TextResult['usage'] {
  return { inputTokens, outputTokens, totalTokens, ...(cachedInputTokens !== undefined && { cachedInputTokens }) }
}
