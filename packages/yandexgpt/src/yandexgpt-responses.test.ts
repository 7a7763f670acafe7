import { describe, expect, it } from 'vitest'
import type { Effect, ExtraOperation, Reply, WireRequest } from '@shlyuz/core'
import { responsesExtras } from './yandexgpt-responses.ts'
import type { YandexgptResponseInput } from './yandexgpt-responses-input.ts'

const folder = 'b1gfolder'
const extras = responsesExtras({ folderId: folder, dataLogging: false, sendFolderId: false })
const asked: YandexgptResponseInput = { model: 'yandexgpt-5.1', input: 'Столица Татарстана?' }

interface Begun {
  readonly model?: string
  readonly remoteUrls?: number
  readonly request: Omit<WireRequest, 'body'> & { readonly body: unknown }
}

function begin<Input>(extra: ExtraOperation<Input>, input: Input): Begun {
  const { steps, ...facts } = extra.run(input)
  const { value: effect } = steps.next()
  const { request } = effect as Extract<Effect, { do: 'exchange' }>
  return { ...facts, request: { ...request, body: request.body && (JSON.parse(request.body as string) as unknown) } }
}

function bodyOf(more: Partial<YandexgptResponseInput>): unknown {
  return begin(extras.createResponse, { ...asked, ...more }).request.body
}

function finish<Input, Result>(extra: ExtraOperation<Input, Result>, input: Input, body: unknown): Result {
  const { steps } = extra.run(input)
  steps.next()
  const reply: Reply = { status: 200, headers: {}, body }
  const end = steps.next(reply)
  if (!end.done) throw new Error('it wanted more than one exchange')
  return end.value
}

