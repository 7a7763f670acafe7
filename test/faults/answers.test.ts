import type { ShlyuzError } from '@shlyuz/core'
import { expect, it } from 'vitest'
import { requestsOf, startEmulated } from './emulated.ts'
import type { RawExchange } from './raw-server.ts'
import { row } from './row.ts'
import { openAi, surfaces } from './surfaces.ts'
import { caught, eventually, settle, stand, startRaw } from './world.ts'

const ask = { model: stand, prompt: 'x' }
const services = [
  ['gigachat', 'gigachat/GigaChat-2'],
  ['yandexgpt', 'yandexgpt/yandexgpt-5.1'],
] as const
const verbs = ['generateText', 'streamText'] as const

/** Asks by either verb; a stream is read to its end. */
async function run(client: { generateText: never; streamText: never }, verb: (typeof verbs)[number], call: object) {
  const made = (client[verb] as (options: object) => PromiseLike<unknown> | { result: Promise<unknown> })(call)
  return 'result' in made ? made.result : made
}

/** A final status of both services, whole and streamed. */
function isFinal(status: number, expected: object): void {
  it('is asked once, whole and streamed, of both services', async () => {
    await using world = await startEmulated({ retries: 2 })
    const { emulator, client } = world
    for (const [service, model] of services) {
      emulator.fail({ service, operation: 'chat', kind: 'status', status, times: 9 })
      for (const verb of verbs) {
        const before = requestsOf(emulator, 'chat').length
        const error = await caught(run(client as never, verb, { model, prompt: 'Привет' }))
        const facts = { isRetryable: false, status, provider: service, hint: expect.any(String), ...expected }
        expect(error, `${service} ${verb}`).toMatchObject(facts)
        expect((error as ShlyuzError).attempts).toHaveLength(1)
        expect(requestsOf(emulator, 'chat')).toHaveLength(before + 1)
      }
    }
  })
}

row('F11', () => {
  isFinal(400, { name: 'BadRequestError' })

  it("keeps the service's own code", async () => {
    const body = JSON.stringify({ error: { message: 'no such field', code: 'unknown_field' } })
    await using world = await startRaw((exchange) => exchange.answer(400, body), { retries: 2 })
    const error = await caught(world.client.generateText(ask))
    expect(error).toMatchObject({ name: 'BadRequestError', providerCode: 'unknown_field', status: 400 })
    expect(world.server.requests).toHaveLength(1)
  })

  it('reads no more of the body than the limit', async () => {
    await using world = await startRaw(pourForEver(400))
    expect(await caught(world.client.generateText(ask))).toMatchObject({ name: 'BadRequestError', status: 400 })
    await eventually(() => world.server.open === 0, 'the socket is closed')
  })
})

/** An answer whose body has no end: what the client does not take stops it. */
function pourForEver(status: number): (exchange: RawExchange) => Promise<void> {
  return async (exchange) => {
    await exchange.head(status, { 'content-type': 'text/html' })
    const page = '<p>пожалуйста, подождите</p>\n'.repeat(2_000)
    while (!exchange.isClosed && exchange.taken < 50_000_000) await exchange.chunk(page)
    if (!exchange.isClosed) throw new Error('the client read it all')
  }
}

row('F19', () => {
  isFinal(402, { name: 'QuotaError' })

  it('a fallback moves on', async () => {
    await using world = await startEmulated()
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 402 })
    const model = world.client.fallback(['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5.1'])
    const { model: answered, attempts } = await world.client.generateText({ model, prompt: 'Привет' })
    expect(answered.provider).toBe('yandexgpt')
    expect(attempts.map((one) => one.error?.name)).toEqual(['QuotaError', undefined])
  })
})

row('F20', () => {
  isFinal(403, { name: 'PermissionError' })
})

row('F21', () => {
  isFinal(404, { name: 'NotFoundError' })

  it('says how to find the names', async () => {
    await using world = await startEmulated({}, { gigachat: { models: ['GigaChat-2'] } })
    const error = await caught(world.client.generateText({ model: 'gigachat/GigaChat-2-Max', prompt: 'x' }))
    expect(error).toMatchObject({ name: 'NotFoundError', model: 'GigaChat-2-Max' })
    expect((error as ShlyuzError).hint).toMatch(/модел/)
  })
})

