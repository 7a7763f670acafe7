import { auditSink, definePolicy, rule, type AuditRecord, type ShlyuzError } from '@shlyuz/core'
import { expect, it } from 'vitest'
import { requestsOf, startEmulated } from './emulated.ts'
import { row } from './row.ts'
import { openAi } from './surfaces.ts'
import { caught, eventually, policy, settle, stand, startRaw } from './world.ts'

const ask = { model: stand, prompt: 'x' }

row('F56', () => {
  const targets = ['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5.1']

  it.each([500, 502, 503, 504])('%i: the second answers, and the result says so', async (status) => {
    await using world = await startEmulated({ retries: 2 })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status, times: 9 })
    const { model, attempts } = await world.client.generateText({ model: world.client.fallback(targets), prompt: 'x' })
    expect(model).toMatchObject({ provider: 'yandexgpt', id: 'yandexgpt-5.1' })
    expect(attempts.map(({ provider }) => provider)).toEqual(['gigachat', 'gigachat', 'yandexgpt'])
    expect(attempts.at(-1)?.error).toBeUndefined()
  })

  it('one that the policy does not allow: refused before anything is sent', async () => {
    await using world = await startEmulated({ retries: 2 })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 503, times: 9 })
    const model = world.client.fallback(['gigachat/GigaChat-2', 'yandexgpt/gpt-oss-20b'])
    const error = await caught(world.client.generateText({ model, prompt: 'x' }))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'fallback.not_allowed' })
    expect(world.emulator.connections).toEqual([])
  })

  it('none answers: the error of the last, with all attempts', async () => {
    await using world = await startEmulated({ retries: 0 })
    for (const service of ['gigachat', 'yandexgpt'] as const) {
      world.emulator.fail({ service, operation: 'chat', kind: 'status', status: 503, times: 9 })
    }
    const error = await caught(world.client.generateText({ model: world.client.fallback(targets), prompt: 'x' }))
    expect(error).toMatchObject({ name: 'ServerError', provider: 'yandexgpt' })
    expect((error as ShlyuzError).attempts.map(({ provider }) => provider)).toEqual(['gigachat', 'yandexgpt'])
  })
})

row('F57', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['hangs', () => new Promise(() => {})],
    ['answers nonsense', () => 'certainly'],
    ['answers nothing', () => undefined],
  ])('%s', async (_name, evaluate) => {
    const records: AuditRecord[] = []
    const own = rule({ name: 'own', version: '1', evaluate: evaluate as () => 'permit', timeLimitMs: 100 })
    await using world = await startRaw((exchange) => exchange.answer(200, openAi.whole('да')), {
      audit: auditSink({ append: (record) => void records.push(record) }),
      retries: 2,
    })
    const narrow = definePolicy({ name: 'own', rules: [own] })
    const error = (await caught(world.client.generateText({ ...ask, policy: narrow }))) as ShlyuzError
    expect(error).toMatchObject({ name: 'PolicyDeniedError', isRetryable: false, policy: { verdict: 'deny' } })
    expect(error.code).toMatch(/^policy\./)
    expect(records).toMatchObject([{ type: 'decision', verdict: 'deny', code: error.code }])
    await settle(30)
    expect(world.server.connections).toBe(0)
  })
})

row('F58', () => {
  const broken = (): never => {
    throw new Error('the disk is full')
  }
  const silent = (): Promise<never> => new Promise(() => {})

  it.each([
    ['throws', broken],
    ['is silent', silent],
  ])('strict, it %s: refused before anything is sent', async (_name, append) => {
    await using world = await startEmulated({ audit: auditSink({ append, timeLimitMs: 100 }), retries: 2 })
    for (const verb of ['generateText', 'streamText'] as const) {
      const made = world.client[verb]({ model: 'yandexgpt/yandexgpt-5.1', prompt: 'x' })
      const error = await caught('result' in made ? made.result : made)
      expect(error).toMatchObject({ name: 'PolicyAuditError', isRetryable: false })
    }
    await settle(30)
    expect(world.emulator.requests).toEqual([])
  })

  it.each([
    ['throws', broken],
    ['is silent', silent],
  ])('lenient, it %s: the call goes on, and the loss is counted', async (_name, append) => {
    const audit = auditSink({ append, timeLimitMs: 100, strict: false })
    await using world = await startEmulated({ audit })
    const { text } = await world.client.generateText({ model: 'yandexgpt/yandexgpt-5.1', prompt: 'x' })
    expect(text).not.toBe('')
    await eventually(() => audit.dropped >= 1, 'the loss is counted')
  })

  it('the queue has an end', async () => {
    const held: unknown[] = []
    const audit = auditSink({
      append: (record) => {
        held.push(record)
        return silent()
      },
      timeLimitMs: 60_000,
      queueLimit: 3,
    })
    await using world = await startEmulated({ audit, retries: 0 })
    const controller = new AbortController()
    const { signal } = controller
    const calls = Array.from({ length: 10 }, () =>
      caught(world.client.generateText({ model: 'yandexgpt/yandexgpt-5.1', prompt: 'x', signal })),
    )
    const refused = await Promise.race([Promise.any(calls), settle(5_000)])
    expect(refused).toMatchObject({ name: 'PolicyAuditError', code: 'audit.queue_full' })
    controller.abort(new Error('enough'))
    await Promise.all(calls)
    expect(held.length).toBeLessThanOrEqual(3)
    expect(requestsOf(world.emulator, 'chat')).toEqual([])
  })
})

row('F59', () => {
  it('an address that is not allowed', async () => {
    const answers = [['10.0.0.1'], ['8.8.8.8']]
    let asked = 0
    await using world = await startRaw(
      async (exchange) => {
        await exchange.answer(503, '{}', { connection: 'close' })
        exchange.close()
      },
      { policy, resolve: () => answers[asked++] ?? ['10.0.0.1'], retries: 2 },
    )
    const error = await caught(world.client.generateText(ask))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', isRetryable: false, policy: { verdict: 'deny' } })
    expect((error as ShlyuzError).attempts.map((one) => one.error?.name)).toEqual(['ServerError', 'PolicyDeniedError'])
    expect(asked).toBe(2)
    expect(world.server.connections).toBe(1)
    expect(world.server.requests).toHaveLength(1)
  })

  it('one good and one bad address', async () => {
    await using world = await startRaw(() => {}, { resolve: () => ['10.0.0.1', '8.8.8.8'], retries: 2 })
    expect(await caught(world.client.generateText(ask))).toMatchObject({ name: 'PolicyDeniedError' })
    expect(world.server.connections).toBe(0)
  })
})
