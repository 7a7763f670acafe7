import type { KeyObject } from 'node:crypto'
import { sealJson, type ChainEnd } from './chain.ts'
import { replaceFile, unlessMissing, type FileAccess } from './file-access.ts'

/**
 * What is surely on disk: written beside the log only after its lines were synced. So a log that is shorter than its
 * head was cut, and a crash alone never makes it so.
 */
export interface Head extends ChainEnd {
  /** Number of the file with the last line. */
  readonly number: number
  /** As it stands in the file. */
  readonly bytes: Buffer
}

export function headPath(file: string): string {
  return `${file}.head`
}

export async function writeHead(
  files: FileAccess,
  file: string,
  { number, end, privateKey }: { number: number; end: ChainEnd; privateKey: KeyObject | undefined },
): Promise<void> {
  const json = JSON.stringify({ v: 1, file: number, seq: end.seq, hash: end.hash })
  await replaceFile(files, headPath(file), `${sealJson(json, privateKey)}\n`)
}

/**
 * `undefined` when there is none: a crash before the first head leaves a log like that, so it is written on, and the
 * verifier says that a cut at its end cannot be seen. `'damaged'` for what we have not written.
 */
export async function readHead(files: FileAccess, file: string): Promise<Head | 'damaged' | undefined> {
  const content = await unlessMissing(files.readFile(headPath(file)))
  if (!content) return undefined
  let value: unknown
  try {
    value = JSON.parse(content.toString())
  } catch {
    return 'damaged'
  }
  const { v, file: number, seq, hash } = (value ?? {}) as Readonly<Record<string, unknown>>
  const isHead = v === 1 && Number.isSafeInteger(number) && Number.isSafeInteger(seq) && typeof hash === 'string'
  if (!isHead || content.at(-1) !== 0x0a) return 'damaged'
  return { number: number as number, seq: seq as number, hash, bytes: content.subarray(0, -1) }
}
