import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { JobError } from '../errors/job-error.ts'
import type { JobTicket } from './job-string.ts'
import { checkJobKey, sealValues, unsealValues } from './seal-values.ts'

const key = randomBytes(32)
const ticket: JobTicket = {
  provider: 'first',
  kind: 'vendor',
  model: 'model',
  parts: [
    { ref: { id: 'a' }, count: 2 },
    { ref: 'b', count: 1 },
  ],
}
const values = [{ '⟦PERSON_1⟧': 'Пётр Примеров' }, {}, { '⟦PHONE_1⟧': '+7 916 000-00-01' }]
const sealed = sealValues(values, ticket, key)

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('the values of a job', () => {
  test('come back under the key, and only under it', () => {
    expect(unsealValues({ ...ticket, sealed }, key)).toEqual(values)
    for (const other of [randomBytes(32), undefined]) {
      const error = thrownBy(() => unsealValues({ ...ticket, sealed }, other))
      expect(error).toBeInstanceOf(JobError)
      expect(error).toMatchObject({ code: 'job.key' })
      expect((error as JobError).cause).toBeUndefined()
    }
  })

  test('cannot be read without it, nor told from others', () => {
    expect(sealed).toMatch(/^[\w-]+$/)
    const bytes = Buffer.from(sealed, 'base64url').toString('latin1')
    expect(bytes).not.toContain('PERSON')
    expect(bytes).not.toContain('916')
    expect(sealValues(values, ticket, key)).not.toBe(sealed)
  })

  test('are none where nothing was sealed, key or no key', () => {
    expect(unsealValues(ticket, undefined)).toEqual([])
    expect(unsealValues(ticket, key)).toEqual([])
  })

  test.each<[string, Partial<JobTicket>]>([
    ['another provider', { provider: 'second' }],
    ['another vendor', { kind: 'other' }],
    ['another model', { model: 'other' }],
    ['parts in another order', { parts: ticket.parts.toReversed() }],
    ['a part less', { parts: ticket.parts.slice(1) }],
    ['another count', { parts: [{ ref: { id: 'a' }, count: 1 }, ticket.parts[1] as JobTicket['parts'][number]] }],
  ])('belong to their job: not to one of %s', (_what, change) => {
    expect(thrownBy(() => unsealValues({ ...ticket, ...change, sealed }, key))).toMatchObject({ code: 'job.key' })
  })

  test('cannot be changed: no byte of them, nor their length', () => {
    const bytes = Buffer.from(sealed, 'base64url')
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      const forged = changed.toString('base64url')
      expect(thrownBy(() => unsealValues({ ...ticket, sealed: forged }, key))).toBeInstanceOf(JobError)
    }
    for (const length of [0, 1, 12, 20, 28, bytes.length - 1]) {
      const cut = bytes.subarray(0, length).toString('base64url')
      expect(thrownBy(() => unsealValues({ ...ticket, sealed: cut }, key))).toMatchObject({ code: 'job.key' })
    }
  })

  test.each<[string, unknown]>([
    ['no list', { a: 'b' }],
    ['no texts', [{ '⟦PERSON_1⟧': 7 }]],
    ['a list in a list', [['a']]],
    ['a prototype', [JSON.parse('{"__proto__":{"a":"b"}}')]],
  ])('are refused when they are %s, also under the key', (_what, other) => {
    const forged = sealValues(other as typeof values, ticket, key)
    expect(thrownBy(() => unsealValues({ ...ticket, sealed: forged }, key))).toMatchObject({ code: 'job.key' })
  })
})

describe('checkJobKey', () => {
  test('takes 32 bytes, and their base64 in both alphabets', () => {
    const bytes = Buffer.from('ff'.repeat(32), 'hex')
    for (const given of [bytes, new Uint8Array(bytes), bytes.toString('base64'), bytes.toString('base64url')]) {
      expect(checkJobKey(given)).toEqual(bytes)
    }
    expect(checkJobKey(undefined)).toBeUndefined()
  })

  test('keeps a copy: who wipes the key afterwards does not change it', () => {
    const given = Buffer.from(key)
    const kept = checkJobKey(given)
    given.fill(0)
    expect(kept).toEqual(key)
  })

  test.each<[string, unknown]>([
    ['too short', 'c2VjcmV0'],
    ['too long', `${key.toString('base64')}AAAA`],
    ['a character that is no base64', `!${key.toString('base64').slice(1)}`],
    ['bytes of another length', randomBytes(31)],
    ['no bytes', new Uint16Array(32)],
    ['null', null],
    ['an empty text', ''],
  ])('refuses %s without quoting it', (_what, given) => {
    const error = thrownBy(() => checkJobKey(given))
    expect(error).toBeInstanceOf(ConfigurationError)
    if (typeof given === 'string' && given !== '') expect(inspect(error, { showHidden: true })).not.toContain(given)
  })
})
