import { ConfigurationError, type MaskedForm, type MaskSession, type PersonalDataSpan } from '@shlyuz/core'
import { measureEnding } from './inflection.ts'
import { createLookAlikePattern, literalType } from './look-alikes.ts'
import { checkMarks, defaultMarks, type Marks } from './marks.ts'
import { PlaceholderMap } from './placeholder-map.ts'
import { PlaceholderRestorer } from './placeholder-restorer.ts'

export interface MaskSessionOptions {
  /** Personal data in a text: no overlaps, in order. */
  readonly find: (text: string) => readonly PersonalDataSpan[]
  /** What placeholders begin and end with, one character each. @default ['⟦', '⟧'] */
  readonly marks?: Marks | undefined
  /** Also takes `⟦person_1⟧`, `⟦ PERSON 1 ⟧` and `⟦PERSON\_1⟧` of an answer for `⟦PERSON_1⟧`. @default false */
  readonly lenient?: boolean | undefined
  /** Placeholder → value, of a session that was sealed. */
  readonly values?: Readonly<Record<string, string>> | undefined
}

/** A session that also counts. */
export interface PlaceholderSession extends MaskSession {
  /** How often something of the form of a placeholder was none of this session. */
  readonly unknown: number
}

/**
 * Begins the placeholders of one call: `⟦TYPE_n⟧`, numbered by first appearance of a value.
 * @throws ConfigurationError for marks that could be taken for something else, or values of other marks
 */
export function createMaskSession(options: MaskSessionOptions): PlaceholderSession {
  const { find, marks = defaultMarks, lenient = false, values = {} } = options
  const [open, close] = checkMarks(marks)
  const lookAlike = createLookAlikePattern([open, close])
  const map = new PlaceholderMap(lenient)
  let unknown = 0

  for (const [placeholder, value] of Object.entries(values)) {
    const isOurs = placeholder.startsWith(open) && placeholder.endsWith(close) && typeof value === 'string'
    if (isOurs && map.set(placeholder.slice(1, -1), value)) continue
    throw new ConfigurationError('the values are not those of a session with these marks', {
      code: 'config.policy',
      hint: 'Восстанавливайте с теми же marks, с которыми маскировали.',
    })
  }

  function createPlaceholder(type: string, value: string): string {
    const name = map.nameOf(type, value)
    if (name === undefined) {
      throw new ConfigurationError('the type of personal data must be of capital letters, digits and _', {
        code: 'config.policy',
        hint: "find: type из заглавных латинских букв, цифр и '_', до 40 знаков, например 'PERSON'.",
      })
    }
    return open + name + close
  }

  function escape(text: string): string {
    return text.replaceAll(lookAlike, (found) => createPlaceholder(literalType, found))
  }

  /** What follows a value must not be taken for an ending that a model has glued to it. */
  function escapeBehindValue(text: string): string {
    const length = measureEnding(text)
    return length === 0
      ? escape(text)
      : createPlaceholder(literalType, text.slice(0, length)) + escape(text.slice(length))
  }

  const createRestorer = (form: MaskedForm): PlaceholderRestorer =>
    new PlaceholderRestorer(map, [open, close], form, () => unknown++)

  return {
    mask(text) {
      const spans = find(text)
      checkSpans(spans, text.length)
      let masked = escape(text.slice(0, spans[0]?.start))
      for (const [index, { start, end, type }] of spans.entries()) {
        masked += createPlaceholder(type, text.slice(start, end))
        masked += escapeBehindValue(text.slice(end, spans[index + 1]?.start))
      }
      return masked
    },
    restore(text, form) {
      const restorer = createRestorer(form)
      return restorer.push(text) + restorer.end()
    },
    createRestorer,
    get counts() {
      // Escaped text is nobody's data.
      return collect([...map.counts()].filter(([type]) => type !== literalType))
    },
    values: () => collect([...map.values()].map(([name, value]) => [open + name + close, value])),
    get unknown() {
      return unknown
    },
  }
}

/** Wrong spans would let through what they were to hide: nothing is masked by them. */
function checkSpans(spans: readonly PersonalDataSpan[], length: number): void {
  let before = 0
  for (const { start, end } of spans) {
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < before || end <= start || end > length) {
      throw new ConfigurationError('the spans of personal data must lie in the text, in order, without overlaps', {
        code: 'config.policy',
        hint: 'find: отрезки внутри текста, по порядку, без пересечений, 0 ≤ start < end ≤ text.length.',
      })
    }
    before = end
  }
}

/** Without a prototype: no key means anything but itself. */
function collect<T>(entries: Iterable<readonly [string, T]>): Readonly<Record<string, T>> {
  const record = Object.create(null) as Record<string, T>
  for (const [key, value] of entries) record[key] = value
  return Object.freeze(record)
}
