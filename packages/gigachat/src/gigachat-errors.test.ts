import { describe, expect, it } from 'vitest'
import type { ErrorReply } from '@shlyuz/core'
import { convertGigachatError } from './gigachat-errors.ts'

function reply(status: number, body: unknown, more: Partial<ErrorReply> = {}): ErrorReply {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
  return { operation: 'chat', endpoint: 'api', status, headers: {}, contentType: 'application/json', text, ...more }
}

const token = { operation: 'token', endpoint: 'token' } as const

describe('the API', () => {
  it.each([
    [400, 'Your request contains invalid JSON syntax.', 'bad-request', /extraBody/],
    [401, 'Unauthorized', 'auth', /GIGACHAT_CREDENTIALS/],
    [401, 'Token has expired', 'auth', /GIGACHAT_ACCESS_TOKEN/],
    [402, 'Payment Required', 'quota', /тариф/],
    [403, 'Permission denied', 'permission', /права/],
    [404, 'No such model', 'not-found', /GigaChat-2, GigaChat-2-Pro, GigaChat-2-Max/],
    [404, 'Unknown tool web', 'not-found', /builtInFunctions/],
    [404, 'Batch task not found', 'not-found', /пакета/],
    [404, 'Not Found', 'not-found', /baseUrl/],
    [408, 'Request Timeout', 'server', /повтор/],
    [400, 'Unknown type "json_object" in response_format', 'bad-request', /форму ответа/],
    [400, 'Empty schema with json format type is not supported', 'bad-request', /форму ответа/],
    [413, 'Payload too large', 'context-length', /контекста/],
    [422, 'Tool code_interpreter is unavailable', 'bad-request', /недоступен/],
    [422, 'Requested model does not support functions', 'bad-request', /tools/],
    [422, "Field 'properties.data.properties' is missing", 'bad-request', /properties/],
    [422, 'Invalid params: repetition_penalty must be in range (0, +inf)', 'bad-request', /причина/],
    [429, 'Too Many Requests', 'rate-limit', /у физлиц один поток/],
    [500, 'Internal Server Error', 'server', /fallback/],
    [418, 'I am a teapot', 'bad-request', /baseUrl/],
  ])('%i %s is %s', (status, message, kind, hint) => {
    const failure = convertGigachatError(reply(status, { status, message }))
    expect(failure).toEqual({
      kind,
      status,
      message: `GigaChat answered ${status}: ${message}`,
      hint: expect.stringMatching(hint) as string,
      ...(status === 401 && { refreshToken: true }),
    })
  })

  it.each([
    [413, 'Payload too large', 'files', 'bad-request', /документ до 40 МБ/],
    [413, 'Payload too large', 'embed', 'context-length', /на части короче/],
    [404, 'Not Found', 'files', 'not-found', /clientId/],
  ] as const)('%i %s of %s is %s', (status, message, operation, kind, hint) => {
    const failure = convertGigachatError(reply(status, { status, message }, { operation }))
    expect(failure).toMatchObject({ kind, hint: expect.stringMatching(hint) as string })
  })

  it('says that a page of the gateway is none of the service', () => {
    const page = '<html>\n<head><title>502 Bad Gateway</title></head></html>'
    expect(convertGigachatError(reply(502, page, { contentType: 'text/html' }))).toMatchObject({
      kind: 'server',
      message: 'GigaChat answered 502: an HTML page, not the service',
    })
  })

  it.each([
    ['', 'an empty body'],
    ['{"status":', 'a body that is not the documented error'],
    ['[]', 'a body that is not the documented error'],
    ['{"message":7}', 'a body that is not the documented error'],
  ])('survives the body %j', (text, words) => {
    expect(convertGigachatError(reply(503, text)).message).toBe(`GigaChat answered 503: ${words}`)
  })

  it('keeps what the service may have echoed out of the message', () => {
    const secret = Buffer.from('client:secret'.repeat(6)).toString('base64')
    const message = `Bad\r\nvalue: [Иванов Иван, паспорт 4510], key ${secret} ${'and so on '.repeat(100)}`
    const failure = convertGigachatError(reply(422, { status: 422, message }))
    expect(failure.message).toMatch(/^GigaChat answered 422: Bad value: \[…, … 4510\], key … and so on/)
    expect(failure.message.length).toBeLessThan(240)
  })
})

describe('the token endpoint', () => {
  it.each([
    [400, 1, 'scope data format invalid', /Такого scope нет.*GIGACHAT_API_B2B/],
    [400, 5, 'scope is empty', /Не указан scope/],
    [400, 7, 'scope from db not fully includes consumed scope', /другого scope.*GIGACHAT_API_CORP/],
    [401, 4, "Can't decode 'Authorization' header", /base64/],
    [401, 6, "credentials doesn't match db data", /неверен или отозван/],
  ])('%i with code %i is about the credential', (status, code, message, hint) => {
    expect(convertGigachatError(reply(status, { code, message }, token))).toEqual({
      kind: 'auth',
      status,
      providerCode: String(code),
      message: `GigaChat's token endpoint answered ${status}: ${message} (code ${code})`,
      hint: expect.stringMatching(hint) as string,
    })
  })

  it.each([
    [400, 'bad-request', /tokenUrl/],
    [401, 'auth', /GIGACHAT_PASSWORD/],
    [403, 'permission', /тариф/],
    [404, 'not-found', /tokenUrl/],
    [429, 'rate-limit', /10 запросов токена в секунду/],
    [503, 'server', /fallback/],
  ])('%i without a code is %s', (status, kind, hint) => {
    const failure = convertGigachatError(reply(status, '', token))
    expect(failure).toMatchObject({ kind, status, hint: expect.stringMatching(hint) as string })
    expect(failure).not.toHaveProperty('refreshToken')
  })
})
