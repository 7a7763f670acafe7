/** So many pieces are put together at a time. */
const piecesAtOnce = 32

/**
 * A text that grows by small pieces. V8 makes a tree of what is joined with `+`: in a stream each piece and each knot
 * would live as long as the answer, and the collector would move them about. So the pieces are put together while they
 * are young, some at a time.
 */
export class GrowingText {
  length = 0
  #text = ''
  readonly #pieces: string[] = []

  append(piece: string): void {
    this.length += piece.length
    // A list takes more room than the first piece, which is all that a stream has that has just begun.
    if (this.#text === '') this.#text = piece
    else if (this.#pieces.push(piece) === piecesAtOnce) this.#join()
  }

  /** The text so far. */
  toString(): string {
    if (this.#pieces.length > 0) this.#join()
    return this.#text
  }

  #join(): void {
    this.#text += this.#pieces.join('')
    this.#pieces.length = 0
  }
}
