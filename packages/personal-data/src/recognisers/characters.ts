/** Quick questions about single characters; `undefined` is beyond the text. */

export function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9'
}

export function isWordCharacter(character: string | undefined): boolean {
  if (character === undefined) return false
  if (character <= '\u007F') {
    return (
      isDigit(character) ||
      (character >= 'a' && character <= 'z') ||
      (character >= 'A' && character <= 'Z') ||
      character === '_'
    )
  }
  return (character >= 'А' && character <= 'я') || /\p{L}/u.test(character)
}

/** False for what goes on to the left: a longer word or number, a decimal, a version, an address, a hash. */
export function startsFreely(text: string, start: number): boolean {
  const before = text[start - 1]
  if (isWordCharacter(before)) return false
  return !(before === '.' || before === ':' || before === '-') || !isDigit(text[start - 2])
}

/** False for what goes on to the right. */
export function endsFreely(text: string, end: number): boolean {
  const after = text[end]
  if (isWordCharacter(after)) return false
  return !(after === '.' || after === ':' || after === '-') || !isDigit(text[end + 1])
}
