import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { PolicyAuditError } from '../../errors/policy-audit-error.ts'
import { cleanRecord, encodeMembers, type AuditRecord } from './audit-record.ts'
import { createAuditError, toAuditError } from './create-audit-error.ts'
import { fileSystem, type FileAccess } from './file-access.ts'
import { readAuditOptions, type AuditLogOptions, type AuditSettings } from './read-audit-options.ts'
import { shareWriter, type WriterShare } from './shared-writers.ts'

export type { AuditRecord } from './audit-record.ts'
export type { AuditLogOptions } from './read-audit-options.ts'

/** Writes one line of JSON for each decision: made by {@link auditLog} or `auditSink`, given to `createClient({ audit })`. */
export interface AuditLog {
  /** A decision that cannot be recorded is not carried out. */
  readonly strict: boolean
  /** Records that could not be written, since the log was made: none unless `strict` is false. */
  readonly dropped: number
  /**
   * Resolves when the record is written, or synced, by `durability`; with `strict: false` also when it was dropped.
   * @throws PolicyAuditError when it cannot be written, or the log is closed
   */
  append(record: AuditRecord): Promise<void>
  /** Waits for what is queued, writes the head, lets go of the file. May be called again; a later `append` rejects. */
  close(): Promise<void>
}

/**
 * A log in a file, one line of JSON for each decision, each bound to the one before by its hash. Nothing is opened
 * before the first record. `shlyuz-audit verify` and `verifyAuditLog` check it.
 *
 * @example createClient({ providers, audit: auditLog({ file: 'audit.jsonl' }) })
 * @throws ConfigurationError
 */
export function auditLog(options: AuditLogOptions): AuditLog {
  return createAuditLog(options, fileSystem)
}

/** With a file system of the caller's: for tests. */
export function createAuditLog(options: AuditLogOptions, files: FileAccess): AuditLog {
  return brand(new FileAuditLog(readAuditOptions(options), files))
}

const logs = new WeakSet<AuditLog>()

/** True for logs made here: an object of another making promises nothing. */
export function isAuditLog(value: unknown): value is AuditLog {
  return logs.has(value as AuditLog)
}

export function brand<Log extends AuditLog>(log: Log): Log {
  logs.add(log)
  return Object.freeze(log)
}

class FileAuditLog implements AuditLog {
  readonly strict: boolean
  readonly #settings: AuditSettings
  readonly #files: FileAccess
  readonly #pending = new Set<Promise<void>>()
  #share: Promise<WriterShare> | undefined
  #closing: Promise<void> | undefined
  #dropped = 0
  /** Of the dropped, those the writer was not told of. */
  #untold = 0

  constructor(settings: AuditSettings, files: FileAccess) {
    this.strict = settings.strict
    this.#settings = settings
    this.#files = files
  }

  get dropped(): number {
    return this.#dropped
  }

  async append(record: AuditRecord): Promise<void> {
    if (this.#closing) throw createAuditError('audit.closed', `the audit log ${this.#settings.file} is closed`)
    try {
      if (this.#pending.size >= this.#settings.queueLimit)
        throw createAuditError('audit.queue_full', `${this.#pending.size} records wait for the audit log`)
      await this.#track(this.#write(encodeMembers(cleanRecord(record))))
    } catch (error) {
      this.#refuseOrDrop(error)
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#pending)
    const share = await this.#share?.catch(() => undefined)
    if (!share) return
    this.#tell(share)
    try {
      await share.release()
    } catch (error) {
      if (this.strict) throw error
    }
  }

  async #track(written: Promise<void>): Promise<void> {
    this.#pending.add(written)
    try {
      await written
    } finally {
      this.#pending.delete(written)
    }
  }

  async #write(members: string): Promise<void> {
    this.#share ??= shareWriter(this.#settings, this.#files)
    let share: WriterShare
    try {
      share = await this.#share
    } catch (error) {
      // Such as a folder that is not there: it may be the next time.
      this.#share = undefined
      throw error
    }
    this.#tell(share)
    await share.writer.append(members)
  }

  #tell({ writer }: WriterShare): void {
    writer.noteGap(this.#untold)
    this.#untold = 0
  }

  #refuseOrDrop(error: unknown): void {
    const failure: PolicyAuditError | ConfigurationError = toAuditError(error, this.#settings.file)
    if (this.strict || failure instanceof ConfigurationError) throw failure
    this.#dropped++
    this.#untold++
  }
}
