import type { Candidate } from './candidate.ts'
import { endsFreely, isWordCharacter, startsFreely } from './characters.ts'
import type { Topic } from './topic-words.ts'
import type { DigitRun, SourceText } from './source-text.ts'

const topics = new Set<Topic>([
  'phone',
  'inn',
  'snils',
  'oms',
  'card',
  'account',
  'passport',
  'licence',
  'other',
  'ogrn',
  'bik',
  'kpp',
])

const phone = new Set<Topic>(['phone'])

const mostGroups = 6

/** What may stand between two groups: at most three of spaces, brackets, dots and dashes. */
const between =
  /^(?:[ \u00A0\u2009\u202F]?\(|\)[ \u00A0\u2009\u202F]?[-‑–]?|[ \u00A0\u2009\u202F.\-‐‑‒–—−]|[ \u00A0][-–—][ \u00A0])$/u

/** Country, code of 3 to 5 digits, and the rest in groups that people write. */
const withCountry =
  /^(?:11|1 10|1 3 7|1 3 3 4|1 3 3 2 2|1 3 2 2 3|1 3 2 3 2|1 3 1 2 2 2|1 4 2 2 2|1 4 3 3|1 4 6|1 4 2 4|1 5 1 2 2|1 5 5|1 5 3 2|4 7|4 3 4|4 3 2 2|4 2 2 3|2 9|1 3 4 3|1 3 2 5|1 3 5 2|1 6 2 2|1 6 4)$/
const withoutCountry = /^(?:10|3 7|3 3 4|3 3 2 2|3 2 2 3|3 2 3 2|4 2 2 2|4 6|5 1 2 2|5 5)$/
const local = /^(?:3 2 2|3 4|2 2 2|7|1 2 2)$/

/** Telephone numbers of persons and firms. Free hot lines (8 800) belong to nobody. */
export function recognisePhones(source: SourceText): readonly Candidate[] {
  const { text } = source
  const runs = source.digitRuns
  const found: Candidate[] = []
  let taken = 0
  for (let first = 0; first < runs.length; first++) {
    const run = runs[first] as DigitRun
    if (run.start < taken) continue
    const start = canBegin(text, run) ? findStart(text, run.start) : undefined
    if (start === undefined) continue
    let digits = ''
    let groups = ''
    let longest: Candidate | undefined
    for (let index = first; index < runs.length && index < first + mostGroups; index++) {
      const next = runs[index] as DigitRun
      const previous = runs[index - 1]
      if (index > first && !isGap(text, (previous as DigitRun).end, next.start)) break
      digits += text.slice(next.start, next.end)
      if (digits.length > 15) break
      groups += (groups && ' ') + (next.end - next.start)
      const { end } = next
      if (digits.length < 5 || !endsFreely(text, end) || hasOddBrackets(text, start, end)) continue
      if (isPhone(source, start, end, digits, groups)) longest = { start, end, type: 'PHONE', isChecked: false }
    }
    if (longest) {
      found.push(longest)
      taken = longest.end
    }
  }
  return found
}

/** A country stands alone as 7 or 8, or has a plus. */
function canBegin(text: string, { start, end }: DigitRun): boolean {
  const isSingle = end - start === 1
  return end - start <= 15 && (!isSingle || text[start - 1] === '+' || text[start] === '7' || text[start] === '8')
}

/** Where a number begins that has its first digit here: at the plus or the bracket before it. */
function findStart(text: string, digit: number): number | undefined {
  let start = digit
  if (text[start - 1] === '(' && /^\(\d{3,5}\)/.test(text.slice(start - 1, start + 6))) start--
  if (text[start - 1] === '+') start--
  if (!startsFreely(text, start)) return undefined
  return text[start - 1] === '-' && isWordCharacter(text[start - 2]) ? undefined : start
}

function isGap(text: string, start: number, end: number): boolean {
  if (end - start > 3) return false
  return (end - start === 1 && (text[start] === ' ' || text[start] === '-')) || between.test(text.slice(start, end))
}

function hasOddBrackets(text: string, start: number, end: number): boolean {
  const part = text.slice(start, end)
  return part.includes('(') !== part.includes(')')
}

function isPhone(source: SourceText, start: number, end: number, digits: string, groups: string): boolean {
  const { text, lower } = source
  const hasPlus = text[start] === '+'
  if (/^[78]?800/.test(digits) || /0{7}$/.test(digits)) return false
  if (hasPlus && !digits.startsWith('7')) return digits.length >= 10 && !/^0|0{6}$/.test(digits)
  const topic = source.headingOf(start) ?? source.topicBefore(start, topics, 45)?.topic
  const isCalled = topic === 'phone'
  if (digits.length === 11 && /^[78]/.test(digits)) {
    if (!withCountry.test(groups)) return false
    if (hasPlus || isCalled) return /^[78][2-9]/.test(digits)
    if (!/^[78][3489]/.test(digits)) return false
    const isMobile = digits[1] === '9'
    // Eleven digits in one piece are many other things too.
    return groups === '11'
      ? isMobile && topic === undefined
      : isMobile || groups.startsWith('1 3') || text.slice(start, end).includes('(')
  }
  if (hasPlus) return false
  if (digits.length === 10 && withoutCountry.test(groups)) {
    if (isCalled || /(?:восемь|семь) $/.test(lower.slice(Math.max(0, start - 8), start))) return true
    return topic === undefined && /^(?:9|\([3489])/.test(text.slice(start, start + 2)) && groups.startsWith('3 3')
  }
  // Numbers within a town are many other things: the word must stand right before.
  return isCalled && local.test(groups) && source.topicBefore(start, phone, 4) !== undefined && !digits.startsWith('0')
}
