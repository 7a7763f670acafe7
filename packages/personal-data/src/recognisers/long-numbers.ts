import { recogniseAccount, recogniseBik } from './bank.ts'
import type { Candidate } from './candidate.ts'
import { recogniseCard } from './cards.ts'
import { recogniseInn } from './inn.ts'
import { readGroupedNumbers } from './grouped-numbers.ts'
import { recogniseKpp, recogniseOgrn } from './registration.ts'
import { recogniseSnils } from './snils.ts'
import type { SourceText } from './source-text.ts'

const recognisers = [recogniseInn, recogniseSnils, recogniseOgrn, recogniseKpp, recogniseCard]

/** More banks than a text has, so that a text of nothing but banks and accounts takes bounded time. */
const mostBanks = 100

/** Numbers of nine digits and more that are told by their length, check digits and the words around. */
export function recogniseLongNumbers(source: SourceText): readonly Candidate[] {
  const numbers = readGroupedNumbers(source)
  // An account is checked together with the bank, wherever in the text the bank is named.
  const banks = new Set(numbers.filter((number) => recogniseBik(source, number)).map(({ digits }) => digits))
  const firstBanks = [...banks].slice(0, mostBanks)
  const found: (Candidate | undefined)[] = []
  for (const number of numbers) {
    for (const recognise of recognisers) found.push(recognise(source, number))
    found.push(recogniseBik(source, number), recogniseAccount(source, number, firstBanks))
  }
  return found.filter((candidate) => candidate !== undefined)
}
