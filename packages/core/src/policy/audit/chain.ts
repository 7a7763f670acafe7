import { createHash, hash, sign, verify, type KeyObject } from 'node:crypto'

/** Version of the form of the lines. */
export const formatVersion = 1

/** The last line so far. `hash` is null before the first. */
export interface ChainEnd {
  readonly seq: number
  readonly hash: string | null
}

/** The part of a line that makes it a link. */
export interface Link {
  readonly seq: number
  readonly prev: string | null
  readonly members: Readonly<Record<string, unknown>>
}

export const chainStart: ChainEnd = { seq: 0, hash: null }

/** `sha256:` and the hash of the bytes of a line, without its newline. */
export function hashLine(line: string | Uint8Array): string {
  return `sha256:${hash('sha256', line, 'hex')}`
}

/** Seals an object that is given as JSON: `sig` comes last, and the signed bytes are those before `,"sig":`. */
export function sealJson(json: string, privateKey: KeyObject | undefined): string {
  if (!privateKey) return json
  const signed = json.slice(0, -1)
  return `${signed},"sig":"${sign(null, Buffer.from(signed), privateKey).toString('base64')}"}`
}

/** One line of the log: `v`, `seq`, what is said, `prev`, and perhaps `sig`. */
export function encodeLine(members: string, end: ChainEnd, privateKey: KeyObject | undefined): string {
  const json = `{"v":${formatVersion},"seq":${end.seq + 1},${members},"prev":${JSON.stringify(end.hash)}}`
  return sealJson(json, privateKey)
}

/** `undefined` for what is not JSON; a line without the members of a link is `'malformed'`. */
export function parseLine(line: Uint8Array): Link | 'malformed' | undefined {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString())
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return 'malformed'
  const members = value as Readonly<Record<string, unknown>>
  const { v, seq, prev } = members
  const isLink = v === formatVersion && Number.isSafeInteger(seq) && (typeof prev === 'string' || prev === null)
  return isLink ? { seq: seq as number, prev, members } : 'malformed'
}

/** `,"sig":"…"}`: the 64 bytes of an Ed25519 signature (RFC 8032) in base64 are 88 characters. */
const tailLength = 8 + 88 + 2

/** Whether a sealed object bears a signature of this key. */
export function checkSeal(json: Uint8Array, publicKey: KeyObject): 'good' | 'bad signature' | 'unsigned' {
  const cut = Math.max(json.length - tailLength, 0)
  const tail = Buffer.from(json.subarray(cut)).toString('latin1')
  const signature = /^,"sig":"([A-Za-z\d+/]{86}==)"\}$/.exec(tail)?.[1]
  if (signature === undefined) return 'unsigned'
  const isGood = verify(null, json.subarray(0, cut), publicKey, Buffer.from(signature, 'base64'))
  return isGood ? 'good' : 'bad signature'
}

/** Names a key without showing it. */
export function fingerprint(publicKey: KeyObject): string {
  return `sha256:${createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`
}
