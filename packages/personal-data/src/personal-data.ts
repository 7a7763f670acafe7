import { definePolicy, type DataRules, type Policy } from '@shlyuz/core'
import { readOwnOptions } from './own-options.ts'
import { russianMasker, type RussianMaskerOptions } from './russian-masker.ts'

export interface PersonalDataOptions extends RussianMaskerOptions {
  /**
   * `'mask'`: placeholders leave, values are put back into the answer. `'deny'`: a request with personal data is
   * refused. `'report'`: it leaves as it is, counted on the receipt. @default 'mask'
   */
  readonly on?: NonNullable<DataRules['personal']>
  /** `'deny'`: what the caller labels as a special category (health, biometrics, …) is refused. @default 'deny' */
  readonly special?: NonNullable<DataRules['special']>
}

/**
 * A policy for personal data; it says nothing of where requests may go: `all(domesticOnly(), personalData())`.
 * @throws ConfigurationError for anything unknown or malformed
 */
export function personalData(options: PersonalDataOptions = {}): Policy {
  const given = readOwnOptions('personalData', options, ['on', 'special', 'types', 'marks', 'lenient'])
  const { on = 'mask', special = 'deny', ...masking } = given
  return definePolicy({
    name: 'personal-data',
    version: '1',
    data: { personal: on, special, masker: russianMasker(masking) },
  })
}
