import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, UnsupportedFeatureError } from '@shlyuz/core'
import type { DeferredState, Effect, JsonValue, Operation, TextCall } from '@shlyuz/core'
import { gigachatDeferred } from './gigachat-batches.ts'
import { parseGigachatModel } from './gigachat-models.ts'
import type { GigachatOptions } from './gigachat-options.ts'

type Exchange = Extract<Effect, { readonly do: 'exchange' }>

const model = parseGigachatModel('GigaChat-2-Max')
const deferred = gigachatDeferred('sber')

function call(prompt: string, options: GigachatOptions = {}): TextCall {
  const messages = [{ role: 'user', content: [{ type: 'text', text: prompt }] }] as const
  return { messages, settings: { maxOutputTokens: 9 }, stream: false, tools: [], toolChoice: 'auto', options }
}

/** Runs an operation, and answers its exchanges in turn; each answer must fit the shape stated for it. */
function run<R>(operation: Operation<R>, ...bodies: readonly unknown[]): { result: R; exchanges: Exchange[] } {
  const exchanges: Exchange[] = []
  let step = operation.next()
  for (const body of bodies) {
    if (step.done || step.value.do !== 'exchange') throw new Error('no exchange')
    exchanges.push(step.value)
    step = operation.next({ status: 200, headers: {}, body: step.value.shape ? step.value.shape(z).parse(body) : body })
  }
  if (!step.done) throw new Error('it wants more')
  return { result: step.value, exchanges }
}

function inspect(
  reference: JsonValue,
  ...bodies: readonly unknown[]
): { result: DeferredState; exchanges: Exchange[] } {
  return run(deferred.inspect(reference, model), ...bodies)
}

function answer(content: string): object {
  return { choices: [{ message: { role: 'assistant', content }, finish_reason: 'stop' }], model: 'GigaChat-2-Max:2.0' }
}

function output(...lines: readonly (object | string)[]): Uint8Array {
  const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('')
  return new TextEncoder().encode(text)
}

const completed = { batches: [{ id: 'b-1', status: 'completed', output_file_id: 'f-1' }] }

it('submits the lines in their order, once', () => {
  const { result, exchanges } = run(
    deferred.submit([call('Обь', { clientId: 'user-1', profanityCheck: true }), call('Лена')], model),
    { id: 'b-1', method: 'chat_completions', request_counts: { total: 2 }, status: 'created' },
  )
  const { body, ...request } = exchanges[0]!.request
  expect(request).toEqual({
    endpoint: 'api',
    operation: 'job',
    method: 'POST',
    path: '/batches',
    query: { method: 'chat_completions' },
    headers: { 'x-client-id': 'user-1', 'content-type': 'application/octet-stream' },
    repeat: 'unsafe',
    accept: ['application/json'],
  })
  const lines = new TextDecoder().decode(body as Uint8Array).split('\n')
  expect(lines.pop()).toBe('')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      id: 'call-1',
      request: {
        model: 'GigaChat-2-Max',
        messages: [{ role: 'user', content: 'Обь' }],
        max_tokens: 9,
        profanity_check: true,
      },
    },
    {
      id: 'call-2',
      request: { model: 'GigaChat-2-Max', messages: [{ role: 'user', content: 'Лена' }], max_tokens: 9 },
    },
  ])
  expect(result).toEqual({ batch: 'b-1', calls: 2, clientId: 'user-1' })
  expect(JSON.parse(JSON.stringify(result))).toEqual(result)
})

it('refuses options of v2 before anything is sent', () => {
  const submit = deferred.submit([call('Обь', { v2: { builtInTools: { web_search: true } } })], model)
  expect(() => submit.next()).toThrow(UnsupportedFeatureError)
})

it('has no cancel: the service has none', () => {
  expect(deferred.cancel).toBeUndefined()
})

