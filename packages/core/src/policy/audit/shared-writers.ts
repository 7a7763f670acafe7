import { createPublicKey } from 'node:crypto'
import { basename, dirname, join, resolve } from 'node:path'
import { AuditWriter } from './audit-writer.ts'
import { fingerprint } from './chain.ts'
import { unlessMissing, type FileAccess } from './file-access.ts'
import { refuse, type AuditSettings } from './read-audit-options.ts'

interface SharedWriter {
  readonly writer: AuditWriter
  readonly manner: string
  users: number
  /** Set when the last user has left, until the file is free. */
  closing?: Promise<void>
}

/**
 * Writers by the real path of their file. The one state in Shlyuz that belongs to the process: so does the file, and
 * two writers that do not know of each other would break its chain.
 */
const writers = new Map<string, SharedWriter>()

/** A share in the writer of a file. */
export interface WriterShare {
  readonly writer: AuditWriter
  /** The last one to leave closes the file. */
  release(): Promise<void>
}

/** @throws ConfigurationError when the file is written by settings that differ */
export async function shareWriter(settings: AuditSettings, files: FileAccess): Promise<WriterShare> {
  const path = await findRealPath(settings.file, files)
  for (let there = writers.get(path); there?.closing; there = writers.get(path))
    await there.closing.catch(() => undefined)
  const manner = describeManner(settings)
  const shared = writers.get(path) ?? { writer: new AuditWriter(path, settings, files), manner, users: 0 }
  if (shared.manner !== manner) {
    refuse(
      `auditLog: ${path} is already written with other options in this process`,
      'Откройте файл с одними и теми же параметрами auditLog во всех местах или передайте один объект auditLog.',
    )
  }
  shared.users++
  writers.set(path, shared)
  return { writer: shared.writer, release: () => release(path, shared) }
}

async function release(path: string, shared: SharedWriter): Promise<void> {
  if (--shared.users > 0) return
  shared.closing = shared.writer.close().finally(() => writers.delete(path))
  await shared.closing
}

/** The file itself need not be there yet. */
async function findRealPath(file: string, files: FileAccess): Promise<string> {
  const path = resolve(file)
  const real = await unlessMissing(files.realpath(path))
  return real ?? join(await files.realpath(dirname(path)), basename(path))
}

/** Everything but the name of the file, which may be spelled in several ways. */
function describeManner({ privateKey, keep, ...rest }: AuditSettings): string {
  const signer = privateKey && fingerprint(createPublicKey(privateKey))
  return JSON.stringify({ ...rest, file: '', keep: String(keep), signer })
}
