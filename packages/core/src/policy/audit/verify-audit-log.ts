import { createPublicKey, KeyObject } from 'node:crypto'
import { lstat, type FileHandle } from 'node:fs/promises'
import { ChainReader, type Finding } from './chain-reader.ts'
import { checkSeal } from './chain.ts'
import { fileSystem, listRotated, readLines, rotatedPath, unlessMissing } from './file-access.ts'
import { headPath, readHead, type Head } from './head-file.ts'
import { refuse } from './read-audit-options.ts'

export type { BadReason, Finding } from './chain-reader.ts'

/** What the head file says of the end of the log. */
export type HeadState =
  /** The last line is the last there was. */
  | 'matches'
  /** Lines came after it: the log is being written, or its process ended without `close`. */
  | 'behind'
  /** The log is shorter: its end was cut off. */
  | 'ahead'
  /** It is not what was written. */
  | 'damaged'
  /** A cut at the end cannot be seen. */
  | 'missing'
  /** The log breaks before its end. */
  | 'not compared'

/** What {@link verifyAuditLog} found. */
export interface AuditVerification {
  /** Nothing was changed, removed, added or cut off, as far as can be seen: look at `head` and `signatures` as well. */
  readonly ok: boolean
  /** Files read: the current one and those put aside. */
  readonly files: number
  /** Number of the oldest of them; above 1 the earlier ones were deleted (`keep`), or are elsewhere. */
  readonly firstFile: number
  readonly lines: number
  /** The first line that does not fit; of a line that is missing, where it should be. */
  readonly firstBad?: Finding
  /** Bytes of a line that was being written when its process or the machine stopped. Not a sign of tampering. */
  readonly torn?: number
  /** How often such a line was cut off by the next process. */
  readonly recovered: number
  /** How often records were dropped (`strict: false`), */
  readonly gaps: number
  /** and how many. */
  readonly dropped: number
  readonly head: HeadState
  readonly signatures: 'checked' | 'not checked' | 'none'
}

/**
 * Checks a whole log: the current file, the rotated ones beside it, and the head. Without a public key it finds what was
 * changed by hand; who can write the files could also rewrite the chain from some line on, which only signatures show.
 * @throws ConfigurationError when there is no such log, or the key is not an Ed25519 public key
 */
export async function verifyAuditLog(options: {
  readonly file: string
  readonly publicKey?: string | KeyObject
}): Promise<AuditVerification> {
  const { publicKey } = options
  const file = await followLink(options.file)
  const key = publicKey === undefined ? undefined : readPublicKey(publicKey)
  // The log may be written meanwhile: the head first, since lines only come behind it, and the current file before the
  // rotated ones are listed, since it may become one.
  const head = await readHead(fileSystem, file)
  const current = await unlessMissing(fileSystem.open(file, 'r'))
  try {
    const rotated = await listRotatedBefore(file, current)
    if (!current && rotated.length === 0) {
      refuse(`there is no audit log ${file}`, 'Укажите текущий файл журнала: архивные части найдутся рядом с ним.')
    }
    return await verifyFiles({ file, head, key, rotated, current })
  } finally {
    await current?.close()
  }
}

/** The head and the rotated files lie beside the file itself, not beside a link to it. */
async function followLink(file: string): Promise<string> {
  const isLink = (await unlessMissing(lstat(file)))?.isSymbolicLink()
  return isLink ? fileSystem.realpath(file) : file
}

/** Numbers of the files that come before the current one. */
async function listRotatedBefore(file: string, current: FileHandle | undefined): Promise<readonly number[]> {
  const numbers = (await unlessMissing(listRotated(fileSystem, file))) ?? []
  const inode = (await current?.stat())?.ino
  for (const [index, number] of numbers.entries()) {
    const status = await unlessMissing(fileSystem.stat(rotatedPath(file, number)))
    if (status && status.ino === inode) return numbers.slice(0, index)
  }
  return numbers
}

interface Found {
  readonly file: string
  readonly head: Head | 'damaged' | undefined
  readonly key: KeyObject | undefined
  readonly rotated: readonly number[]
  readonly current: FileHandle | undefined
}

async function verifyFiles({ file, head, key, rotated, current }: Found): Promise<AuditVerification> {
  const { usable, wrong } = checkHead(head, headPath(file), key)
  const reader = new ChainReader({ head: usable && { ...usable, file: headPath(file) }, publicKey: key })
  const counts = { files: 0, firstFile: 0, lines: 0, torn: 0 }
  const read = async (path: string, handle: FileHandle, number?: number): Promise<void> => {
    let lines = 0
    reader.beginFile(path, number)
    const { torn } = await readLines(handle, (line) => {
      lines++
      reader.read(line)
    })
    counts.files++
    counts.lines += lines
    counts.firstFile ||= reader.fileNumber ?? 0
    if (handle === current) counts.torn = torn
    // A file is put aside whole.
    else if (torn > 0) reader.finding ??= { file: path, line: lines + 1, reason: 'not JSON' }
    else if (lines === 0) reader.finding ??= { file: path, line: 1, reason: 'removed' }
  }
  for (const number of rotated) {
    const path = rotatedPath(file, number)
    // The oldest may be deleted at this moment (`keep`); a hole further on is found by the number of the next one.
    const handle = await unlessMissing(fileSystem.open(path, 'r'))
    if (!handle) continue
    try {
      await read(path, handle, number)
    } finally {
      await handle.close()
    }
  }
  if (current) await read(file, current)
  reader.finish()
  const firstBad = reader.finding ?? wrong
  const { files, firstFile, lines, torn } = counts
  const { recovered, gaps, dropped, signed } = reader.notes
  return {
    ok: !firstBad,
    files,
    firstFile,
    lines,
    ...(firstBad && { firstBad }),
    ...(torn > 0 && { torn }),
    recovered,
    gaps,
    dropped,
    head: describeHead(head, firstBad, reader),
    signatures: signed === 0 ? 'none' : key ? 'checked' : 'not checked',
  }
}

/** A head that is not ours says nothing of the lines; it is a finding of its own. */
function checkHead(
  found: Head | 'damaged' | undefined,
  file: string,
  key: KeyObject | undefined,
): { readonly usable?: Head; readonly wrong?: Finding } {
  if (found === undefined) return {}
  if (found === 'damaged') return { wrong: { file, line: 1, reason: 'edited' } }
  const seal = key ? checkSeal(found.bytes, key) : 'good'
  return seal === 'good' ? { usable: found } : { wrong: { file, line: 1, reason: seal } }
}

function describeHead(
  found: Head | 'damaged' | undefined,
  firstBad: Finding | undefined,
  { end }: ChainReader,
): HeadState {
  if (found === undefined) return 'missing'
  if (found === 'damaged') return 'damaged'
  if (firstBad?.reason === 'truncated') return 'ahead'
  if (firstBad) return 'not compared'
  return found.seq === end.seq ? 'matches' : 'behind'
}

function readPublicKey(given: unknown): KeyObject {
  try {
    const key = createPublicKey(given as string | KeyObject)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // What the parser says may repeat the key.
    if (given instanceof KeyObject && given.type === 'public' && given.asymmetricKeyType === 'ed25519') return given
  }
  return refuse(
    'verifyAuditLog: publicKey must be an Ed25519 public key, as PEM (SPKI) or KeyObject',
    'publicKey: открытый ключ Ed25519, содержимое PEM: openssl pkey -in ключ.pem -pubout.',
  )
}
