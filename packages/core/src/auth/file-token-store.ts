import type { FileHandle } from 'node:fs/promises'
import type { Access } from '../provider.ts'
import type { Warning } from '../vocabulary/warnings.ts'
import type { TokenStore } from './token-store.ts'

export interface FileTokenStoreOptions {
  /** Told of what is not trusted, each thing once. @default process.emitWarning */
  readonly onWarning?: (warning: Warning) => void
}

/** Above any token by far. */
const longestFile = 64 * 1024
/** What a process that died has left behind. */
const abandonedMs = 3_600_000

/**
 * Keeps tokens in a folder of the owner's alone, so that further processes and the next start need no exchange; off
 * unless given to `createClient({ tokenStore })`. One file a credential, replaced whole. What is not to be trusted
 * (a link, another owner, permissions for others, nonsense) counts as not there, and a token is fetched. Whoever reads
 * the folder can use the tokens until they end: memory alone is safer.
 */
export function fileTokenStore(folder: string, { onWarning = emitWarning }: FileTokenStoreOptions = {}): TokenStore {
  const told = new Set<string>()

  /** A cache that does not work is no reason to fail. */
  async function tryTo<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act()
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === 'ENOENT') return undefined
      const message =
        error instanceof Distrust ? error.message : `the token folder cannot be used: ${code ?? 'unknown'}`
      if (!told.has(message)) onWarning({ code: 'token-file-ignored', message })
      told.add(message)
      return undefined
    }
  }

  return {
    get: (key) => tryTo(() => readToken(folder, key)),
    set: (key, access) => tryTo(() => writeToken(folder, key, access)),
    delete: (key) =>
      tryTo(async () => {
        const { rm } = await import('node:fs/promises')
        await checkFolder(folder)
        await rm(await pathOf(folder, key))
      }),
  }
}

/** Why a file is not used; names no path, which may tell of an account. */
class Distrust extends Error {}

async function readToken(folder: string, key: string): Promise<Access | undefined> {
  const { constants, open } = await import('node:fs/promises')
  await checkFolder(folder)
  // Without waiting for whoever writes into a pipe of that name.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  const handle = await open(await pathOf(folder, key), flags).catch(explainLink)
  try {
    await checkFile(handle)
    return parseToken(await handle.readFile('utf8'), key)
  } finally {
    await handle.close()
  }
}

/** Written beside and renamed: a reader, and a process that dies, see the old file or the new one. */
async function writeToken(folder: string, key: string, access: Access): Promise<void> {
  const { mkdir, open, rename, rm } = await import('node:fs/promises')
  const { randomBytes } = await import('node:crypto')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await checkFolder(folder)
  await removeAbandoned(folder)
  const path = await pathOf(folder, key)
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`
  // `wx` creates, and follows no link.
  const handle = await open(temporary, 'wx', 0o600)
  try {
    try {
      await handle.writeFile(JSON.stringify({ v: 1, key, access }))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function removeAbandoned(folder: string): Promise<void> {
  const { readdir, rm, stat } = await import('node:fs/promises')
  const { join } = await import('node:path')
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.tmp')) continue
    const path = join(folder, name)
    const written = await stat(path).catch(() => undefined)
    if (written && Date.now() - written.mtimeMs > abandonedMs) await rm(path, { force: true })
  }
}

/** Keys are digests; a store may be asked for anything. */
async function pathOf(folder: string, key: string): Promise<string> {
  const { createHash } = await import('node:crypto')
  const { join } = await import('node:path')
  return join(folder, `${createHash('sha256').update(key).digest('hex')}.json`)
}

async function checkFolder(folder: string): Promise<void> {
  const { lstat } = await import('node:fs/promises')
  const found = await lstat(folder)
  if (found.isSymbolicLink()) throw new Distrust('the token folder is a symbolic link and is not used')
  if (!found.isDirectory()) throw new Distrust('what should be the token folder is none')
  checkOwner('folder', found, '0700')
}

async function checkFile(handle: FileHandle): Promise<void> {
  const found = await handle.stat()
  if (!found.isFile()) throw new Distrust('what should be a token file is none')
  if (found.size > longestFile) throw new Distrust('a token file is too large and is not used')
  checkOwner('file', found, '0600')
}

/** Systems without such owners and modes keep a user's files apart by themselves. */
function checkOwner(what: string, found: { readonly uid: number; readonly mode: number }, mode: string): void {
  if (process.getuid === undefined) return
  if (found.uid !== process.getuid()) throw new Distrust(`the token ${what} belongs to another user and is not used`)
  if ((found.mode & 0o077) === 0) return
  throw new Distrust(`the token ${what} is open to other users and is not used: set its mode to ${mode}`)
}

function explainLink(error: unknown): never {
  const { code } = error as { code?: string }
  throw code === 'ELOOP' ? new Distrust('a token file is a symbolic link and is not used') : error
}

/** `undefined` for anything but a token that was written under this very key. */
function parseToken(text: string, key: string): Access | undefined {
  const found = parse(text) as { v?: unknown; key?: unknown; access?: Partial<Access> } | null | undefined
  if (found?.v !== 1 || found.key !== key) return undefined
  const { headers, refreshAt } = found.access ?? {}
  if (typeof headers !== 'object' || headers === null || !Number.isFinite(refreshAt)) return undefined
  const isPlain = Object.values(headers).every((value) => typeof value === 'string' && !/[\r\n]/.test(value))
  return isPlain ? { headers, refreshAt: refreshAt as number } : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function emitWarning({ code, message }: Warning): void {
  process.emitWarning(message, { type: 'ShlyuzWarning', code })
}
