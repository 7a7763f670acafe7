import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, ProtocolError, UnsupportedFeatureError } from '@shlyuz/core'
import type { Effect, Operation, WireRequest } from '@shlyuz/core'
import { gigachatExtras } from './gigachat-extras.ts'

type Exchange = Extract<Effect, { readonly do: 'exchange' }>

/** Runs an operation of one exchange; the answer must fit the shape it states. */
function run<R>(
  steps: Operation<R>,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): { readonly data: R; readonly request: WireRequest; readonly read: Exchange['read'] } {
  const first = steps.next()
  if (first.done || first.value.do !== 'exchange') throw new Error('no exchange')
  const { request, read, shape } = first.value
  const last = steps.next({ status: 200, headers, body: shape ? shape(z).parse(body) : body })
  if (!last.done) throw new Error('a second effect')
  return { data: last.value, request, read }
}

const json = { endpoint: 'api', repeat: 'safe', accept: ['application/json'] }

const wireFile = {
  id: 'f-1',
  object: 'file',
  bytes: 3,
  access_policy: 'private',
  created_at: 1_700_000_000,
  filename: 'река.txt',
  purpose: 'general',
  modalities: null,
}

const file = {
  fileId: 'f-1',
  bytes: 3,
  createdAt: '2023-11-14T22:13:20.000Z',
  filename: 'река.txt',
  purpose: 'general',
  accessPolicy: 'private',
}

describe('files', () => {
  it('are uploaded as a form, once', () => {
    const bytes = new Uint8Array([1, 2, 3])
    const input = { file: bytes, filename: 'река.txt', mediaType: 'text/plain', clientId: 'user-1' }
    const { request, data } = run(gigachatExtras.uploadFile.run(input).steps, wireFile)
    expect(request).toEqual({
      ...json,
      operation: 'files',
      method: 'POST',
      path: '/files',
      headers: { 'x-client-id': 'user-1' },
      body: {
        fields: { purpose: 'general' },
        files: [{ name: 'file', filename: 'река.txt', mediaType: 'text/plain', bytes }],
      },
      repeat: 'unsafe',
    })
    expect(data).toEqual(file)
  })

  it.each([
    ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/vnd.ms-excel'],
    ['application/epub+zip', 'application/epub'],
    ['audio/ogg; codecs=opus', 'audio/x-ogg'],
    ['audio/mpeg', 'audio/mp3'],
    ['image/png', 'image/png'],
    ['application/x-new', 'application/x-new'],
  ])('of the type %s go up as %s', (mediaType, sent) => {
    const input = { file: new Uint8Array([1]), filename: 'a.bin', mediaType }
    const { request } = run(gigachatExtras.uploadFile.run(input).steps, wireFile)
    expect(request.body).toMatchObject({ files: [{ mediaType: sent }] })
  })

  it.each([
    ['image/png', 15],
    ['audio/mpeg', 35],
    ['application/pdf', 40],
  ])('of the type %s are refused above %s MB, before anything is sent', (mediaType, megabytes) => {
    const upload = (bytes: number): unknown =>
      gigachatExtras.uploadFile.run({ file: new Uint8Array(bytes), filename: 'a.bin', mediaType })
    expect(() => upload(megabytes * 1024 * 1024)).not.toThrow()
    expect(() => upload(megabytes * 1024 * 1024 + 1)).toThrow(
      expect.objectContaining({
        name: 'UnsupportedFeatureError',
        hint: `Файл больше ${megabytes} МБ: уменьшите его или разделите.`,
      }),
    )
  })

  it('are listed', () => {
    const { request, data } = run(gigachatExtras.listFiles.run(undefined).steps, {
      data: [wireFile, { id: 'f-2', created_at: 1_700_000_000_000, modalities: ['image'] }],
    })
    expect(request).toEqual({ ...json, operation: 'files', method: 'GET', path: '/files', headers: {} })
    expect(data).toEqual([file, { fileId: 'f-2', createdAt: '2023-11-14T22:13:20.000Z', modalities: ['image'] }])
  })

  it('are described by their id', () => {
    const { request, data } = run(gigachatExtras.getFile.run({ fileId: 'f-1', clientId: 'user-1' }).steps, wireFile)
    const headers = { 'x-client-id': 'user-1' }
    expect(request).toEqual({ ...json, operation: 'files', method: 'GET', path: '/files/f-1', headers })
    expect(data).toEqual(file)
  })

  it('are downloaded with the type the service states', () => {
    const bytes = new Uint8Array([255, 216])
    const headers = { 'content-type': 'image/JPEG; q=1' }
    const { request, data, read } = run(gigachatExtras.downloadFile.run({ fileId: 'f-1' }).steps, bytes, headers)
    expect(read).toBe('bytes')
    expect(request).toMatchObject({ method: 'GET', path: '/files/f-1/content', accept: [], repeat: 'safe' })
    expect(data).toEqual({ bytes, mediaType: 'image/jpeg' })
  })

  it('are deleted by POST', () => {
    const answer = { id: 'f-1', deleted: true, access_policy: 'private' }
    const { request, data } = run(gigachatExtras.deleteFile.run({ fileId: 'f-1' }).steps, answer)
    expect(request).toEqual({ ...json, operation: 'files', method: 'POST', path: '/files/f-1/delete', headers: {} })
    expect(data).toEqual({ fileId: 'f-1', deleted: true, accessPolicy: 'private' })
  })
})

