export { findPersonalData, personalDataTypes } from './find-personal-data.ts'
export type { Marks } from './masking/marks.ts'
export { personalData, type PersonalDataOptions } from './personal-data.ts'
export { russianMasker, type PersonalDataType, type RussianMaskerOptions } from './russian-masker.ts'
