import { endsFreely, isWordCharacter, startsFreely } from './characters.ts'
import type { Topic } from './topic-words.ts'
import type { DigitRun, SourceText } from './source-text.ts'

/** Digits in groups with one separator between each, such as `112-233-445 95`. */
export interface GroupedNumber {
  readonly start: number
  readonly end: number
  /** Without the separators. */
  readonly digits: string
  /** The lengths of the groups: `'3 3 3 2'`. */
  readonly groups: string
}

const mostGroups = 6
const mostDigits = 20
const separators = new Set(' .-\u00A0\u2007\u2009\u202F\u2010\u2011\u2012\u2013\u2014\u2212')

/** All ways to read one to six neighbouring groups of digits as one number, with free-standing ends. */
export function readGroupedNumbers(source: SourceText): readonly GroupedNumber[] {
  const numbers: GroupedNumber[] = []
  const runs = source.digitRuns
  for (let first = 0; first < runs.length; first++) {
    const { start } = runs[first] as DigitRun
    if (!isFree(source, start)) continue
    let digits = ''
    let groups = ''
    let end = start
    for (let index = first; index < runs.length && index < first + mostGroups; index++) {
      const run = runs[index] as DigitRun
      const isNext = index === first || (run.start === end + 1 && separators.has(source.text[end] as string))
      if (!isNext || digits.length + run.end - run.start > mostDigits) break
      digits += source.text.slice(run.start, run.end)
      groups += (groups && ' ') + (run.end - run.start)
      end = run.end
      // Dots stand in addresses of machines, dates and versions; of numbers, only accounts are long enough to tell.
      const isDotted = digits.length < mostDigits && source.text.slice(start, end).includes('.')
      if (digits.length >= 9 && !isDotted && endsFreely(source.text, end)) numbers.push({ start, end, digits, groups })
    }
  }
  return numbers
}

const everyTopic = new Set<Topic>([
  'account',
  'bik',
  'card',
  'inn',
  'kpp',
  'licence',
  'ogrn',
  'oms',
  'other',
  'passport',
  'phone',
  'plate',
  'snils',
])

/** What the words before a number, or the heading of its column, say it is. Nothing may be said. */
export function readTopic(source: SourceText, { start }: { readonly start: number }, within = 60): Topic | undefined {
  return source.headingOf(start) ?? source.topicBefore(start, everyTopic, within)?.topic
}

/** True when the topic is the last but one: `ИНН для заказа 123`. */
export function isCalledEarlier(source: SourceText, { start }: { readonly start: number }, topic: Topic): boolean {
  return source.topicBefore(start, new Set([topic]), 40) !== undefined
}

/** What a number is called behind it, in brackets or behind a dash: `770701001 (КПП)`, `… — ИНН/КПП`. */
export function readTopicBehind(source: SourceText, { end }: { readonly end: number }): Topic | undefined {
  const label = /^[ \u00A0]?(?:\(|[—–] )(?:это |мой |наш |инн\/)?/.exec(source.lower.slice(end, end + 16))
  return label ? source.topicAfter(end + label[0].length, everyTopic, 0)?.topic : undefined
}

/** As {@link startsFreely}, but a word that is known may touch: `ИНН123`, `ИНН-123`, not `AB-123`. */
function isFree(source: SourceText, start: number): boolean {
  const { text } = source
  const isGlued = isWordCharacter(text[start - 1])
  if (isGlued || (text[start - 1] === '-' && isWordCharacter(text[start - 2]))) {
    return source.topicBefore(isGlued ? start : start - 1, everyTopic, 0) !== undefined
  }
  return startsFreely(text, start)
}
