import { randomBytes } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { createAuditError, errorCode } from './create-audit-error.ts'
import { unlessMissing, type FileAccess } from './file-access.ts'

const heartbeatMs = 10_000
const staleAfterMs = 60_000

/** Claims on claims: each level needs a process that died in the middle of taking a lock over. */
const deepestClaim = 3

interface Owner {
  readonly token: string
  readonly pid: number | undefined
  /** Where `pid` means something. */
  readonly host: string | undefined
  /** When it took the lock, in ms. */
  readonly since: number
  /** Its last sign of life, in ms. */
  readonly seen: number
}

/**
 * One process writes a log. The lock is a file that only one can create; it names its process, and its time of change
 * is touched every 10 s. The lock of a process that is gone, or silent for 60 s, is taken over.
 */
export class FileLock {
  /** True once another process has taken the lock over, or someone removed it. */
  lost = false
  readonly #path: string
  readonly #token: string
  readonly #files: FileAccess
  readonly #timer: NodeJS.Timeout
  #seen = Date.now()

  private constructor(path: string, token: string, files: FileAccess) {
    this.#path = path
    this.#token = token
    this.#files = files
    this.#timer = setInterval(() => void this.#beat(), heartbeatMs).unref()
  }

  /** @throws PolicyAuditError `audit.locked` when another process has it */
  static async take(path: string, files: FileAccess): Promise<FileLock> {
    const token = randomBytes(8).toString('hex')
    await take(path, token, files, 0)
    return new FileLock(path, token, files)
  }

  /** After a long sleep of this process the lock may be another's: to be asked before each write. */
  async confirm(): Promise<boolean> {
    if (!this.lost && Date.now() - this.#seen > staleAfterMs / 2) await this.#beat()
    return !this.lost
  }

  async release(): Promise<void> {
    clearInterval(this.#timer)
    if ((await readOwner(this.#path, this.#files))?.token === this.#token) await this.#files.rm(this.#path)
  }

  async #beat(): Promise<void> {
    try {
      const owner = await readOwner(this.#path, this.#files)
      if (owner?.token !== this.#token) this.lost = true
      const now = new Date()
      if (!this.lost) await this.#files.utimes(this.#path, now, now)
      this.#seen = now.getTime()
    } catch {
      // A file system that cannot be asked just now fails at the next write as well.
    }
  }
}

/**
 * Whoever finds a lock stale first takes a claim on that very lock, named by its token; only the holder of the claim
 * replaces the lock, in one step, and only while it still is that lock. So two cannot both win.
 */
async function take(path: string, token: string, files: FileAccess, depth: number): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    if (await create(path, token, files)) return
    const owner = await readOwner(path, files)
    if (!owner) continue
    if (!isStale(owner) || depth === deepestClaim) throw locked(path, owner)
    const claim = `${path}.${owner.token}`
    await take(claim, token, files, depth + 1)
    if ((await readOwner(path, files))?.token === owner.token) return files.rename(claim, path)
    await files.rm(claim)
  }
  throw locked(path, undefined)
}

async function create(path: string, token: string, files: FileAccess): Promise<boolean> {
  try {
    const handle = await files.open(path, 'wx', 0o600)
    try {
      await handle.writeFile(JSON.stringify({ pid: process.pid, host: place(), since: Date.now(), token }))
    } finally {
      await handle.close()
    }
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** A lock that is being written has no content yet: then its age alone speaks. */
async function readOwner(path: string, files: FileAccess): Promise<Owner | undefined> {
  const [content, status] = await Promise.all([
    unlessMissing(files.readFile(path, 'utf8')),
    unlessMissing(files.stat(path)),
  ])
  if (content === undefined || status === undefined) return undefined
  let value: Readonly<Record<string, unknown>> = {}
  try {
    value = (JSON.parse(content) ?? {}) as Readonly<Record<string, unknown>>
  } catch {
    // See above.
  }
  const { pid, host, since, token } = value
  return {
    token: typeof token === 'string' && /^[\da-f]{1,32}$/.test(token) ? token : 'unknown',
    pid: typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 ? pid : undefined,
    host: typeof host === 'string' ? host : undefined,
    since: typeof since === 'number' ? since : Infinity,
    seen: status.mtimeMs,
  }
}

function isStale({ pid, host, since, seen }: Owner): boolean {
  if (Date.now() - seen > staleAfterMs) return true
  if (pid === undefined || host !== place()) return false
  // In a container every process has the same number: one that is older than this process was another.
  if (pid === process.pid) return since < Date.now() - process.uptime() * 1000
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return errorCode(error) === 'ESRCH'
  }
}

/** Process numbers are those of a host, and on Linux of a PID namespace (namespaces(7)). */
function place(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

function locked(path: string, owner: Owner | undefined): Error {
  const who = owner?.pid === undefined ? 'another process' : `process ${owner.pid}`
  return createAuditError('audit.locked', `the audit log is written by ${who}: ${path} is taken`)
}