describe('createResponse', () => {
  it('is one request, not stored, and judged by its model', () => {
    expect(begin(extras.createResponse, asked)).toEqual({
      model: 'yandexgpt-5.1',
      remoteUrls: 0,
      remoteTools: [],
      request: {
        endpoint: 'openai',
        operation: 'chat',
        method: 'POST',
        path: '/responses',
        headers: { 'openai-project': folder, 'x-data-logging-enabled': 'false' },
        body: { model: `gpt://${folder}/yandexgpt-5.1`, input: 'Столица Татарстана?', store: false },
        repeat: 'safe',
        accept: ['application/json'],
      },
    })
  })

  it('sends every field under its word', () => {
    const more: Partial<YandexgptResponseInput> = {
      instructions: 'Кратко.',
      previousResponseId: 'resp_1',
      parallelToolCalls: false,
      maxOutputTokens: 200,
      maxToolCalls: 3,
      temperature: 0.3,
      format: { type: 'json_schema', name: 'city', schema: { type: 'object' }, strict: true },
      reasoningEffort: 'off',
      store: true,
      background: true,
      include: ['web_search_call.action.sources'],
      extraBody: { truncation: 'auto' },
    }
    expect(bodyOf(more)).toEqual({
      truncation: 'auto',
      model: `gpt://${folder}/yandexgpt-5.1`,
      input: 'Столица Татарстана?',
      instructions: 'Кратко.',
      previous_response_id: 'resp_1',
      parallel_tool_calls: false,
      max_output_tokens: 200,
      max_tool_calls: 3,
      temperature: 0.3,
      text: { format: { type: 'json_schema', name: 'city', schema: { type: 'object' }, strict: true } },
      reasoning: { effort: 'none' },
      store: true,
      background: true,
      include: ['web_search_call.action.sources'],
    })
  })

  it('sends the tools of the service and functions', () => {
    const tools: YandexgptResponseInput['tools'] = [
      { type: 'function', name: 'clock', description: 'Время', parameters: { type: 'object' }, strict: true },
      { type: 'web_search', filters: { allowed_domains: ['cbr.ru'] }, searchContextSize: 'low' },
      { type: 'file_search', vectorStoreIds: ['vs_1'], maxNumResults: 5 },
      { type: 'code_interpreter' },
      { type: 'image_generation' },
    ]
    expect(bodyOf({ tools, toolChoice: { tool: 'web_search' } })).toMatchObject({
      tools: [
        { type: 'function', name: 'clock', description: 'Время', parameters: { type: 'object' }, strict: true },
        { type: 'web_search', filters: { allowed_domains: ['cbr.ru'] }, search_context_size: 'low' },
        { type: 'file_search', vector_store_ids: ['vs_1'], max_num_results: 5 },
        { type: 'code_interpreter', container: { type: 'auto' } },
        { type: 'image_generation', action: 'generate' },
      ],
      tool_choice: { type: 'web_search' },
    })
    expect(bodyOf({ tools, toolChoice: { tool: 'clock' } })).toMatchObject({
      tool_choice: { type: 'function', name: 'clock' },
    })
    expect(bodyOf({ tools, toolChoice: 'required' })).toMatchObject({ tool_choice: 'required' })
  })

  it('sends conversations: messages, calls and results, and items of answers before', () => {
    const item = { type: 'reasoning', id: 'rs_1', summary: [] }
    const input: YandexgptResponseInput['input'] = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Что тут?' },
          { type: 'image', url: 'data:image/png;base64,AQID', detail: 'low' },
        ],
      },
      { type: 'output_item', item },
      { role: 'assistant', content: [{ type: 'text', text: 'Смотрю.' }] },
      { type: 'function_call', callId: 'c1', name: 'clock', arguments: { zone: 'UTC' } },
      { type: 'function_call_output', callId: 'c1', output: { time: '12:00' } },
      { type: 'function_call_output', callId: 'c2', output: 'полдень' },
      { type: 'mcp_approval_response', approvalRequestId: 'm1', approve: true },
      { role: 'user', content: [{ type: 'file', fileId: 'file-1' }] },
    ]
    expect(bodyOf({ input })).toMatchObject({
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Что тут?' },
            { type: 'input_image', image_url: 'data:image/png;base64,AQID', detail: 'low' },
          ],
        },
        item,
        { role: 'assistant', content: [{ type: 'output_text', text: 'Смотрю.' }] },
        { type: 'function_call', call_id: 'c1', name: 'clock', arguments: '{"zone":"UTC"}' },
        { type: 'function_call_output', call_id: 'c1', output: '{"time":"12:00"}' },
        { type: 'function_call_output', call_id: 'c2', output: 'полдень' },
        { type: 'mcp_approval_response', approval_request_id: 'm1', approve: true },
        { role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] },
      ],
    })
    expect(begin(extras.createResponse, { ...asked, input })).toMatchObject({ remoteUrls: 0, remoteTools: [] })
  })

  it('counts every address that would make the service reach out', () => {
    const mcp = { type: 'mcp', serverLabel: 'crm', serverUrl: 'https://mcp.example/sse' } as const
    const image = { type: 'image', url: 'https://images.example/a.png' } as const
    const file = { type: 'file', url: 'https://files.example/a.pdf' } as const
    const hidden = { type: 'message', content: [{ type: 'input_image', image_url: 'https://images.example/b.png' }] }
    for (const [count, more] of [
      [1, { tools: [mcp] }],
      [2, { tools: [mcp], input: [{ role: 'user', content: [image] }] }],
      [2, { input: [{ role: 'user', content: [image, file] }] }],
      [1, { input: [{ type: 'output_item', item: hidden }] }],
      [1, { extraBody: { metadata: { server_url: 'https://mcp.example' } } }],
    ] as const satisfies readonly (readonly [number, Partial<YandexgptResponseInput>])[]) {
      expect(begin(extras.createResponse, { ...asked, ...more }).remoteUrls, JSON.stringify(more)).toBe(count)
    }
    expect(
      bodyOf({ tools: [{ ...mcp, headers: { a: 'b' }, allowedTools: ['find'], requireApproval: 'never' }] }),
    ).toMatchObject({
      tools: [
        {
          type: 'mcp',
          server_label: 'crm',
          server_url: 'https://mcp.example/sse',
          headers: { a: 'b' },
          allowed_tools: ['find'],
          require_approval: 'never',
        },
      ],
    })
  })

  it('is not repeated where that would leave traces', () => {
    const mcp = { type: 'mcp', serverLabel: 'crm', serverUrl: 'https://mcp.example/sse' } as const
    expect(begin(extras.createResponse, { ...asked, store: true }).request.repeat).toBe('unsafe')
    expect(begin(extras.createResponse, { ...asked, tools: [mcp] }).request.repeat).toBe('unsafe')
  })

  it('lets no field of the body pass by the checks', () => {
    const toJSON = (): unknown => ({ model: 'gpt://other/other', input: 'x', server_url: 'https://mcp.example' })
    const begun = begin(extras.createResponse, { ...asked, extraBody: { toJSON } })
    expect(begun).toMatchObject({ remoteUrls: 1, request: { body: { model: `gpt://${folder}/yandexgpt-5.1` } } })
  })
})

