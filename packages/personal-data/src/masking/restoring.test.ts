import type { MaskedForm } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { createMaskSession, type PlaceholderSession } from './create-mask-session.ts'

const values = { '⟦PERSON_1⟧': 'Образцов Иван', '⟦PERSON_12⟧': 'Пробная Ольга', '⟦ORG_1⟧': 'АО "Ель"\\Ко' }

function open(lenient = false): PlaceholderSession {
  return createMaskSession({ find: () => [], values, lenient })
}

function stream(session: PlaceholderSession, pieces: readonly string[], form: MaskedForm = 'text'): string[] {
  const restorer = session.createRestorer(form)
  return [...pieces.map((piece) => restorer.push(piece)), restorer.end()]
}

describe('a placeholder that chunks cut', () => {
  test('is put back as soon as its closing mark came', () => {
    expect(stream(open(), ['Да, ⟦PER', 'SON_1', '⟧.'])).toEqual(['Да, ', '', 'Образцов Иван.', ''])
  })

  test('is told from a longer one that begins with it', () => {
    expect(stream(open(), ['⟦PERSON_1', '2⟧⟦PERSON_1', '⟧'])).toEqual(['', 'Пробная Ольга', 'Образцов Иван', ''])
  })

  test('is given out as it is when the text ends within it', () => {
    expect(stream(open(), ['и ⟦PERSON_'])).toEqual(['и ', '⟦PERSON_'])
  })

  test('is not waited for once it can be none', () => {
    expect(stream(open(), ['⟦PERSIK', 'и'])).toEqual(['⟦PERSIK', 'и', ''])
  })

  test('is found behind an opening mark that begins nothing', () => {
    expect(stream(open(), ['⟦', '⟦PERSON_1⟧'])).toEqual(['', '⟦Образцов Иван', ''])
    expect(open().restore('⟦PERS⟦PERSON_1⟧⟧', 'text')).toBe('⟦PERSОбразцов Иван⟧')
  })

  test('does not hold up a surrogate pair', () => {
    expect(stream(open(), ['⟦PERSON_1⟧\ud83d', '\ude42'])).toEqual(['Образцов Иван\ud83d', '\ude42', ''])
  })

  test('of a value that is masked later is known to a restorer that is already open', () => {
    const session = createMaskSession({ find: (text) => [{ start: 0, end: text.length, type: 'PERSON' }] })
    const restorer = session.createRestorer('text')
    session.mask('Иван')
    expect(restorer.push('⟦PERSON_1⟧')).toBe('Иван')
  })
})

describe('the unknown', () => {
  test.each([
    ['another number', ['⟦PERSON_9⟧'], 1],
    ['another type', ['⟦CITY_1⟧'], 1],
    ['other letters', ['⟦person_1⟧'], 1],
    ['cut in two', ['⟦PERSON_', '9', '⟧'], 1],
    ['twice', ['⟦PERSON_9⟧⟦PERSON_9⟧'], 2],
    ['of another form', ['⟦PERSON⟧ ⟦ 1⟧ ⟦⟧'], 0],
    ['not closed', ['⟦PERSON_9'], 0],
    ['known', ['⟦PERSON_1⟧'], 0],
  ])('is left as it is and counted: %s', (_what, pieces, count) => {
    const session = open()
    const restored = stream(session, pieces).join('')
    expect(session.unknown).toBe(count)
    if (count > 0) expect(restored).toBe(pieces.join(''))
  })

  test('is not remembered without bound', () => {
    const session = open()
    expect(session.restore(`⟦${'A'.repeat(1000)}_1⟧`, 'text')).toHaveLength(1004)
    expect(session.unknown).toBe(0)
  })

  test.each(['__proto___1', 'constructor_1', 'toString_1'])('has no value by the name %s', (name) => {
    const session = open(true)
    expect(session.restore(`⟦${name}⟧`, 'text')).toBe(`⟦${name}⟧`)
  })
})

