import type { PersonalDataSpan } from '@shlyuz/core'
import { recogniseAddresses } from './recognisers/address.ts'
import { recogniseBirthDates } from './recognisers/birth-date.ts'
import { resolveOverlaps, type Recogniser } from './recognisers/candidate.ts'
import { recogniseCarPlates } from './recognisers/car-plate.ts'
import { recogniseEmails } from './recognisers/email.ts'
import { recogniseBirthCertificates, recogniseIdentityPapers } from './recognisers/identity-papers.ts'
import { recogniseLongNumbers } from './recognisers/long-numbers.ts'
import { recognisePersons } from './recognisers/person.ts'
import { recognisePhones } from './recognisers/phone.ts'
import { SourceText } from './recognisers/source-text.ts'

/** The types of {@link findPersonalData}. */
export const personalDataTypes = [
  'ACCOUNT',
  'ADDRESS',
  'BIK',
  'BIRTH_CERT',
  'BIRTH_DATE',
  'CARD',
  'CAR_PLATE',
  'CORR_ACCOUNT',
  'DRIVER_LICENSE',
  'EMAIL',
  'INN_ORG',
  'INN_PERSON',
  'KPP',
  'OGRN',
  'OGRNIP',
  'OMS',
  'PASSPORT_RF',
  'PERSON',
  'PHONE',
  'SNILS',
] as const

const recognisers: readonly Recogniser[] = [
  recogniseLongNumbers,
  recogniseIdentityPapers,
  recogniseBirthCertificates,
  recogniseBirthDates,
  recognisePhones,
  recogniseEmails,
  recogniseCarPlates,
  recogniseAddresses,
  recognisePersons,
]

/** Russian personal data in a text: no overlaps, in order; the longest wins, then the one with right check digits. */
export function findPersonalData(text: string): readonly PersonalDataSpan[] {
  const source = new SourceText(text)
  return resolveOverlaps(recognisers.flatMap((recognise) => recognise(source)))
}