describe('an answer', () => {
  const answer = {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: `gpt://${folder}/yandexgpt-5.1`,
    error: null,
    incomplete_details: null,
    output: [
      { id: 'rs_1', type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Так.' }] },
      { id: 'ws_1', type: 'web_search_call', status: 'completed' },
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        content: [
          {
            type: 'output_text',
            text: 'Казань.',
            annotations: [
              { type: 'url_citation', url: 'https://tatarstan.example/', title: 'Татарстан' },
              { type: 'file_citation', file_id: 'file-1' },
            ],
          },
        ],
      },
      { id: 'fc_1', type: 'function_call', call_id: 'c1', name: 'clock', arguments: '{"zone":"UTC"}' },
      { id: 'fc_2', type: 'function_call', call_id: 'c2', name: 'clock', arguments: '{"zone' },
    ],
    usage: {
      input_tokens: 25,
      output_tokens: 3,
      total_tokens: 28,
      input_tokens_details: { cached_tokens: 8 },
      output_tokens_details: { reasoning_tokens: 1 },
    },
  }

  it('is read: text, reasoning, calls, sources, usage, and all items as they came', () => {
    expect(finish(extras.createResponse, asked, answer)).toEqual({
      id: 'resp_1',
      status: 'completed',
      text: 'Казань.',
      content: [
        { type: 'reasoning', text: 'Так.' },
        { type: 'text', text: 'Казань.' },
        { type: 'source', url: 'https://tatarstan.example/', title: 'Татарстан' },
        { type: 'tool-call', toolCallId: 'c1', toolName: 'clock', input: { zone: 'UTC' } },
        { type: 'tool-call', toolCallId: 'c2', toolName: 'clock', input: undefined, invalidInput: '{"zone' },
      ],
      output: answer.output,
      usage: { inputTokens: 25, cachedInputTokens: 8, outputTokens: 3, reasoningTokens: 1, totalTokens: 28 },
      rawModel: `gpt://${folder}/yandexgpt-5.1`,
    })
  })

  it('says why it is not complete, or what failed', () => {
    const cut = { id: 'r', status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [] }
    expect(finish(extras.getResponse, { id: 'r' }, cut)).toEqual({
      id: 'r',
      status: 'incomplete',
      incompleteReason: 'max_output_tokens',
      text: '',
      content: [],
      output: [],
      usage: {},
    })
    const failed = { id: 'r', status: 'failed', error: { code: 'server_error', message: 'oops' } }
    expect(finish(extras.getResponse, { id: 'r' }, failed)).toMatchObject({
      status: 'failed',
      error: { code: 'server_error', message: 'oops' },
    })
  })

  it('of another model than the judged one is refused', () => {
    const other = { ...answer, model: 'gpt://deepseek-v4-flash/latest' }
    expect(() => finish(extras.createResponse, asked, other)).toThrow(
      expect.objectContaining({ code: 'response.model_mismatch' }),
    )
    expect(finish(extras.createResponse, asked, { ...answer, model: 'latest' }).text).toBe('Казань.')
  })

  it('that is none is an error', () => {
    expect(() => finish(extras.createResponse, asked, { error: { message: 'oops', httpCode: 400 } })).toThrow(/oops/)
    expect(() => finish(extras.createResponse, asked, {})).toThrow(/it is no response/)
  })
})

describe('a stored response', () => {
  it('is looked at, cancelled, and its input listed', () => {
    const headers = { 'openai-project': folder, 'x-data-logging-enabled': 'false' }
    const common = { endpoint: 'openai', operation: 'job', headers, repeat: 'safe' }
    expect(begin(extras.getResponse, { id: 'resp_1' }).request).toMatchObject({
      ...common,
      method: 'GET',
      path: '/responses/resp_1',
    })
    expect(begin(extras.cancelResponse, { id: 'resp_1' }).request).toMatchObject({
      ...common,
      method: 'POST',
      path: '/responses/resp_1/cancel',
    })
    const listing = { id: 'resp_1', limit: 2, order: 'asc', after: 'msg_1' } as const
    expect(begin(extras.listResponseItems, listing).request).toMatchObject({
      ...common,
      method: 'GET',
      path: '/responses/resp_1/input_items',
      query: { limit: '2', order: 'asc', after: 'msg_1' },
    })
    const page = { object: 'list', data: [{ id: 'msg_2', type: 'message' }], has_more: true, last_id: 'msg_2' }
    expect(finish(extras.listResponseItems, listing, page)).toEqual({
      items: page.data,
      hasMore: true,
      lastId: 'msg_2',
    })
  })
})

