import { describe, expect, it } from 'vitest'
import { matchPattern } from './match-pattern.ts'

describe('matchPattern', () => {
  it.each([
    '[A-Z]{3}-\\d{4}',
    '^\\+7\\d{10}$',
    '(?:да|нет)(, конечно)?',
    '\\w+@\\w+\\.ru',
    '[^a-z]+',
    '\\p{Lu}\\p{Ll}+',
    'a(?=b)b',
    '[x-]{2,}',
    '\\u0416\\s\\S',
    '(?<year>\\d{4})-(0[1-9]|1[0-2])',
    '(a|b)*c+',
    '',
  ])('builds a text for %s', (pattern) => {
    const text = matchPattern(pattern)
    expect(text).toBeTypeOf('string')
    expect(text).toMatch(new RegExp(`^(?:${pattern})$`, 'u'))
  })

  it('takes a part of the prompt that fits', () => {
    expect(matchPattern('[A-Z]{3}-\\d{4}', 'Заявка TKT-2023 закрыта?')).toBe('TKT-2023')
    expect(matchPattern('^\\d+$', 'Осталось 42 дня')).toBe('42')
  })

  it('ends soon on repetitions of repetitions', () => {
    expect(matchPattern('((a{1000}){1000}){1000}')).toBeUndefined()
  })

  it('gives nothing for a broken expression, or one that it cannot build for', () => {
    expect(matchPattern('(')).toBeUndefined()
    expect(matchPattern('(a)(b)\\2\\1(?!.)x')).toBeUndefined()
  })
})
