import { describe, expect, it } from 'vitest'
import { directServices } from '../test-support/direct-services.ts'

describe('faults in the answer', () => {
  it.each([
    ['a status', { kind: 'status', status: 500 }, 500, { status: 500, message: 'Internal Server Error' }],
    ['a status with words', { kind: 'status', status: 403, message: 'Нет' }, 403, { status: 403, message: 'Нет' }],
    ['401', { kind: 'unauthorized' }, 401, { status: 401, message: 'Token has expired' }],
    [
      '401 for an unknown token',
      { kind: 'unauthorized', reason: 'unknown' },
      401,
      { status: 401, message: 'Unauthorized' },
    ],
    ['429', { kind: 'rate-limited' }, 429, { status: 429, message: 'Too Many Requests' }],
  ] as const)('GigaChat: %s', async (_, kind, status, body) => {
    const { chat, state } = directServices()
    state.faults.add({ service: 'gigachat', ...kind })
    const response = await chat()
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual(body)
    expect((await chat()).status).toBe(200)
  })

  it('YandexGPT: errors come in its envelope, those of IAM in the form of the cloud', async () => {
    const { complete, send, state } = directServices()
    state.faults.add({ service: 'yandexgpt', kind: 'status', status: 503, times: 2 })
    expect((await (await complete()).json()).error).toMatchObject({
      grpcCode: 14,
      httpCode: 503,
      httpStatus: 'Service Unavailable',
    })
    const iam = await send('https://iam.api.cloud.yandex.net/iam/v1/tokens', { body: {} })
    expect(await iam.json()).toMatchObject({ code: 14, message: 'service is temporarily unavailable' })
  })

  it('GigaChat OAuth: errors come in its own form', async () => {
    const { oauth, state } = directServices()
    state.faults.add({ service: 'gigachat', operation: 'token', kind: 'unauthorized' })
    expect(await (await oauth()).json()).toEqual({ code: 6, message: "credentials doesn't match db data" })
  })

  it.each([[3], ['Wed, 21 Oct 2026 07:28:00 GMT'], [-1], ['soon']])('429 with Retry-After %s', async (retryAfter) => {
    const { complete, state } = directServices()
    state.faults.add({ service: 'yandexgpt', kind: 'rate-limited', retryAfter })
    const response = await complete()
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe(String(retryAfter))
  })

  it('the page of the balancer', async () => {
    const { chat, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'html-502' })
    const response = await chat()
    expect(response.status).toBe(502)
    expect(response.headers.get('content-type')).toBe('text/html')
    expect(await response.text()).toContain('SynGX')
  })

  it('a redirect', async () => {
    const { chat, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'redirect', status: 302, location: 'https://elsewhere.example/' })
    const response = await chat()
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe('https://elsewhere.example/')
  })

  it('another content type, an empty body, no content', async () => {
    const { chat, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'wrong-content-type' })
    state.faults.add({ service: 'gigachat', kind: 'empty-body' })
    state.faults.add({ service: 'gigachat', kind: 'empty-body', status: 204 })
    expect((await chat()).headers.get('content-type')).toBe('text/html; charset=utf-8')
    const empty = await chat()
    expect([empty.status, await empty.text()]).toEqual([200, ''])
    expect((await chat()).status).toBe(204)
  })

  it('another model', async () => {
    const { chat, complete, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'model-mismatch', model: 'GigaChat-2:2.0.28.2' })
    state.faults.add({ service: 'yandexgpt', kind: 'model-mismatch', model: '01.01.2020' })
    expect((await (await chat({ model: 'GigaChat-2-Max' })).json()).model).toBe('GigaChat-2:2.0.28.2')
    expect((await (await complete()).json()).result.modelVersion).toBe('01.01.2020')
  })
})