describe('an ending that a model has glued to a placeholder', () => {
  test.each([
    ['передайте ⟦PERSON_1⟧у.', 'передайте Образцов Иван.'],
    ['с ⟦PERSON_1⟧ом', 'с Образцов Иван'],
    ['для ⟦PERSON_1⟧-а,', 'для Образцов Иван,'],
    ["для ⟦PERSON_1⟧'а", 'для Образцов Иван'],
    ['о ⟦PERSON_1⟧’е', 'о Образцов Иван'],
    ['у ⟦PERSON_1⟧-и', 'у Образцов Иван'],
    ['⟦PERSON_1⟧у⟦PERSON_12⟧ой', 'Образцов ИванПробная Ольга'],
  ])('goes: %s', (masked, restored) => {
    expect(open().restore(masked, 'text')).toBe(restored)
  })

  test.each([
    ['⟦PERSON_1⟧и ⟦PERSON_12⟧', 'Образцов Ивани Пробная Ольга'],
    ['⟦PERSON_1⟧ и Пётр', 'Образцов Иван и Пётр'],
    ['⟦PERSON_1⟧ у окна', 'Образцов Иван у окна'],
    ['⟦PERSON_1⟧ученик', 'Образцов Иванученик'],
    ['⟦PERSON_1⟧-то', 'Образцов Иван-то'],
    ['⟦PERSON_1⟧-', 'Образцов Иван-'],
    ['⟦PERSON_1⟧-1', 'Образцов Иван-1'],
    ['⟦PERSON_1⟧у1', 'Образцов Ивану1'],
    ['⟦PERSON_1⟧у_', 'Образцов Ивану_'],
    ["'⟦PERSON_1⟧'", "'Образцов Иван'"],
    ['⟦PERSON_1⟧s', 'Образцов Иванs'],
  ])('is no other word: %s', (masked, restored) => {
    expect(open().restore(masked, 'text')).toBe(restored)
  })

  test('waits for no more than the value itself: that is given out at once', () => {
    expect(stream(open(), ['⟦PERSON_1⟧', '-', 'ом', 'у', ' да'])).toEqual(['Образцов Иван', '', '', '', ' да', ''])
    expect(stream(open(), ['⟦PERSON_1⟧о', 'г', 'о', 'нь'])).toEqual(['Образцов Иван', '', '', 'огонь', ''])
    expect(stream(open(), ['⟦PERSON_1⟧ом'])).toEqual(['Образцов Иван', ''])
  })

  test('stays behind what is no personal data', () => {
    const session = createMaskSession({ find: () => [] })
    const masked = session.mask('⟦X_1⟧у')
    expect(masked).toBe('⟦LITERAL_1⟧у')
    expect(session.restore(masked, 'text')).toBe('⟦X_1⟧у')
  })
})

describe('in JSON', () => {
  test('a value is escaped as inside a string', () => {
    expect(open().restore('{"to":"⟦ORG_1⟧"}', 'json')).toBe('{"to":"АО \\"Ель\\"\\\\Ко"}')
  })

  test.each([
    ['both marks', String.raw`"\u27e6PERSON_1\u27E7"`],
    ['one mark', String.raw`"\u27E6PERSON_1⟧"`],
    ['all of it', String.raw`"\u27e6\u0050ERSON\u005f\u0031\u27e7"`],
    ['an ending', String.raw`"⟦PERSON_1⟧\u0443"`],
    ['an apostrophe', String.raw`"⟦PERSON_1⟧\u0027\u0443"`],
  ])('a placeholder is found with %s escaped, wherever it is cut', (_what, json) => {
    for (let cut = 0; cut <= json.length; cut++) {
      expect(stream(open(), [json.slice(0, cut), json.slice(cut)], 'json').join('')).toBe('"Образцов Иван"')
    }
  })

  test.each([
    ['an escaped backslash in front', String.raw`"\\u27e6PERSON_1⟧"`],
    ['a line break within', String.raw`"⟦PERSON\n_1⟧"`],
    ['no hexadecimal number', String.raw`"\u27xzPERSON_1⟧"`],
    ['an escape that never ends', String.raw`"\u27`],
  ])('with %s it is none', (_what, json) => {
    for (let cut = 0; cut <= json.length; cut++) {
      const session = open()
      expect(stream(session, [json.slice(0, cut), json.slice(cut)], 'json').join('')).toBe(json)
      expect(session.unknown).toBe(0)
    }
  })

  test('three backslashes are one and an escape', () => {
    expect(open().restore(String.raw`"\\\u27e6PERSON_1⟧"`, 'json')).toBe(String.raw`"\\Образцов Иван"`)
  })

  test('a quote ends an ending', () => {
    expect(open().restore(String.raw`{"to":"⟦PERSON_1⟧у"}`, 'json')).toBe('{"to":"Образцов Иван"}')
    expect(open().restore(String.raw`{"to":"⟦PERSON_1⟧у\n"}`, 'json')).toBe(String.raw`{"to":"Образцов Иван\n"}`)
  })

  test('escapes mean nothing in plain text', () => {
    const text = String.raw`\u27e6PERSON_1\u27e7`
    expect(open().restore(text, 'text')).toBe(text)
  })
})

describe('lenient', () => {
  test.each(['⟦person_1⟧', '⟦Person_1⟧', '⟦ PERSON_1 ⟧', '⟦PERSON 1⟧', '⟦PERSON\\_1⟧'])('%s is known', (masked) => {
    const session = open(true)
    expect(stream(session, [...masked]).join('')).toBe('Образцов Иван')
    expect(session.unknown).toBe(0)
    expect(open().restore(masked, 'text')).toBe(masked)
  })

  test.each(['⟦  PERSON_1⟧', '⟦PERſON_1⟧', '⟦PERSON1⟧'])('%s is not', (masked) => {
    expect(open(true).restore(masked, 'text')).toBe(masked)
  })
})

test('what has no mark is given back itself', () => {
  const restorer = open().createRestorer('text')
  expect(restorer.push('Обычный текст')).toBe('Обычный текст')
  expect(restorer.end()).toBe('')
})
