import type { Candidate } from './candidate.ts'
import { endsFreely, startsFreely } from './characters.ts'
import type { Topic } from './topic-words.ts'
import type { SourceText } from './source-text.ts'

const topics = new Set<Topic>([
  'passport',
  'licence',
  'certificate',
  'other',
  'inn',
  'snils',
  'oms',
  'phone',
  'card',
  'account',
])
const series = new Set<Topic>(['series'])

/** Series and number with or without words between: `45 09 № 123456`, `4509 номер 123456`, `77 УА 123456`. */
const seriesAndNumber =
  /(\d{2})[ \u00A0\u202F-]?(\d{2}|[А-ЯЁ]{2})(?:[ \u00A0\u202F-]|[ \u00A0]?[,;]?[ \u00A0]?(?:№|n[o°]?\.?|номер|ном\.)[ \u00A0]?:?[ \u00A0]?)?(\d{3}[ \u00A0]?\d{3})(?!\d)/iuy

/** Passports of the Russian Federation and driving licences: 4 and 6 digits without a check, so a word must be there. */
export function recogniseIdentityPapers(source: SourceText): readonly Candidate[] {
  const { text } = source
  const found: Candidate[] = []
  for (const { start, end: runEnd } of source.digitRuns) {
    const length = runEnd - start
    if (length !== 2 && length !== 4 && length !== 10) continue
    if (!startsFreely(text, start)) continue
    seriesAndNumber.lastIndex = start
    const match = seriesAndNumber.exec(text)
    if (match === null || /^[0 ]*$/.test(match[3] as string)) continue
    const end = start + match[0].length
    if (!endsFreely(text, end)) continue
    const type = readPaper(source, start)
    const hasLetters = !/\d/.test(match[2] as string)
    if (type !== undefined && !(hasLetters && type === 'PASSPORT_RF'))
      found.push({ start, end, type, isChecked: false })
  }
  return found
}

function readPaper(source: SourceText, start: number): string | undefined {
  const topic = source.headingOf(start) ?? source.topicBefore(start, topics, 70)?.topic
  if (topic === 'licence') return 'DRIVER_LICENSE'
  if (topic === 'passport') return 'PASSPORT_RF'
  return topic === undefined && source.topicBefore(start, series, 20) !== undefined ? 'PASSPORT_RF' : undefined
}

const certificateTopics = new Set<Topic>(['certificate', 'event', 'passport', 'licence', 'other'])

/** The Roman number, typed with Latin or Cyrillic letters, and the two letters before the number of a certificate. */
const certificateSeries =
  /(?<![\p{L}\d])((?:[ivxlcхсiу]{1,7}|\d{1,2})[ \u00A0]?[-–—‑][ \u00A0]?[а-яё]{2}|[IVXLC]{1,7} [А-Я]{2})[,;]? ?(?:№|n[o°]?\.?|номер|ном\.)? ?$/iu

/** Certificates of birth: `II-МЮ № 654321`. */
export function recogniseBirthCertificates(source: SourceText): readonly Candidate[] {
  const { text } = source
  const found: Candidate[] = []
  for (const { start: number, end } of source.digitRuns) {
    if (end - number !== 6 || !endsFreely(text, end)) continue
    const before = text.slice(Math.max(0, number - 24), number)
    const match = certificateSeries.exec(before)
    if (match === null) continue
    const start = number - (before.length - match.index)
    // Certificates of marriage and death look the same.
    const topic = source.headingOf(start) ?? source.topicBefore(start, certificateTopics, 60)?.topic
    const isOther = /брак|смерт|отцовств|усыновл|имени/.test(source.lower.slice(Math.max(0, start - 40), start))
    const isRoman = /^[IVXLC]+-[А-ЯЁ]{2}/.test(match[0])
    if (!isOther && (topic === 'certificate' || isRoman))
      found.push({ start, end, type: 'BIRTH_CERT', isChecked: false })
  }
  return found
}
