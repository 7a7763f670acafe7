// Models glue case endings to placeholders: «передайте ⟦PERSON_1⟧у», «с ⟦PERSON_1⟧-ом». The value is put back exactly
// as it was, and such an ending goes. It is not declined: an ending alone does not tell the case (⟦PERSON_1⟧у is the
// dative of Иванов and the accusative of Иванова), and a wrong form of a name is worse than its first form.

/** Endings of nouns, names and adjectives. */
const caseEndings = [
  'а', 'я', 'у', 'ю', 'е', 'ы', 'ом', 'ем', 'ём', 'ой', 'ей', 'ою', 'ею', 'ью', 'ов', 'ев', 'ам', 'ям', 'ах', 'ях',
  'ами', 'ями', 'ого', 'его', 'ому', 'ему', 'ым', 'им', 'ых', 'их', 'ую', 'ая',
] // oxfmt-ignore

const separators = ['-', '‑', "'", '’']

/**
 * Glued «и» stays: «⟦PERSON_1⟧и ⟦PERSON_2⟧» has more likely lost a space, and without the conjunction two people become
 * one.
 */
const endings: ReadonlySet<string> = new Set([
  ...caseEndings,
  ...separators.flatMap((separator) => [...caseEndings, 'и'].map((ending) => separator + ending)),
])

const beginnings: ReadonlySet<string> = new Set(
  [...endings].flatMap((ending) => Array.from(ending, (_, index) => ending.slice(0, index + 1))),
)

/** True for an ending and for what may still become one. */
export function mayBecomeEnding(text: string): boolean {
  return beginnings.has(text)
}

/** True when `text`, found behind a placeholder and before the character `next`, is an ending and no part of a word. */
export function isEnding(text: string, next: string | undefined): boolean {
  return endings.has(text) && (next === undefined || !isWordCharacter(next))
}

/** How much of the beginning of `text`, placed behind a placeholder, would be taken for an ending. */
export function measureEnding(text: string): number {
  let length = 0
  while (length < text.length && mayBecomeEnding(text.slice(0, length + 1))) length++
  return isEnding(text.slice(0, length), text[length]) ? length : 0
}

export function isWordCharacter(character: string): boolean {
  return /[\p{L}\p{N}\p{M}_]/u.test(character)
}
