import { createPrivateKey, KeyObject } from 'node:crypto'
import { ConfigurationError } from '../../errors/configuration-error.ts'

export interface AuditLogOptions {
  /** `{pid}` in it becomes the number of the process: a file for each. */
  readonly file: string
  /** A decision that cannot be recorded is not carried out. @default true */
  readonly strict?: boolean
  /** When a line counts as written: given to the system, or on the disk as well. @default 'write' */
  readonly durability?: 'write' | 'fsync'
  /** Signs each line with this Ed25519 key: PEM (PKCS #8) or a KeyObject. */
  readonly sign?: { readonly privateKey: string | KeyObject }
  /** When the file is put aside (64 MiB) and how many such files are kept, at least one (all). */
  readonly rotate?: { readonly maxBytes?: number; readonly keep?: number }
  /** How many lines may wait for the disk. @default 10_000 */
  readonly queueLimit?: number
}

/** How a log is kept. All who write one file agree on it. */
export interface AuditSettings {
  readonly file: string
  readonly strict: boolean
  readonly durability: 'write' | 'fsync'
  readonly privateKey: KeyObject | undefined
  readonly maxBytes: number
  readonly keep: number
  readonly queueLimit: number
}

/** @throws ConfigurationError for unknown or malformed options; a key is never quoted */
export function readAuditOptions(options: AuditLogOptions): AuditSettings {
  const { file, strict, durability, sign, rotate, queueLimit } = readOwn('auditLog', options, [
    'file', 'strict', 'durability', 'sign', 'rotate', 'queueLimit',
  ]) // oxfmt-ignore
  const { maxBytes, keep } = readOwn('auditLog rotate', rotate === undefined ? {} : rotate, ['maxBytes', 'keep'])
  if (durability !== undefined && durability !== 'write' && durability !== 'fsync')
    refuse("auditLog: durability must be 'write' or 'fsync'", "durability: 'write' или 'fsync'.")
  return {
    file: readFile(file),
    strict: readStrict('auditLog', strict),
    durability: durability ?? 'write',
    privateKey: sign === undefined ? undefined : readKey(readOwn('auditLog sign', sign, ['privateKey'])['privateKey']),
    maxBytes: readWhole('auditLog: rotate.maxBytes', maxBytes, 1024, 64 * 1024 * 1024),
    keep: keep === undefined ? Infinity : readWhole('auditLog: rotate.keep', keep, 1, 1),
    queueLimit: readWhole('auditLog: queueLimit', queueLimit, 1, 10_000),
  }
}

/** Own properties alone: a polluted prototype must not set an option. */
export function readOwn<Key extends string>(
  where: string,
  given: unknown,
  known: readonly Key[],
): Readonly<Partial<Record<Key, unknown>>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given) || given instanceof KeyObject)
    refuse(`${where} takes an object`, `${where}: объект с полями ${known.join(', ')}.`)
  const unknown = Object.keys(given).find((key) => !(known as readonly string[]).includes(key))
  if (unknown !== undefined) {
    const shown = unknown.slice(0, 60)
    refuse(`${where}: unknown option '${shown}'`, `Уберите '${shown}': известны ${known.join(', ')}.`)
  }
  return Object.assign(Object.create(null) as Partial<Record<Key, unknown>>, given)
}

export function readStrict(where: string, strict: unknown): boolean {
  if (strict === undefined || typeof strict === 'boolean') return strict ?? true
  return refuse(`${where}: strict must be true or false`, 'strict: true или false.')
}

export function readWhole(name: string, given: unknown, least: number, usual: number): number {
  if (given === undefined) return usual
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= least) return given
  return refuse(`${name} must be a whole number from ${least}`, `${name}: целое число, не меньше ${least}.`)
}

export function refuse(message: string, hint: string): never {
  throw new ConfigurationError(message, { code: 'config.audit', hint })
}

function readFile(file: unknown): string {
  if (typeof file !== 'string' || file === '' || file.includes('\0') || /[\r\n]/.test(file))
    refuse(
      'auditLog: file must be a path',
      "file: путь к файлу журнала, например 'audit.jsonl' или 'audit-{pid}.jsonl'.",
    )
  return file.replaceAll('{pid}', String(process.pid))
}

/** What is wrong with a key is said in words of ours: those of a parser may repeat it. */
function readKey(given: unknown): KeyObject {
  const key = typeof given === 'string' ? parseKey(given) : given
  if (key instanceof KeyObject && key.type === 'private' && key.asymmetricKeyType === 'ed25519') return key
  return refuse(
    'auditLog: sign.privateKey must be an Ed25519 private key, as PEM (PKCS #8) or KeyObject',
    'sign.privateKey: закрытый ключ Ed25519, содержимое PEM (не путь к файлу): openssl genpkey -algorithm ed25519.',
  )
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
