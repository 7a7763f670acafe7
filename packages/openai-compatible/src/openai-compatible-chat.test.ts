import { describe, expect, it } from 'vitest'
import type { CallPart, EmbedCall, Effect, Loss, Operation, Reply, StreamReply, TextCall } from '@shlyuz/core'
import { ChatCompletionStreamDecoder } from './chat-completion-stream-decoder.ts'
import { openaiCompatible } from './openai-compatible-provider.ts'

const provider = openaiCompatible({
  name: 'vllm',
  baseUrl: 'https://llm.corp.example:8443/v1',
  headers: { 'x-team': 'search' },
  modelAliases: { '/models/our-model.gguf': 'our-model' },
  models: [
    { id: 'our-model', kind: 'chat', abilities: ['tools'] },
    { id: 'our-embeddings', kind: 'embedding' },
  ],
})

const call: TextCall = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Привет' }] }],
  settings: {},
  stream: false,
  tools: [],
  toolChoice: 'auto',
  options: {},
}
const tools = [{ name: 'clock', inputSchema: { type: 'object' } }]

/** Drives an operation of one exchange by hand. */
function answer<R>(operation: Operation<R>, body: unknown): { readonly effect: Effect; readonly result: R } {
  const { value: effect } = operation.next()
  const reply: Reply = { status: 200, headers: {}, body }
  const end = operation.next(reply)
  if (!end.done) throw new Error('it wanted more than one exchange')
  return { effect: effect as Effect, result: end.value }
}

function completion(message: object, model = 'our-model'): object {
  return { model, choices: [{ index: 0, message, finish_reason: 'stop' }], usage: { prompt_tokens: 1 } }
}

function sent(effect: Effect): unknown {
  return 'request' in effect && typeof effect.request.body === 'string' && JSON.parse(effect.request.body)
}

function losses(given: Partial<TextCall>, model = 'our-model'): readonly Loss[] {
  return provider.check({ ...call, ...given }, provider.parseModel(model))
}

describe('a chat', () => {
  it('is one request to the endpoint', () => {
    const options = { extraBody: { top_k: 5 }, extraHeaders: { 'x-run': '7' } }
    const operation = provider.text({ ...call, options }, provider.parseModel('our-model'))
    const { effect, result } = answer(operation, completion({ content: 'Здравствуйте' }))
    expect(effect).toEqual({
      do: 'exchange',
      read: 'json',
      shape: expect.any(Function) as unknown,
      request: {
        endpoint: 'api',
        operation: 'chat',
        method: 'POST',
        path: '/chat/completions',
        headers: { 'x-team': 'search', 'x-run': '7' },
        body: expect.any(String) as unknown,
        repeat: 'safe',
        accept: ['application/json'],
      },
    })
    expect(sent(effect)).toEqual({
      top_k: 5,
      model: 'our-model',
      messages: [{ role: 'user', content: 'Привет' }],
      stream: false,
    })
    expect(result).toEqual({
      content: [{ type: 'text', text: 'Здравствуйте' }],
      finishReason: 'stop',
      rawFinishReason: 'stop',
      usage: { inputTokens: 1 },
      modelId: 'our-model',
      rawModel: 'our-model',
    })
  })

  it('knows the model under the name that the server gives it', () => {
    const operation = provider.text(call, provider.parseModel('our-model'))
    expect(answer(operation, completion({ content: 'Да' }, '/models/our-model.gguf')).result).toMatchObject({
      modelId: 'our-model',
      rawModel: '/models/our-model.gguf',
    })
    const other = provider.text(call, provider.parseModel('our-model'))
    expect(answer(other, completion({ content: 'Да' }, 'another')).result.modelId).toBe('another')
  })

  it('is cut to its first tool call where one alone was asked for', () => {
    const asked = { ...call, tools, parallelToolCalls: false }
    const tool_calls = ['a', 'b'].map((id) => ({ id, function: { name: 'clock', arguments: '{}' } }))
    const { effect, result } = answer(
      provider.text(asked, provider.parseModel('our-model')),
      completion({ tool_calls }),
    )
    expect(sent(effect)).toMatchObject({ parallel_tool_calls: false })
    expect(result.content).toEqual([{ type: 'tool-call', toolCallId: 'a', toolName: 'clock', input: {} }])
  })

  it('ends in the error that stands in its body', () => {
    const operation = provider.text(call, provider.parseModel('our-model'))
    expect(() => answer(operation, { error: { message: 'model crashed' } })).toThrow(/vllm reported.*model crashed/)
    const unreadable = provider.text(call, provider.parseModel('our-model'))
    expect(() => answer(unreadable, { choices: [] })).toThrow(/the answer of vllm cannot be read/)
  })

  it('is streamed through a new decoder for each attempt', () => {
    const operation = provider.text({ ...call, stream: true }, provider.parseModel('our-model'))
    const { value: effect } = operation.next()
    if (typeof effect !== 'object' || !('createDecoder' in effect)) throw new Error('it does not stream')
    expect(effect.request).toMatchObject({ accept: ['text/event-stream'], path: '/chat/completions' })
    expect(sent(effect)).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(effect.createDecoder()).toBeInstanceOf(ChatCompletionStreamDecoder)
    const decoder = effect.createDecoder()
    if (decoder.framing !== 'sse') throw new Error('another framing')
    const chunk = { model: '/models/our-model.gguf', choices: [{ delta: { content: 'Да' }, finish_reason: 'stop' }] }
    decoder.push(undefined, JSON.stringify(chunk), [])
    const end = decoder.end([])
    if (end.type !== 'finish') throw new Error('it did not finish')
    const reply: StreamReply = { status: 200, headers: {}, end, content: [{ type: 'text', text: 'Да' }] }
    expect(operation.next(reply)).toEqual({
      done: true,
      value: {
        content: [{ type: 'text', text: 'Да' }],
        finishReason: 'stop',
        rawFinishReason: 'stop',
        usage: {},
        modelId: 'our-model',
        rawModel: '/models/our-model.gguf',
      },
    })
  })
})

