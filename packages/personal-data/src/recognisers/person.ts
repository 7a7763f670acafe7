import { isKnownCapitalised } from '../dictionaries/capitalised-words.ts'
import type { Candidate } from './candidate.ts'
import { readNameWords, type NameWord } from './name-words.ts'
import { isBehindOffice, isFamous, isSentenceStart, isTitle, readNameContext } from './name-context.ts'
import { readSmallLetterNames } from './small-letter-names.ts'
import type { SourceText } from './source-text.ts'

interface Span {
  readonly start: number
  readonly end: number
}

/** Names of persons: full, with initials, or alone where the words around call for one. In all cases. */
export function recognisePersons(source: SourceText): readonly Candidate[] {
  const spans: Span[] = []
  for (const group of readNameWords(source)) {
    for (let index = 0; index < group.length; index++) {
      const words = group.slice(index, index + 4)
      const count = countFullName(source, words) || countSingleName(source, words, spans.at(-1))
      if (count === 0) continue
      const { start } = words[0] as NameWord
      const end = takeParticle(source, (words[count - 1] as NameWord).end)
      if (!isNobody(source, start, end)) spans.push({ start, end })
      index += count - 1
      while (index + 1 < group.length && (group[index + 1] as NameWord).start < end) index++
    }
  }
  return [...spans, ...readSmallLetterNames(source)].map((span) => ({ ...span, type: 'PERSON', isChecked: false }))
}

/** How many words a name of more than one word has that begins with the first; 0 when there is none. */
function countFullName(source: SourceText, words: readonly NameWord[]): number {
  const [one, two, three] = words
  if (one === undefined || two === undefined) return 0
  if (one.isInitial) return countInitialsFirst(source, words)
  const canBeSurname = isPossibleSurname(source, one)

  // Иванова А. П.
  if (two.isInitial) {
    const count = three?.isInitial ? 3 : 2
    // `Передал А. А. Петров`: the initials belong to what follows.
    const isOfNext = words[count] !== undefined && (count === 2 || isSentenceStart(source, one.start))
    return one.isSurname || (canBeSurname && count === 3 && !isOfNext) ? count : 0
  }
  // Иванов Иван Иванович
  if (three?.isPatronymic && canBeSurname && (two.firstName || one.isSurname) && !isNounBefore(source, words)) return 3
  // Иван Иванович Иванов, Иван Иванович
  if (two.isPatronymic && !three?.isInitial && (one.firstName || (canBeSurname && !one.isSurname))) {
    return three && isPossibleSurnameBehind(three) ? 3 : 2
  }
  // Гасанов Али Вели оглы, Гасан Вели оглы
  if (one.isSurname && two.firstName && three && startsWithParticle(source, three)) return 3
  if (one.firstName && !one.isSurname && startsWithParticle(source, two)) return 2
  // Иванов Иван
  if (two.firstName && canBeSurname && !one.firstName && agree(two.lower, one.lower)) {
    if (one.isSurname || (!isAbbreviation(one) && !isSentenceStart(source, one.start))) return 2
  }
  // Иван Иванов, Иван Ли
  if (one.firstName && !two.isPatronymic && isPossibleSurnameBehind(two) && agree(one.lower, two.lower)) {
    // `Надежда России`, `Роза Хутор`
    return two.isSurname || one.firstName === 'name' || !isSentenceStart(source, one.start) ? 2 : 0
  }
  return 0
}

/** `Звонок Софье Львовне`: a word without the ending of a surname begins the sentence, and another case stands behind. */
function isNounBefore(source: SourceText, [noun, name, patronymic, surname]: readonly NameWord[]): boolean {
  if (!noun || noun.isSurname || !name?.firstName || !isSentenceStart(source, noun.start)) return false
  return surname?.isSurname === true || !/(?:ич|на)$/.test(patronymic?.lower ?? '')
}

/** И. И. Иванов, И.Иванов */
function countInitialsFirst(source: SourceText, words: readonly NameWord[]): number {
  const initials = words[1]?.isInitial ? 2 : 1
  const surname = words[initials]
  if (surname === undefined || !isPossibleSurnameBehind(surname) || isAbbreviation(surname)) return 0
  const { start } = words[0] as NameWord
  const isCertain = surname.isSurname || initials === 2 || !isSentenceStart(source, start)
  return isCertain || readNameContext(source.lower, start) !== undefined ? initials + 1 : 0
}

