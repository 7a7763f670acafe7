import { createPublicKey } from 'node:crypto'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { PolicyAuditError } from '../../errors/policy-audit-error.ts'
import { encodeNote } from './audit-record.ts'
import { ChainReader } from './chain-reader.ts'
import { encodeLine, fingerprint, hashLine, type ChainEnd } from './chain.ts'
import { createAuditError, repeatAuditError, toAuditError } from './create-audit-error.ts'
import { listRotated, readLines, rotatedPath, syncFolder, unlessMissing, type FileAccess } from './file-access.ts'
import { FileLock } from './file-lock.ts'
import { headPath, readHead, writeHead } from './head-file.ts'
import type { AuditSettings } from './read-audit-options.ts'

const headEveryMs = 3000

/** A signature takes some 30 µs: a group must not hold up the process. */
const mostLines = { plain: 2048, signed: 128 }

interface Waiting {
  readonly members: string
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The open file and where in it we are. */
interface OpenLog {
  readonly handle: FileHandle
  readonly lock: FileLock
  readonly number: number
  /** Up to here the lines are whole, and ours. */
  readonly offset: number
  readonly end: ChainEnd
  /** What the log has to say of itself before the next record. */
  readonly notes: readonly string[]
}

/** Lines of one write call, and where the chain stands after them. */
interface Group {
  readonly bytes: Buffer
  readonly end: ChainEnd
  readonly records: number
  readonly gap: number
}

/**
 * The one writer of a file in this process. Everything it does with the file, it does in one row: lines that come
 * while it writes are the next group.
 */
export class AuditWriter {
  readonly #file: string
  readonly #settings: AuditSettings
  readonly #files: FileAccess
  readonly #queue: Waiting[] = []
  #log: OpenLog | undefined
  #running: Promise<void> | undefined
  /** Final: someone else changed the file, or writes it. Only a new log, which looks at it again, can go on. */
  #broken: PolicyAuditError | undefined
  /** The last write failed: behind the good lines there may be a part of one. */
  #isDirty = false
  /** Records that were dropped and not yet spoken of in the log. */
  #gap = 0
  #headTimer: NodeJS.Timeout | undefined
  #headIsDue = false

  /** @param file - its real path */
  constructor(file: string, settings: AuditSettings, files: FileAccess) {
    this.#file = file
    this.#settings = settings
    this.#files = files
  }

