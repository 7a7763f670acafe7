const segmenter = new Intl.Segmenter('ru', { granularity: 'sentence' })

/** Abbreviations after which a sentence goes on. */
const abbreviation =
  /(?:^|[\s(«"])(?:г|гг|в|вв|ул|д|кв|стр|корп|обл|р|руб|коп|тыс|млн|млрд|трлн|т|п|пп|ст|см|им|др|пр|рис|табл|тел|доб|№|No|Mr|Mrs|Ms|Dr|St|vs|etc|e\.g|i\.e|т\.\s?д|т\.\s?п|т\.\s?е|т\.\s?к)\.$/iu

/** An initial: «И.» of «И. Петров». */
const initial = /(?:^|[\s(«"])\p{Lu}\.(?:\s?\p{Lu}\.)?$/u

/** Splits Russian or English prose into sentences, line by line; spaces at the ends are dropped. */
export function splitSentences(text: string): string[] {
  return text.split(/\n+/).flatMap(splitLine)
}

function splitLine(line: string): string[] {
  const sentences: string[] = []
  let open = ''
  for (const { segment } of segmenter.segment(line)) {
    open += segment
    const trimmed = open.trim()
    if (trimmed === '' || abbreviation.test(trimmed) || initial.test(trimmed)) continue
    sentences.push(trimmed)
    open = ''
  }
  const rest = open.trim()
  return rest === '' ? sentences : [...sentences, rest]
}
