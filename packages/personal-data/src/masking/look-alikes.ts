import { toPattern, type Marks } from './marks.ts'

/** The type of what is no personal data but would be taken for a placeholder, or for a part of one, when restored. */
export const literalType = 'LITERAL'

/**
 * Finds what of a text could be restored as a placeholder of ours: marks around a name, in any spelling that either
 * form accepts, since a model may copy `\u27e6` from a text into JSON; and an opening mark whose placeholder the next
 * text could complete. More is found than could be restored, which costs nothing: it comes back as it was.
 */
export function createLookAlikePattern([open, close]: Marks): RegExp {
  // The bound, well above the longest name with all of it escaped, keeps the search linear.
  const name = String.raw`[\w \\]{0,400}`
  return new RegExp(String.raw`${spell(open)}(?:${name}\d ?${spell(close)}|(?=${name}$))`, 'gi')
}

/** A mark as it is, and its escape in JSON. */
function spell(mark: string): string {
  const itself = toPattern(mark)
  return String.raw`(?:${itself}|\\${itself.slice(1)})`
}
