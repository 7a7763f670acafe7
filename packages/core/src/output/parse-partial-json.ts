import { findUnsafeJson } from '../tools/find-unsafe-json.ts'

/**
 * Reads the beginning of a JSON text as far as it goes: what is open is closed, a key without its value and a token
 * that is not whole are left out. `undefined` when nothing can be read yet.
 */
export function parsePartialJson(text: string): unknown {
  const scan = scanJson(text)
  if (scan === undefined) return undefined
  for (const cut of [scan.end, scan.safe]) {
    try {
      const value = JSON.parse(text.slice(0, cut.at) + cut.close) as unknown
      return findUnsafeJson(value) === undefined ? value : undefined
    } catch {
      // Behind the last whole value stands something that is not whole.
    }
  }
  return undefined
}

interface Cut {
  readonly at: number
  /** What closes all that is open there. */
  readonly close: string
}

/** The end of the text, and the last place before it where a value was whole. */
function scanJson(text: string): { readonly end: Cut; readonly safe: Cut } | undefined {
  const start = text.search(/[[{"]/)
  if (start < 0 || text.slice(0, start).trim() !== '') return undefined
  // What closes all that is open, the innermost first.
  let closing = ''
  let inString = false
  let escaped = 0
  let safe: Cut = { at: 0, close: '' }
  for (let at = start; at < text.length; at++) {
    const character = text[at] as string
    if (inString) {
      if (escaped > 0) escaped = character === 'u' && escaped === 1 ? 5 : escaped - 1
      else if (character === '\\') escaped = 1
      else if (character === '"') inString = false
      continue
    }
    if (character === '"') inString = true
    else if (character === '{') closing = `}${closing}`
    else if (character === '[') closing = `]${closing}`
    else if (character === '}' || character === ']') closing = closing.slice(1)
    // Before a comma and behind an opening bracket all that stands is whole.
    if (character === ',') safe = { at, close: closing }
    else if ('{[}]'.includes(character)) safe = { at: at + 1, close: closing }
  }
  // Half an escape is left out; a surrogate without its other half too.
  const whole = escaped > 0 ? text.lastIndexOf('\\') : text.length
  const end = /[\ud800-\udbff]$/.test(text.slice(0, whole)) ? whole - 1 : whole
  return { end: { at: end, close: (inString ? '"' : '') + closing }, safe }
}
