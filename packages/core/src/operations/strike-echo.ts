/** Shared runs of at least so many characters are taken for the request's own text. */
const shortestRun = 12

/**
 * Takes out of a service's error text what it repeats of the request: services quote what they refuse, and a prompt
 * belongs in no error. Compared with the strings inside the lists of the body, where conversations are.
 */
export function strikeEcho(message: string, body: string | Uint8Array | undefined): string {
  const texts: string[] = []
  collectTexts(parseBody(body), false, texts)
  let struck = message
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

function parseBody(body: string | Uint8Array | undefined): unknown {
  try {
    return typeof body === 'string' ? (JSON.parse(body) as unknown) : undefined
  } catch {
    // A form, such as the token exchange sends: it holds no conversation.
    return undefined
  }
}

function collectTexts(value: unknown, inList: boolean, texts: string[]): void {
  if (typeof value === 'string') {
    if (inList) texts.push(value)
  } else if (typeof value === 'object' && value !== null) {
    const within = inList || Array.isArray(value)
    for (const inner of Object.values(value)) collectTexts(inner, within, texts)
  }
}
