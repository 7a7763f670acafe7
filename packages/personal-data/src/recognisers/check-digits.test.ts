import { describe, expect, test } from 'vitest'
import { isAccountOf, isInn, isOgrn, isOgrnip, isSnils, passesLuhn } from './check-digits.ts'

// Invented numbers, the digits of which were worked out by hand.
const right: [string, (digits: string) => boolean, string][] = [
  ['a taxpayer number of an organisation', isInn, '7728000009'],
  ['a taxpayer number of a person', isInn, '500100732259'],
  ['an insurance number', isSnils, '11223344595'],
  ['a registration number of an organisation', isOgrn, '1027700132195'],
  ['a registration number of a sole trader', isOgrnip, '304500116000157'],
  ['a policy of medical insurance', passesLuhn, '8451999122899990'],
  ['a card', passesLuhn, '4111111111111111'],
  ['an account', (digits) => isAccountOf('044525225', digits), '40817810700000000001'],
  ['an account of the bank', (digits) => isAccountOf('044525225', digits), '30101810400000000225'],
]

describe('check digits', () => {
  test.each(right)('of %s are right', (_what, isRight, digits) => {
    expect(isRight(digits)).toBe(true)
  })

  test.each(right)('of %s find every wrong digit, nearly', (_what, isRight, digits) => {
    const wrong = Array.from({ length: digits.length * 9 }, (_, index) => {
      const at = Math.floor(index / 9)
      const digit = (Number(digits[at]) + 1 + (index % 9)) % 10
      return digits.slice(0, at) + digit + digits.slice(at + 1)
    })
    // A remainder that is folded to one digit lets some through, an account number its multiples of ten.
    expect(wrong.filter(isRight).length).toBeLessThan(wrong.length / 5)
  })

  test.each([
    ['taxpayer numbers', isInn, '000000000000'],
    ['insurance numbers', isSnils, '00000000000'],
    ['cards', passesLuhn, '0000000000000000'],
  ])('of zeros alone are those of no %s', (_what, isRight, zeros) => {
    expect(isRight(zeros)).toBe(false)
  })

  test('are not asked of the first insurance numbers, which had none', () => {
    expect(isSnils('00100199876')).toBe(false)
  })
})
