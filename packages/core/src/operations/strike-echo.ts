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
 * texts under their usual names, and with the names and texts of files.
 */
export function strikeEcho(message: string, body: WireRequest['body']): string {
  const texts: string[] = []
  collectBody(body, texts)
  let struck = message.slice(0, messageLimit)
  for (const text of texts) if (text.length >= 4) struck = struck.replaceAll(text, '…')
  const all = texts.join('\n')
  let kept = ''
  for (let at = 0; at < struck.length;) {
    let length = shortestRun
    if (at + length > struck.length || !all.includes(struck.slice(at, at + length))) {
      kept += struck[at++] ?? ''
      continue
    }
    while (at + length < struck.length && all.includes(struck.slice(at, at + length + 1))) length++
    kept += '…'
    at += length
  }
  return kept
}

function collectBody(body: WireRequest['body'], texts: string[]): void {
  if (body === undefined) return
  if (typeof body === 'string') return collectJson(body, texts)
  if (body instanceof Uint8Array) {
    // Many requests at once, one on a line.
    for (const line of decode(body).split('\n')) collectJson(line, texts)
    return
  }
  for (const { filename, mediaType, bytes } of body.files) {
    texts.push(filename)
    if (/^text\/|json|xml/.test(mediaType)) texts.push(decode(bytes))
  }
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
