import * as promises from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { errorCode } from './create-audit-error.ts'

/** What the log asks of the file system: a place for tests to put faults in. */
export type FileAccess = Pick<
  typeof promises,
  'open' | 'stat' | 'realpath' | 'rename' | 'rm' | 'readdir' | 'readFile' | 'utimes'
>

export const fileSystem: FileAccess = promises

/** `undefined` in place of the error for something that is not there. */
export async function unlessMissing<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Replaces a small file so that a crash leaves the old one or the new one, whole. */
export async function replaceFile(files: FileAccess, path: string, content: string): Promise<void> {
  const temporary = `${path}.new`
  const handle = await files.open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await files.rename(temporary, path)
  await syncFolder(files, dirname(path))
}

/** Names live in the folder: without this a power loss may take back a rename. Not every system can do it. */
export async function syncFolder(files: FileAccess, folder: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await files.open(folder, 'r')
    await handle.sync()
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF'].includes(errorCode(error) ?? '')) throw error
  } finally {
    await handle?.close()
  }
}

/** Where a file of the log goes when it is full: `audit.jsonl` becomes `audit.000001.jsonl`. */
export function rotatedPath(file: string, number: number): string {
  const extension = extname(file)
  const stem = basename(file, extension)
  return join(dirname(file), `${stem}.${String(number).padStart(6, '0')}${extension}`)
}

/** Numbers of the rotated files that are there, in order. */
export async function listRotated(files: FileAccess, file: string): Promise<number[]> {
  const extension = extname(file)
  const stem = `${basename(file, extension)}.`
  const names = await files.readdir(dirname(file))
  return names
    .filter((name) => name.startsWith(stem) && name.endsWith(extension))
    .map((name) => name.slice(stem.length, name.length - extension.length))
    .filter((number) => /^\d{6,15}$/.test(number))
    .map(Number)
    .toSorted((one, other) => one - other)
}

const longestLine = 1024 * 1024
const newline = 0x0a

/**
 * Gives every line that is ended by a newline, one at a time and only for the time of the call, and says where the
 * last one ended and how many bytes come after it. A line longer than any of ours comes cut.
 */
export async function readLines(
  handle: FileHandle,
  push: (line: Buffer) => void,
): Promise<{ readonly end: number; readonly torn: number }> {
  const chunk = Buffer.allocUnsafe(256 * 1024)
  let carry = Buffer.alloc(0)
  let end = 0
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position)
    if (bytesRead === 0) return { end, torn: position - end }
    const data = chunk.subarray(0, bytesRead)
    let from = 0
    for (let at = data.indexOf(newline); at !== -1; at = data.indexOf(newline, from)) {
      const piece = data.subarray(from, at)
      push(carry.length > 0 ? Buffer.concat([carry, piece]) : piece)
      carry = Buffer.alloc(0)
      from = at + 1
      end = position + from
    }
    if (carry.length < longestLine) carry = Buffer.concat([carry, data.subarray(from)])
    position += bytesRead
  }
}
