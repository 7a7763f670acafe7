import { ConfigurationError, type PersonalDataSpan } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { createMaskSession } from './create-mask-session.ts'
import type { Marks } from './marks.ts'

/** Finds words: `Иван` and `Ольга` are people, `777` is a number. */
function find(text: string): PersonalDataSpan[] {
  return [...text.matchAll(/Иван|Ольга|777/g)].map(({ 0: found, index }) => ({
    start: index,
    end: index + found.length,
    type: found === '777' ? 'NUMBER' : 'PERSON',
  }))
}

describe('placeholders', () => {
  test('are numbered by type in the order in which values first appear', () => {
    const session = createMaskSession({ find })
    expect(session.mask('Ольга, Иван, 777, Ольга')).toBe('⟦PERSON_1⟧, ⟦PERSON_2⟧, ⟦NUMBER_1⟧, ⟦PERSON_1⟧')
    expect(session.mask('Иван')).toBe('⟦PERSON_2⟧')
    expect(session.counts).toEqual({ PERSON: 2, NUMBER: 1 })
    expect(session.values()).toEqual({ '⟦PERSON_1⟧': 'Ольга', '⟦PERSON_2⟧': 'Иван', '⟦NUMBER_1⟧': '777' })
  })

  test('are the same for the same texts in another session', () => {
    const texts = ['Иван и Ольга', '777 ⟦PERSON_1⟧', 'Ольга']
    const [first, second] = [createMaskSession({ find }), createMaskSession({ find })]
    expect(texts.map((text) => first.mask(text))).toEqual(texts.map((text) => second.mask(text)))
  })

  test('have the marks that were asked for', () => {
    const session = createMaskSession({ find, marks: ['[', ']'] })
    expect(session.mask('Иван [1] [PERSON_1]')).toBe('[PERSON_1] [LITERAL_1] [LITERAL_2]')
    expect(session.restore('[PERSON_1] [LITERAL_1] [LITERAL_2] ⟦PERSON_1⟧', 'text')).toBe(
      'Иван [1] [PERSON_1] ⟦PERSON_1⟧',
    )
  })

  test('of one value differ by type', () => {
    const types = ['A', 'B'].values()
    const session = createMaskSession({ find: () => [{ start: 0, end: 1, type: types.next().value ?? '' }] })
    expect(session.mask('x') + session.mask('x')).toBe('⟦A_1⟧⟦B_1⟧')
  })
})