describe('functions', () => {
  it('are validated as they would be sent', () => {
    const input = {
      name: 'depth',
      description: 'Глубина реки',
      inputSchema: { type: 'object' },
      examples: [{ request: 'Глубока ли Обь?', input: { river: 'Обь' } }],
    }
    const { request, data } = run(gigachatExtras.validateFunction.run(input).steps, {
      status: 200,
      message: 'Function is valid',
      json_ai_rules_version: '1.0',
      warnings: [{ description: 'return_parameters is missing', schema_location: '(root)' }],
    })
    expect(request).toMatchObject({ ...json, operation: 'other', method: 'POST', path: '/functions/validate' })
    expect(JSON.parse(request.body as string)).toEqual({
      name: 'depth',
      description: 'Глубина реки',
      parameters: { type: 'object', properties: {} },
      few_shot_examples: [{ request: 'Глубока ли Обь?', params: { river: 'Обь' } }],
    })
    expect(data).toEqual({
      isValid: true,
      message: 'Function is valid',
      errors: [],
      warnings: [{ description: 'return_parameters is missing', location: '(root)' }],
      rulesVersion: '1.0',
    })
  })

  it.each([
    [{ message: 'Incorrect function syntax' }, []],
    [{ message: 'Odd', errors: [{ description: 'name is required' }] }, [{ description: 'name is required' }]],
  ])('are not valid where the service says %j', (answer, errors) => {
    const input = { name: 'depth', inputSchema: { type: 'object' } }
    const { data } = run(gigachatExtras.validateFunction.run(input).steps, answer)
    expect(data).toEqual({ isValid: false, message: answer.message, errors, warnings: [] })
  })

  it('are refused before sending when GigaChat has no words for their schema', () => {
    const inputSchema = { type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { type: 'number' }] } } }
    const validate = (): unknown => gigachatExtras.validateFunction.run({ name: 'depth', inputSchema })
    expect(validate).toThrow(UnsupportedFeatureError)
  })

  it('are made of the text of an OpenAPI description', () => {
    const openapi = 'openapi: 3.0.0'
    const { request, data } = run(gigachatExtras.convertFunctions.run({ openapi }).steps, {
      functions: [
        {
          name: 'depth',
          description: 'Глубина',
          parameters: { type: 'object', properties: {} },
          few_shot_examples: [{ request: 'Обь?', params: {} }],
          return_parameters: { type: 'object' },
        },
        { name: 'length', description: null },
      ],
    })
    expect(request).toMatchObject({
      method: 'POST',
      path: '/functions/convert',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: openapi,
    })
    expect(data).toEqual([
      {
        name: 'depth',
        description: 'Глубина',
        inputSchema: { type: 'object', properties: {} },
        outputSchema: { type: 'object' },
        examples: [{ request: 'Обь?', input: {} }],
      },
      { name: 'length', inputSchema: { type: 'object', properties: {} } },
    ])
  })
})

