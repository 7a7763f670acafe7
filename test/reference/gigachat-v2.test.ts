// The chat of GigaChat, version 2: what we send is the payload, and what the payload says is understood.
import type { TextResult, ToolSet } from '@shlyuz/core'
import { gigachat, type GigachatV2Options } from '@shlyuz/gigachat'
import { describe, expect, it } from 'vitest'
import { textCall } from '../decoding.ts'
import { checkStream, resultOf } from './drive.ts'
import { at, isThere, objectAt, parseEvents, readJson, readText, textAt } from './fixtures.ts'
import { checkRequests, type ReferenceClient, type RequestCase } from './sent.ts'

const provider = gigachat({ api: 'v2' })
const to = 'POST /v2/chat/completions'

/** What a user adds to ask version 2. */
function v2(options: GigachatV2Options = {}): {
  readonly gigachat: { readonly api: 'v2'; readonly v2: typeof options }
} {
  return { gigachat: { api: 'v2', v2: options } }
}

function promptOf(given: unknown): { readonly model: string; readonly prompt: string } {
  return { model: `gigachat/${textAt(given, 'model')}`, prompt: textAt(given, 'messages.0.content.0.text') }
}

/** The functions of a payload, as a user declares them. */
function toolsOf(given: unknown): ToolSet {
  const one = objectAt(given, 'tools.0.functions.specifications.0')
  return {
    [textAt(one, 'name')]: {
      description: textAt(one, 'description'),
      inputSchema: objectAt(one, 'parameters'),
      ...(one['return_parameters'] !== undefined && { outputSchema: objectAt(one, 'return_parameters') }),
    },
  }
}

/** A turn that a function answered, told as history. */
function askWithHistory(client: ReferenceClient, given: unknown, options: GigachatV2Options): PromiseLike<unknown> {
  const asked = objectAt(given, 'messages.1.content.0.function_call')
  const result = at(given, 'messages.2.content.0.function_result.result')
  const message = objectAt(given, 'messages.1')
  const toolCallId = 'made-by-the-client'
  const toolName = textAt(asked, 'name')
  const toolStateId = message['tools_state_id'] ?? message['functions_state_id']
  return client.generateText({
    model: `gigachat/${textAt(given, 'model')}`,
    messages: [
      { role: 'user', content: textAt(given, 'messages.0.content.0.text') },
      {
        role: 'assistant',
        content: [
          {
            type: 'tool-call',
            toolCallId,
            toolName,
            input: asked['arguments'],
            providerMetadata: { gigachat: { toolStateId } },
          },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId,
            toolName,
            output: typeof result === 'string' ? (JSON.parse(result) as unknown) : result,
          },
        ],
      },
    ],
    tools: toolsOf(given),
    providerOptions: v2(options),
  })
}

const stateName = 'payloads spell the state of a turn three ways; the official file says `tool_state_id`'
const stateOfResult = 'the state of a turn goes with the call, where the official file has it'
const choice = 'always stated with tools, as on v1'

const requests: readonly RequestCase[] = [
  {
    path: 'gigachat/v2_chat_request_basic.json',
    to,
    send: (client, given) => client.generateText({ ...promptOf(given), providerOptions: v2() }),
  },
  {
    path: 'gigachat/v2_chat_stream_request.json',
    to,
    send: (client, given) => client.streamText({ ...promptOf(given), providerOptions: v2() }).result,
  },
  {
    path: 'gigachat/v2_chat_request_json_schema.json',
    to,
    send: (client, given) =>
      client.generateText({
        ...promptOf(given),
        output: objectAt(given, 'model_options.response_format.schema'),
        providerOptions: v2(),
      }),
  },
  {
    path: 'gigachat/v2_chat_request_regex.json',
    to,
    send: (client, given) =>
      client.generateText({
        ...promptOf(given),
        providerOptions: {
          gigachat: { api: 'v2', responseFormat: { regex: textAt(given, 'model_options.response_format.regex') } },
        },
      }),
  },
  {
    path: 'gigachat/v2_chat_request_function_forced.json',
    to,
    send: (client, given) =>
      client.generateText({
        ...promptOf(given),
        tools: toolsOf(given),
        toolChoice: { tool: textAt(given, 'tool_config.function_name') },
        providerOptions: v2(),
      }),
  },
  {
    path: 'gigachat/v2_chat_request_function_result.json',
    to,
    send: (client, given) => askWithHistory(client, given, { toolResultRole: 'tool' }),
    differences: {
      '+ messages[1].tool_state_id': stateName,
      '- messages[1].tools_state_id': stateName,
      '~ messages[2].content[0].function_result.result: string, not object':
        'JSON text, which the public host takes; this payload is of another stand',
      '- messages[2].tools_state_id': stateOfResult,
      '+ tool_config': choice,
    },
  },
  {
    path: 'gigachat/v2_chat_request_function_result_role_function.json',
    to,
    send: (client, given) => askWithHistory(client, given, {}),
    differences: {
      '+ messages[1].tool_state_id': stateName,
      '- messages[1].functions_state_id': stateName,
      '= messages[2].content[0].function_result.result': 'the same JSON without spaces',
      '+ tool_config': choice,
      '- stream': 'sent with streams alone: false is the default',
    },
  },
  {
    path: 'gigachat/v2_chat_request_web_search.json',
    to,
    send: (client, given) =>
      client.generateText({
        ...promptOf(given),
        providerOptions: v2({
          builtInTools: { web_search: { type: 'actual_info_web_search' } },
          forcedTool: 'web_search',
        }),
      }),
  },
  {
    path: 'gigachat/v2_chat_request_url_content_extraction.json',
    to,
    send: (client, given) =>
      client.generateText({
        ...promptOf(given),
        providerOptions: v2({ builtInTools: { url_content_extraction: true }, forcedTool: 'url_content_extraction' }),
      }),
  },
  {
    path: 'gigachat/v2_chat_request_image_generate.json',
    to,
    send: (client, given) =>
      client.generateText({
        ...promptOf(given),
        providerOptions: v2({ builtInTools: { image_generate: true }, forcedTool: 'image_generate' }),
      }),
  },
  {
    path: 'gigachat/v2_chat_request_code_interpreter.json',
    to,
    send: (client, given) =>
      client.generateText({ ...promptOf(given), providerOptions: v2({ builtInTools: { code_interpreter: true } }) }),
  },
]

