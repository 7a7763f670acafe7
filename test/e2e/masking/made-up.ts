import { masker, type Masker, type PersonalDataSpan } from '@shlyuz/core'
import { createMaskSession } from '../../../packages/personal-data/src/masking/create-mask-session.ts'

// Nobody's: the names mean «example» and «sample», the numbers are those of documentation.
export const person = 'Пётр Примеров'
export const other = 'Анна Образцова'
export const phone = '+7 916 000-00-01'
export const inn = '500100732259'
export const passport = '4509 123456'
/** With all that JSON has to escape. */
export const address = 'г. Примерск, ул. "Лесная" \\ 1\nкв. 5'

/** What nothing that leaves may hold, in small letters and without spaces, brackets and dashes. */
export const personalFragments = ['примеров', 'образцова', '9160000001', inn, '4509123456', 'примерск', '19900102']

const patterns: Readonly<Record<string, RegExp>> = {
  PERSON: /(?:Пётр|Анна) (?:Примеров|Образцова)/g,
  PHONE: /(?:\+7|\b[78])[ -]?\(?9\d\d\)?[ -]?\d{3}-?\d\d-?\d\d\b/g,
  INN_PERSON: /\b\d{12}\b/g,
  // By what stands before them alone.
  PASSPORT_RF: /(?<=(?:passport|паспорт)[\p{L} ]{0,20}:? ?)\d{4} ?\d{6}\b/giu,
  BIRTH_DATE: /(?<=birth date: )\d{4}-\d\d-\d\d/g,
  ADDRESS: /г\. Примерск[^;]*/g,
}

function find(text: string): readonly PersonalDataSpan[] {
  const all = Object.entries(patterns).flatMap(([type, pattern]) =>
    [...text.matchAll(pattern)].map(({ 0: found, index }) => ({ start: index, end: index + found.length, type })),
  )
  const spans: PersonalDataSpan[] = []
  for (const span of all.toSorted((a, b) => a.start - b.start)) {
    if (span.start >= (spans.at(-1)?.end ?? 0)) spans.push(span)
  }
  return spans
}

/** Knows the made-up people of this file. */
export const madeUpMasker: Masker = masker({
  name: 'made-up',
  version: '1',
  find,
  open: (values) => createMaskSession({ find, values }),
})