describe('checks', () => {
  const words = (count: number): string => Array.from({ length: count }, () => 'слово').join(' ')

  it('tell who wrote a text, and have the policy judge the model', () => {
    const { model, steps } = gigachatExtras.checkAiText.run({ model: 'GigaCheckDetection', input: words(20) })
    expect(model).toBe('GigaCheckDetection')
    const answer = { category: 'mixed', characters: 119, tokens: 40, ai_intervals: [[1, 60]] }
    const { request, data } = run(steps, answer)
    expect(request).toMatchObject({ ...json, operation: 'classify', method: 'POST', path: '/ai/check' })
    expect(JSON.parse(request.body as string)).toEqual({ model: 'GigaCheckDetection', input: words(20) })
    expect(data).toEqual({ category: 'mixed', characters: 119, tokens: 40, aiIntervals: [[1, 60]] })
  })

  it('want twenty words', () => {
    expect(gigachatExtras.checkAiText.run({ input: words(20) }).model).toBe('GigaCheckClassification')
    expect(() => gigachatExtras.checkAiText.run({ input: `${words(19)} — !` })).toThrow('has 19 words')
  })

  it('tell whether the filter steps in', () => {
    const input = {
      messages: [{ role: 'user', content: 'Как пройти в библиотеку?' }],
      settings: { neuro: true, unnormalizedHistory: false },
      tools: [{ name: 'depth', inputSchema: { type: 'object' } }],
      clientId: 'user-1',
    } as const
    const { model, steps } = gigachatExtras.checkFilter.run(input)
    expect(model).toBe('GigaFilter')
    const { request, data } = run(steps, { is_profane: false, usage: { filter_tokens: 7 } })
    expect(request).toMatchObject({ method: 'POST', path: '/filter/check', headers: { 'x-client-id': 'user-1' } })
    expect(JSON.parse(request.body as string)).toEqual({
      model: 'GigaFilter',
      settings: { neuro: true, unnormalized_history: false },
      messages: [{ role: 'user', content: 'Как пройти в библиотеку?' }],
      functions: [{ name: 'depth', parameters: { type: 'object', properties: {} } }],
    })
    expect(data).toEqual({ isProfane: false, filterTokens: 7 })
  })
})

