import { parsePartialJson } from './parse-partial-json.ts'

/** Reads a growing JSON text now and then: not at every piece, or the work would grow with the square of its length. */
export class PartialOutput {
  #text = ''
  #next = 1
  #shown = ''

  /** A snapshot when there is a new one worth showing. */
  push(piece: string): { readonly output: unknown } | undefined {
    this.#text += piece
    if (this.#text.length < this.#next) return undefined
    this.#next = this.#text.length + Math.ceil(this.#text.length / 16)
    return this.#read()
  }

  /** The service replaced the text. */
  rewrite(text: string): void {
    this.#text = text
    this.#next = text.length
  }

  #read(): { readonly output: unknown } | undefined {
    const output = parsePartialJson(this.#text)
    if (output === undefined) return undefined
    const shown = JSON.stringify(output)
    if (shown === this.#shown) return undefined
    this.#shown = shown
    return { output }
  }
}
