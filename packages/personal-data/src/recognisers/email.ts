import type { Candidate } from './candidate.ts'
import { isWordCharacter } from './characters.ts'
import type { SourceText } from './source-text.ts'

const longestLocalPart = 64
/** Latin to its end, so that a sentence behind a full stop is none of it; or begun in Cyrillic: `почта.example`. */
const domain =
  /(?:[a-z\d-]{1,63}\.){1,8}[a-z]{2,24}(?![a-z\d])|(?=[а-яё\d-])(?:[a-zа-яё\d-]{1,63}\.){1,8}(?:[a-z]{2,24}|[а-яё]{2,24})(?![a-zа-яё\d])/iuy

/** Addresses of electronic mail, in Latin or Cyrillic letters. */
export function recogniseEmails({ text }: SourceText): readonly Candidate[] {
  const found: Candidate[] = []
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    let start = at
    while (at - start < longestLocalPart && isLocalCharacter(text[start - 1])) start--
    while ('.%+-'.includes(text[start] as string)) start++
    domain.lastIndex = at + 1
    const host = start < at ? domain.exec(text)?.[0] : undefined
    if (host) found.push({ start, end: at + 1 + host.length, type: 'EMAIL', isChecked: false })
  }
  return found
}

function isLocalCharacter(character: string | undefined): boolean {
  return isWordCharacter(character) || (character !== undefined && '.%+-'.includes(character))
}
