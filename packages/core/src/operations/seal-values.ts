import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { JobError } from '../errors/job-error.ts'
import { findUnsafeJson } from '../tools/find-unsafe-json.ts'
import { isObject, refuse } from './checks.ts'
import type { JobTicket } from './job-string.ts'

/** Placeholder → value, of one request. */
export type PlaceholderValues = Readonly<Record<string, string>>

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/** The key of a job's string: 32 bytes, or their base64. @throws ConfigurationError that never quotes it */
export function checkJobKey(given: unknown): Buffer | undefined {
  if (given === undefined) return undefined
  const bytes = typeof given === 'string' ? Buffer.from(given, 'base64') : given
  const isExact = typeof given !== 'string' || /^[A-Za-z0-9+/_-]{43}=?$/.test(given)
  if (bytes instanceof Uint8Array && bytes.length === keyBytes && isExact) return Buffer.from(bytes)
  return refuse(
    'jobKey must be 32 bytes, or their base64',
    'jobKey: 32 случайных байта или их base64: openssl rand -base64 32. Храните его отдельно от строки задания.',
  )
}

/** Hides what the placeholders of a job stand for: AES-256-GCM, bound to the job it belongs to. */
export function sealValues(values: readonly PlaceholderValues[], ticket: JobTicket, key: Buffer): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(boundTo(ticket))
  const sealed = Buffer.concat([cipher.update(JSON.stringify(values), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** @throws JobError `job.key` for another key, or a string that was changed */
export function unsealValues(ticket: JobTicket, key: Buffer | undefined): readonly PlaceholderValues[] {
  if (ticket.sealed === undefined) return []
  if (!key) {
    throw new JobError('the answers of this job hold placeholders for personal data, sealed under a key', {
      code: 'job.key',
      hint: 'Передайте ключ, с которым задание отправляли: client.job(id, { jobKey }).',
    })
  }
  const bytes = Buffer.from(ticket.sealed, 'base64url')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      .setAAD(boundTo(ticket))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
    const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()])
    return readValues(JSON.parse(text.toString('utf8')))
  } catch {
    // What failed is the key or the string: neither belongs into a message.
    throw new JobError('the values of this job cannot be opened with this key', {
      code: 'job.key',
      hint: 'Другой jobKey, или строка задания изменена: нужен тот ключ, с которым задание отправляли.',
    })
  }
}

function readValues(value: unknown): readonly PlaceholderValues[] {
  const good =
    Array.isArray(value) &&
    findUnsafeJson(value) === undefined &&
    value.every((one) => isObject(one) && Object.values(one).every((text) => typeof text === 'string'))
  if (!good) throw new TypeError('not a list of values')
  return value as readonly PlaceholderValues[]
}

function boundTo({ provider, kind, model, parts }: JobTicket): Buffer {
  const plain = JSON.stringify([provider, kind, model, parts.map(({ ref, count }) => [ref, count])])
  return createHash('sha256').update(plain).digest()
}
