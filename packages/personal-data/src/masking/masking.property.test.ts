import type { MaskedForm, PersonalDataSpan } from '@shlyuz/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMaskSession, type PlaceholderSession } from './create-mask-session.ts'

/** Pieces of what placeholders, escapes and endings are made of, and anything else. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '⟦', '⟧', 'PERSON', '_', '1', '2', ' ', 'A', 'LITERAL_', '⟦A_1⟧', '⟦PERSON_1⟧', '⟦LITERAL_1⟧', 'person', 'у', 'ом', 'и', '-', "'", '\\', '\\_', 'u27e6', 'u27E7', '\\u27e6', '\\u0031', '"', '\n', '$&', '$1', '__proto__', '\ud83d', '\ude42',
      ), // oxfmt-ignore
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 24 },
  )
  .map((pieces) => pieces.join(''))

const type = fc.constantFrom('A', 'PERSON', 'A_1', 'LITERAL', 'INN_PERSON')

/** A text with spans anywhere in it. */
const marked = fc
  .record({
    text,
    cuts: fc.array(fc.nat(60), { maxLength: 12 }),
    types: fc.array(type, { minLength: 6, maxLength: 6 }),
  })
  .map((given) => {
    const cuts = [...new Set(given.cuts.filter((at) => at <= given.text.length))].toSorted((a, b) => a - b)
    const spans: PersonalDataSpan[] = []
    for (let index = 0; index + 1 < cuts.length; index += 2) {
      spans.push({ start: cuts[index] ?? 0, end: cuts[index + 1] ?? 0, type: given.types[index / 2] ?? 'A' })
    }
    return { text: given.text, spans }
  })

const history = fc.array(marked, { minLength: 1, maxLength: 4 })
const lenient = fc.boolean()

interface Masked {
  readonly session: PlaceholderSession
  readonly masked: readonly string[]
}

function maskAll(texts: readonly { text: string; spans: readonly PersonalDataSpan[] }[], isLenient: boolean): Masked {
  const found = texts.values()
  const session = createMaskSession({ find: () => found.next().value?.spans ?? [], lenient: isLenient })
  return { session, masked: texts.map((one) => session.mask(one.text)) }
}

/** What a model could make of masked texts: they and anything else, one after another. */
const answer = fc.record({ history, lenient, between: fc.array(text, { minLength: 5, maxLength: 5 }) }).map((given) => {
  const { session, masked } = maskAll(given.history, given.lenient)
  return {
    session,
    isLenient: given.lenient,
    text: given.between.map((piece, index) => piece + (masked[index] ?? '')).join(''),
  }
})

/** Lengths of chunks, used over and over. */
const lengths = fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }).filter((all) => all.some((length) => length > 0))

function cut(whole: string, by: readonly number[]): string[] {
  const pieces: string[] = []
  for (let at = 0, index = 0; at < whole.length; index++) {
    const length = by[index % by.length] ?? 1
    pieces.push(whole.slice(at, at + length))
    at += length
  }
  return pieces
}

function stream(session: PlaceholderSession, pieces: readonly string[], form: MaskedForm): string[] {
  const restorer = session.createRestorer(form)
  return [...pieces.map((piece) => restorer.push(piece)), restorer.end()]
}

const runs = { numRuns: 2000 }

test('what was masked is restored exactly', () => {
  const property = fc.property(history, lenient, (texts, isLenient) => {
    const { session, masked } = maskAll(texts, isLenient)
    expect(masked.map((one) => session.restore(one, 'text'))).toEqual(texts.map((one) => one.text))
    expect(session.unknown).toBe(0)
  })
  fc.assert(property, runs)
})

test('no placeholder comes about where texts meet', () => {
  const property = fc.property(history, lenient, (texts, isLenient) => {
    const { session, masked } = maskAll(texts, isLenient)
    // Behind a value the next text could complete an ending: that is all it may lose, so it is kept away.
    const apart = masked.map((one) => (/⟧[-‑'’]?[а-яё]*$/.test(one) ? '.' : ''))
    const joined = masked.map((one, index) => one + (apart[index] ?? '')).join('')
    const original = texts.map((one, index) => one.text + (apart[index] ?? '')).join('')
    expect(session.restore(joined, 'text')).toBe(original)
  })
  fc.assert(property, runs)
})

test('the same history is masked in the same way', () => {
  const property = fc.property(history, lenient, (texts, isLenient) => {
    expect(maskAll(texts, isLenient).masked).toEqual(maskAll(texts, isLenient).masked)
  })
  fc.assert(property)
})

test.each(['text', 'json'] as const)('a stream of %s is restored like the whole, however it is cut', (form) => {
  const property = fc.property(answer, lengths, (given, by) => {
    const { session } = given
    const whole = session.restore(given.text, form)
    const unknown = session.unknown
    expect(stream(session, cut(given.text, by), form).join('')).toBe(whole)
    expect(session.unknown).toBe(unknown * 2)
  })
  fc.assert(property, runs)
})

test('restored JSON parses to the restored text', () => {
  const property = fc.property(answer, fc.boolean(), lengths, (given, ascii, by) => {
    const json = ascii ? escapeAll(given.text) : JSON.stringify(given.text)
    const restored = stream(given.session, cut(json, by), 'json').join('')
    expect(JSON.parse(restored)).toBe(given.session.restore(given.text, 'text'))
  })
  fc.assert(property, runs)
})

test('no part of a placeholder that completes is given out, and all that came before it is', () => {
  const property = fc.property(answer, fc.nat(), ({ session, text: before }, choice) => {
    const keys = Object.keys(session.values())
    const key = keys[choice % keys.length]
    fc.pre(key !== undefined)
    for (let length = 1; length < key.length; length++) {
      const restorer = session.createRestorer('text')
      expect(restorer.push(before + key.slice(0, length))).toBe(session.restore(before, 'text'))
    }
  })
  fc.assert(property, runs)
})

test('what is held back begins a placeholder or an ending, and is shorter than the longest', () => {
  const property = fc.property(answer, ({ session, isLenient, text: whole }) => {
    const longest = Math.max(0, ...Object.keys(session.values()).map((key) => key.length))
    for (let length = 0; length <= whole.length; length++) {
      const restorer = session.createRestorer('text')
      restorer.push(whole.slice(0, length))
      const held = restorer.end()
      // A lenient spelling has a space at either mark and a backslash before each underscore.
      expect(held.length).toBeLessThan(Math.max(longest + (isLenient ? 5 : 0), 5))
      if (held !== '') expect(held).toMatch(/^(?:⟦[\w \\]*|[-‑'’]?[а-яё]*)$/)
    }
  })
  fc.assert(property)
})

/** As a writer of ASCII alone spells it. */
function escapeAll(value: string): string {
  const escaped = Array.from(
    { length: value.length },
    (_, index) => String.raw`\u${value.charCodeAt(index).toString(16).padStart(4, '0')}`,
  )
  return `"${escaped.join('')}"`
}