const ultra = 'GigaChat-3-Ultra'

interface AnswerCase {
  readonly path: string
  readonly model: string
  readonly result: (body: unknown) => Omit<TextResult, 'modelId' | 'rawModel'>
}

const weatherCall = {
  type: 'tool-call',
  toolCallId: '3c1b6655-cba0-437d-973c-bd482b5ce421',
  toolName: 'get_weather',
  input: { city: 'Москва' },
  providerMetadata: { gigachat: { toolStateId: '01a0a669-8b36-7cb0-acc2-384557f8f455' } },
} as const

const answers: readonly AnswerCase[] = [
  {
    path: 'gigachat/v2_chat_200.json',
    model: ultra,
    result: (body) => ({ content: [said(body)], ...stopped(19, 2, 21, 0) }),
  },
  {
    path: 'gigachat/v2_chat_200_json_schema.json',
    model: ultra,
    result: (body) => ({ content: [said(body)], ...stopped(24, 21, 45, 0) }),
  },
  {
    path: 'gigachat/v2_chat_200_regex.json',
    model: ultra,
    result: (body) => ({ content: [said(body)], ...stopped(18, 8, 26, 0) }),
  },
  {
    path: 'gigachat/v2_chat_200_reasoning.json',
    model: ultra,
    result: () => ({
      content: [
        { type: 'reasoning', text: 'Скорость равна пути, делённому на время.' },
        { type: 'text', text: '60 км/ч.' },
      ],
      ...stopped(30, 40, 70, 0),
    }),
  },
  {
    path: 'gigachat/v2_chat_200_function_call.json',
    model: ultra,
    result: (body) => ({
      content: [
        {
          type: 'tool-call',
          // Recordings of this stand have none: core makes one.
          toolCallId: '',
          toolName: textAt(body, 'messages.0.content.0.function_call.name'),
          input: objectAt(body, 'messages.0.content.0.function_call.arguments'),
          providerMetadata: { gigachat: { toolStateId: textAt(body, 'messages.0.tool_state_id') } },
        },
      ],
      finishReason: 'tool-calls',
      rawFinishReason: 'function_call',
      usage: usage(88, 25, 113, 0),
    }),
  },
  {
    path: 'gigachat/v2_chat_200_function_call_with_id.json',
    model: 'GigaChat-2-Max',
    result: (body) => ({
      content: [
        {
          type: 'tool-call',
          toolCallId: textAt(body, 'messages.0.content.0.function_call.id'),
          toolName: textAt(body, 'messages.0.content.0.function_call.name'),
          input: objectAt(body, 'messages.0.content.0.function_call.arguments'),
          providerMetadata: { gigachat: { toolStateId: textAt(body, 'messages.0.tool_state_id') } },
        },
      ],
      finishReason: 'tool-calls',
      rawFinishReason: 'function_call',
      usage: usage(69, 34, 103, 0),
    }),
  },
  {
    path: 'gigachat/v2_chat_200_after_function_result.json',
    model: ultra,
    result: (body) => ({ content: [said(body)], ...stopped(150, 17, 167, 0) }),
  },
  {
    path: 'gigachat/v2_chat_200_web_search.json',
    model: ultra,
    result: (body) => ({
      content: [said(body), sourceOf(body, '1'), sourceOf(body, '2')],
      ...stopped(23_767, 570, 24_337, 2_557),
    }),
  },
  {
    path: 'gigachat/v2_chat_200_code_interpreter.json',
    model: ultra,
    result: (body) => ({ content: [said(body)], ...stopped(3_963, 157, 4_120, 3_710) }),
  },
  {
    path: 'gigachat/v2_chat_200_image_generate.json',
    model: ultra,
    result: (body) => ({
      content: [
        {
          type: 'file',
          data: { fileId: textAt(body, 'messages.0.content.0.files.0.id'), provider: 'gigachat' },
          mediaType: 'image/jpeg',
        },
        { type: 'text', text: textAt(body, 'messages.0.content.1.text') },
      ],
      ...stopped(999, 42, 1_041, 830),
    }),
  },
]

