import { hashText } from './random.ts'

/** One token of the emulator's splitter. */
export interface Token {
  /** Stable for the text. */
  readonly id: number
  /** The text of the token; `▁` stands for the space in front, as in the services' own vocabularies. */
  readonly text: string
}

const longestPiece = 4
const wordOrSign = / ?[\p{L}\p{N}]+| ?[^\s\p{L}\p{N}]|\s/gu

/**
 * Splits text into tokens: words into pieces of at most four letters, signs one by one. That is some 3.5 characters
 * a token on Russian prose, as GigaChat states ("3 to 4 characters"). The counts are stable and not the services'.
 */
export function tokenize(text: string): Token[] {
  return splitTokens(text).map((piece) => ({
    id: 5 + (hashText(piece) % 128_000),
    text: piece.startsWith(' ') ? `▁${piece.slice(1)}` : piece,
  }))
}

/** How many tokens a text has. */
export function countTokens(text: string): number {
  return splitTokens(text).length
}

/** The longest beginning of a text that has at most so many tokens. */
export function takeTokens(text: string, most: number): string {
  return splitTokens(text).slice(0, most).join('')
}

/** The text cut into tokens; joined they give the text back. */
function splitTokens(text: string): string[] {
  return (text.match(wordOrSign) ?? []).flatMap(cutWord)
}

function cutWord(word: string): string[] {
  const letters = [...word]
  const first = letters[0] === ' ' ? longestPiece + 1 : longestPiece
  const pieces = [letters.slice(0, first).join('')]
  for (let start = first; start < letters.length; start += longestPiece) {
    pieces.push(letters.slice(start, start + longestPiece).join(''))
  }
  return pieces
}
