import { ConfigurationError } from '../errors/configuration-error.ts'
import { guardMasker } from './guard-masker.ts'

/** Personal data found in a text. Offsets are UTF-16 code units, `end` is exclusive. */
export interface PersonalDataSpan {
  readonly start: number
  readonly end: number
  /** `'PERSON'`, `'INN_PERSON'`, …: capital letters, digits and `_`. */
  readonly type: string
}

/**
 * What text is: in `json` the values that are put back are escaped as inside a JSON string, and placeholders are found
 * in their escaped spelling too.
 */
export type MaskedForm = 'text' | 'json'

/** Puts values back into a text that comes in pieces. Holds back only what may still become a placeholder. */
export interface StreamRestorer {
  /** The restored text that can be given out now. */
  push(piece: string): string
  /** What was held back, with whole placeholders restored; then another text may begin. */
  end(): string
}

/**
 * The placeholders of one call. The same texts in the same order give the same placeholders; nothing of it outlives
 * the call.
 */
export interface MaskSession {
  /** The text with a placeholder in place of each value that was found. */
  mask(text: string): string
  /** Puts the values back; what is no placeholder of this session stays as it is. */
  restore(text: string, form: MaskedForm): string
  createRestorer(form: MaskedForm): StreamRestorer
  /** How many values of each type got a placeholder so far; the same value counts once. */
  readonly counts: Readonly<Record<string, number>>
  /** Placeholder → value: personal data. For a job that is sealed under a key of the caller's. */
  values(): Readonly<Record<string, string>>
}

export interface MaskerOptions {
  /** Shown in receipts and part of the policy's digest. */
  readonly name: string
  /** Change it when it finds other things: it is part of the digest. */
  readonly version: string
  /** What of a text is personal data: no overlaps, in order. Pure. */
  readonly find: (text: string) => readonly PersonalDataSpan[]
  /** Begins a call. `values`: of a session that was sealed, to restore by. */
  readonly open: (values?: Readonly<Record<string, string>>) => MaskSession
}

/** Finds personal data and puts placeholders in its place, for `definePolicy({ data: { masker } })`. */
export type Masker = Readonly<MaskerOptions>

const maskers = new WeakSet<object>()

const known = ['name', 'version', 'find', 'open']

/**
 * A masker of one's own. One that throws, or gives back what it may not, ends the call as a ConfigurationError
 * `config.masker`.
 * @throws ConfigurationError for a masker without name, version, `find` or `open`, or with an unknown option
 */
export function masker(options: MaskerOptions): Masker {
  // A copy without a prototype: only what the caller wrote counts.
  const given = Object.assign<object, MaskerOptions>(Object.create(null) as object, options)
  const { name, version, find, open } = given
  const named = [name, version].every((text) => typeof text === 'string' && /^[\w.-]{1,64}$/.test(text))
  const unknown = Object.keys(given).some((key) => !known.includes(key))
  if (!named || unknown || typeof find !== 'function' || typeof open !== 'function') {
    throw new ConfigurationError('a masker is a name, a version, and the functions find and open', {
      code: 'config.policy',
      hint: 'Возьмите personalData() из @shlyuz/personal-data или опишите свой masker({ name, version, find, open }).',
    })
  }
  const made: Masker = Object.freeze({ name, version, ...guardMasker(given) })
  maskers.add(made)
  return made
}

/** True for what {@link masker} made. */
export function isMasker(value: unknown): value is Masker {
  return typeof value === 'object' && value !== null && maskers.has(value)
}