describe.skipIf(!isThere)('GigaChat v2', () => {
  describe('what we send is', () => {
    // The recordings are of a stand with the interpreter; the public host has it not.
    checkRequests(requests, { gigachat: { unavailableTools: ['get_datetime', 'memory'] } })
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

  describe('gigachat/v2_chat_stream.sse', () => {
    const path = 'gigachat/v2_chat_stream.sse'
    const first = (): unknown => parseEvents(readText(path))[0]?.data
    const text = (): string => textAt(first(), 'messages.0.content.0.text')
    const answered = (): { readonly modelId: string; readonly rawModel: string } => {
      return { modelId: ultra, rawModel: textAt(first(), 'model') }
    }
    checkStream(provider, {
      path,
      model: ultra,
      parts: () => [
        { type: 'response-metadata', ...answered() },
        { type: 'text-delta', text: text() },
      ],
      end: { type: 'finish', ...stopped(19, 8, 27, 0) },
      result: () => ({ content: [{ type: 'text', text: text() }], ...stopped(19, 8, 27, 0), ...answered() }),
    })
  })

  describe('gigachat/v2_chat_stream_function_call.sse', () => {
    const answered = { modelId: 'GigaChat-2-Max', rawModel: 'GigaChat-2-Max:2.0.30.01' }
    const end = { finishReason: 'tool-calls', rawFinishReason: 'function_call', usage: usage(36, 7, 43, 3) } as const
    checkStream(provider, {
      path: 'gigachat/v2_chat_stream_function_call.sse',
      model: 'GigaChat-2-Max',
      parts: () => [{ type: 'response-metadata', ...answered }, weatherCall],
      end: { type: 'finish', ...end },
      result: () => ({ content: [weatherCall], ...end, ...answered }),
    })
  })

  describe('gigachat/v2_chat_stream_tool_events.sse', () => {
    const answered = { modelId: 'GigaChat-2-Max', rawModel: 'GigaChat-2-Max:2.0.30.01' }
    const file = {
      type: 'file',
      data: { fileId: 'f4b17167-3fa4-40aa-80c6-c737ee40d961', provider: 'gigachat' },
      mediaType: 'image/jpeg',
    } as const
    checkStream(provider, {
      path: 'gigachat/v2_chat_stream_tool_events.sse',
      model: 'GigaChat-2-Max',
      parts: () => [
        { type: 'response-metadata', ...answered },
        { type: 'tool-progress', toolName: 'image_generate', state: 'running', secondsLeft: 12 },
        { type: 'tool-progress', toolName: 'image_generate', state: 'done' },
        file,
        { type: 'text-delta', text: 'Готово.' },
      ],
      end: { type: 'finish', ...stopped(36, 7, 43, 3) },
      result: () => ({ content: [file, { type: 'text', text: 'Готово.' }], ...stopped(36, 7, 43, 3), ...answered }),
    })
  })

  describe('gigachat/v2_chat_stream_finish_error.sse', () => {
    const end = { finishReason: 'error', rawFinishReason: 'error', usage: usage(0, 0, 0, 0) } as const
    checkStream(provider, {
      path: 'gigachat/v2_chat_stream_finish_error.sse',
      model: 'GigaChat',
      parts: () => [{ type: 'response-metadata', modelId: 'GigaChat', rawModel: 'GigaChat' }],
      end: { type: 'finish', ...end },
      result: () => ({ content: [], ...end, modelId: 'GigaChat', rawModel: 'GigaChat' }),
    })
  })

  describe('gigachat/v2_chat_stream_response_error.sse', () => {
    checkStream(provider, {
      path: 'gigachat/v2_chat_stream_response_error.sse',
      model: 'GigaChat-2-Max',
      parts: () => [
        { type: 'response-metadata', modelId: 'GigaChat-2-Max', rawModel: 'GigaChat-2-Max:2.0.30.01' },
        { type: 'text-delta', text: 'Начало' },
      ],
      end: {
        type: 'failed',
        failure: {
          kind: 'server',
          message: 'GigaChat answered 500: Internal Server Error',
          hint: 'Сбой на стороне GigaChat: повторите позже или задайте fallback.',
          status: 500,
        },
      },
    })
  })
})

/** The text of an answer, read without the adapter. */
function said(body: unknown): TextResult['content'][number] {
  return { type: 'text', text: textAt(body, 'messages.0.content.0.text') }
}

function sourceOf(body: unknown, id: string): TextResult['content'][number] {
  const source = objectAt(body, `messages.0.content.0.inline_data.sources.${id}`)
  return { type: 'source', id, url: textAt(source, 'url'), title: textAt(source, 'title') }
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
  cachedInputTokens: number,
): TextResult['usage'] {
  return { inputTokens, outputTokens, totalTokens, cachedInputTokens }
}
