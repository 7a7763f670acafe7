import type { Candidate } from './candidate.ts'
import { passesLuhn } from './check-digits.ts'
import type { Topic } from './topic-words.ts'
import type { GroupedNumber } from './grouped-numbers.ts'
import type { SourceText } from './source-text.ts'

const topics = new Set<Topic>(['card', 'oms', 'other', 'account', 'phone', 'inn', 'snils'])

/** MIR, Visa, Mastercard, UnionPay, Maestro; then American Express of 15 digits. */
const issuer = /^(?:4|5[1-5]|2[2-7]|62|5[0678]|6[37])/
const shortIssuer = /^3[47]/

const cardGroups = new Set([
  '16',
  '4 4 4 4',
  '18',
  '19',
  '4 4 4 4 3',
  '4 4 4 4 2',
  '8 10',
  '15',
  '4 6 5',
  '8 8',
  '13',
  '6 13',
])

/**
 * Cards of payment and policies of medical insurance. Both have 16 digits and the same check digit: the words around
 * tell them apart, then the first digits.
 */
export function recogniseCard(source: SourceText, number: GroupedNumber): Candidate | undefined {
  const { start, end, digits, groups } = number
  const { length } = digits
  if (length < 13 || length > 19 || !passesLuhn(digits) || /^(\d)\1*$/.test(digits)) return undefined
  const topic = source.headingOf(start) ?? source.topicBefore(start, topics, 60)?.topic
  const found = (type: string): Candidate => ({ start, end, type, isChecked: true })

  if (length === 16) {
    if (topic === 'oms') return found('OMS')
    if (topic === 'card') return found('CARD')
    if (topic === 'other') return undefined
    if (cardGroups.has(groups) && issuer.test(digits) && !isContinued(source, number)) return found('CARD')
    return source.isMentionedBefore(start, 'oms') ? found('OMS') : undefined
  }
  if (!cardGroups.has(groups)) return undefined
  // Of 13 digits there were only the first Visa cards: they must be called cards.
  const isIssued =
    length === 15 ? shortIssuer.test(digits) : issuer.test(digits) && (length > 17 || digits.startsWith('4'))
  return isIssued && (topic === 'card' || (topic === undefined && length > 13)) ? found('CARD') : undefined
}

/** Four groups of four out of five or more. */
function isContinued({ text }: SourceText, { start, end, groups }: GroupedNumber): boolean {
  return (
    groups !== '16' &&
    (/^[ -]\d{4}(?!\d)/.test(text.slice(end, end + 6)) || /\d{4}[ -]$/.test(text.slice(Math.max(0, start - 5), start)))
  )
}
