import { tokenize } from '../../tokens.ts'

/** Letters of each chunk of Yandex's own models, as recorded: a first one of a few letters, then large ones. */
const sizes = [2, 60, 120, 180]

/** A text in few, large chunks, cut anywhere. At least one, at least two from three letters on. */
export function cutChunks(text: string): string[] {
  const letters = [...text]
  const chunks: string[] = []
  for (let start = 0; start < letters.length;) {
    const size = sizes[Math.min(chunks.length, sizes.length - 1)] ?? 1
    chunks.push(letters.slice(start, start + size).join(''))
    start += size
  }
  return chunks.length === 0 ? [''] : chunks
}

/** A text token by token, as models made elsewhere stream it. */
export function cutTokens(text: string): string[] {
  let start = 0
  return tokenize(text).map((token) => text.slice(start, (start += token.text.length)))
}