row('F22', () => {
  it.each([408, 409, 425])('%i', async (status) => {
    await using world = await startRaw(() => {}, { retries: 1 })
    for (const { name, call, whole } of surfaces) {
      let asked = 0
      world.server.handle = (exchange) => exchange.answer(asked++ === 0 ? status : 200, whole('да'))
      const { text, attempts } = await world.client.generateText({ ...call, prompt: 'x' })
      expect(text, name).toBe('да')
      expect(
        attempts.map((one) => one.error?.name),
        name,
      ).toEqual(['ServerError', undefined])
    }
  })
})

row('F23', () => {
  isFinal(413, { name: 'ContextLengthError' })

  it('a prompt that is too long for the model', async () => {
    await using world = await startEmulated(
      { retries: 2 },
      { gigachat: { contextTokens: 50 }, yandexgpt: { contextTokens: 50 } },
    )
    for (const [service, model] of services) {
      const error = await caught(world.client.generateText({ model, prompt: 'очень длинный вопрос '.repeat(100) }))
      expect(error, service).toMatchObject({ name: 'ContextLengthError', isRetryable: false })
    }
    expect(requestsOf(world.emulator, 'chat')).toHaveLength(2)
  })
})

row('F24', () => {
  it('an error of the service', async () => {
    const body = JSON.stringify({ error: { message: 'flagged', code: 'content_filter' } })
    await using world = await startRaw((exchange) => exchange.answer(422, body), { retries: 2 })
    const error = await caught(world.client.generateText(ask))
    expect(error).toMatchObject({ name: 'ContentFilterError', isRetryable: false })
    expect(world.server.requests).toHaveLength(1)
  })

  it.each(verbs)('an answer of 200 that says so (%s)', async (verb) => {
    await using world = await startEmulated()
    for (const [service, model] of services) {
      if (service === 'gigachat') world.emulator.script({ service, text: 'Не люблю', finishReason: 'blacklist' })
      else world.emulator.script({ service, text: 'Не могу', status: 'ALTERNATIVE_STATUS_CONTENT_FILTER' })
      const result = await run(world.client as never, verb, { model, prompt: 'Привет' })
      expect(result, service).toMatchObject({ finishReason: 'content-filter' })
    }
  })
})

row('F28', () => {
  it.each([500, 502, 503, 504])('%i', async (status) => {
    await using world = await startRaw((exchange) => exchange.answer(status, '{}'), { retries: 2 })
    for (const { name, call } of surfaces) {
      world.server.requests.length = 0
      const error = (await caught(world.client.generateText({ ...call, prompt: 'x' }))) as ShlyuzError
      expect(error, name).toMatchObject({ name: 'ServerError', status, isRetryable: true })
      expect(error.attempts.map((one) => one.error?.name)).toEqual(['ServerError', 'ServerError', 'ServerError'])
      expect(world.server.requests, name).toHaveLength(3)
    }
  })
})

row('F29', () => {
  it.each(verbs)('%s', async (verb) => {
    await using world = await startRaw(pourForEver(502), { retries: 1 })
    const error = (await caught(run(world.client as never, verb, ask))) as ShlyuzError
    expect(error).toMatchObject({ name: 'ServerError', status: 502 })
    expect(error.message.length).toBeLessThan(1_000)
    expect(error.attempts).toHaveLength(2)
    await eventually(() => world.server.open === 0, 'the sockets are closed')
  })
})

row('F30', () => {
  const bodies = [
    ['GigaChat v1', { status: 503, message: 'Service is unavailable' }],
    ['GigaChat v2', { status: 503, message: 'Service is unavailable' }],
    [
      'YandexGPT native',
      { error: { grpcCode: 14, httpCode: 503, message: 'unavailable', httpStatus: 'Service Unavailable' } },
    ],
    ['OpenAI-compatible', { error: { message: 'the engine is overloaded', code: 503 } }],
  ] as const
  it.each(bodies)('%s', async (name, body) => {
    const surface = surfaces.find((one) => one.name === name)
    await using world = await startRaw((exchange) => exchange.answer(200, JSON.stringify(body)), { retries: 1 })
    const error = await caught(world.client.generateText({ ...surface?.call, prompt: 'x' } as never))
    expect(error).toMatchObject({ name: 'ServerError', status: 503 })
  })
})

row('F31', () => {
  it.each(services)('%s', async (service, model) => {
    await using world = await startEmulated({ retries: 2 })
    world.emulator.fail({ service, operation: 'chat', kind: 'wrong-content-type', times: 9 })
    for (const verb of verbs) {
      const error = (await caught(run(world.client as never, verb, { model, prompt: 'Привет' }))) as ShlyuzError
      expect(error, verb).toMatchObject({ name: 'ProtocolError', isRetryable: false, status: 200 })
      expect(error.message).toContain('text/html')
      expect(error.hint).toContain('прокси')
    }
    expect(requestsOf(world.emulator, 'chat')).toHaveLength(2)
  })
})