describe('losses', () => {
  it('are none for what goes over the wire', () => {
    const settings = { maxOutputTokens: 5, temperature: 1.5, topP: 1, seed: 1, frequencyPenalty: 1, presencePenalty: 1 }
    expect(losses({ settings, tools, toolChoice: { tool: 'clock' }, parallelToolCalls: true })).toEqual([])
  })

  it('depend on what the card says of the model; an unknown model is trusted', () => {
    const settings = { reasoningEffort: 'high' } as const
    expect(losses({ settings })).toMatchObject([
      { effect: 'warn', code: 'setting-ignored', setting: 'reasoningEffort' },
    ])
    expect(losses({ settings }, 'unknown')).toEqual([])
    const { effect } = answer(provider.text({ ...call, settings }, provider.parseModel('our-model')), completion({}))
    expect(sent(effect)).not.toHaveProperty('reasoning_effort')
  })

  it('refuse files where there is no place for them', () => {
    const image: CallPart = { type: 'media', modality: 'image', source: new URL('https://images.example/a.png') }
    const audio: CallPart = { type: 'media', modality: 'audio', source: new URL('https://images.example/a.mp3') }
    expect(losses({ messages: [{ role: 'assistant', content: [image] }] }, 'unknown')).toMatchObject([
      { effect: 'refuse', code: 'content-unsupported' },
    ])
    expect(losses({ messages: [{ role: 'user', content: [audio] }] }, 'unknown')).toMatchObject([
      { effect: 'refuse', code: 'remote-file-unsupported' },
    ])
    expect(losses({ messages: [{ role: 'user', content: [image] }] }, 'unknown')).toEqual([])
    expect(losses({ messages: [{ role: 'user', content: [image] }] })).toMatchObject([
      { effect: 'refuse', code: 'image-unsupported' },
    ])
  })

  it('refuse a model for something else', () => {
    expect(losses({}, 'our-embeddings')).toMatchObject([{ effect: 'refuse', code: 'model-not-for-chat' }])
  })
})

describe('embeddings', () => {
  const asked: EmbedCall = { values: ['раз', 'два'], options: {} }
  const vectors = [
    { index: 1, embedding: [0, 1] },
    { index: 0, embedding: [1, 0] },
  ]

  it('are one request, and come in the order of the texts', () => {
    const model = provider.parseModel('our-embeddings')
    const { effect, result } = answer(provider.embed!({ ...asked, dimensions: 2 }, model), {
      model: 'our-embeddings',
      data: vectors,
      usage: { prompt_tokens: 4, total_tokens: 4 },
    })
    expect(effect).toMatchObject({
      request: { endpoint: 'api', operation: 'embed', method: 'POST', path: '/embeddings', repeat: 'safe' },
    })
    expect(sent(effect)).toEqual({
      model: 'our-embeddings',
      input: ['раз', 'два'],
      encoding_format: 'float',
      dimensions: 2,
    })
    expect(result).toEqual({
      embeddings: [
        [1, 0],
        [0, 1],
      ],
      usage: { inputTokens: 4, totalTokens: 4 },
      modelId: 'our-embeddings',
      rawModel: 'our-embeddings',
    })
  })

  it('come as they stand where they are not numbered, and never fewer than the texts', () => {
    const model = provider.parseModel('our-embeddings')
    const plain = vectors.map(({ embedding }) => ({ index: 0, embedding }))
    expect(answer(provider.embed!(asked, model), { data: plain }).result.embeddings).toEqual([
      [0, 1],
      [1, 0],
    ])
    expect(() => answer(provider.embed!(asked, model), { data: plain.slice(1) })).toThrow(/1 vectors for 2 texts/)
    expect(() => answer(provider.embed!(asked, model), { error: 'model crashed' })).toThrow(/model crashed/)
  })
})

it('lists the models of the server, those we know with their kind', () => {
  const { effect, result } = answer(provider.listModels!(), {
    object: 'list',
    data: [
      { id: '/models/our-model.gguf', object: 'model', owned_by: 'llamacpp' },
      { id: 'our-embeddings', owned_by: '' },
      { id: 'new' },
    ],
  })
  expect(effect).toMatchObject({
    do: 'exchange',
    request: { endpoint: 'api', operation: 'models', method: 'GET', path: '/models', headers: { 'x-team': 'search' } },
  })
  expect(result).toEqual([
    { id: 'our-model', catalogueId: 'our-model', rawId: '/models/our-model.gguf', kind: 'chat', ownedBy: 'llamacpp' },
    { id: 'our-embeddings', catalogueId: 'our-embeddings', rawId: 'our-embeddings', kind: 'embedding' },
    { id: 'new', catalogueId: 'new', rawId: 'new' },
  ])
})
