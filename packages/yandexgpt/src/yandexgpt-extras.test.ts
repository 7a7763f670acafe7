import { describe, expect, it } from 'vitest'
import { BadRequestError, ConfigurationError, ProtocolError } from '@shlyuz/core'
import type { Operation } from '@shlyuz/core'
import { createClassifyFewShot, createClassifyTuned } from './yandexgpt-classify.ts'
import { createGenerativeSearch } from './yandexgpt-generative-search.ts'
import { yandexgptNotOffered } from './yandexgpt-not-offered.ts'
import { cancelOperation, getOperation } from './yandexgpt-operation-extras.ts'
import { createTokenize } from './yandexgpt-tokenize.ts'

const settings = { folderId: 'b1gfolder', dataLogging: false, sendFolderId: false } as const
const headers = { 'x-data-logging-enabled': 'false' }
const post = { method: 'POST', repeat: 'safe', accept: ['application/json'] }

/** Answers the one exchange of an operation. */
function drive<R>(operation: Operation<R>, answer: unknown): { readonly result: R; readonly request: unknown } {
  const step = operation.next()
  if (step.done || step.value.do !== 'exchange') throw new Error('no exchange')
  const { body, ...others } = step.value.request
  const end = operation.next({ status: 200, headers: {}, body: answer })
  if (!end.done) throw new Error('a further effect')
  const request = { ...others, ...(body !== undefined && { body: JSON.parse(body as string) as unknown }) }
  return { result: end.value, request }
}

/** The error with which an input is refused. */
function refusalOf(run: () => unknown): ConfigurationError {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  return expect.unreachable()
}

describe('tokenize', () => {
  const tokenize = createTokenize(settings)

  it('gives the pieces of a text', () => {
    const { model, steps } = tokenize.run({ model: 'yandexgpt/latest', text: 'привет' })
    expect(model).toBe('yandexgpt/latest')
    const tokens = [
      { id: '1', text: '<s>', special: true },
      { id: 28_127, text: '▁привет' },
    ]
    expect(drive(steps, { tokens, modelVersion: '07.03.2024' })).toEqual({
      result: {
        tokens: [
          { id: '1', text: '<s>', special: true },
          { id: '28127', text: '▁привет', special: false },
        ],
        modelVersion: '07.03.2024',
      },
      request: {
        ...post,
        endpoint: 'api',
        operation: 'tokens',
        path: '/foundationModels/v1/tokenize',
        headers,
        body: { modelUri: 'gpt://b1gfolder/yandexgpt/latest', text: 'привет' },
      },
    })
  })

  it.each([undefined, null, [], { model: 'yandexgpt' }, { model: 'yandexgpt', text: '' }, { model: 7, text: 'а' }])(
    'refuses %j',
    (input) => {
      expect(refusalOf(() => tokenize.run(input as never)).hint).toMatch(/tokenize|непустая/)
    },
  )

  it('refuses keys it does not know', () => {
    const input = { model: 'yandexgpt', text: 'а', texts: [] }
    expect(refusalOf(() => tokenize.run(input)).message).toMatch(/tokenize\(\): unknown option 'texts'/)
  })
})