describe('the account', () => {
  it('says what is left of its tokens', () => {
    const answer = { balance: [{ usage: 'GigaChat-Max', value: 50_000 }] }
    const { request, data } = run(gigachatExtras.balance.run(undefined).steps, answer)
    expect(request).toEqual({ ...json, operation: 'other', method: 'GET', path: '/balance' })
    expect(data).toEqual([{ name: 'GigaChat-Max', tokens: 50_000 }])
  })

  it('describes a model', () => {
    const answer = { id: 'GigaChat-2-Max', object: 'model', owned_by: 'salutedevices', type: 'chat' }
    const { request, data } = run(gigachatExtras.getModel.run({ model: 'gigachat-2-max' }).steps, answer)
    expect(request).toEqual({ ...json, operation: 'models', method: 'GET', path: '/models/GigaChat-2-Max' })
    expect(data).toEqual({
      id: 'GigaChat-2-Max',
      catalogueId: 'GigaChat-2-Max',
      rawId: 'GigaChat-2-Max',
      kind: 'chat',
      ownedBy: 'salutedevices',
    })
  })

  const wireBatch = {
    id: 'b-1',
    method: 'chat_completions',
    request_counts: { total: 2, completed: 1, failed: 1 },
    status: 'completed',
    output_file_id: 'f-1',
    created_at: 1_700_000_000,
    updated_at: 1_700_000_000,
  }

  const batch = {
    batchId: 'b-1',
    method: 'chat_completions',
    status: 'completed',
    total: 2,
    completed: 1,
    failed: 1,
    outputFileId: 'f-1',
    createdAt: '2023-11-14T22:13:20.000Z',
    updatedAt: '2023-11-14T22:13:20.000Z',
  }

  it.each([
    ['a list in an object', { batches: [wireBatch, { id: 'b-2', status: 'created' }] }],
    ['a bare list', [wireBatch, { id: 'b-2', status: 'created' }]],
  ])('has batches, given as %s', (_form, answer) => {
    const { request, data } = run(gigachatExtras.listBatches.run({ clientId: 'user-1' }).steps, answer)
    const headers = { 'x-client-id': 'user-1' }
    expect(request).toEqual({ ...json, operation: 'job', method: 'GET', path: '/batches', headers })
    expect(data).toEqual([batch, { batchId: 'b-2', status: 'created' }])
  })

  it('has a batch by its id', () => {
    const { steps } = gigachatExtras.getBatch.run({ batchId: 'b-1' })
    const { request, data } = run(steps, { batches: [{ id: 'b-0', status: 'created' }, wireBatch] })
    expect(request).toMatchObject({ method: 'GET', path: '/batches', query: { batch_id: 'b-1' } })
    expect(data).toEqual(batch)
    expect(run(gigachatExtras.getBatch.run({ batchId: 'b-1' }).steps, wireBatch).data).toEqual(batch)
    expect(() => run(gigachatExtras.getBatch.run({ batchId: 'b-9' }).steps, { batches: [wireBatch] })).toThrow(
      ProtocolError,
    )
  })
})

describe('texts', () => {
  it('are counted one by one, and have the policy judge the model', () => {
    const input = { model: 'gigachat-2', texts: ['Обь', 'Лена'], clientId: 'user-1' }
    const { model, steps } = gigachatExtras.countTextTokens.run(input)
    expect(model).toBe('gigachat-2')
    const { request, data } = run(steps, [{ object: 'tokens', tokens: 2, characters: 3 }, { tokens: 1 }])
    const { body, ...rest } = request
    const headers = { 'x-client-id': 'user-1' }
    expect(rest).toEqual({ ...json, operation: 'tokens', method: 'POST', path: '/tokens/count', headers })
    expect(JSON.parse(body as string)).toEqual({ model: 'GigaChat-2', input: ['Обь', 'Лена'] })
    expect(data).toEqual([{ tokens: 2, characters: 3 }, { tokens: 1 }])
  })
})

