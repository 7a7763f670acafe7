import { createHash } from 'node:crypto'
import { JobError } from '../errors/job-error.ts'
import type { JsonValue } from '../provider.ts'
import { findUnsafeJson } from '../tools/find-unsafe-json.ts'
import { isObject } from './checks.ts'

/** All that is needed to find a job again. No secret, no readable content: it may lie in a queue or a database. */
export interface JobTicket {
  /** Name of the provider. */
  readonly provider: string
  /** Its vendor: another one of that name knows nothing of the job. */
  readonly kind: string
  /** As in a model reference, without the provider's prefix. */
  readonly model: string
  /** In the order of the requests. */
  readonly parts: readonly JobPart[]
  /** How an output was asked for; absent when none was. */
  readonly output?: 'native' | 'emulated'
  /** The tool whose arguments are the output. */
  readonly outputTool?: string
  /** What the placeholders of masked requests stand for, see {@link sealValues}. */
  readonly sealed?: string
}

/** One submission: what the service knows it by, and how many requests are in it. */
export interface JobPart {
  readonly ref: JsonValue
  readonly count: number
}

const prefix = 'shlyuz-job.'
const version = '1'

/** Characters: 10,000 submissions with references of some 300 bytes each. */
const lengthLimit = 8 * 1024 * 1024

const partLimit = 10_000

/** `shlyuz-job.1.<base64url of JSON>`. */
export function createJobString(ticket: JobTicket): string {
  const json = JSON.stringify({ ...ticket, sum: sumOf(ticket) })
  return `${prefix}${version}.${Buffer.from(json).toString('base64url')}`
}

/**
 * Reads the string of a job. Whoever can write one can name any operation of the account: it is a reference, not a
 * permit, and the policy judges what it names at every look.
 * @throws JobError `job.unknown` for what {@link createJobString} did not make
 */
export function parseJobString(id: unknown): JobTicket {
  if (typeof id !== 'string' || !id.startsWith(prefix)) return refuse('is not of the form shlyuz-job.1.…')
  if (id.length > lengthLimit) return refuse('is too long')
  const [given = '', encoded = '', ...rest] = id.slice(prefix.length).split('.')
  if (given !== version) {
    return refuse(
      `has the version '${given.slice(0, 20)}', and this client reads version ${version}`,
      'Строка задания от другой версии Shlyuz: обновите пакет там, где её читают.',
    )
  }
  if (rest.length > 0 || !/^[\w-]+$/.test(encoded)) return refuse('is damaged')
  const { sum, ...ticket } = readJson(encoded)
  if (!isTicket(ticket) || sum !== sumOf(ticket)) return refuse('is damaged')
  return ticket
}

function readJson(encoded: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))
  } catch {
    return refuse('is damaged')
  }
  return isObject(value) && findUnsafeJson(value) === undefined ? value : refuse('is damaged')
}

const ticketKeys = ['provider', 'kind', 'model', 'parts', 'output', 'outputTool', 'sealed']

function isTicket(value: Record<string, unknown>): value is Record<string, unknown> & JobTicket {
  const { provider, kind, model, parts, output, outputTool, sealed } = value
  return (
    Object.keys(value).every((key) => ticketKeys.includes(key)) &&
    [provider, kind, model].every((text) => typeof text === 'string' && text !== '' && text.length <= 500) &&
    (output === undefined || output === 'native' || output === 'emulated') &&
    (sealed === undefined || (typeof sealed === 'string' && /^[\w-]+$/.test(sealed))) &&
    (outputTool === undefined || (typeof outputTool === 'string' && outputTool.length <= 100)) &&
    Array.isArray(parts) &&
    parts.length > 0 &&
    parts.length <= partLimit &&
    parts.every(isPart) &&
    parts.reduce((sum: number, { count }) => sum + count, 0) <= partLimit
  )
}

function isPart(part: unknown): part is JobPart {
  if (!isObject(part) || Object.keys(part).some((key) => key !== 'ref' && key !== 'count')) return false
  const { ref, count } = part
  return ref !== undefined && Number.isInteger(count) && (count as number) >= 1
}

/** Tells a string that was cut or edited by mistake; it is no signature. */
function sumOf({ provider, kind, model, parts, output, outputTool, sealed }: JobTicket): string {
  const plain: unknown[] = [provider, kind, model, parts.map(({ ref, count }) => [ref, count])]
  plain.push(output ?? null, outputTool ?? null)
  if (sealed !== undefined) plain.push(sealed)
  return createHash('sha256').update(JSON.stringify(plain)).digest('base64url').slice(0, 12)
}

function refuse(why: string, hint = 'Передайте job.id целиком, как его дал submitText.'): never {
  throw new JobError(`the string of the job ${why}`, { code: 'job.unknown', hint })
}
