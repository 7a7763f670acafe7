import { describe, expect, it } from 'vitest'
import { ContextLengthError, ServerError, type ErrorReply } from '@shlyuz/core'
import { convertOpenAiError, createOpenAiError, readOpenAiFailure } from './openai-compatible-errors.ts'

function reply(status: number, body: unknown, contentType = 'application/json'): ErrorReply {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { operation: 'chat', endpoint: 'api', status, headers: {}, contentType, text }
}

describe('reads the text of an error in every form', () => {
  it.each<[string, unknown, string, string?]>([
    ['OpenAI', { error: { message: 'no', type: 'invalid_request_error', code: 'bad_thing' } }, 'no', 'bad_thing'],
    [
      'a type alone',
      { error: { message: 'no', type: 'invalid_request_error', code: null } },
      'no',
      'invalid_request_error',
    ],
    ['llama.cpp', { error: { code: 400, message: 'no', type: 'invalid_request_error' } }, 'no', '400'],
    ['a text', { error: 'no' }, 'no'],
    ['a text within', { error: { error: 'no' } }, 'no'],
    ['a message', { message: 'no', code: 3 }, 'no', '3'],
    ['vLLM without an envelope', { object: 'error', message: 'no', type: 'BadRequestError', code: 400 }, 'no', '400'],
    ['FastAPI', { detail: 'no' }, 'no'],
    ['a list of FastAPI', { detail: [{ msg: 'no' }, { msg: 'and no' }] }, 'no; and no'],
    [
      'gRPC',
      { error: { message: 'rpc error: code = InvalidArgument desc = no' } },
      'rpc error: code = InvalidArgument desc = no',
      'InvalidArgument',
    ],
    ['nothing', {}, 'a body that is not an error in JSON'],
    ['no JSON', 'oops', 'a body that is not an error in JSON'],
    ['an empty body', '', 'an empty body'],
  ])('%s', (_form, body, message, providerCode) => {
    expect(convertOpenAiError(reply(400, body), 'vllm')).toEqual({
      kind: 'bad-request',
      message: `vllm answered 400: ${message}`,
      hint: expect.stringMatching(/[а-я]/) as string,
      status: 400,
      ...(providerCode !== undefined && { providerCode }),
    })
  })

  it('a page of a gateway', () => {
    expect(convertOpenAiError(reply(502, '<html>Bad gateway</html>', 'text/html')).message).toBe(
      'the endpoint answered 502: an HTML page, not the service',
    )
  })
})

it.each<[number, string, string]>([
  [400, 'something', 'bad-request'],
  [400, "This model's maximum context length is 8192 tokens", 'context-length'],
  [400, 'the request exceeds the available context size, try increasing it', 'context-length'],
  [500, 'the request exceeds the available context size', 'context-length'],
  [400, 'Number of input tokens must be no more than 32768, got 40000', 'context-length'],
  [400, 'prompt is too long', 'context-length'],
  [413, 'something', 'context-length'],
  [400, 'flagged by content_filter', 'content-filter'],
  [401, 'Incorrect API key', 'auth'],
  [402, 'something', 'quota'],
  [429, 'insufficient_quota', 'quota'],
  [403, 'something', 'permission'],
  [404, 'model does not exist', 'not-found'],
  [408, 'something', 'server'],
  [422, 'something', 'bad-request'],
  [429, 'slow down', 'rate-limit'],
  [500, 'something', 'server'],
  [503, 'loading model', 'server'],
])('%i %s is %s', (status, message, kind) => {
  const failure = convertOpenAiError(reply(status, { error: { message } }))
  expect(failure).toMatchObject({ kind, status, hint: expect.stringMatching(/[а-я]/) as string })
  expect(failure.refreshToken).toBe(status === 401 ? true : undefined)
})

it('what is not implemented is not repeated', () => {
  expect(convertOpenAiError(reply(501, {})).isRetryable).toBe(false)
  expect(convertOpenAiError(reply(503, {})).isRetryable).toBeUndefined()
})

it('repeats no prompt, key or long word of the body', () => {
  const echo = `bad 'Паспорт 4509' sk-abcdef123456 ${'x'.repeat(150)} at\n\u0000line`
  expect(convertOpenAiError(reply(400, { error: { message: echo } })).message).toBe(
    "the endpoint answered 400: bad '… 4509' … … at line",
  )
})

describe('a failure in a body of 200', () => {
  it('has the status that it states, or one of gRPC, or 500', () => {
    expect(readOpenAiFailure({ error: { message: 'no', code: 429 } })).toMatchObject({
      kind: 'rate-limit',
      status: 429,
    })
    const grpc = { error: 'rpc error: code = PermissionDenied desc = no' }
    expect(readOpenAiFailure(grpc)).toMatchObject({ kind: 'permission', status: 403 })
    expect(readOpenAiFailure({ error: true })).toMatchObject({
      kind: 'server',
      status: 500,
      message: 'the endpoint reported in its answer: an error without text',
    })
    expect(readOpenAiFailure({ error: { code: 401 } }, 'vllm')).not.toHaveProperty('refreshToken')
  })

  it('becomes the error of its kind', () => {
    const error = createOpenAiError(readOpenAiFailure({ error: { message: 'prompt is too long', code: 400 } }))
    expect(error).toBeInstanceOf(ContextLengthError)
    expect(error).toMatchObject({
      status: 400,
      providerCode: '400',
      hint: expect.stringMatching(/контекста/) as string,
    })
    expect(createOpenAiError(readOpenAiFailure({ error: 'x' }))).toBeInstanceOf(ServerError)
  })
})