describe('what would be taken for a placeholder', () => {
  test.each([
    ['a placeholder', '⟦PERSON_1⟧', '⟦LITERAL_1⟧'],
    ['in small letters', '⟦person_1⟧', '⟦LITERAL_1⟧'],
    ['with spaces', '⟦ PERSON 1 ⟧', '⟦LITERAL_1⟧'],
    ['behind an opening mark', '⟦⟦PERSON_1⟧⟧', '⟦⟦LITERAL_1⟧⟧'],
    ['escaped for JSON', String.raw`\u27e6PERSON_1\u27E7`, '⟦LITERAL_1⟧'],
    ['escaped within', String.raw`⟦\u0050ERSON_\u0031⟧`, '⟦LITERAL_1⟧'],
    ['a literal', '⟦LITERAL_1⟧', '⟦LITERAL_1⟧'],
    ['the beginning of one at the end', 'это ⟦PERSON_', 'это ⟦LITERAL_1⟧PERSON_'],
    ['the same twice', '⟦A_1⟧⟦A_1⟧', '⟦LITERAL_1⟧⟦LITERAL_1⟧'],
  ])('is masked too: %s', (_what, text, masked) => {
    const session = createMaskSession({ find })
    expect(session.mask(text)).toBe(masked)
    expect(session.restore(masked, 'text')).toBe(text)
  })

  test.each(['a ⟦ b ⟦c⟧ d', '⟦⟧', '⟧PERSON_1⟦ и', '$& $1 $$', '__proto__'])('is not: %s', (text) => {
    expect(createMaskSession({ find }).mask(text)).toBe(text)
  })

  test('gives nobody the value of another', () => {
    const session = createMaskSession({ find })
    session.mask('Иван')
    const texts = ['⟦PERSON_1⟧', String.raw`\u27e6PERSON_1\u27e7`, '⟦PERSON', '_1⟧', '⟦', 'PERSON_1⟧']
    const masked = texts.map((text) => session.mask(text)).join('')
    expect(session.restore(masked, 'text')).toBe(texts.join(''))
    expect(session.restore(masked, 'json')).not.toContain('Иван')
  })

  test('may lie within a value and around one', () => {
    const session = createMaskSession({ find: () => [{ start: 1, end: 9, type: 'PERSON' }] })
    const text = '⟦⟦NAME_1⟧⟧ $& $1'
    expect(session.mask(text)).toBe('⟦LITERAL_1⟧⟦PERSON_1⟧⟧ $& $1')
    expect(session.restore(session.mask(text), 'text')).toBe(text)
  })

  test('is an ending behind a value, which stays', () => {
    const session = createMaskSession({ find })
    expect(session.mask('Ивану, Иван-то')).toBe('⟦PERSON_1⟧⟦LITERAL_1⟧, ⟦PERSON_1⟧-то')
    expect(session.restore(session.mask('Ивану'), 'text')).toBe('Ивану')
    expect(session.restore(session.mask('Ольга-у777'), 'text')).toBe('Ольга-у777')
  })

  test('is looked for in linear time', () => {
    const session = createMaskSession({ find: () => [] })
    const started = performance.now()
    for (const text of ['⟦1 ', String.raw`\u27e6`, '⟦', '⟦_1']) session.mask(text.repeat(50_000))
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('values of a sealed session', () => {
  test('are put back, and numbering goes on behind them', () => {
    const session = createMaskSession({ find, values: { '⟦PERSON_7⟧': 'Ольга' } })
    expect(session.restore('⟦PERSON_7⟧', 'text')).toBe('Ольга')
    expect(session.mask('Иван, Ольга')).toBe('⟦PERSON_8⟧, ⟦PERSON_7⟧')
    expect(session.counts).toEqual({ PERSON: 2 })
  })

  test('come back through JSON as they are', () => {
    const session = createMaskSession({ find: () => [{ start: 0, end: 9, type: 'PERSON' }] })
    session.mask('__proto__')
    const sealed = JSON.parse(JSON.stringify(session.values())) as Record<string, string>
    expect(createMaskSession({ find, values: sealed }).restore('⟦PERSON_1⟧', 'text')).toBe('__proto__')
  })

  test.each([
    ['other marks', { '[PERSON_1]': 'Иван' }],
    ['no type', { '⟦1⟧': 'Иван' }],
    ['a number of another spelling', { '⟦PERSON_01⟧': 'Иван' }],
    ['a value that is no text', { '⟦PERSON_1⟧': 1 }],
    ['a key by a polluted name', JSON.parse('{"__proto__":"Иван"}') as object],
  ])('with %s are refused without being told', (_what, values) => {
    const open = (): unknown => createMaskSession({ find, values: values as Record<string, string> })
    expect(open).toThrow(ConfigurationError)
    expect(open).not.toThrow('Иван')
  })

  test('have no prototype that a name could meet', () => {
    const session = createMaskSession({ find })
    expect([Object.getPrototypeOf(session.values()), Object.getPrototypeOf(session.counts)]).toEqual([null, null])
  })
})

describe('refuses', () => {
  test.each<[string, readonly PersonalDataSpan[]]>([
    ['overlaps', [{ start: 0, end: 3, type: 'A' }, { start: 2, end: 4, type: 'A' }]],
    ['another order', [{ start: 2, end: 3, type: 'A' }, { start: 0, end: 1, type: 'A' }]],
    ['nothing', [{ start: 1, end: 1, type: 'A' }]],
    ['what is before the text', [{ start: -1, end: 1, type: 'A' }]],
    ['what is behind the text', [{ start: 0, end: 99, type: 'A' }]],
    ['no number', [{ start: Number.NaN, end: 2, type: 'A' }]],
    ['a type in small letters', [{ start: 0, end: 1, type: 'person' }]],
    ['a type with a mark', [{ start: 0, end: 1, type: 'A⟧' }]],
    ['a type without end', [{ start: 0, end: 1, type: 'A'.repeat(41) }]],
  ])('a finder that finds %s', (_what, spans) => {
    const session = createMaskSession({ find: () => spans })
    expect(() => session.mask('секрет')).toThrow(ConfigurationError)
    expect(() => session.mask('секрет')).not.toThrow('секрет')
  }) // oxfmt-ignore

  test.each([
    ['one mark', ['⟦']],
    ['three marks', ['⟦', '⟧', '⟧']],
    ['the same mark twice', ['|', '|']],
    ['no mark', ['', '⟧']],
    ['two characters', ['[[', ']]']],
    ['half a pair', ['\ud83d', '⟧']],
    ['a letter', ['a', '⟧']],
    ['a digit', ['⟦', '1']],
    ['an underscore', ['_', '⟧']],
    ['a space', [' ', '⟧']],
    ['a quote', ['"', '⟧']],
    ['a backslash', ['\\', '⟧']],
    ['a dash of an ending', ['⟦', '-']],
    ['a text', '⟦⟧'],
  ])('%s for the marks', (_what, marks) => {
    expect(() => createMaskSession({ find, marks: marks as unknown as Marks })).toThrow(ConfigurationError)
  })
})
