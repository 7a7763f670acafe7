/** Whom the answer is to sound like: each service looks for other things in a text, `openai` for no particular ones. */
export type Flavour = 'gigachat' | 'yandexgpt' | 'openai'

const stopWords = new Set(
  (
    'и в во на с со к ко по за из от до у о об а но не ни же ли бы что как так это этот эта эти тот та те для при или ' +
    'если то его её ее их мы вы он она они я мне нам вам нас вас был была было были быть есть также который которая ' +
    'которое которые когда уже ещё еще чтобы под над без через после перед между только все всё весь свой свои наш ' +
    'ваш где там тут the a an of to in on for and or is are was were be been with by at as it its this that from we ' +
    'our you your they their has have had not but will would'
  ).split(' '),
)

const signals: Readonly<Record<string, RegExp>> = {
  sum: /\d[\d\s\u00a0.,]*\s*(?:₽|руб|р\.|тыс|млн|млрд|%|процент|долл|\$|€)|[$€₽]\s?\d/iu,
  date: /\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\d{1,2}\s+(?:январ|феврал|март|апрел|ма[йя]|июн|июл|август|сентябр|октябр|ноябр|декабр|january|february|march|april|may|june|july|august|september|october|november|december)|\b(?:19|20)\d\d\b/iu,
  name: /[\p{Ll},;—–-]\s+«?\p{Lu}\p{Ll}+|\b(?:ООО|АО|ПАО|ИП)\b/u,
  demand:
    /жалоб|претензи|требу|просим|прошу|обяз|наруш|срыв|ущерб|неустой|возмести|вернуть|complain|demand|request|refund|breach|must\b/iu,
  outcome:
    /итог|результат|реш(?:ил|ен)|договор|соглас|поэтому|таким образом|вывод|result|decid|agree|therefore|conclu/iu,
  courtesy:
    /^(?:уважаем|добрый день|здравствуй|с уважением|благодарим|спасибо|dear |best regards|sincerely|hello|thank)/iu,
}

const values: Readonly<Record<Flavour, Readonly<Record<string, number>>>> = {
  gigachat: { sum: 0.3, date: 0.15, name: 0.4, demand: 0.7, outcome: 0.3, courtesy: -3 },
  yandexgpt: { sum: 0.7, date: 0.5, name: 0.15, demand: 0.45, outcome: 0.15, courtesy: -3 },
  openai: { sum: 0.3, date: 0.3, name: 0.3, demand: 0.3, outcome: 0.3, courtesy: -3 },
}

/** The weight of each sentence: how much of the text's own vocabulary it carries, and what facts are in it. */
export function weighSentences(sentences: readonly string[], flavour: Flavour): number[] {
  const terms = sentences.map(readTerms)
  const frequency = new Map<string, number>()
  for (const term of terms.flat()) frequency.set(term, (frequency.get(term) ?? 0) + 1)
  const most = Math.max(1, ...frequency.values())
  return sentences.map((sentence, index) => {
    const own = terms[index] ?? []
    const shared = own.reduce((sum, term) => sum + (frequency.get(term) ?? 0) / most, 0)
    const opening = index === 0 ? 0.25 : 0
    return shared / Math.sqrt(own.length + 4) + opening + weighSignals(sentence, flavour)
  })
}

function weighSignals(sentence: string, flavour: Flavour): number {
  return Object.entries(values[flavour]).reduce(
    (sum, [name, value]) => (signals[name]?.test(sentence) === true ? sum + value : sum),
    0,
  )
}

/** Words that matter, cut to their first six letters so that endings do not count. */
function readTerms(sentence: string): string[] {
  const words = sentence.toLowerCase().match(/[\p{L}\d]{3,}/gu) ?? []
  return words.filter((word) => !stopWords.has(word)).map((word) => word.slice(0, 6))
}
