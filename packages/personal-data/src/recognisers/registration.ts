import type { Candidate } from './candidate.ts'
import { isOgrn, isOgrnip, isZero } from './check-digits.ts'
import { readTopic, readTopicBehind, type GroupedNumber } from './grouped-numbers.ts'
import type { SourceText } from './source-text.ts'

/** State registration numbers: 13 digits of an organisation, 15 of a sole trader. */
export function recogniseOgrn(source: SourceText, number: GroupedNumber): Candidate | undefined {
  const { start, end, digits, groups } = number
  const isRight = (digits.length === 13 && isOgrn(digits)) || (digits.length === 15 && isOgrnip(digits))
  if (!isRight) return undefined
  const topic = readTopic(source, number)
  const isLikely = topic === 'ogrn' || (!groups.includes(' ') && topic !== 'other' && topic !== 'card')
  return isLikely ? { start, end, type: digits.length === 13 ? 'OGRN' : 'OGRNIP', isChecked: true } : undefined
}

/** Codes of the reason for registration: 9 digits without a check, so the word must be there. */
export function recogniseKpp(source: SourceText, number: GroupedNumber): Candidate | undefined {
  const { start, end, digits, groups } = number
  if (groups !== '9' || isZero(digits)) return undefined
  const topic = readTopicBehind(source, number) ?? readTopic(source, number)
  return topic === 'kpp' ? { start, end, type: 'KPP', isChecked: false } : undefined
}
