import { hasSurnameEnding, isPatronymic, trustFirstName } from './name-parts.ts'
import type { SourceText } from './source-text.ts'

const patronymicPart = /[оеь]вич|[ое]вн[аыеуо]|ьич|ичн[аыеуо]/g
const longestWord = 30

/** `иванов иван иванович`: names typed without capitals give themselves away by the patronymic. */
export function readSmallLetterNames({ text, lower }: SourceText): readonly { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = []
  for (const { index } of lower.matchAll(patronymicPart)) {
    const [from, to] = readWordAt(text, index)
    const name = readWordBefore(text, from)
    const isNamed = isPatronymic(lower.slice(from, to)) && trustFirstName(lower.slice(name, from - 1)) !== undefined
    if (!isNamed) continue
    const surname = readWordBefore(text, name)
    const [, behind] = text[to] === ' ' ? readWordAt(text, to + 1) : [to, to]
    if (hasSurnameEnding(lower.slice(surname, name - 1))) spans.push({ start: surname, end: to })
    else spans.push({ start: name, end: hasSurnameEnding(lower.slice(to + 1, behind)) ? behind : to })
  }
  return spans
}

/** Where the word of small letters around an offset starts and ends. */
function readWordAt(text: string, offset: number): readonly [number, number] {
  let start = offset
  while (offset - start < longestWord && isSmallLetter(text[start - 1])) start--
  let end = offset
  while (end - offset < longestWord && isSmallLetter(text[end])) end++
  return [start, end]
}

/** Where the word before this one starts; here, when there is none. */
function readWordBefore(text: string, start: number): number {
  return text[start - 1] === ' ' && isSmallLetter(text[start - 2]) ? readWordAt(text, start - 1)[0] : start
}

function isSmallLetter(character: string | undefined): boolean {
  return character !== undefined && ((character >= 'а' && character <= 'я') || character === 'ё' || character === '-')
}