row('F32', () => {
  it.each([
    [
      'the connection closes early',
      (exchange: RawExchange, body: string) => {
        void exchange.answer(200, body.slice(0, -20), { 'content-length': String(Buffer.byteLength(body)) })
        exchange.close()
      },
    ],
    [
      'the length is stated too short',
      (exchange: RawExchange, body: string) => exchange.answer(200, body.slice(0, -20), { connection: 'close' }),
    ],
    [
      'a chunked body has no end',
      async (exchange: RawExchange, body: string) => {
        await exchange.head(200, { 'content-type': 'application/json' })
        await exchange.chunk(body)
        exchange.close()
      },
    ],
  ])('%s', async (_name, cut) => {
    await using world = await startRaw(() => {}, { retries: 1 })
    for (const { name, call, whole } of surfaces) {
      world.server.handle = (exchange) => cut(exchange, whole('целый ответ'))
      const error = (await caught(world.client.generateText({ ...call, prompt: 'x' }))) as ShlyuzError
      expect(error, name).toMatchObject({ name: 'ProtocolError', isRetryable: true })
      expect(error.attempts, name).toHaveLength(2)
    }
  })
})

row('F33', () => {
  it.each([
    ['204', (exchange: RawExchange) => exchange.write('HTTP/1.1 204 No Content\r\n\r\n')],
    ['200 without a byte', (exchange: RawExchange) => exchange.answer(200)],
    ['200 with blanks', (exchange: RawExchange) => exchange.answer(200, ' \n ')],
  ])('%s', async (_name, answer) => {
    await using world = await startRaw((exchange) => answer(exchange), { retries: 1 })
    for (const { name, call } of surfaces) {
      const error = (await caught(world.client.generateText({ ...call, prompt: 'x' }))) as ShlyuzError
      expect(error, name).toMatchObject({ name: 'ProtocolError', isRetryable: true })
      expect(error.attempts, name).toHaveLength(2)
    }
  })

  it.each(surfaces)('a stream without a byte ($name)', async ({ call, contentType }) => {
    await using world = await startRaw((exchange) => exchange.answer(200, '', { 'content-type': contentType }), {
      retries: 1,
    })
    const error = await caught(world.client.streamText({ ...call, prompt: 'x' }).result)
    expect(error).toMatchObject({ name: 'StreamInterruptedError', partial: { text: '', content: [] } })
    expect(world.server.requests).toHaveLength(2)
  })
})

row('F34', () => {
  const elsewhere = 'https://llm.api.cloud.yandex.net/foundationModels/v1/completion'
  it.each(services)('of %s', async (service, model) => {
    await using world = await startEmulated({ retries: 2 })
    for (const status of [301, 302, 303, 307, 308] as const) {
      world.emulator.reset()
      world.emulator.fail({ service, operation: 'chat', kind: 'redirect', status, location: elsewhere, times: 9 })
      const error = await caught(world.client.generateText({ model, prompt: 'Тайна' }))
      const expected = { name: 'PolicyDeniedError', isRetryable: false, policy: { verdict: 'deny' } }
      expect(error, String(status)).toMatchObject(expected)
      await settle(20)
      const carrying = world.emulator.requests.filter(({ body }) => JSON.stringify(body).includes('Тайна'))
      expect(carrying, String(status)).toHaveLength(1)
    }
  })
})

row('F35', () => {
  it.each(['gzip', 'br, gzip', 'gzip, gzip, gzip, gzip', 'zstd'])('%s', async (encoding) => {
    // Small, and some hundred megabytes when it swells.
    const { gzipSync } = await import('node:zlib')
    const bomb = gzipSync(Buffer.alloc(10_000_000))
    await using world = await startRaw((exchange) => exchange.answer(200, bomb, { 'content-encoding': encoding }), {
      retries: 2,
    })
    for (const verb of verbs) {
      const error = await caught(run(world.client as never, verb, ask))
      expect(error).toMatchObject({ name: 'ProtocolError', isRetryable: false })
    }
    expect(world.server.requests).toHaveLength(2)
    for (const { headers } of world.server.requests) expect(headers).not.toHaveProperty('accept-encoding')
  })

  it('one that says it is none at all is read', async () => {
    await using world = await startRaw((exchange) =>
      exchange.answer(200, openAi.whole('да'), { 'content-encoding': 'identity' }),
    )
    expect((await world.client.generateText(ask)).text).toBe('да')
  })
})
