import { declineFirstName } from './decline-first-name.ts'
import { ambiguousNames, commonWordNames, femaleNames, maleNames, shortNames } from './first-names.ts'

/** How far a form of a first name can be trusted to be one. */
export type NameTrust = 'name' | 'common word' | 'ambiguous'

let forms: ReadonlyMap<string, NameTrust> | undefined

/** What is known of a word in lower case with `е` for `ё`; nothing when it is no form of a first name. */
export function lookUpFirstName(word: string): NameTrust | undefined {
  forms ??= buildForms()
  return forms.get(word)
}

/** Built at the first use: importing the package costs nothing. */
function buildForms(): ReadonlyMap<string, NameTrust> {
  const built = new Map<string, NameTrust>()
  const list = (text: string): readonly string[] => text.trim().split(/\s+/)
  for (const name of [maleNames, femaleNames, shortNames].flatMap(list)) {
    for (const form of declineFirstName(name)) built.set(form, 'name')
  }
  for (const form of list(commonWordNames)) built.set(form, 'common word')
  for (const form of list(ambiguousNames)) built.set(form, 'ambiguous')
  return built
}