  append(members: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ members, resolve, reject })
      this.#start()
    })
  }

  /** Records were dropped: the next group says how many. */
  noteGap(dropped: number): void {
    this.#gap += dropped
  }

  /** After what is queued. The file is free then, whatever the outcome. */
  async close(): Promise<void> {
    await this.#running
    clearTimeout(this.#headTimer)
    try {
      if (!this.#log || this.#broken) return
      if (this.#gap > 0) await this.#writeGroup()
      if (this.#isDirty) await this.#log.handle.truncate(this.#log.offset)
      await this.#writeHead()
    } catch (error) {
      throw toAuditError(error, this.#file)
    } finally {
      await Promise.allSettled([this.#log?.handle.close(), this.#log?.lock.release()])
      this.#log = undefined
    }
  }

  #start(): void {
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    // What is appended in one turn goes in one group.
    await Promise.resolve()
    while (this.#queue.length > 0 || this.#headIsDue) {
      if (this.#headIsDue) await this.#writeDueHead()
      else await this.#writeNext()
    }
    this.#running = undefined
  }

  /** A head that cannot be written lags behind, which is no harm: the next one tries again. */
  async #writeDueHead(): Promise<void> {
    this.#headIsDue = false
    if (!this.#broken) await this.#writeHead().catch(() => undefined)
  }

  async #writeNext(): Promise<void> {
    const asked = Math.min(this.#queue.length, this.#mostLines())
    try {
      const written = await this.#writeGroup()
      for (const { resolve } of this.#queue.splice(0, written)) resolve()
      this.#headTimer ??= setTimeout(() => this.#askForHead(), headEveryMs).unref()
    } catch (error) {
      const failure = toAuditError(error, this.#file)
      if (isFinal(failure)) this.#broken = failure as PolicyAuditError
      for (const { reject } of this.#queue.splice(0, asked)) reject(repeatAuditError(failure))
    }
  }

  /** Writes what fits in one group and gives the number of records in it. */
  async #writeGroup(): Promise<number> {
    if (this.#broken) throw this.#broken
    this.#log ??= await this.#open()
    await this.#check(this.#log)
    let group = this.#compose(this.#log)
    if (!group) {
      this.#log = await this.#rotate(this.#log)
      group = this.#compose(this.#log)
    }
    if (!group) return 0
    const { handle, offset } = this.#log
    this.#isDirty = true
    await writeAll(handle, group.bytes, offset)
    if (this.#settings.durability === 'fsync') await handle.datasync()
    this.#isDirty = false
    this.#log = { ...this.#log, offset: offset + group.bytes.length, end: group.end, notes: [] }
    this.#gap -= group.gap
    return group.records
  }

  /** `undefined` when not even one more line fits in the file. */
  #compose({ notes, offset, end: from }: OpenLog): Group | undefined {
    const { privateKey, maxBytes } = this.#settings
    const gap = this.#gap
    const said = gap > 0 ? [...notes, encodeNote({ type: 'gap', dropped: gap })] : notes
    const lines: string[] = []
    let end = from
    let size = 0
    let records = 0
    const add = (members: string): boolean => {
      const line = encodeLine(members, end, privateKey)
      const length = Buffer.byteLength(line) + 1
      const isFull = offset + size + length > maxBytes
      // A fresh file takes its first record, however long.
      if (isFull && (offset > 0 || records > 0)) return false
      lines.push(line)
      end = { seq: end.seq + 1, hash: hashLine(line) }
      size += length
      return true
    }
    if (!said.every(add)) return undefined
    const most = Math.min(this.#queue.length, this.#mostLines())
    while (records < most && add(this.#queue[records]!.members)) records++
    if (records === 0 && most > 0) return undefined
    return { bytes: Buffer.from(`${lines.join('\n')}\n`), end, records, gap }
  }

  #mostLines(): number {
    return this.#settings.privateKey ? mostLines.signed : mostLines.plain
  }

  /** Before each group: still our file, and as long as we left it. */
  async #check({ handle, lock, offset }: OpenLog): Promise<void> {
    if (!(await lock.confirm()))
      throw createAuditError('audit.locked', `the audit log ${this.#file} was taken over by another process`)
    const [ours, there] = await Promise.all([handle.stat(), unlessMissing(this.#files.stat(this.#file))])
    if (there?.ino !== ours.ino || there.dev !== ours.dev)
      throw createAuditError('audit.tampered', `the audit log ${this.#file} was moved, removed or replaced`)
    if (ours.size < offset || (ours.size > offset && !this.#isDirty))
      throw createAuditError('audit.tampered', `the size of the audit log ${this.#file} was changed`)
    if (this.#isDirty) {
      await handle.truncate(offset)
      this.#isDirty = false
    }
  }

  async #open(): Promise<OpenLog> {
    const status = await unlessMissing(this.#files.stat(this.#file))
    if (status && !status.isFile())
      throw createAuditError('audit.unwritable', `the audit log ${this.#file} is not a regular file`)
    const lock = await FileLock.take(`${this.#file}.lock`, this.#files)
    let handle: FileHandle | undefined
    try {
      handle = await this.#openFile(constants.O_CREAT)
      return await this.#resume(handle, lock)
    } catch (error) {
      await Promise.allSettled([handle?.close(), lock.release()])
      throw error
    }
  }

  /** The path is a real one: a link in its place is someone else's. */
  async #openFile(more: number): Promise<FileHandle> {
    // Undefined on Windows, where it counts as 0.
    const flags = constants.O_RDWR | constants.O_NOFOLLOW | more
    const handle = await this.#files.open(this.#file, flags, 0o600)
    try {
      await syncFolder(this.#files, dirname(this.#file))
    } catch (error) {
      await handle.close()
      throw error
    }
    return handle
  }

  /** Verifies what is there and goes on behind it. */
  async #resume(handle: FileHandle, lock: FileLock): Promise<OpenLog> {
    const head = await readHead(this.#files, this.#file)
    if (head === 'damaged') throw createAuditError('audit.tampered', `${headPath(this.#file)} is not what we wrote`)
    const reader = new ChainReader({ head: head && { ...head, file: headPath(this.#file) } })
    const { end: offset, torn } = await this.#read(handle, reader, this.#file)
    // No line yet: a new log, or a crash between putting the old file aside and beginning this one.
    const isFresh = offset === 0
    if (isFresh) await this.#readLastRotated(reader)
    reader.finish()
    if (reader.finding) throw describeFinding(reader.finding)
    if (torn > 0) await handle.truncate(offset)
    const number = (reader.fileNumber ?? 0) + (isFresh ? 1 : 0)
    const notes = [
      ...(isFresh ? [this.#startNote(number)] : []),
      ...(torn > 0 ? [encodeNote({ type: 'recovered', bytes: torn })] : []),
    ]
    this.#isDirty = false
    return { handle, lock, number, offset, end: reader.end, notes }
  }

  async #readLastRotated(reader: ChainReader): Promise<void> {
    const number = (await listRotated(this.#files, this.#file)).at(-1)
    if (number === undefined) return
    const path = rotatedPath(this.#file, number)
    const handle = await this.#files.open(path, 'r')
    try {
      const { torn } = await this.#read(handle, reader, path, number)
      // A file is put aside whole.
      if (torn > 0 || reader.end.hash === null) throw describeFinding({ file: path, line: 1, reason: 'not JSON' })
    } finally {
      await handle.close()
    }
  }

  #read(handle: FileHandle, reader: ChainReader, path: string, number?: number): ReturnType<typeof readLines> {
    reader.beginFile(path, number)
    return readLines(handle, (line) => {
      reader.read(line)
      if (reader.finding) throw describeFinding(reader.finding)
    })
  }

  /** The full file gets its number, and a new one begins that chains to it. */
  async #rotate(log: OpenLog): Promise<OpenLog> {
    const aside = rotatedPath(this.#file, log.number)
    if (await unlessMissing(this.#files.stat(aside)))
      throw createAuditError('audit.tampered', `the audit log cannot be put aside: ${aside} is already there`)
    await this.#writeHead()
    await this.#files.rename(this.#file, aside)
    // From here on a failure leaves what a crash would leave; opening puts it right.
    this.#log = undefined
    let handle: FileHandle
    try {
      handle = await this.#openFile(constants.O_CREAT | constants.O_EXCL)
    } catch (error) {
      await Promise.allSettled([log.handle.close(), log.lock.release()])
      throw error
    }
    await Promise.allSettled([log.handle.close()])
    await this.#deleteOldest(log.number)
    const number = log.number + 1
    return { handle, lock: log.lock, number, offset: 0, end: log.end, notes: [this.#startNote(number), ...log.notes] }
  }

  /** Not worth a refusal: what could not be deleted goes the next time. */
  async #deleteOldest(newest: number): Promise<void> {
    const { keep } = this.#settings
    if (keep === Infinity) return
    const numbers = await listRotated(this.#files, this.#file).catch(() => [])
    const old = numbers.filter((number) => number <= newest - keep)
    await Promise.allSettled(old.map((number) => this.#files.rm(rotatedPath(this.#file, number))))
  }

  #startNote(file: number): string {
    const { privateKey } = this.#settings
    const signer = privateKey && fingerprint(createPublicKey(privateKey))
    return encodeNote({ type: 'start', file, pid: process.pid, ...(signer !== undefined && { signer }) })
  }

  #askForHead(): void {
    this.#headTimer = undefined
    this.#headIsDue = true
    this.#start()
  }

  /** Only of what is surely on disk: the lines are synced first. */
  async #writeHead(): Promise<void> {
    if (!this.#log || this.#log.end.seq === 0) return
    const { handle, number, end } = this.#log
    await handle.datasync()
    await writeHead(this.#files, this.#file, { number, end, privateKey: this.#settings.privateKey })
  }
}

/** What was found is there to stay; anything else may be better the next time. */
function isFinal({ code }: { readonly code: string }): boolean {
  return code === 'audit.tampered' || code === 'audit.truncated'
}

/** The system may take less than it was given. */
async function writeAll(handle: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done)
    if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'EIO' })
    done += bytesWritten
  }
}

function describeFinding({ file, line, reason }: { file: string; line: number; reason: string }): PolicyAuditError {
  return reason === 'truncated'
    ? createAuditError('audit.truncated', `the audit log was cut: ${file} has no line ${line}, and its head has`)
    : createAuditError('audit.tampered', `the audit log was changed: ${file}, line ${line}: ${reason}`)
}