/** 1 for a surname or first name alone where something speaks for it, 2 for one with a first name nobody knows. */
function countSingleName(source: SourceText, words: readonly NameWord[], last: Span | undefined): number {
  const [word, behind] = words
  if (word === undefined || word.isInitial || word.lower.length < 2) return 0
  const isNext = (word.isSurname || word.firstName === 'name') && isListed(source, last, word)
  const context = isNext ? 'spoken of' : readNameContext(source.lower, word.start)
  const isCalled = context !== undefined && context !== 'called after'
  if (word.firstName) {
    const isElse = word.firstName !== 'name' && behind !== undefined && isKnownCapitalised(behind.lower)
    return isCalled || (!word.isUpper && !isElse && isTrusted(source, word)) ? 1 : 0
  }
  if (isKnownCapitalised(word.lower)) return 0
  if (word.isSurname && context !== 'calls by name' && townAdjective.test(word.lower)) return 0
  if (!isCalled)
    return word.isSurname && context === undefined && isBehindOffice(source.lower, word.start, word.lower) ? 1 : 0

  // `гость Шон О’Коннор`, `студентка Дуйшеева Бактыгуль`
  const isPair = behind && isPossibleSurnameBehind(behind) && behind.isSurname !== word.isSurname && !word.isUpper
  const count = isPair ? 2 : 1
  if (context === 'calls by name') return isAbbreviation(word) ? 0 : count
  if (word.isPatronymic) return 1
  if (word.isSurname) return context === 'person' ? count : 1
  // `врач Цой`; but `клиент Сбербанка`, `директор НИИ`
  const isRightBehind = /[а-я:—] $/.test(source.lower.slice(word.start - 2, word.start))
  const isName = context === 'person' && isRightBehind && !word.isUpper && nominative.test(word.lower)
  return isName ? count : 0
}

/** A consonant, or `Цой`; not the adjective of `эксперты Высшей школы`. */
const nominative = /[бвгджзклмнпрстфхцчшщь]$|ко$|^..?.?й$/

/** `директор Московского филиала` */
const townAdjective = /[сц]к(?:ого|ому|им|ом|ой|ую|ие|их)$/

const particle = /^[ -](?:оглы|оглу|кызы|кизи|улы|заде)(?![а-я])/

/** `Вели оглы`, `Ахмед кызы`: the particle is a part of the name. */
function takeParticle({ lower }: SourceText, end: number): number {
  return end + (particle.exec(lower.slice(end, end + 8))?.[0].length ?? 0)
}

function startsWithParticle(source: SourceText, { end }: NameWord): boolean {
  return takeParticle(source, end) > end
}

/** `Пётр Первый`, `Иван Грозный` */
const epithet = /^ (?:перв|втор|трет|четверт|велик|грозн|мудр|царевич|[ivx]+(?![a-z]))/

/** True of names of streets, works, firms and of people whom everybody knows. */
function isNobody(source: SourceText, start: number, end: number): boolean {
  const { lower } = source
  return (
    epithet.test(lower.slice(end, end + 12)) ||
    readNameContext(lower, start) === 'called after' ||
    isTitle(source, start, end) ||
    isFamous(lower.slice(start, end))
  )
}

/** `граждане Иванов и Петров`: behind a person, what looks like one is one. */
function isListed({ text }: SourceText, last: Span | undefined, word: NameWord): boolean {
  if (last === undefined || word.start - last.end > 5) return false
  return /^(?:, | и | или |, а |\/)$/.test(text.slice(last.end, word.start))
}

/** `Пишет`, `Пришла`, `Недавно`: what begins a sentence before a name. */
const opening = /..(?:[аеяюиуы]т|[аяиыео]л[аио]?|сь|ся|ть|те|но|ого|ему)$/

/** True of a word that may be the surname before a first name: no known word, no office, no verb. */
function isPossibleSurname(source: SourceText, word: NameWord): boolean {
  if (word.isInitial || word.lower.length < 2 || isKnownCapitalised(word.lower)) return false
  if (word.isSurname) return true
  const isOffice = readNameContext(source.lower, word.end + 1) !== undefined
  return !isOffice && !(opening.test(word.lower) && isSentenceStart(source, word.start))
}

function isPossibleSurnameBehind(word: NameWord): boolean {
  if (word.isInitial || word.lower.length < 2 || isKnownCapitalised(word.lower)) return false
  return word.isSurname || !word.isUpper
}

/** `НИИ`, `ИНН` */
function isAbbreviation(word: NameWord): boolean {
  return word.isUpper && !word.isSurname && word.lower.length < 5
}

/** False of a first name that is something else too, in a place where it may well be that. */
function isTrusted(source: SourceText, { firstName, start }: NameWord): boolean {
  return firstName === 'name' || (firstName === 'common word' && !isSentenceStart(source, start))
}

/** `Роман Пушкина`, `Роман Достоевского`: a first name in the nominative and another case behind are two things. */
function agree(first: string, surname: string): boolean {
  if (surname.length > 5 && /[ое]го$/.test(surname)) return /[аяиы]$/.test(first)
  return !(/[бвгджзклмнпрстфхцчшщй]$/.test(first) && /(?:[ое]в|[иы]н)[ауе]$/.test(surname))
}
