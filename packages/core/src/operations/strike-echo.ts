import type { WireRequest } from '../provider.ts'

/** Shared runs of at least so many characters are taken for the request's own text. */
const shortestRun = 12

/** Under these names a request holds one text instead of a list. */
const textKeys = new Set(['text', 'input', 'prompt', 'content', 'instructions', 'query', 'taskDescription'])

/** Longest message that is searched, and how much of a body: both only bound the time this takes. */
const messageLimit = 4_000
const bodyLimit = 4 * 1024 * 1024

/**
 * Takes out of a service's error text what it repeats of the request: services quote what they refuse, and a prompt
 * belongs in no error. Compared with the strings inside the lists of the body, where conversations are, with single
 * texts under their usual names, and with the names and texts of files. A quotation may be escaped as JSON is.
 */
export function strikeEcho(message: string, body: WireRequest['body']): string {
  const texts: string[] = []
  collectBody(body, texts)
  if (texts.length === 0) return message.slice(0, messageLimit)
  let struck = unescape(message.slice(0, messageLimit))
  // Long ones first: a short one must not cut a long one into pieces that are no longer found.
  const whole = texts.filter(({ length }) => length >= 4 && length <= struck.length)
  for (const text of whole.toSorted((a, b) => b.length - a.length)) struck = struck.replaceAll(text, '…')
  return strikeRuns(struck, texts)
}

/** Strikes every run that is found in one of the texts, in one pass over them. */
function strikeRuns(message: string, texts: readonly string[]): string {
  const runs = new Set<string>()
  const hashes = new Set<number>()
  for (let at = 0; at + shortestRun <= message.length; at++) {
    const run = message.slice(at, at + shortestRun)
    runs.add(run)
    hashes.add(hashOf(run))
  }
  const met = new Set<string>()
  for (const text of texts) {
    let hash = hashOf(text.slice(0, shortestRun))
    for (let at = 0; at + shortestRun <= text.length; at++) {
      if (at > 0) hash = roll(hash, text.charCodeAt(at - 1), text.charCodeAt(at + shortestRun - 1))
      if (!hashes.has(hash)) continue
      const run = text.slice(at, at + shortestRun)
      if (runs.has(run)) met.add(run)
    }
  }
  if (met.size === 0) return message
  let kept = ''
  let struckTo = 0
  for (let at = 0; at < message.length; at++) {
    if (met.has(message.slice(at, at + shortestRun))) {
      if (struckTo <= at) kept += '…'
      struckTo = at + shortestRun
    }
    if (at >= struckTo) kept += message[at] ?? ''
  }
  return kept
}

const base = 31
/** Weight of the character that leaves a run. */
const leaving = Array.from({ length: shortestRun - 1 }).reduce<number>((product) => Math.imul(product, base), 1)

function hashOf(run: string): number {
  let hash = 0
  for (let at = 0; at < run.length; at++) hash = (Math.imul(hash, base) + run.charCodeAt(at)) | 0
  return hash
}

function roll(hash: number, out: number, next: number): number {
  return (Math.imul(hash - Math.imul(out, leaving), base) + next) | 0
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** Undoes the escapes of JSON, however often they were escaped themselves. */
function unescape(message: string): string {
  if (!message.includes('\\')) return message
  return message.replaceAll(/\\+(?:u([\da-f]{4})|(["'/nrt]))/gi, (_all, code?: string, letter?: string) =>
    code === undefined ? (escapes[letter ?? ''] ?? letter ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  )
}

function collectBody(body: WireRequest['body'], texts: string[]): void {
  if (body === undefined) return
  if (typeof body === 'string') return collectJson(body, texts)
  if (body instanceof Uint8Array) return collectLines(decode(body), texts)
  for (const { filename, mediaType, bytes } of body.files) {
    texts.push(filename)
    if (!/^text\/|json|xml/.test(mediaType)) continue
    const text = decode(bytes)
    texts.push(text)
    if (mediaType.includes('json')) collectLines(text, texts)
  }
}

/** Many requests at once, one on a line. */
function collectLines(text: string, texts: string[]): void {
  for (const line of text.split('\n')) collectJson(line, texts)
}

/** What is no JSON is a form, such as the token exchange sends, or a file: it holds no conversation. */
function collectJson(text: string, texts: string[]): void {
  if (!/^\s*[[{]/.test(text)) return
  try {
    collectTexts(JSON.parse(text), false, texts)
  } catch {
    // See above.
  }
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, bodyLimit)).toString('utf8')
}

function collectTexts(value: unknown, inList: boolean, texts: string[]): void {
  if (typeof value === 'string') {
    if (inList) texts.push(value)
  } else if (typeof value === 'object' && value !== null) {
    const within = inList || Array.isArray(value)
    for (const [key, inner] of Object.entries(value)) collectTexts(inner, within || textKeys.has(key), texts)
  }
}