describe('classification', () => {
  const answer = {
    predictions: [
      { label: 'оплата', confidence: 2.1e-7 },
      { label: 'доставка', confidence: 0.99 },
    ],
    modelVersion: '',
    inputTokens: '46',
  }
  const result = { predictions: answer.predictions, inputTokens: 46 }
  const input = {
    model: 'yandexgpt-lite/latest',
    taskDescription: 'Определи тему',
    labels: ['оплата', 'доставка'],
    text: 'Где курьер?',
  }

  it('by labels and examples', () => {
    const samples = [{ text: 'не проходит карта', label: 'оплата' }]
    const { model, steps } = createClassifyFewShot(settings).run({ ...input, samples })
    expect(model).toBe('yandexgpt-lite/latest')
    const { model: _model, ...fields } = input
    expect(drive(steps, answer)).toEqual({
      result,
      request: {
        ...post,
        endpoint: 'api',
        operation: 'classify',
        path: '/foundationModels/v1/fewShotTextClassification',
        headers,
        body: { modelUri: 'cls://b1gfolder/yandexgpt-lite/latest', ...fields, samples },
      },
    })
  })

  it('by a tuned model', () => {
    const { model, steps } = createClassifyTuned(settings).run({ model: 'yandexgpt-lite/rc@tamr7', text: 'привет' })
    expect(model).toBe('yandexgpt-lite/rc@tamr7')
    expect(drive(steps, answer)).toEqual({
      result,
      request: {
        ...post,
        endpoint: 'api',
        operation: 'classify',
        path: '/foundationModels/v1/textClassification',
        headers,
        body: { modelUri: 'cls://b1gfolder/yandexgpt-lite/rc@tamr7', text: 'привет' },
      },
    })
  })

  it.each<[object, RegExp]>([
    [{ labels: [] }, /labels must be a list of 1 to 20/],
    [{ labels: Array.from({ length: 21 }, (_, at) => `метка ${at}`) }, /1 to 20/],
    [{ labels: ['оплата', ''] }, /non-empty strings/],
    [{ samples: [{ text: 'а' }] }, /samples must be a list/],
    [{ samples: [{ text: 'а', label: 'б', weight: 1 }] }, /samples must be a list/],
    [{ taskDescription: undefined }, /taskDescription must be/],
    [{ model: 'gpt://b1g/yandexgpt' }, /begins with cls/],
    [{ model: 'a b' }, /not of the form/],
  ])('by labels refuses %j', (wrong, message) => {
    const refusal = refusalOf(() => createClassifyFewShot(settings).run({ ...input, ...wrong }))
    expect(refusal.message).toMatch(message)
    expect(refusal.hint).toMatch(/[а-я]/)
  })

  it('by a tuned model refuses one that is not', () => {
    const refusal = refusalOf(() => createClassifyTuned(settings).run({ model: 'yandexgpt-lite', text: 'а' }))
    expect(refusal.hint).toContain('classifyFewShot')
  })
})

describe('operations', () => {
  const running = { id: 'd7qjob', done: false, metadata: { completedBatches: '1' } }
  const get = { method: 'GET', operation: 'job', repeat: 'safe', accept: ['application/json'] }

  it.each([
    [{ id: 'd7qjob' }, 'operations'],
    [{ id: 'fbvimage' }, 'api'],
    [{ id: 'd7qjob', of: 'image' }, 'api'],
    [{ id: 'fbvimage', of: 'text' }, 'operations'],
  ] as const)('%j is looked at and cancelled at the endpoint %s', (input, endpoint) => {
    const result = { id: 'd7qjob', status: 'running', metadata: { completedBatches: '1' } }
    const path = `/operations/${input.id}`
    expect(drive(getOperation.run(input).steps, running)).toEqual({ result, request: { ...get, endpoint, path } })
    const cancelled = drive(cancelOperation.run(input).steps, { id: 'd7qjob', done: true, error: { code: 1 } })
    expect(cancelled).toEqual({
      result: { id: 'd7qjob', status: 'cancelled' },
      request: { ...get, endpoint, path: `${path}:cancel` },
    })
  })

  it('say who began them, and when', () => {
    const stated = {
      description: 'Async GPT Completion',
      createdAt: '2026-11-24T10:00:00Z',
      createdBy: 'aje1',
      modifiedAt: '2026-11-24T10:00:01Z',
    }
    const { result } = drive(getOperation.run({ id: 'd7qjob' }).steps, { ...running, ...stated })
    expect(result).toEqual({ id: 'd7qjob', status: 'running', metadata: { completedBatches: '1' }, ...stated })
    const image = { id: 'fbvimage', description: '', createdAt: null, createdBy: '', modifiedAt: null, done: false }
    expect(drive(getOperation.run({ id: 'fbvimage' }).steps, image).result).toEqual({
      id: 'fbvimage',
      status: 'running',
    })
  })

  it.each([{}, { id: '../x' }, { id: 'a b' }, { id: 'd7q', of: 'batch' }, { id: 'd7q', wait: true }])(
    'refuse %j',
    (input) => {
      expect(refusalOf(() => getOperation.run(input as never)).hint).toMatch(/[а-я]/)
    },
  )
})

