import { ConfigurationError } from '@shlyuz/core'

/** What a placeholder begins and ends with, one character each. */
export type Marks = readonly [open: string, close: string]

/** U+27E6 and U+27E7: hardly ever in a text, so hardly anything has to be escaped. */
export const defaultMarks: Marks = ['⟦', '⟧']

/**
 * One UTF-16 code unit each, so that no chunk can cut a mark; nothing that a name may have, that JSON escapes, or that
 * an inflected ending may begin with.
 */
const markPattern = /^[^\s\p{L}\p{N}\p{M}\p{C}_"'’\\/‑-]$/u

/** @throws ConfigurationError for marks that could be taken for something else */
export function checkMarks(marks: Marks): Marks {
  const [open, close, ...more] = Array.isArray(marks) ? (marks as readonly unknown[]) : []
  const given = typeof open === 'string' && typeof close === 'string'
  if (given && open !== close && isMark(open) && isMark(close) && more.length === 0) return [open, close]
  throw new ConfigurationError('marks must be two different characters that are no letters, digits or quotes', {
    code: 'config.policy',
    hint: "marks: ['⟦', '⟧']: два разных знака, не буквы, не цифры, не кавычки, не пробелы, не дефис.",
  })
}

function isMark(text: string): boolean {
  return text.length === 1 && markPattern.test(text)
}

/** For a regular expression, by its number: a mark may have a meaning there. */
export function toPattern(mark: string): string {
  return String.raw`\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`
}
