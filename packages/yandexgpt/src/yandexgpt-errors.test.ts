import { describe, expect, it } from 'vitest'
import type { ErrorReply } from '@shlyuz/core'
import { convertYandexgptError, readYandexgptFailure } from './yandexgpt-errors.ts'

function reply(status: number, body: unknown, more: Partial<ErrorReply> = {}): ErrorReply {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
  return { operation: 'chat', endpoint: 'api', status, headers: {}, contentType: 'application/json', text, ...more }
}

const token = { operation: 'token', endpoint: 'iam' } as const

/** The envelope of the model. */
function envelope(grpcCode: number, httpCode: number, message: string): object {
  return { error: { grpcCode, httpCode, message, httpStatus: 'Words', details: [] } }
}

const unknownKey = "rpc error: code = Unauthenticated desc = Unknown api key '****1234 (0A1B2C3D)'"
const otherFolder = "Specified folder ID 'b1gasked' does not match with service account folder ID 'b1gright'"
const gauge = 'ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed 10 requests'
const rate = 'ai.textGenerationCompletionRequestsPerHour.rate rate quota limit exceed: allowed 100 requests'

describe('the model', () => {
  it.each([
    [400, 3, 'temperature must be in range [0, 1]', 'bad-request', /extraBody/],
    [400, 3, otherFolder, 'bad-request', /folderId: 'b1gright'.*YC_FOLDER_ID=b1gright/],
    [403, 7, otherFolder, 'bad-request', /folderId: 'b1gright'/],
    [400, 3, 'invalid model_uri', 'not-found', /yandexgpt-5\.1/],
    [400, 3, 'Failed to parse model URI', 'not-found', /имя/],
    [400, 3, 'Failed to get model', 'not-found', /снятые/],
    [400, 3, 'Number of input tokens must be no more than 32768, got 40000', 'context-length', /сократите/],
    [400, 3, 'it is not possible to generate an image from this request', 'content-filter', /перефразируйте/],
    [400, 3, 'a constraint was violated', 'bad-request', /причина/],
    [400, 9, 'precondition', 'bad-request', /причина/],
    [401, 16, unknownKey, 'auth', /YC_API_KEY.*yc\.ai\.languageModels\.execute/],
    [401, 16, 'The apikey has expired', 'auth', /Срок API-ключа истёк/],
    [401, 16, 'Token is invalid or has expired.', 'auth', /YC_IAM_TOKEN/],
    [401, 16, 'IAM token or API key has to be passed in request', 'auth', /YC_API_KEY/],
    [401, 16, 'You have to specify folder ID for user account', 'auth', /sendFolderId: true/],
    [402, 9, 'Payment required', 'quota', /Платёжный/],
    [403, 7, 'Permission denied', 'permission', /ai\.languageModels\.user/],
    [404, 5, 'Not found', 'not-found', /baseUrl/],
    [408, 4, 'Timeout', 'server', /повтор/],
    [413, 3, 'Too large', 'context-length', /сократите/],
    [429, 8, gauge, 'rate-limit', /сразу/],
    [429, 8, rate, 'rate-limit', /квота/],
    [500, 13, 'Internal error', 'server', /fallback/],
    [500, 2, 'Failed to get model', 'server', /fallback/],
    [503, 14, 'unavailable', 'server', /fallback/],
    [504, 4, 'Deadline exceeded', 'server', /fallback/],
  ])('%i, code %i, %s', (status, code, message, kind, hint) => {
    const failure = convertYandexgptError(reply(status, envelope(code, status, message)))
    expect(failure).toMatchObject({
      kind,
      status,
      message: `YandexGPT answered ${status}: ${message}`,
      hint: expect.stringMatching(hint) as string,
      providerCode: String(code),
    })
    const aboutToken = status === 401 && !message.includes('folder')
    expect(failure.refreshToken ?? false).toBe(aboutToken)
    expect(failure.isRetryable).toBeUndefined()
  })

  it('does not repeat what is not implemented', () => {
    expect(convertYandexgptError(reply(501, envelope(12, 501, 'x')))).toMatchObject({
      kind: 'server',
      isRetryable: false,
    })
  })

  it.each([
    ['snake case', { error: { grpc_code: 8, http_code: 429, message: gauge } }],
    ['google.rpc.Status', { code: 8, message: gauge, details: [] }],
  ])('is read in %s too', (_what, body) => {
    expect(convertYandexgptError(reply(429, body))).toMatchObject({
      kind: 'rate-limit',
      message: `YandexGPT answered 429: ${gauge}`,
      providerCode: '8',
    })
  })

  it('is read where the error is a text', () => {
    expect(convertYandexgptError(reply(401, { error: unknownKey }))).toMatchObject({
      kind: 'auth',
      message: `YandexGPT answered 401: ${unknownKey}`,
    })
  })

  it.each([
    ['<html>\n<head><title>502 Bad Gateway</title></head></html>', 'text/html', 'an HTML page, not the service'],
    ['', '', 'an empty body'],
    ['[1]', 'application/json', 'a body that is not the documented error'],
    ['{"error":null}', 'application/json', 'a body that is not the documented error'],
    ['upstream connect error', 'text/plain', 'a body that is not the documented error'],
  ])('is not the author of %j', (text, contentType, words) => {
    expect(convertYandexgptError(reply(502, text, { contentType }))).toEqual({
      kind: 'server',
      message: `YandexGPT answered 502: ${words}`,
      hint: expect.stringMatching(/fallback/) as string,
      status: 502,
    })
  })

  it('names the request', () => {
    const requestId = '7d0b3c6e-0000-4000-8000-000000000000'
    const details = [{ '@type': 'other' }, { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId }]
    expect(convertYandexgptError(reply(401, { code: 16, message: 'x', details })).requestId).toBe(requestId)
    const spoilt = [{ requestId: 'ваш запрос: секрет' }]
    expect(convertYandexgptError(reply(401, { code: 16, message: 'x', details: spoilt })).requestId).toBeUndefined()
  })

  it('lets nothing of the request into the message', () => {
    const echo = `bad text 'Мой тайный вопрос' of t1.9euelZqSecretToken and AQVNsecretKey_1-2 y0_AgAAAAsecret\r\n${'x'.repeat(300)}`
    const { message } = convertYandexgptError(reply(400, envelope(3, 400, echo)))
    expect(message).toBe("YandexGPT answered 400: bad text '…' of … and … … …")
  })
})

