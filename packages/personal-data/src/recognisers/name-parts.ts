import { isKnownCapitalised } from '../dictionaries/capitalised-words.ts'
import { lookUpFirstName, type NameTrust } from '../dictionaries/name-forms.ts'

// All take words in lower case with `е` for `ё`.

export type { NameTrust }

const longestPart = 40

const patronymic =
  /(?:(?:[оеь]в|ль|зьм|ом|ук|кит|вв|он)ич(?:а|у|ем|ом|е)?|(?:[нвлртсдгшй]|ай)ыч(?:а|у|ем|е)?|(?:ге|рге|дре|ее|се)ич(?:а|у|ем|е)?|[ое]вн(?:а|ы|е|у|ой|ою)|(?:[лкмт]инич|ничн|ичн)(?:на|ны|не|ну|ной|ною|а|ы|е|у|ой))$/

/** True of patronymics in all cases, also as they are spoken: `Иваныч`. */
export function isPatronymic(word: string): boolean {
  return word.length > 4 && word.length < longestPart && patronymic.test(word)
}

/** The endings of Russian, Ukrainian, Armenian, Georgian, Turkic, Jewish and German surnames; `О’…`, `Д’…`. */
const surname =
  /^.{2,}(?:(?:[ое]в|[иы]н)(?:а|у|ым|е|ой|ою|ы|ых|ыми)?|[сц]к(?:ий|ого|ому|им|ом|ая|ой|ую|ие|их)|енко|(?:чук|щук|[нлсрдтц]юк|[нпзвл]як)(?:а|у|ом|е)?|[ыи]х|швили|дзе|янц?(?:а|у|ом|е)?|[оеь]вич(?:а|у|ем|е)?|заде|(?:[лдтзшкгн]ьд?|ер|ц|ф|х)ман(?:а|у|ом|е)?|берг(?:а|у|ом|е)?|штейн(?:а|у|ом|е)?)$|^[од]'./

/** True of words with an ending that surnames have; some other words have it too. */
export function hasSurnameEnding(word: string): boolean {
  return word.length > 3 && word.length < longestPart && surname.test(word) && !isKnownCapitalised(word)
}

/** How far a word can be trusted to be a first name, also a double one: `Анна-Мария`. Nothing when it is none. */
export function trustFirstName(word: string): NameTrust | undefined {
  const known = lookUpFirstName(word)
  if (known !== undefined || !word.includes('-') || word.length > longestPart) return known
  return word.split('-').every((part) => lookUpFirstName(part) !== undefined) ? 'name' : undefined
}