describe('a look at a batch', () => {
  it.each<[object, DeferredState]>([
    [{ status: 'created' }, { status: 'queued' }],
    [{ status: 'in_progress' }, { status: 'running' }],
    [
      { status: 'in_progress', request_counts: { total: 3, completed: 1, failed: 1 } },
      { status: 'running', completed: 2 },
    ],
    [{ status: 'unheard_of' }, { status: 'running' }],
    [{ status: 'completed' }, { status: 'running', completed: 3 }],
    [{ status: 'cancelled' }, { status: 'cancelled' }],
  ])('that says %j finds %j', (said, state) => {
    const { result, exchanges } = inspect({ batch: 'b-1', calls: 3 }, { batches: [{ id: 'b-1', ...said }] })
    expect(result).toEqual(state)
    expect(exchanges[0]!.request).toEqual({
      endpoint: 'api',
      operation: 'job',
      method: 'GET',
      path: '/batches',
      query: { batch_id: 'b-1' },
      headers: {},
      repeat: 'safe',
      accept: ['application/json'],
    })
  })

  it('finds the failure of the whole', () => {
    const { result } = inspect({ batch: 'b-1', calls: 3 }, [{ id: 'b-1', status: 'failed' }])
    expect(result).toMatchObject({ status: 'failed', failure: { kind: 'server', isRetryable: false } })
  })

  it('brings the answers in the order of the calls, with the client id of the submission', () => {
    const bytes = output(
      { id: 'call-2', result: answer('Лена') },
      { id: 'foreign', result: answer('Енисей') },
      { id: 'call-1', result: answer('Обь') },
    )
    const { result, exchanges } = inspect({ batch: 'b-1', calls: 2, clientId: 'user-1' }, completed, bytes)
    const common = {
      finishReason: 'stop',
      rawFinishReason: 'stop',
      usage: {},
      modelId: 'GigaChat-2-Max',
      rawModel: 'GigaChat-2-Max:2.0',
    }
    expect(result).toEqual({
      status: 'done',
      items: [
        { result: { ...common, content: [{ type: 'text', text: 'Обь' }] } },
        { result: { ...common, content: [{ type: 'text', text: 'Лена' }] } },
      ],
    })
    expect(exchanges[1]!.request).toMatchObject({ path: '/files/f-1/content', headers: { 'x-client-id': 'user-1' } })
  })

  it('brings a failure for each line that is no answer, and for one that is missing', () => {
    const bytes = output(
      { id: 'call-1', error: { status: 422, message: 'Invalid params: top_p must be in range [0, 1]' } },
      { id: 'call-2', result: { status: 429, message: 'Too Many Requests' } },
      { id: 'call-3', error: 'Oops' },
      { id: 'call-4', result: { choices: [] } },
      { id: 'call-5' },
      '{"id":"call-6","result":',
      { id: 'call-7', result: answer('Обь') },
    )
    const { result } = inspect({ batch: 'b-1', calls: 7 }, completed, bytes)
    expect(result).toMatchObject({
      status: 'done',
      items: [
        { failure: { kind: 'bad-request', status: 422, message: expect.stringContaining('top_p must be') as string } },
        { failure: { kind: 'rate-limit', status: 429 } },
        { failure: { kind: 'server', message: expect.stringContaining('Oops') as string } },
        { failure: { kind: 'protocol', message: expect.stringContaining('no choices') as string } },
        { failure: { kind: 'server' } },
        { failure: { kind: 'protocol', message: expect.stringContaining('no answer') as string } },
        { result: { content: [{ type: 'text', text: 'Обь' }] } },
      ],
    })
  })

  it.each<[JsonValue]>([
    ['b-1'],
    [{ operation: 'd7q' }],
    [{ batch: '../files', calls: 1 }],
    [{ batch: 'b-1', calls: 0 }],
    [{ batch: 'b-1', calls: 1e9 }],
    [{ batch: 'b-1', calls: 1, clientId: 7 }],
  ])('refuses the reference %j', (reference) => {
    expect(() => deferred.inspect(reference, model).next()).toThrow(ConfigurationError)
  })
})
