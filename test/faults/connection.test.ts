import { getEventListeners } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createClient, type ShlyuzError } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { expect, it } from 'vitest'
import { requestsOf, startEmulated } from './emulated.ts'
import { openFullBacklog } from './full-backlog.ts'
import { row } from './row.ts'
import { openAi } from './surfaces.ts'
import { caught, createStand, eventually, settle, stand, startRaw } from './world.ts'

const ask = { model: stand, prompt: 'x' }
const giga = { model: 'gigachat/GigaChat-2', prompt: 'x' }

function failWith(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`getaddrinfo ${code}`), { code })
  }
}

row('F01', () => {
  it.each([
    ['ENOTFOUND', 1],
    ['EAI_AGAIN', 2],
  ])('%s: %i attempts', async (code, attempts) => {
    await using world = await startRaw(() => {}, { resolve: failWith(code), retries: 2 })
    const error = (await caught(world.client.generateText(ask))) as ShlyuzError
    expect(error).toMatchObject({ name: 'ConnectionError', code: 'connection.dns', provider: 'stand' })
    expect(error.attempts).toHaveLength(attempts)
    expect(world.server.connections).toBe(0)
  })

  it('an answer that comes late is taken', async () => {
    let asked = 0
    await using world = await startRaw((exchange) => exchange.answer(200, openAi.whole('да')), {
      resolve: () => (asked++ === 0 ? failWith('EAI_AGAIN')() : ['10.0.0.1']),
      retries: 1,
    })
    expect((await world.client.generateText(ask)).text).toBe('да')
  })
})

row('F02', () => {
  it('is asked again, and the error lists both attempts', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    await using world = await startRaw(() => {}, { dial: () => ({ host: '127.0.0.1', port }), retries: 1 })
    const error = await caught(world.client.generateText(ask))
    expect(error).toMatchObject({ name: 'ConnectionError', code: 'connection.refused', isRetryable: true })
    expect((error as ShlyuzError).attempts.map((one) => one.error?.code)).toEqual([
      'connection.refused',
      'connection.refused',
    ])
  })
})

row('F03', () => {
  const timeout = { connectMs: 300, totalMs: 60_000 }
  const expected = { name: 'TimeoutError', phase: 'connect', limitMs: 300, isRetryable: true }

  it('in DNS', async () => {
    await using world = await startRaw(() => {}, { resolve: () => new Promise(() => {}) })
    expect(await caught(world.client.generateText({ ...ask, timeout }))).toMatchObject(expected)
  })

  it('in TCP', async ({ skip }) => {
    await using full = await openFullBacklog()
    if (!full) return skip('only Linux drops a greeting when the backlog is full')
    await using world = await startRaw(() => {}, { dial: () => ({ host: '127.0.0.1', port: full.port }) })
    expect(await caught(world.client.generateText({ ...ask, timeout }))).toMatchObject(expected)
  })

  it('in TLS, and it is tried again', async () => {
    await using world = await startRaw((exchange) => exchange.answer(200, openAi.whole('да')), {
      server: { greet: (connection) => (connection === 0 ? 'silence' : 'tls') },
      retries: 1,
    })
    const { text, attempts } = await world.client.generateText({ ...ask, timeout })
    expect(text).toBe('да')
    expect(attempts.map((one) => one.error?.code)).toEqual(['timeout.connect', undefined])
  })
})

row('F04', () => {
  it('names what is missing and the setting that adds it', async () => {
    await using emulator = await startEmulator({ pace: 'instant' })
    const { credentials, scope } = emulator.gigachat
    await using client = createClient({ providers: [gigachat({ credentials, scope })], network: emulator.network })
    const error = (await caught(client.generateText(giga))) as ShlyuzError
    expect(error).toMatchObject({ name: 'TlsError', code: 'tls.untrusted', isRetryable: false })
    expect(error.message).toContain('authority')
    expect(error.hint).toMatch(/(?=.*\bca\b)(?=.*не отключается)/)
    expect(error.attempts).toHaveLength(1)
    expect(emulator.requests).toEqual([])
    for (const text of [error.message, error.hint ?? '', String(error.cause)]) {
      expect(text).not.toMatch(/rejectUnauthorized|NODE_TLS_REJECT|insecure/i)
    }
  })
})

row('F05', () => {
  it('the request is never written', async () => {
    const providers = [createStand('stand', 'elsewhere.example')]
    const { definePolicy } = await import('@shlyuz/core')
    const policy = definePolicy({
      name: 'elsewhere',
      origins: ['https://elsewhere.example'],
      addresses: { cidrs: ['10.0.0.0/8'] },
      models: { developer: ['*'], weights: ['*'] },
    })
    await using world = await startRaw((exchange) => exchange.answer(200, openAi.whole('да')), {
      providers,
      policy,
      retries: 2,
    })
    const error = await caught(world.client.generateText(ask))
    expect(error).toMatchObject({ name: 'TlsError', code: 'tls.name_mismatch', isRetryable: false })
    await settle()
    expect(world.server.connections).toBe(1)
    expect(world.server.received).toBe(0)
  })
})