describe('the token service', () => {
  it.each([
    [400, 'iam', 'auth', /сверьте часы/],
    [401, 'iam', 'auth', /OAuth-токен или авторизованный ключ/],
    [404, 'iam', 'not-found', /iamUrl/],
    [429, 'iam', 'rate-limit', /квота/],
    [503, 'iam', 'server', /fallback/],
    [404, 'metadata', 'auth', /привяжите к ВМ/],
    [403, 'metadata', 'auth', /сервисный аккаунт/],
  ])('%i of %s', (status, endpoint, kind, hint) => {
    const failure = convertYandexgptError(reply(status, { code: 16, message: 'No' }, { ...token, endpoint }))
    expect(failure).toMatchObject({
      kind,
      status,
      message: `The token service of Yandex Cloud (${endpoint}) answered ${status}: No`,
      hint: expect.stringMatching(hint) as string,
    })
    expect(failure.refreshToken ?? false).toBe(false)
  })
})

describe('inside an answer of 200', () => {
  it('is told from an answer', () => {
    expect(readYandexgptFailure({ result: {} })).toBeUndefined()
    expect(readYandexgptFailure({ result: {}, error: null })).toBeUndefined()
    expect(readYandexgptFailure({ anything: 1 })).toBeUndefined()
  })

  it.each([
    ['by its HTTP code', envelope(14, 503, 'x'), 'server', 503],
    ['by its gRPC code', { error: { grpcCode: 8, message: gauge } }, 'rate-limit', 429],
    ['by its status', { code: 16, message: 'x' }, 'auth', 401],
    ['beside a result', { result: {}, ...envelope(13, 500, 'x') }, 'server', 500],
    ['without any code', { error: 'x' }, 'server', 500],
    ['with a code that is no error', { error: { httpCode: 200, message: 'x' } }, 'server', 500],
  ])('is read %s', (_what, body, kind, status) => {
    const failure = readYandexgptFailure(body as Record<string, unknown>)
    expect(failure).toMatchObject({ kind, status })
    expect(failure).not.toHaveProperty('refreshToken')
  })
})

it.each([
  [403, 'Permission denied', { operation: 'image' }, /ai\.imageGeneration\.user/],
  [403, otherFolder, { operation: 'image' }, /b1gright/],
  [403, 'Permission denied', { operation: 'other', endpoint: 'search' }, /search-api\.webSearch\.user/],
  [404, 'Operation not found', { operation: 'job', endpoint: 'operations' }, /три дня/],
] as const)('%i, %s, of %j has a hint of its own', (status, message, more, hint) => {
  expect(convertYandexgptError(reply(status, { code: 7, message }, more)).hint).toMatch(hint)
})
