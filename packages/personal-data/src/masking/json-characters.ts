/**
 * Length of the character that begins at `at` as JSON text spells it: an escape is one character. Beyond the end of
 * `text` when it is cut there.
 */
export function measureCharacter(text: string, at: number): number {
  if (text[at] !== '\\') return 1
  if (text[at + 1] !== 'u') return 2
  return /^[\da-f]*$/i.test(text.slice(at + 2, at + 6)) ? 6 : 2
}

/** The character that is spelled so. */
export function readCharacter(spelling: string): string {
  if (spelling.length === 1) return spelling
  if (spelling.length === 6) return String.fromCharCode(Number.parseInt(spelling.slice(2), 16))
  const escaped = spelling.slice(1)
  // The rest are control characters (or no JSON), which no placeholder and no ending has: which one does not matter.
  return '"\\/'.includes(escaped) ? escaped : '\n'
}

/** A value as it stands inside the quotes of a JSON string. */
export function escapeForJson(value: string): string {
  return JSON.stringify(value).slice(1, -1)
}
