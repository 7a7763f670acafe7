import { describe, expect, test } from 'vitest'
import { createGuard } from '../policy/guard.ts'
import { domesticOnly } from '../policy/presets/domestic-only.ts'
import { CallRecord } from './call-record.ts'

const guard = createGuard([domesticOnly()])
const target = { provider: 'gigachat', model: 'GigaChat-2-Max', providerLogging: 'off' } as const
const allowed = guard.judgeUrl('https://gigachat.devices.sberbank.ru/api/v1', {
  credentialOnly: false,
  method: 'POST',
  hasBody: true,
}).decision

function createRecord(change: (record: CallRecord) => void = () => {}, about: typeof target = target): CallRecord {
  const record = new CallRecord(about, guard, 'test', 'id')
  record.origin = 'https://gigachat.devices.sberbank.ru'
  record.answeredBy = 'GigaChat-2-Max'
  record.decide(allowed)
  change(record)
  return record
}

describe('a receipt', () => {
  test('is the one of the call before when it says the same', () => {
    const first = createRecord().receipt()
    expect(first).toMatchObject({ verdict: 'allow', code: 'ok', answeredBy: 'GigaChat-2-Max', network: 'test' })
    expect(createRecord().receipt()).toBe(first)
  })

  test.each<[string, CallRecord]>([
    ['another model answered', createRecord((record) => (record.answeredBy = 'GigaChat-2'))],
    ['another origin', createRecord((record) => (record.origin = 'https://api.example.ru'))],
    ['another address', createRecord((record) => (record.peers = new Set(['10.0.0.1'])))],
    ['personal data', createRecord((record) => (record.personal = { EMAIL: 1 }))],
    ['masked data', createRecord((record) => (record.masked = { EMAIL: 1 }))],
    ['a further decision', createRecord((record) => record.decide(guard.refuse('redirect.blocked', 'response')))],
    [
      'a decision of the socket',
      createRecord((record) => (record.socketDecisions = [{ ...allowed, depth: 'socket' }])),
    ],
    ['another provider', createRecord(undefined, { ...target, provider: 'second' as 'gigachat' })],
    ['another model', createRecord(undefined, { ...target, model: 'GigaChat-2' as 'GigaChat-2-Max' })],
    ['other logging', createRecord(undefined, { ...target, providerLogging: 'on' as 'off' })],
  ])('is its own: %s', (_, record) => {
    const usual = createRecord().receipt()
    const own = record.receipt()
    expect(own).not.toEqual(usual)
    expect(createRecord().receipt()).toEqual(usual)
    expect(record.receipt()).toEqual(own)
  })
})

test('attempts and warnings that were given out do not change when others follow', () => {
  const record = createRecord()
  record.enterAttempt({ provider: 'gigachat', startedAt: '2026-11-28T00:00:00.000Z', durationMs: 1 })
  record.warn({ code: 'a', message: 'first' })
  const { attempts, warnings } = record
  record.enterAttempt({ provider: 'gigachat', startedAt: '2026-11-28T00:00:01.000Z', durationMs: 2 })
  record.warn({ code: 'b', message: 'second' })
  expect([attempts.length, warnings.length]).toEqual([1, 1])
  expect([record.attempts.length, record.warnings.length]).toEqual([2, 2])
})
