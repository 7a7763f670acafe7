import { createHash } from 'node:crypto'
import { masker, type Masker } from '@shlyuz/core'
import { findPersonalData, personalDataTypes } from './find-personal-data.ts'
import { createMaskSession } from './masking/create-mask-session.ts'
import { checkMarks, defaultMarks, type Marks } from './masking/marks.ts'
import { readOwnOptions, refuseOptions } from './own-options.ts'

export type PersonalDataType = (typeof personalDataTypes)[number]

export interface RussianMaskerOptions {
  /** Only these. @default all of `personalDataTypes` */
  readonly types?: readonly PersonalDataType[]
  /** What placeholders begin and end with: two different characters that are no letters or quotes. @default ['⟦', '⟧'] */
  readonly marks?: Marks
  /** Also takes `⟦person_1⟧`, `⟦ PERSON 1 ⟧` and `⟦PERSON\_1⟧` of an answer for `⟦PERSON_1⟧`. @default false */
  readonly lenient?: boolean
}

/** Changes when other things are found or placeholders are made in another way. */
const version = '1'

/**
 * Finds Russian personal data and puts placeholders in its place, for `definePolicy({ data: { masker } })`.
 * @throws ConfigurationError for an unknown option or type, no types, and marks that could be taken for something else
 */
export function russianMasker(options: RussianMaskerOptions = {}): Masker {
  const given = readOwnOptions('russianMasker', options, ['types', 'marks', 'lenient'])
  const types = checkTypes(given.types ?? personalDataTypes)
  const marks = checkMarks(given.marks ?? defaultMarks)
  const lenient = given.lenient ?? false
  if (typeof lenient !== 'boolean') refuseOptions('lenient must be true or false', 'lenient: true или false.')

  const find: Masker['find'] =
    types.size === personalDataTypes.length
      ? findPersonalData
      : (text) => findPersonalData(text).filter(({ type }) => types.has(type))
  // Other options are another masker: the version is part of the policy's digest.
  const chosen = createHash('sha256')
    .update(JSON.stringify([[...types].toSorted(), marks, lenient]))
    .digest('hex')
  return masker({
    name: 'russian-personal-data',
    version: `${version}.${chosen.slice(0, 12)}`,
    find,
    open: (values) => createMaskSession({ find, marks, lenient, values }),
  })
}

function checkTypes(types: readonly string[]): ReadonlySet<string> {
  const known: readonly string[] = personalDataTypes
  if (!Array.isArray(types) || types.length === 0 || !types.every((type) => known.includes(type))) {
    refuseOptions('types must be some of personalDataTypes', `types: непустой список из ${known.join(', ')}.`)
  }
  return new Set(types)
}
