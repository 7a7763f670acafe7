import { ConfigurationError } from '../errors/configuration-error.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import type { MaskerOptions, MaskSession, PersonalDataSpan, StreamRestorer } from './masker.ts'

/**
 * The functions of a masker, which may be anybody's: what they throw, or give back that is none of what was asked for,
 * ends the call as `config.masker`. The text they failed on is in no error.
 */
export function guardMasker({ name, find, open }: MaskerOptions): Pick<MaskerOptions, 'find' | 'open'> {
  const check = <T>(what: string, isGood: (value: unknown) => boolean, act: () => T): T => {
    try {
      const value = act()
      if (isGood(value)) return value
    } catch (error) {
      if (ShlyuzError.isInstance(error)) throw error
    }
    throw createFailure(name, what)
  }
  return {
    find: (text) =>
      check(
        'find',
        (spans) => areSpans(spans, text),
        () => find(text),
      ),
    open: (values) => {
      const session = check('open', isSession, () => open(values))
      const guarded: MaskSession = {
        mask: (text) => check('mask', isText, () => session.mask(text)),
        restore: (text, form) => check('restore', isText, () => session.restore(text, form)),
        createRestorer: (form) =>
          new GuardedRestorer(
            name,
            check('createRestorer', isRestorer, () => session.createRestorer(form)),
          ),
        get counts() {
          return check('counts', areCounts, () => session.counts)
        },
        values: () => check('values', areTexts, () => session.values()),
      }
      return Object.freeze(guarded)
    },
  }
}

/** Asked for every event of a stream, so that it makes no function for it. */
class GuardedRestorer implements StreamRestorer {
  readonly #name: string
  readonly #inner: StreamRestorer

  constructor(name: string, inner: StreamRestorer) {
    this.#name = name
    this.#inner = inner
  }

  push(piece: string): string {
    try {
      const text = this.#inner.push(piece)
      if (isText(text)) return text
    } catch (error) {
      if (ShlyuzError.isInstance(error)) throw error
    }
    throw createFailure(this.#name, 'push')
  }

  end(): string {
    try {
      const text = this.#inner.end()
      if (isText(text)) return text
    } catch (error) {
      if (ShlyuzError.isInstance(error)) throw error
    }
    throw createFailure(this.#name, 'end')
  }
}

function createFailure(name: string, what: string): ConfigurationError {
  return new ConfigurationError(`the masker ${name} failed: ${what} threw, or gave back what it may not`, {
    code: 'config.masker',
    hint: `Исправьте masker '${name}' (${what}): без исключений, ответ того вида, что описан у masker().`,
  })
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

const typeName = /^[A-Z][A-Z0-9_]{0,63}$/

/** In the text, in order, without overlaps. A type goes into receipts: it must be a word, not what was found. */
function areSpans(spans: unknown, text: string): boolean {
  if (!Array.isArray(spans)) return false
  let from = 0
  for (const span of spans as (Partial<PersonalDataSpan> | null | undefined)[]) {
    const { start, end, type } = span ?? {}
    if (!Number.isInteger(start) || !Number.isInteger(end) || typeof type !== 'string' || !typeName.test(type))
      return false
    if ((start as number) < from || (end as number) <= (start as number) || (end as number) > text.length) return false
    from = end as number
  }
  return true
}

function areCounts(counts: unknown): boolean {
  if (typeof counts !== 'object' || counts === null) return false
  return Object.entries(counts).every(([type, count]) => typeName.test(type) && Number.isInteger(count) && count > 0)
}

function areTexts(values: unknown): boolean {
  return typeof values === 'object' && values !== null && Object.values(values).every(isText)
}

function isSession(value: unknown): boolean {
  return hasFunctions(value, ['mask', 'restore', 'createRestorer', 'values'])
}

function isRestorer(value: unknown): boolean {
  return hasFunctions(value, ['push', 'end'])
}

function hasFunctions(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function')
}
