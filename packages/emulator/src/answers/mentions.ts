import { parseJson } from '../exchange.ts'
import { splitSentences } from './split-sentences.ts'

/** The kinds of things that a prompt can mention. */
export type MentionKind =
  | 'quote'
  | 'name'
  | 'code'
  | 'number'
  | 'date'
  | 'url'
  | 'email'
  | 'expression'
  | 'sentence'
  | 'word'

const numeralStems: readonly (readonly [RegExp, number])[] = [
  [/^(?:один|одна|одно|одного|одной|one)$/iu, 1],
  [/^(?:два|две|двух|двумя|two)$/iu, 2],
  [/^(?:три|трёх|трех|тремя|three)$/iu, 3],
  [/^(?:четыре|четырёх|четырех|four)$/iu, 4],
  [/^(?:пять|пяти|five)$/iu, 5],
  [/^(?:шесть|шести|six)$/iu, 6],
  [/^(?:семь|семи|seven)$/iu, 7],
  [/^(?:восемь|восьми|eight)$/iu, 8],
  [/^(?:девять|девяти|nine)$/iu, 9],
  [/^(?:десять|десяти|ten)$/iu, 10],
  [/^(?:двенадцать|двенадцати|twelve)$/iu, 12],
  [/^(?:двадцать|двадцати|twenty)$/iu, 20],
  [/^(?:сто|ста|hundred)$/iu, 100],
]

/** Towns on -а, -ь and the like: their forms cannot be told from those of towns that end in a consonant. */
const towns = (
  'Москва Самара Уфа Тула Ялта Калуга Вологда Чита Пенза Кострома Анапа Находка Прага Астана Варшава Вена Алма-Ата ' +
  'Махачкала Элиста Воркута Ухта Шатура Коломна Казань Пермь Тверь Рязань Астрахань Тюмень Ярославль Севастополь Керчь'
).split(' ')

/** What a prompt mentions: numbers, names, quotes, codes. Each is given out once, in the order of the prompt. */
export class Mentions {
  readonly text: string
  /** The prompt in lower case, with ё as е. */
  readonly plain: string
  /** The JSON values that stand in the prompt. */
  readonly json: readonly unknown[]
  readonly #pools: Record<MentionKind, string[]>

  constructor(text: string) {
    this.text = text.replace(/\s+/g, ' ').trim()
    this.plain = plainWords(this.text)
    const { values, rest } = readJsonValues(this.text)
    this.json = values
    this.#pools = { ...readPools(rest), sentence: splitSentences(this.text) }
  }

  /** The next mention of a kind that fits. It is not given out again. */
  take(kind: MentionKind, fits: (text: string) => boolean = () => true): string | undefined {
    const pool = this.#pools[kind]
    const at = pool.findIndex(fits)
    return at === -1 ? undefined : pool.splice(at, 1)[0]
  }

  /** How many mentions of a kind are left. */
  left(kind: MentionKind): number {
    return this.#pools[kind].length
  }
}

/** Lower case, ё as е. */
export function plainWords(text: string): string {
  return text.toLowerCase().replaceAll('ё', 'е')
}