row('F06', () => {
  const answer = (exchange: { answer(status: number, body: string): Promise<void> }) =>
    exchange.answer(200, openAi.whole('да'))

  it('without the intermediate anywhere: refused, and the message says what the server left out', async () => {
    await using world = await startRaw(answer, { server: { leafOnly: true }, retries: 2 })
    const error = (await caught(world.client.generateText(ask))) as ShlyuzError
    expect(error).toMatchObject({ name: 'TlsError', code: 'tls.untrusted', isRetryable: false })
    expect(error.message).toContain('intermediate')
    expect(error.hint).toMatch(/промежуточный.*\bca\b/)
    expect(world.server.received).toBe(0)
  })

  it('with the intermediate among the authorities: works', async () => {
    await using bare = await startRaw(answer, { server: { leafOnly: true } })
    await using world = await startRaw(answer, { server: { leafOnly: true }, ca: bare.server.intermediate })
    expect((await world.client.generateText(ask)).text).toBe('да')
  })
})

row('F07', () => {
  it('is refused before anything is sent', async () => {
    await using world = await startEmulated({ retries: 2 }, { gigachat: { certificate: 'expired' } })
    const error = (await caught(world.client.generateText(giga))) as ShlyuzError
    expect(error).toMatchObject({ name: 'TlsError', code: 'tls.expired', isRetryable: false })
    expect(error.attempts).toHaveLength(1)
    expect(world.emulator.requests).toEqual([])
  })
})

row('F08', () => {
  it('a chat is asked again', async () => {
    await using world = await startRaw(
      (exchange) => (exchange.request.connection === 0 ? exchange.reset() : exchange.answer(200, openAi.whole('да'))),
      { retries: 2 },
    )
    const { text, attempts } = await world.client.generateText(ask)
    expect(text).toBe('да')
    expect(attempts.map((one) => one.error?.name)).toEqual(['ConnectionError', undefined])
    expect(world.server.requests.map(({ body }) => body)).toEqual([
      world.server.requests[0]?.body,
      world.server.requests[0]?.body,
    ])
  })

  it('at last an error that lists them all', async () => {
    await using world = await startRaw((exchange) => exchange.reset(), { retries: 1 })
    const error = await caught(world.client.generateText(ask))
    expect(error).toMatchObject({ name: 'ConnectionError', code: 'connection.reset', isRetryable: true })
    expect((error as ShlyuzError).attempts).toHaveLength(2)
    expect(world.server.requests).toHaveLength(2)
  })

  it('what is not safe to repeat is sent once', async () => {
    await using world = await startEmulated({ retries: 2 })
    world.emulator.fail({ service: 'yandexgpt', operation: 'submit', kind: 'reset', after: 'request', times: 9 })
    const work = world.client.submitText({ model: 'yandexgpt/yandexgpt-5.1', requests: [{ prompt: 'x' }] })
    expect(await caught(work)).toMatchObject({ name: expect.stringMatching(/ConnectionError|JobError/) })
    expect(requestsOf(world.emulator, 'submit')).toHaveLength(1)
  })
})

row('F09', () => {
  it('one repeat at once on a fresh socket, beside the retries', async () => {
    let served = 0
    await using world = await startRaw((exchange) => {
      // The first connection is spent after one answer: it breaks as the next request comes.
      if (exchange.request.connection === 0 && served++ > 0) return exchange.reset()
      return exchange.answer(200, openAi.whole('да'))
    })
    expect((await world.client.generateText(ask)).text).toBe('да')
    await settle(20)
    const again = await world.client.generateText({ ...ask, retries: 0 })
    expect(again.text).toBe('да')
    expect(world.server.connections).toBe(2)
    expect(world.server.requests).toHaveLength(3)
  })

  it('a fresh socket that breaks is no stale one', async () => {
    await using world = await startRaw((exchange) => exchange.reset())
    expect(await caught(world.client.generateText({ ...ask, retries: 0 }))).toMatchObject({ name: 'ConnectionError' })
    expect(world.server.requests).toHaveLength(1)
  })
})

row('F10', () => {
  it('the headers limit ends each attempt, and the sockets close', async () => {
    const { signal } = new AbortController()
    await using world = await startRaw(() => {}, { retries: 1 })
    const timeout = { headersMs: 200, totalMs: 60_000 }
    const error = (await caught(world.client.generateText({ ...ask, timeout, signal }))) as ShlyuzError
    expect(error).toMatchObject({ name: 'TimeoutError', phase: 'headers', limitMs: 200, isRetryable: true })
    expect(error.attempts).toHaveLength(2)
    await eventually(() => world.server.open === 0, 'the sockets are closed')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