describe('generative search', () => {
  const search = createGenerativeSearch(settings)
  const messages = [{ role: 'user', content: 'Что такое NDJSON?' }] as const
  const message = {
    message: { content: 'Это формат. [1]', role: 'ROLE_ASSISTANT' },
    sources: [{ url: 'https://example.com/ndjson', title: 'NDJSON', used: true }],
    searchQueries: [{ text: 'что такое ndjson', reqId: '1-a' }],
    fixedMisspellQuery: '',
    isAnswerRejected: false,
    isBulletAnswer: false,
    hints: [],
    problematicAnswer: false,
  }
  const result = {
    text: 'Это формат. [1]',
    sources: message.sources,
    searchQueries: ['что такое ndjson'],
    isAnswerRejected: false,
    isBulletAnswer: false,
    hints: [],
    problematicAnswer: false,
  }
  const partial = { ...message, message: { content: 'Это', role: 'ROLE_ASSISTANT' } }

  it('asks for an answer with sources', () => {
    const { steps, model } = search.run({
      messages: [...messages, { role: 'assistant', content: 'Формат' }],
      sites: ['example.com'],
      fixMisspell: true,
      searchFilters: [{ lang: 'ru' }],
      searchType: 'SEARCH_TYPE_RU',
    })
    expect(model).toBeUndefined()
    expect(drive(steps, JSON.stringify(message))).toEqual({
      result,
      request: {
        endpoint: 'search',
        operation: 'other',
        method: 'POST',
        path: '/v2/gen/search',
        body: {
          messages: [
            { content: 'Что такое NDJSON?', role: 'ROLE_USER' },
            { content: 'Формат', role: 'ROLE_ASSISTANT' },
          ],
          folderId: 'b1gfolder',
          site: { site: ['example.com'] },
          fixMisspell: true,
          searchFilters: [{ lang: 'ru' }],
          searchType: 'SEARCH_TYPE_RU',
          getPartialResults: false,
        },
        repeat: 'safe',
        accept: ['application/json', 'application/x-ndjson', 'application/stream+json'],
      },
    })
  })

  it.each([
    ['one document', JSON.stringify(message)],
    ['one document on lines of its own', JSON.stringify(message, undefined, 2)],
    ['a wrapped one', JSON.stringify({ result: message })],
    ['a list', JSON.stringify([partial, message])],
    ['a list of wrapped ones', JSON.stringify([{ result: partial }, { result: message }])],
    ['lines', `${JSON.stringify({ result: partial })}\n${JSON.stringify({ result: message })}\n`],
  ])('reads %s', (_what, body) => {
    expect(drive(search.run({ messages }).steps, body).result).toEqual(result)
  })

  it.each([
    ['an error', JSON.stringify({ error: { grpcCode: 3, httpCode: 400, message: 'bad filter' } }), BadRequestError],
    ['an error behind a part', `${JSON.stringify({ result: partial })}\n{"error":{"code":3}}`, BadRequestError],
    ['no message', '{}', ProtocolError],
    ['no JSON', '<html>', ProtocolError],
    ['half a line', `${JSON.stringify({ result: message })}\n{"result":`, ProtocolError],
    ['nothing', '', ProtocolError],
  ])('fails on %s', (_what, body, type) => {
    expect(() => drive(search.run({ messages }).steps, body)).toThrow(type)
  })

  it.each<[object, RegExp]>([
    [{ messages: [] }, /messages must be a list of 1 to 100/],
    [{ messages: [{ role: 'system', content: 'а' }] }, /'user' or 'assistant'/],
    [{ messages: [{ role: 'user', content: 'я'.repeat(16_385) }] }, /up to 16384/],
    [{ sites: ['a.example'], hosts: ['b.example'] }, /hosts cannot stand beside sites/],
    [{ urls: [] }, /urls must be a list of 1 to 100/],
    [{ fixMisspell: 'yes' }, /fixMisspell must be true or false/],
    [{ searchFilters: [{ lang: 'ru', date: '2026' }] }, /searchFilters must be/],
    [{ searchFilters: [{ colour: 'red' }] }, /unknown option 'colour'/],
    [{ searchType: 'RU' }, /searchType must be one of/],
    [{ getPartialResults: true }, /unknown option 'getPartialResults'/],
  ])('refuses %j', (wrong, message_) => {
    const refusal = refusalOf(() => search.run({ messages, ...wrong }))
    expect(refusal.message).toMatch(message_)
    expect(refusal.hint).toMatch(/[а-я]/)
  })
})

it('says of each operation that is not offered why', () => {
  expect(yandexgptNotOffered.length).toBeGreaterThan(5)
  for (const { operation, because } of yandexgptNotOffered) {
    expect(operation).not.toBe('')
    expect(because.length, operation).toBeGreaterThan(20)
  }
})
