import type { Candidate } from './candidate.ts'
import { startsFreely } from './characters.ts'
import type { Topic } from './topic-words.ts'
import type { SourceText } from './source-text.ts'

const months =
  'январ[ья]|феврал[ья]|марта?|апрел[ья]|ма[йя]|июн[ья]|июл[ья]|августа?|сентябр[ья]|октябр[ья]|ноябр[ья]|декабр[ья]'

const date = new RegExp(
  [
    String.raw`(?<day>\d{1,2})(?<mark>[./-])(?<month>\d{1,2})\k<mark>(?<year>\d{4}|\d{2})(?!\d)`,
    String.raw`(?<isoYear>\d{4})[-./](?<isoMonth>\d{2})[-./](?<isoDay>\d{2})(?!\d)`,
    String.raw`(?<wordDay>\d{1,2})[»"]?[ \u00A0](?:${months})[ \u00A0](?<wordYear>\d{4})(?!\d)(?:[ \u00A0]?года|[ \u00A0]?год(?![а-я])|[ \u00A0]?г\.(?![ \u00A0]?р))?`,
  ].join('|'),
  'y',
)

const topics = new Set<Topic>(['birth', 'event'])

/** `г.р.`, `года рождения` behind a date. */
const birthBehind = /^[\s,(]{0,3}(?:г\. ?р\b|г\. ?р\.|г\/р|года? рожд[а-я]*|года? р\.|г\. рожд[а-я.]*|рожд[а-я.]*)/

/** Dates that the words around call dates of birth. */
export function recogniseBirthDates(source: SourceText): readonly Candidate[] {
  const { text, lower } = source
  const found: Candidate[] = []
  let lastDateEnd = 0
  for (const { start, end: runEnd } of source.digitRuns) {
    if (start < lastDateEnd || runEnd - start === 3 || runEnd - start > 4 || !startsFreely(text, start)) continue
    date.lastIndex = start
    const match = date.exec(lower)
    const end = match ? start + match[0].length : start
    if (match?.groups && isBirthDate(match.groups)) {
      const behind = birthBehind.exec(lower.slice(end, end + 24))
      const isCalled = behind !== null || isCalledBirth(source, start, lastDateEnd)
      // «5» июня
      const from = /[»"]/.test(match[0]) ? start - 1 : start
      if (isCalled) found.push({ start: from, end, type: 'BIRTH_DATE', isChecked: false })
      // The words that speak of this date do not speak of the next one.
      lastDateEnd = behind ? end + behind[0].length : end
      continue
    }
    const year = /^(?:19|20)\d\d(?= ?г\. ?р| ?г\/р|,? года? рожд)/.exec(lower.slice(start, start + 18))
    if (year) found.push({ start, end: start + 4, type: 'BIRTH_DATE', isChecked: false })
  }
  return found
}

/** The nearest word before says so, and has not been said of the date before. */
function isCalledBirth(source: SourceText, start: number, lastDateEnd: number): boolean {
  const heading = source.headingOf(start)
  if (heading !== undefined) return heading === 'birth'
  const word = source.topicBefore(start, topics, 60)
  const isShort = /(?:^|[^а-я])д\. р\.:? ?$/.test(source.lower.slice(Math.max(0, start - 8), start))
  return isShort || (word?.topic === 'birth' && word.end > lastDateEnd)
}

function isBirthDate(groups: Readonly<Record<string, string | undefined>>): boolean {
  const day = Number(groups['day'] ?? groups['isoDay'] ?? groups['wordDay'])
  const month = Number(groups['month'] ?? groups['isoMonth'] ?? 1)
  const year = groups['year'] ?? groups['isoYear'] ?? groups['wordYear'] ?? ''
  return day >= 1 && day <= 31 && month >= 1 && month <= 12 && (year.length === 2 || (year >= '1900' && year < '2100'))
}
