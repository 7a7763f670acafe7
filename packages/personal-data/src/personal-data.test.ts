import { ConfigurationError, definePolicy } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { personalData, type PersonalDataOptions } from './personal-data.ts'
import { russianMasker } from './russian-masker.ts'

describe('personalData', () => {
  test('masks and refuses special categories unless told otherwise', () => {
    const data = { personal: 'mask', special: 'deny', masker: russianMasker() } as const
    const written = definePolicy({ name: 'personal-data', version: '1', data })
    expect(personalData()).toEqual({ name: 'personal-data', digest: written.digest })
  })

  test('is another policy with other options, of the masker too', () => {
    const options: PersonalDataOptions[] = [
      {},
      { on: 'deny' },
      { on: 'report' },
      { special: 'allow' },
      { lenient: true },
      { marks: ['[', ']'] },
    ]
    expect(new Set(options.map((one) => personalData(one).digest)).size).toBe(options.length)
    expect(personalData({ on: 'mask', special: 'deny', lenient: false }).digest).toBe(personalData().digest)
  })

  test.each<[string, unknown]>([
    ['an unknown mode', { on: 'hide' }],
    ['an unknown word for special categories', { special: 'mask' }],
    ['a mistyped option', { mode: 'deny' }],
    ['no types', { types: [] }],
    ['nothing', null],
  ])('refuses %s', (_what, options) => {
    expect(() => personalData(options as PersonalDataOptions)).toThrow(ConfigurationError)
  })

  test('reads only what the caller wrote', () => {
    const polluted = Object.prototype as { on?: unknown }
    const digest = personalData().digest
    polluted.on = 'report'
    try {
      expect(personalData({}).digest).toBe(digest)
    } finally {
      delete polluted.on
    }
  })
})
