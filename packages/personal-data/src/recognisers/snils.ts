import type { Candidate } from './candidate.ts'
import { isSnils } from './check-digits.ts'
import { readTopic, type GroupedNumber } from './grouped-numbers.ts'
import type { SourceText } from './source-text.ts'

const written = new Set(['3 3 3 2', '3 3 5', '9 2'])

/** Insurance numbers of persons: `112-233-445 95`. */
export function recogniseSnils(source: SourceText, number: GroupedNumber): Candidate | undefined {
  const { start, end, digits, groups } = number
  if (digits.length !== 11 || !isSnils(digits)) return undefined
  const topic = readTopic(source, number)
  // Without separators a telephone looks the same.
  const isCalled =
    topic === 'snils' ||
    (source.isMentionedBefore(start, 'snils') && topic !== 'phone' && topic !== 'other' && !/^[78]/.test(digits))
  const isLikely = isCalled || (written.has(groups) && topic !== 'other')
  return isLikely ? { start, end, type: 'SNILS', isChecked: true } : undefined
}