describe('a batch of embeddings', () => {
  /** Answers the exchanges of an operation in turn. */
  function runAll<R>(steps: Operation<R>, ...bodies: readonly unknown[]): { data: R; requests: WireRequest[] } {
    const requests: WireRequest[] = []
    let step = steps.next()
    for (const body of bodies) {
      if (step.done || step.value.do !== 'exchange') throw new Error('no exchange')
      const { request, shape } = step.value
      requests.push(request)
      step = steps.next({ status: 200, headers: {}, body: shape ? shape(z).parse(body) : body })
    }
    if (!step.done) throw new Error('it wants more')
    return { data: step.value, requests }
  }

  const created = { id: 'b-1', method: 'embedder', request_counts: { total: 4 }, status: 'created' }
  const completed = { ...created, status: 'completed', output_file_id: 'f-1' }

  it('has a line for each text, and is sent once', () => {
    const input = { model: 'embeddingsgigar', values: ['Обь', 'Лена'], kind: 'query', clientId: 'user-1' } as const
    const { model, steps } = gigachatExtras.createEmbeddingBatch.run(input)
    expect(model).toBe('embeddingsgigar')
    const { data, requests } = runAll(steps, created)
    const [{ body, ...request }] = requests as [WireRequest]
    expect(request).toEqual({
      ...json,
      operation: 'job',
      method: 'POST',
      path: '/batches',
      query: { method: 'embedder' },
      headers: { 'x-client-id': 'user-1', 'content-type': 'application/octet-stream' },
      repeat: 'unsafe',
    })
    const lines = new TextDecoder().decode(body as Uint8Array).split('\n')
    const instruction = 'Дан вопрос, необходимо найти абзац текста с ответом\nвопрос: '
    expect(lines.map((line) => (line === '' ? line : (JSON.parse(line) as unknown)))).toEqual([
      { id: 'call-1', request: { model: 'EmbeddingsGigaR', input: [`${instruction}Обь`] } },
      { id: 'call-2', request: { model: 'EmbeddingsGigaR', input: [`${instruction}Лена`] } },
      '',
    ])
    expect(data).toEqual({ batchId: 'b-1', method: 'embedder', status: 'created', total: 4 })
  })

  it('that is under way has no vectors yet', () => {
    const { steps } = gigachatExtras.getEmbeddingBatch.run({ batchId: 'b-1' })
    const { data, requests } = runAll(steps, { batches: [{ ...created, status: 'in_progress' }] })
    expect(requests).toMatchObject([{ method: 'GET', path: '/batches', query: { batch_id: 'b-1' } }])
    expect(data).toEqual({ batchId: 'b-1', method: 'embedder', status: 'in_progress', total: 4 })
  })

  it.each([
    ['of conversations', { method: 'chat_completions' }],
    ['without its length', { request_counts: {} }],
    ['of any length', { request_counts: { total: 2 ** 40 } }],
  ])('%s is none of ours', (_what, more) => {
    const { steps } = gigachatExtras.getEmbeddingBatch.run({ batchId: 'b-1' })
    expect(() => runAll(steps, { batches: [{ ...completed, ...more }] })).toThrow(ProtocolError)
  })

  it('gives the vectors in the order of the texts, and a reason for each that has none', () => {
    const output = [
      { id: 'call-2', result: { data: [{ index: 0, embedding: [3, 4], usage: { prompt_tokens: 5 } }] } },
      { id: 'call-1', result: { data: [{ embedding: [1, 2] }] } },
      { id: 'call-3', error: { status: 413, message: 'Payload too large' } },
      { id: 'call-4', result: { data: [] } },
    ]
    const answers = new TextEncoder().encode(output.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const { steps } = gigachatExtras.getEmbeddingBatch.run({ batchId: 'b-1', clientId: 'user-1' })
    const { data, requests } = runAll(steps, { batches: [completed] }, answers)
    expect(requests).toMatchObject([
      { method: 'GET', path: '/batches', headers: { 'x-client-id': 'user-1' } },
      { method: 'GET', path: '/files/f-1/content', headers: { 'x-client-id': 'user-1' } },
    ])
    expect(data).toEqual({
      batchId: 'b-1',
      method: 'embedder',
      status: 'completed',
      total: 4,
      outputFileId: 'f-1',
      items: [
        { embedding: [1, 2] },
        { embedding: [3, 4], inputTokens: 5 },
        { failure: expect.objectContaining({ kind: 'context-length', status: 413 }) as unknown },
        { failure: expect.objectContaining({ kind: 'protocol', isRetryable: false }) as unknown },
      ],
    })
  })
})

describe('wrong input is refused before anything is sent', () => {
  const good = { name: 'depth', inputSchema: { type: 'object' } }
  const upload = { file: new Uint8Array([1]), filename: 'a.txt', mediaType: 'text/plain' }
  it.each<[keyof typeof gigachatExtras, unknown, string]>([
    ['balance', { model: 'GigaChat' }, "unknown option 'model'"],
    ['balance', 'GigaChat', 'takes an object'],
    ['uploadFile', undefined, 'file must be a non-empty Uint8Array'],
    ['uploadFile', { ...upload, file: 'текст' }, 'file must be a non-empty Uint8Array'],
    ['uploadFile', { ...upload, file: new Uint8Array() }, 'file must be a non-empty Uint8Array'],
    ['uploadFile', { ...upload, filename: ' ' }, 'filename must be a non-empty string'],
    ['uploadFile', { ...upload, mediaType: undefined }, 'mediaType must be a non-empty string'],
    ['uploadFile', { ...upload, purpose: 'other' }, "purpose must be 'general' or 'assistant'"],
    ['uploadFile', { ...upload, mimeType: 'text/plain' }, 'use mediaType'],
    ['listFiles', { clientId: 'пользователь' }, 'clientId must be printable ASCII'],
    ['listFiles', { clientId: 'a\r\nb: c' }, 'clientId must be printable ASCII'],
    ['getFile', { fileId: '..' }, 'fileId must be an id'],
    ['getFile', { id: 'f-1' }, 'use fileId'],
    ['downloadFile', { fileId: 'a/b' }, 'fileId must be an id'],
    ['deleteFile', {}, 'fileId must be an id'],
    ['validateFunction', {}, 'name must be a non-empty string'],
    ['validateFunction', { ...good, inputSchema: 'x' }, 'inputSchema must be a JSON Schema'],
    ['validateFunction', { ...good, outputSchema: [] }, 'outputSchema must be a JSON Schema'],
    ['validateFunction', { ...good, examples: ['x'] }, 'examples must be a list'],
    ['validateFunction', { ...good, description: 1 }, 'description must be a non-empty string'],
    ['convertFunctions', { openapi: {} }, 'openapi must be a non-empty string'],
    ['checkAiText', { input: 1 }, 'input must be a non-empty string'],
    ['checkAiText', { input: 'раз '.repeat(20), model: 'GigaChat-2' }, 'model must be the name of a classifier'],
    ['checkFilter', { messages: [] }, 'messages must be a non-empty list'],
    ['checkFilter', { messages: [{ role: 'tool', content: '' }] }, 'role must be system, user or assistant'],
    ['checkFilter', { messages: [{ role: 'user', content: [] }] }, 'content must be a string'],
    ['checkFilter', { messages: [{ role: 'user', content: '', name: 'x' }] }, "unknown option 'name'"],
    [
      'checkFilter',
      { messages: [{ role: 'user', content: '' }], settings: { neuro: 1 } },
      'neuro must be true or false',
    ],
    ['checkFilter', { messages: [{ role: 'user', content: '' }], tools: [{}] }, 'tools[0]: name must be'],
    ['checkFilter', { messages: [{ role: 'user', content: '' }], tools: good }, 'tools must be a list'],
    ['getModel', { model: '../files' }, 'model must be a plain model name'],
    ['listBatches', { batchId: 'b-1' }, "unknown option 'batchId'"],
    ['getBatch', { batchId: '' }, 'batchId must be an id'],
    ['getEmbeddingBatch', { id: 'b-1' }, 'use batchId'],
    ['createEmbeddingBatch', { model: 'Embeddings', values: [] }, 'values must be a list of 1 to 1000'],
    ['createEmbeddingBatch', { model: 'Embeddings', values: ['а', ' '] }, 'values must be a list of 1 to 1000'],
    ['createEmbeddingBatch', { model: 'GigaChat-2', values: ['а'] }, 'model must be a model of embeddings'],
    ['createEmbeddingBatch', { model: '../x', values: ['а'] }, 'model must be a model of embeddings'],
    ['createEmbeddingBatch', { model: 'Embeddings', values: ['а'], kind: 'doc' }, "kind must be 'query' or"],
    ['countTextTokens', { model: '../x', texts: ['а'] }, 'model must be a plain model name'],
    ['countTextTokens', { model: 'GigaChat-2', texts: 'а' }, 'texts must be a non-empty list'],
    ['countTextTokens', { model: 'GigaChat-2', input: ['а'] }, 'use texts'],
  ])('%s %j', (name, input, message) => {
    const begin = (): unknown => gigachatExtras[name].run(input as never)
    expect(begin).toThrow(ConfigurationError)
    expect(begin).toThrow(message)
  })
})