describe('bad input is refused before anything is sent', () => {
  it.each<[string, object, RegExp]>([
    ['a stream', { stream: true }, /use streamText/],
    ['an unknown option', { colour: 1 }, /unknown option 'colour'/],
    ['messages', { messages: [] }, /use input/],
    ['no input', { input: '' }, /input must be/],
    ['an empty list', { input: [] }, /input must be/],
    ['no model', { model: '' }, /model must be/],
    ['a model that does not converse', { model: 'text-search-doc' }, /does not converse/],
    ['a model of another form', { model: 'a b' }, /not of the form/],
    ['background without store', { background: true }, /background needs store/],
    ['a fraction of tokens', { maxOutputTokens: 1.5 }, /maxOutputTokens must be an integer/],
    ['a wrong temperature', { temperature: 3 }, /temperature must be a number from 0 to 2/],
    ['a flag that is none', { store: 'yes' }, /store must be true or false/],
    ['a tool of an unknown type', { tools: [{ type: 'shell' }] }, /tools\[0\]: type must be function/],
    ['a key that a tool does not have', { tools: [{ type: 'web_search', site: 'x' }] }, /unknown option 'site'/],
    ['an mcp server without address', { tools: [{ type: 'mcp', serverLabel: 'a' }] }, /serverUrl must be/],
    [
      'an mcp server by another scheme',
      { tools: [{ type: 'mcp', serverLabel: 'a', serverUrl: 'file:///x' }] },
      /an address/,
    ],
    ['a choice of no tool', { toolChoice: { tool: 'clock' } }, /with one of the tools/],
    ['a message without a role', { input: [{ content: 'x' }] }, /role is required/],
    [
      'a part of an unknown type',
      { input: [{ role: 'user', content: [{ type: 'video' }] }] },
      /must be text, image or file/,
    ],
    ['an image by a path', { input: [{ role: 'user', content: [{ type: 'image', url: 'a.png' }] }] }, /data URL/],
    ['an item of an unknown type', { input: [{ type: 'thought' }] }, /input\[0\]: type must be/],
    ['a format of an unknown type', { format: { type: 'xml' } }, /text, json_object or json_schema/],
    ['a schema without a name', { format: { type: 'json_schema', schema: {} } }, /name must be/],
    ['a field that has a word', { extraBody: { model: 'x' } }, /may not set 'model'/],
    ['a prompt of the console', { extraBody: { prompt: { id: 'p-1' } } }, /may not set 'prompt'/],
    ['a value that is no JSON', { extraBody: { a: 1n } }, /plain JSON/],
  ])('%s', (_what, more, message) => {
    expect(() => extras.createResponse.run({ ...asked, ...more })).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(/[а-яё]|json_schema/) as string,
      }),
    )
  })

  it.each(['', '..', 'a/b', 'a%2Fb', 'a b', '.a', 'a..b', 'x'.repeat(201)])('an id like %j', (id) => {
    expect(() => extras.getResponse.run({ id })).toThrow(/id is not an id/)
    expect(() => extras.cancelResponse.run({ id })).toThrow(/id is not an id/)
    expect(() => extras.listResponseItems.run({ id })).toThrow(/id is not an id/)
  })

  it('what is no object, and keys and values of no meaning', () => {
    for (const extra of Object.values(extras)) {
      expect(() => (extra as ExtraOperation<unknown>).run(undefined)).toThrow(/takes an object/)
    }
    const list = extras.listResponseItems as ExtraOperation<object>
    expect(() => list.run({ id: 'a', limit: 0 })).toThrow(/limit must be/)
    expect(() => list.run({ id: 'a', order: 'up' })).toThrow(/order must be/)
    expect(() => list.run({ id: 'a', after: '../b' })).toThrow(/after is not an id/)
    expect(() => list.run({ id: 'a', colour: 1 })).toThrow(/unknown option/)
  })
})
