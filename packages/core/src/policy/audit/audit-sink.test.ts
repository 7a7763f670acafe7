import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isAuditLog, type AuditRecord } from './audit-log.ts'
import { auditSink } from './audit-sink.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const failure = new Error('database is down')

describe('a sink', () => {
  it('gets a copy of the record, of known fields alone, and is waited for', async () => {
    const given: unknown[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const log = auditSink({ append: (one) => (given.push(one), promise) })
    expect(isAuditLog(log)).toBe(true)
    let isDone = false
    const written = log.append({ ...record(), prompt: 'PROMPT' } as AuditRecord).then(() => (isDone = true))
    await vi.advanceTimersByTimeAsync(4000)
    expect(isDone).toBe(false)
    resolve()
    await written
    expect(given).toMatchObject([{ v: 1, time: expect.any(String), type: 'decision', call: 'c1', labels: {} }])
    expect(JSON.stringify(given)).not.toContain('PROMPT')
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each<[string, () => Promise<void>]>([
    [
      'throws',
      () => {
        throw failure
      },
    ],
    ['rejects', () => Promise.reject(failure)],
  ])('that %s refuses, with the reason', async (_title, append) => {
    await expect(auditSink({ append }).append(record())).rejects.toMatchObject({
      name: 'PolicyAuditError',
      code: 'audit.failed',
      cause: failure,
      hint: expect.stringContaining('error.cause'),
    })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that hangs is given up on after its time', async () => {
    const log = auditSink({ append: () => new Promise(() => {}), timeLimitMs: 100 })
    const refused = log.append(record()).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(100)
    expect(await refused).toMatchObject({
      code: 'audit.timeout',
      message: 'the audit sink did not take a record within 100 ms',
      hint: expect.stringContaining('timeLimitMs'),
    })
  })

  it('that fails after its time fails nobody', async () => {
    const { promise, reject } = Promise.withResolvers<void>()
    const log = auditSink({ append: () => promise, timeLimitMs: 100, strict: false })
    const dropped = log.append(record())
    await vi.advanceTimersByTimeAsync(100)
    await dropped
    reject(failure)
    await vi.advanceTimersByTimeAsync(0)
    expect(log.dropped).toBe(1)
  })

  it('holds no more records than its limit, also when it hangs', async () => {
    const log = auditSink({ append: () => new Promise(() => {}), timeLimitMs: 100, queueLimit: 2 })
    const first = [log.append(record()), log.append(record())].map((one) => one.catch((error: unknown) => error))
    await vi.advanceTimersByTimeAsync(100)
    expect(await Promise.all(first)).toMatchObject([{ code: 'audit.timeout' }, { code: 'audit.timeout' }])
    await expect(log.append(record())).rejects.toMatchObject({ code: 'audit.queue_full' })
  })

  it('that is not strict is counted and goes on', async () => {
    const log = auditSink({ append: () => Promise.reject(failure), strict: false })
    expect(log.strict).toBe(false)
    for (let count = 0; count < 3; count++) await log.append(record())
    expect(log.dropped).toBe(3)
  })

  it('is closed once, after its records, and takes none later', async () => {
    const order: string[] = []
    const log = auditSink({
      append: async () => {
        await new Promise((resolve) => setTimeout(resolve, 10))
        order.push('written')
      },
      close: () => void order.push('closed'),
    })
    const written = log.append(record())
    const closed = Promise.all([log.close(), log.close()])
    await expect(log.append(record())).rejects.toMatchObject({ code: 'audit.closed' })
    await vi.advanceTimersByTimeAsync(10)
    await Promise.all([written, closed])
    expect(order).toEqual(['written', 'closed'])
  })

  it('that cannot close says so when strict, and never hangs', async () => {
    await expect(auditSink({ append: () => {}, close: () => Promise.reject(failure) }).close()).rejects.toMatchObject({
      code: 'audit.failed',
    })
    await auditSink({ append: () => {}, close: () => Promise.reject(failure), strict: false }).close()
    const hanging = auditSink({ append: () => {}, close: () => new Promise(() => {}) })
    const hangs = hanging.close().catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(5000)
    expect(await hangs).toMatchObject({ code: 'audit.timeout' })
  })
})

function record(): AuditRecord {
  return {
    type: 'decision',
    call: 'c1',
    decision: 'd1',
    verdict: 'allow',
    code: 'ok',
    depth: 'intent',
    mode: 'enforce',
    policy: { name: 'domestic-only', digest: 'sha256:00' },
    target: { provider: 'vendor' },
    labels: {},
    network: 'test',
    sdk: '1.0.0',
  }
}
