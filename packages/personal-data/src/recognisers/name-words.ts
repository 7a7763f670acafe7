import { isWordCharacter } from './characters.ts'
import { hasSurnameEnding, isPatronymic, trustFirstName, type NameTrust } from './name-parts.ts'
import type { SourceText } from './source-text.ts'

/** A word with a capital letter. */
export interface NameWord {
  readonly start: number
  /** Exclusive; behind the dot of an initial. */
  readonly end: number
  /** In lower case with `е` for `ё`. */
  readonly lower: string
  /** `И.` */
  readonly isInitial: boolean
  /** All letters are capital: a shout, an abbreviation, or a surname in a document. */
  readonly isUpper: boolean
  /** How far it can be trusted to be a first name; nothing when it is none. */
  readonly firstName: NameTrust | undefined
  readonly isPatronymic: boolean
  readonly isSurname: boolean
}

const capitalised = /[А-ЯЁ](?:[а-яё]|[А-ЯЁ]|[’'ʼ`-](?=[А-ЯЁа-яё]))*/g

/** Words with capital letters, in groups that have nothing but a space between their words. */
export function readNameWords({ text, lower }: SourceText): readonly (readonly NameWord[])[] {
  const groups: NameWord[][] = []
  let previous: NameWord | undefined
  let skippedTo = 0
  for (const { 0: written, index: start } of text.matchAll(capitalised)) {
    if (start < skippedTo) continue
    if (lower.startsWith('ф.и.о', start)) {
      skippedTo = start + 'ф.и.о'.length
      previous = undefined
      continue
    }
    const after = text[start + written.length]
    // A part of a longer word, or of an address of mail.
    if (isWordCharacter(text[start - 1]) || isWordCharacter(after) || after === '@') {
      previous = undefined
      continue
    }
    // The last initial often goes without its dot: `И.И`.
    const isSecond = previous?.isInitial === true && previous.end === start
    const word = readNameWord(written, lower, start, after === '.', isSecond)
    if (previous && isNameGap(text.slice(previous.end, start), previous)) groups.at(-1)?.push(word)
    else groups.push([word])
    previous = word
  }
  return groups
}

function readNameWord(written: string, text: string, start: number, hasDot: boolean, isSecond: boolean): NameWord {
  const isLetter = written.length === 1
  const end = start + written.length
  const lower = text.slice(start, end).replaceAll(/[’ʼ`]/g, "'")
  return {
    start,
    end: isLetter && hasDot ? end + 1 : end,
    lower,
    isInitial: isLetter && (hasDot || isSecond),
    isUpper: !isLetter && written === written.toUpperCase(),
    firstName: isLetter ? undefined : trustFirstName(lower),
    isPatronymic: isPatronymic(lower),
    isSurname: hasSurnameEnding(lower.slice(lower.lastIndexOf('-') + 1)),
  }
}

function isNameGap(gap: string, previous: NameWord): boolean {
  return gap === ' ' || gap === '\u00A0' || gap === '  ' || (gap === '' && previous.isInitial)
}
