import type { Candidate } from './candidate.ts'
import { isAccountOf, isZero } from './check-digits.ts'
import { readTopic, readTopicBehind, type GroupedNumber } from './grouped-numbers.ts'
import type { SourceText } from './source-text.ts'

/** Codes of banks: 9 digits without a check, the first two of the country, so the word must be there. */
export function recogniseBik(source: SourceText, number: GroupedNumber): Candidate | undefined {
  const { start, end, digits } = number
  if (digits.length !== 9 || !/^0[0-4]/.test(digits) || isZero(digits)) return undefined
  const topic = readTopicBehind(source, number) ?? readTopic(source, number)
  return topic === 'bik' ? { start, end, type: 'BIK', isChecked: false } : undefined
}

/**
 * Balance accounts of persons, organisations, banks and the treasury, then the currency: for accounts whose bank is
 * not told.
 */
const structure =
  /^(?:301|303|40[1-8]|42[0-6]|45[2-8]|47[4-7]|0[1-3]\d)\d\d(?:810|643|840|978|156|398|933|944|051|826|756|392|972)/

/** The treasury keeps accounts by rules of its own. */
const treasury = /^(?:0[1-3]|40102)/

/** Accounts of 20 digits. With codes of banks in the text, the key must fit one of them. */
export function recogniseAccount(
  source: SourceText,
  number: GroupedNumber,
  biks: readonly string[],
): Candidate | undefined {
  const { start, end, digits } = number
  if (digits.length !== 20 || isZero(digits)) return undefined
  const topic = readTopic(source, number, 80)
  const fitsBank = biks.some((code) => isAccountOf(code, digits))
  const isWellFormed = structure.test(digits)
  const needsNoKey = biks.length === 0 || treasury.test(digits)
  const isLikely = fitsBank ? isWellFormed || topic === 'account' : isWellFormed && needsNoKey && topic !== 'other'
  if (!isLikely) return undefined
  return { start, end, type: digits.startsWith('301') ? 'CORR_ACCOUNT' : 'ACCOUNT', isChecked: fitsBank }
}