function readPools(text: string): Record<MentionKind, string[]> {
  const urls = matches(text, /https?:\/\/[^\s"'<>«»)\]]*[^\s"'<>«»)\].,;:!?]/g)
  const withoutUrls = text.replace(/https?:\/\/\S+/g, ' ')
  const dates = matches(withoutUrls, /\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}\.\d{1,2}\.\d{4}\b/g).map(isoDate)
  const withoutDates = withoutUrls.replace(/\b\d{4}-\d{2}-\d{2}\S*|\b\d{1,2}\.\d{1,2}\.\d{4}\b/g, ' ')
  const code =
    /(?<![\p{L}\p{N}])(?=[\p{L}\p{N}_/-]*\d)(?=[\p{L}\p{N}_/-]*\p{L})[\p{L}\p{N}][\p{L}\p{N}_/-]*[\p{L}\p{N}]/gu
  return {
    quote: [...text.matchAll(/«([^»]+)»|“([^”]+)”|"([^"{}]+)"/g)].map(([, a, b, c]) => (a ?? b ?? c ?? '').trim()),
    name: readNames(withoutUrls),
    code: matches(withoutDates, code),
    number: readNumbers(withoutDates.replace(code, ' ')),
    date: [...dates, ...readRelativeDates(text)],
    url: urls,
    email: matches(text, /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g),
    expression: matches(withoutDates, /[\d(][\d\s.,()+*/^×÷-]{0,200}[\d)]/g).filter((found) => /[+*/^×÷-]/.test(found)),
    sentence: [],
    word: matches(withoutUrls, /\p{L}{4,}/gu),
  }
}

function matches(text: string, pattern: RegExp): string[] {
  return text.match(pattern) ?? []
}

function isoDate(date: string): string {
  const [, day = '', month = '', year = ''] = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(date) ?? []
  return year === '' ? date : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

function readRelativeDates(text: string): string[] {
  return matches(text, /(?<!\p{L})(?:послезавтра|сегодня|завтра|вчера|today|tomorrow|yesterday)(?!\p{L})/giu)
}

function readNumbers(text: string): string[] {
  const found = text.match(/(?<![\p{L}\d])-?\d+(?:[.,]\d+)?|\p{L}+/gu) ?? []
  return found.flatMap((word) => {
    if (/\d/.test(word)) return [word.replace(',', '.')]
    const numeral = numeralStems.find(([form]) => form.test(word))
    return numeral === undefined ? [] : [String(numeral[1])]
  })
}

/** Runs of words with a capital, not at the beginning of a sentence unless the sentence is hardly more than that. */
function readNames(text: string): string[] {
  const names: string[] = []
  for (const sentence of splitSentences(text)) {
    const words = [...sentence.matchAll(/[\p{L}\p{N}][\p{L}\p{N}’'-]*/gu)]
    const isAlone = words.length === 1
    let run = ''
    let before = ''
    let end = 0
    for (const [index, match] of words.entries()) {
      const [word] = match
      const isName = isCapital(word) && (index > 0 || isAlone || isCapital(words[1]?.[0]))
      const joins = run !== '' && sentence.slice(end, match.index) === ' '
      if (run !== '' && (!isName || !joins)) {
        names.push(nominative(run, before))
        run = ''
      }
      if (isName) {
        if (run === '') before = (words[index - 1]?.[0] ?? '').toLowerCase()
        run = run === '' ? word : `${run} ${word}`
        end = match.index + word.length
      }
    }
    if (run !== '') names.push(nominative(run, before))
  }
  return names
}

function isCapital(word: string | undefined): boolean {
  return /^\p{Lu}\p{Ll}/u.test(word ?? '')
}

/** A town as a dictionary has it: «в Казани» is «Казань». Guesses the usual forms only. */
function nominative(name: string, before: string): string {
  if (!/^\p{Script=Cyrillic}/u.test(name)) return name
  const town = towns.find((known) => sameTown(name, known))
  if (town !== undefined) return town
  const isLocative = /^(?:в|во|на|и|о|об|при)$/.test(before)
  if (isLocative && /^\S+[бвгджзклмнпрстфхцчшщ]е$/u.test(name)) return name.slice(0, -1)
  return name
}

function sameTown(name: string, town: string): boolean {
  const stem = town.slice(0, -1)
  return name.startsWith(stem) && /^(?:а|ы|и|е|у|ой|ою|ь|ью|я|ю|ем|ём)$/.test(name.slice(stem.length))
}

/** A text with more brackets than that is a program, not a prompt with JSON in it. */
const mostAttempts = 100

/** JSON objects and lists that stand in a text, and the text without them. */
function readJsonValues(text: string): { readonly values: unknown[]; readonly rest: string } {
  const values: unknown[] = []
  let rest = ''
  let attempts = 0
  for (let at = 0; at < text.length; at += 1) {
    const opens = /[[{]/.test(text[at] ?? '') && values.length < 10 && attempts < mostAttempts
    if (opens) attempts += 1
    const end = opens ? endOfJson(text, at) : undefined
    const value = end === undefined ? undefined : parseJson(text.slice(at, end))
    if (end === undefined || value === undefined) {
      rest += text[at]
    } else {
      values.push(value)
      at = end - 1
    }
  }
  return { values, rest }
}

function endOfJson(text: string, start: number): number | undefined {
  let depth = 0
  let inString = false
  for (let at = start; at < text.length && at < start + 100_000; at += 1) {
    const sign = text[at]
    if (inString) {
      if (sign === '\\') at += 1
      else if (sign === '"') inString = false
    } else if (sign === '"') inString = true
    else if (sign === '{' || sign === '[') depth += 1
    else if (sign === '}' || sign === ']') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return undefined
}
