import type { Candidate } from './candidate.ts'
import { isInn } from './check-digits.ts'
import type { Topic } from './topic-words.ts'
import { isCalledEarlier, readTopic, type GroupedNumber } from './grouped-numbers.ts'
import type { SourceText } from './source-text.ts'

const inn = new Set<Topic>(['inn'])

/** Topics that do not speak against a taxpayer number: neighbours of it in requisites. */
const neighbours = new Set<Topic | undefined>([undefined, 'inn', 'kpp', 'ogrn', 'account', 'bik', 'snils'])

/** Taxpayer numbers: 12 digits of a person, 10 of an organisation. */
export function recogniseInn(source: SourceText, number: GroupedNumber): Candidate | undefined {
  const { start, end, digits, groups } = number
  if ((digits.length !== 10 && digits.length !== 12) || !isInn(digits)) return undefined
  const topic = readTopic(source, number)
  const isPlain = !groups.includes(' ')
  // One in eleven numbers of 10 digits fits by chance, one in 121 of 12: the shorter must be called what it is.
  const isCalled = source.isMentionedBefore(start, 'inn') || source.topicAfter(end, inn, 20) !== undefined
  const isLikely =
    topic === 'inn' ||
    (topic === 'other' && isCalledEarlier(source, number, 'inn')) ||
    (isPlain && neighbours.has(topic) && (digits.length === 12 || isCalled))
  if (!isLikely) return undefined
  return { start, end, type: digits.length === 10 ? 'INN_ORG' : 'INN_PERSON', isChecked: true }
}
