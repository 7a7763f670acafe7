import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { auditSink } from './audit-sink.ts'
import { auditLog } from './audit-log.ts'
import { readAuditOptions } from './read-audit-options.ts'

const ed25519 = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const file = 'audit.jsonl'

describe('options of a log', () => {
  it.each<[string, unknown, string]>([
    ['none', undefined, 'file'],
    ['text', 'audit.jsonl', 'file'],
    ['a list', [], 'file'],
    ['no file', {}, "'audit-{pid}.jsonl'"],
    ['an empty file', { file: '' }, 'file'],
    ['a file that is no path', { file: 'a\0b' }, 'file'],
    ['a file that is no text', { file: 7 }, 'file'],
    ['an unknown one', { file, path: 'x' }, "Уберите 'path'"],
    ['strict', { file, strict: 'no' }, 'strict: true или false.'],
    ['durability', { file, durability: 'sync' }, "durability: 'write' или 'fsync'."],
    ['rotate', { file, rotate: true }, 'maxBytes, keep'],
    ['rotate null', { file, rotate: null }, 'maxBytes, keep'],
    ['an unknown one in rotate', { file, rotate: { maxSize: 1 } }, "Уберите 'maxSize'"],
    ['rotate.maxBytes', { file, rotate: { maxBytes: 1023 } }, 'не меньше 1024'],
    ['rotate.maxBytes as text', { file, rotate: { maxBytes: '64' } }, 'целое число'],
    ['rotate.keep', { file, rotate: { keep: 0 } }, 'не меньше 1'],
    ['rotate.keep that is not whole', { file, rotate: { keep: 1.5 } }, 'целое число'],
    ['queueLimit', { file, queueLimit: 0 }, 'не меньше 1'],
    ['queueLimit without an end', { file, queueLimit: Infinity }, 'целое число'],
    ['sign', { file, sign: pem }, 'privateKey'],
    ['sign with the key itself', { file, sign: ed25519.privateKey }, 'privateKey'],
    ['sign without a key', { file, sign: {} }, 'Ed25519'],
    ['a path for a key', { file, sign: { privateKey: 'secret-key.pem' } }, 'не путь к файлу'],
    ['a public key', { file, sign: { privateKey: ed25519.publicKey } }, 'Ed25519'],
    ['a key of another kind', { file, sign: { privateKey: rsa.privateKey } }, 'Ed25519'],
    ['a broken key', { file, sign: { privateKey: pem.replace('MC4', 'SECRET') } }, 'Ed25519'],
  ])('are refused before any file is touched: %s', (_title, options, hint) => {
    const error = refusal(() => auditLog(options as never))
    expect(error).toMatchObject({
      name: 'ConfigurationError',
      code: 'config.audit',
      hint: expect.stringContaining(hint),
    })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/secret-key|SECRET|MC4|BEGIN PRIVATE/)
    expect(error.cause).toBeUndefined()
  })

  it('have defaults', () => {
    expect(readAuditOptions({ file })).toEqual({
      file,
      strict: true,
      durability: 'write',
      privateKey: undefined,
      maxBytes: 64 * 1024 * 1024,
      keep: Infinity,
      queueLimit: 10_000,
    })
    expect(readAuditOptions({ file: 'a-{pid}.{pid}' }).file).toBe(`a-${process.pid}.${process.pid}`)
    expect(readAuditOptions({ file, sign: { privateKey: pem } }).privateKey?.equals(ed25519.privateKey)).toBe(true)
  })

  it('are not taken from a polluted prototype', () => {
    const polluted = Object.prototype as Record<string, unknown>
    polluted['strict'] = false
    polluted['keep'] = 1
    try {
      expect(readAuditOptions({ file, rotate: {} })).toMatchObject({ strict: true, keep: Infinity })
      expect(auditSink({ append: () => {} }).strict).toBe(true)
    } finally {
      delete polluted['strict']
      delete polluted['keep']
    }
  })
})

describe('options of a sink', () => {
  it.each<[string, unknown, string]>([
    ['none', undefined, 'append'],
    ['a function', () => {}, 'append'],
    ['no append', {}, 'append'],
    ['an append that cannot be called', { append: 'x' }, 'append'],
    ['a close that cannot be called', { append: () => {}, close: true }, 'close'],
    ['strict', { append: () => {}, strict: 1 }, 'strict'],
    ['timeLimitMs', { append: () => {}, timeLimitMs: 0 }, 'timeLimitMs'],
    ['queueLimit', { append: () => {}, queueLimit: -1 }, 'queueLimit'],
    ['an unknown one', { append: () => {}, timeout: 1 }, "Уберите 'timeout'"],
  ])('are refused: %s', (_title, options, hint) => {
    expect(refusal(() => auditSink(options as never))).toMatchObject({
      code: 'config.audit',
      hint: expect.stringContaining(hint),
    })
  })
})

function refusal(work: () => unknown): ConfigurationError {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