describe('faults inside a stream', () => {
  const stream = { stream: true }
  const lines = { completionOptions: { stream: true } }

  it('truncate ends the body in order, without the end mark', async () => {
    const { chat, complete, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'truncate', pieces: 2 })
    state.faults.add({ service: 'yandexgpt', kind: 'truncate', pieces: 2 })
    const events = (await (await chat(stream)).text()).trimEnd().split('\n\n')
    expect(events).toHaveLength(2)
    expect(events.join('')).not.toContain('finish_reason')
    const text = await (await complete(lines)).text()
    expect(text.trimEnd().split('\n')).toHaveLength(2)
    expect(text).not.toContain('FINAL')
  })

  it('truncate without pieces still lets one out, and gives back the slot', async () => {
    const { chat, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'truncate' })
    expect((await (await chat(stream)).text()).trimEnd().split('\n\n')).toHaveLength(1)
    expect((await chat()).status).toBe(200)
  })

  it('garbage stands between good events', async () => {
    const { chat, complete, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'garbage', pieces: 1 })
    state.faults.add({ service: 'yandexgpt', kind: 'garbage', pieces: 1 })
    const events = (await (await chat(stream)).text()).trimEnd().split('\n\n')
    const isJson = (text: string): boolean => {
      try {
        return JSON.parse(text) !== undefined
      } catch {
        return text === '[DONE]'
      }
    }
    expect(events.map((event) => isJson(event.replace('data: ', ''))).filter((good) => !good)).toHaveLength(1)
    expect(events.at(-1)).toBe('data: [DONE]')
    const parts = (await (await complete(lines)).text()).trimEnd().split('\n')
    expect(parts.map(isJson).indexOf(false)).toBe(1)
    expect(parts.at(-1)).toContain('ALTERNATIVE_STATUS_FINAL')
  })

  it('garbage in a whole body is broken JSON', async () => {
    const { chat, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'garbage' })
    const response = await chat()
    expect(response.status).toBe(200)
    await expect(response.json()).rejects.toThrow(SyntaxError)
  })

  it('error-event ends a stream with the error of the service', async () => {
    const { chat, complete, state } = directServices()
    state.faults.add({ service: 'yandexgpt', kind: 'error-event', pieces: 2 })
    state.faults.add({ service: 'gigachat', kind: 'error-event', status: 500 })
    const last = (await (await complete(lines)).text()).trimEnd().split('\n').at(-1) ?? ''
    expect(JSON.parse(last).error).toEqual({
      grpcCode: 14,
      httpCode: 503,
      message: 'service is temporarily unavailable',
      httpStatus: 'Service Unavailable',
      details: [],
    })
    expect(await (await chat(stream)).text()).toContain('data: {"status":500,"message":"Internal Server Error"}')
  })

  it('reset and close break the body', async () => {
    const { chat, complete, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'reset', after: 'content', pieces: 1 })
    state.faults.add({ service: 'yandexgpt', kind: 'close', after: 'headers' })
    const broken = await chat(stream)
    expect(broken.status).toBe(200)
    await expect(broken.text()).rejects.toThrow('reset')
    await expect((await complete(lines)).text()).rejects.toThrow('close')
    expect(state.requests.map(({ closedByClient }) => closedByClient)).toEqual([false, false])
    expect((await chat()).status).toBe(200)
  })

  it('reset after the request is a network error', async () => {
    const { chat, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'reset', after: 'request' })
    expect((await chat()).type).toBe('error')
  })

  it('stall waits until the client gives up', async () => {
    const { chat, complete, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'stall', after: 'request' })
    state.faults.add({ service: 'yandexgpt', kind: 'stall', after: 'content', pieces: 1 })
    const gone = new AbortController()
    const never = chat({}, {}, gone.signal)
    setTimeout(() => gone.abort(), 20)
    expect((await never).type).toBe('error')
    const reader = (await complete(lines)).body?.getReader()
    expect((await reader?.read())?.done).toBe(false)
    const next = reader?.read()
    const early = await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 30, 'silence'))])
    expect(early).toBe('silence')
    await reader?.cancel()
    expect(state.requests.map(({ closedByClient }) => closedByClient)).toEqual([true, true])
  })

  it('delay comes before the answer, and joins other faults', async () => {
    const { chat, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'delay', ms: 60 })
    state.faults.add({ service: 'gigachat', kind: 'status', status: 500 })
    const start = performance.now()
    expect((await chat()).status).toBe(500)
    expect(performance.now() - start).toBeGreaterThan(50)
  })

  it('split sends every byte by itself', async () => {
    const { chat, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'split' })
    const sizes = new Set<number>()
    let bytes = 0
    for await (const chunk of (await chat(stream)).body ?? []) {
      sizes.add(chunk.length)
      bytes += chunk.length
    }
    expect([...sizes]).toEqual([1])
    expect(bytes).toBeGreaterThan(200)
  })

  it('big-body is as long as asked, as one event', async () => {
    const { chat, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'big-body', bytes: 200_000 })
    const text = await (await chat(stream)).text()
    expect(text.length).toBeGreaterThanOrEqual(200_000)
    expect(text).toMatch(/^data: \{/)
    expect(text).not.toContain('\n')
  })
})

describe('which requests a fault hits', () => {
  it('the service and operation it names, after those it skips, as often as it says', async () => {
    const { chat, oauth, complete, state } = directServices()
    state.faults.add({ service: 'gigachat', operation: 'chat', kind: 'status', status: 500, skip: 1, times: 2 })
    expect((await oauth()).status).toBe(200)
    expect((await complete()).status).toBe(200)
    expect([(await chat()).status, (await chat()).status, (await chat()).status, (await chat()).status]).toEqual([
      200, 500, 500, 200,
    ])
  })

  it('none once it was taken back', async () => {
    const { chat, state } = directServices()
    state.faults.add({ service: 'gigachat', kind: 'status', status: 500 })()
    expect((await chat()).status).toBe(200)
  })
})
