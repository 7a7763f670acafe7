import { ConfigurationError, type PersonalDataSpan } from '@shlyuz/core'
import { describe, expect, test, vi } from 'vitest'
import { russianMasker, type PersonalDataType, type RussianMaskerOptions } from './russian-masker.ts'

// What is found is tested elsewhere: here two words are personal data.
vi.mock('./find-personal-data.ts', () => ({
  personalDataTypes: ['PERSON', 'PHONE', 'EMAIL'],
  findPersonalData: (text: string): PersonalDataSpan[] =>
    [...text.matchAll(/Иван|112/g)].map(({ 0: found, index }) => ({
      start: index,
      end: index + found.length,
      type: found === '112' ? 'PHONE' : 'PERSON',
    })),
}))

describe('russianMasker', () => {
  test('masks all types and puts them back', () => {
    const session = russianMasker().open()
    expect(session.mask('Иван, 112')).toBe('⟦PERSON_1⟧, ⟦PHONE_1⟧')
    expect(session.restore('⟦PHONE_1⟧: ⟦PERSON_1⟧у', 'text')).toBe('112: Иван')
    expect(russianMasker().find('112')).toEqual([{ start: 0, end: 3, type: 'PHONE' }])
  })

  test('finds and masks only the types that were asked for', () => {
    const masker = russianMasker({ types: ['PHONE'] })
    expect(masker.open().mask('Иван, 112')).toBe('Иван, ⟦PHONE_1⟧')
    expect(masker.find('Иван')).toEqual([])
  })

  test('passes on marks, lenience and the values of a sealed session', () => {
    const session = russianMasker({ marks: ['<', '>'], lenient: true }).open({ '<PERSON_3>': 'Ольга' })
    expect(session.mask('Иван')).toBe('<PERSON_4>')
    expect(session.restore('<person 3>', 'text')).toBe('Ольга')
  })

  test('is another masker with other options, and the same with the same', () => {
    const options: RussianMaskerOptions[] = [
      {},
      { types: ['PERSON'] },
      { types: ['PERSON', 'PHONE'] },
      { lenient: true },
      { marks: ['[', ']'] },
    ]
    const versions = options.map((one) => russianMasker(one).version)
    expect(new Set(versions).size).toBe(options.length)
    expect(russianMasker({ types: ['PHONE', 'PERSON', 'PHONE'] }).version).toBe(versions[2])
    expect(russianMasker({ types: ['EMAIL', 'PERSON', 'PHONE'], lenient: false }).version).toBe(versions[0])
    expect(russianMasker().name).toBe('russian-personal-data')
  })

  test('does not change with the list it was given', () => {
    const given: PersonalDataType[] = ['PHONE']
    const masker = russianMasker({ types: given })
    given[0] = 'PERSON'
    expect(masker.open().mask('Иван, 112')).toBe('Иван, ⟦PHONE_1⟧')
  })

  test.each<[string, unknown]>([
    ['no types', { types: [] }],
    ['an unknown type', { types: ['PERSON', 'COLOUR'] }],
    ['types that are no list', { types: 'PERSON' }],
    ['one mark', { marks: ['⟦'] }],
    ['lenience that is neither', { lenient: 'yes' }],
    ['an unknown option', { type: ['PERSON'] }],
    ['null', null],
    ['a text', 'PERSON'],
  ])('refuses %s with a hint', (_what, options) => {
    const make = (): unknown => russianMasker(options as RussianMaskerOptions)
    expect(make).toThrow(ConfigurationError)
    expect(make).toThrow(expect.objectContaining({ hint: expect.stringMatching(/[а-я]/) as string }))
  })

  test('reads only what the caller wrote', () => {
    const polluted = Object.prototype as { types?: unknown }
    polluted.types = ['PHONE']
    try {
      expect(russianMasker({}).open().mask('Иван')).toBe('⟦PERSON_1⟧')
    } finally {
      delete polluted.types
    }
  })
})
