import type { MaskedForm, StreamRestorer } from '@shlyuz/core'
import { isEnding, isWordCharacter, mayBecomeEnding } from './inflection.ts'
import { escapeForJson, measureCharacter, readCharacter } from './json-characters.ts'
import { literalType } from './look-alikes.ts'
import { toPattern, type Marks } from './marks.ts'
import type { PlaceholderMap } from './placeholder-map.ts'

/** Longer names are not counted as unknown: it bounds what is remembered of a text that was given out. */
const longestUnknown = 64

/**
 * Puts values back: character by character where a placeholder may be, in whole slices elsewhere. What a chunk cuts is
 * carried over: the beginning of a placeholder, an ending behind one, an escape of JSON.
 */
export class PlaceholderRestorer implements StreamRestorer {
  readonly #map: PlaceholderMap
  readonly #open: string
  readonly #close: string
  readonly #isJson: boolean
  readonly #onUnknown: () => void
  /** In JSON: an opening mark or an escape, which may spell one. */
  readonly #beginning: RegExp

  /** What came since the last opening mark; `undefined` outside. It outlives what is held, to count the unknown. */
  #name: string | undefined
  /** What came behind a value and may become an ending; `undefined` elsewhere. */
  #ending: string | undefined
  /** How the name or the ending was spelled, while it is held back. */
  #held = ''
  /** An escape of JSON that was cut. */
  #cut = ''

  constructor(map: PlaceholderMap, [open, close]: Marks, form: MaskedForm, onUnknown: () => void) {
    this.#map = map
    this.#open = open
    this.#close = close
    this.#isJson = form === 'json'
    this.#onUnknown = onUnknown
    this.#beginning = new RegExp(`[${toPattern(open)}\\\\]`, 'g')
  }

  push(piece: string): string {
    if (this.#isOutside() && this.#findBeginning(piece, 0) === -1) return piece
    const text = this.#cut + piece
    this.#cut = ''
    let out = ''
    let at = 0
    while (at < text.length) {
      if (this.#isOutside()) {
        const beginning = this.#findBeginning(text, at)
        if (beginning === -1) return out + text.slice(at)
        out += text.slice(at, beginning)
        at = beginning
      }
      const end = at + (this.#isJson ? measureCharacter(text, at) : 1)
      if (end > text.length) {
        this.#cut = text.slice(at)
        return out
      }
      const spelling = text.slice(at, end)
      out += this.#take(this.#isJson ? readCharacter(spelling) : spelling, spelling)
      at = end
    }
    return out
  }

  end(): string {
    const isDropped = this.#ending !== undefined && isEnding(this.#ending, undefined)
    this.#name = this.#ending = undefined
    const rest = (isDropped ? '' : this.#held) + this.#cut
    this.#held = this.#cut = ''
    return rest
  }

  #isOutside(): boolean {
    return this.#name === undefined && this.#ending === undefined && this.#cut === ''
  }

  #findBeginning(text: string, from: number): number {
    if (!this.#isJson) return text.indexOf(this.#open, from)
    this.#beginning.lastIndex = from
    return this.#beginning.exec(text)?.index ?? -1
  }

  /** Takes one character and how it is spelled. @returns what can be given out */
  #take(character: string, spelling: string): string {
    if (this.#ending !== undefined) return this.#takeBehindValue(this.#ending, character, spelling)
    if (character === this.#open) {
      this.#name = ''
      return this.#swap(spelling)
    }
    if (this.#name === undefined) return spelling
    if (character === this.#close) return this.#takeClose(this.#name, spelling)
    this.#name += this.#map.fold(character)
    if (this.#map.mayBegin(this.#name)) return this.#hold(spelling)
    if (!isWordCharacter(character) || this.#name.length > longestUnknown) this.#name = undefined
    return this.#swap('') + spelling
  }

  #takeClose(name: string, spelling: string): string {
    this.#name = undefined
    const held = this.#swap('')
    const known = this.#map.find(name)
    const value = known === undefined ? undefined : this.#map.get(known)
    if (known === undefined || value === undefined) {
      if (/_\d+$/.test(name)) this.#onUnknown()
      return held + spelling
    }
    // A literal stands for exactly what it was, and what follows it is not the model's.
    if (!known.startsWith(literalType)) this.#ending = ''
    return this.#isJson ? escapeForJson(value) : value
  }

  #takeBehindValue(before: string, character: string, spelling: string): string {
    const ending = before + character
    if (mayBecomeEnding(ending)) {
      this.#ending = ending
      return this.#hold(spelling)
    }
    this.#ending = undefined
    const held = this.#swap('')
    return (isEnding(before, character) ? '' : held) + this.#take(character, spelling)
  }

  #hold(spelling: string): string {
    this.#held += spelling
    return ''
  }

  /** Holds this in place of what was held. @returns what was held */
  #swap(held: string): string {
    const before = this.#held
    this.#held = held
    return before
  }
}
