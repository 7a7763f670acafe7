import { findTopicWords, type Topic, type TopicWord } from './topic-words.ts'
import { TableHeadings } from './table-headings.ts'

/** Digits without anything between them. `end` is exclusive. */
export interface DigitRun {
  readonly start: number
  readonly end: number
}

/** A text with what several recognisers want to know of it, each found at the first question. */
export class SourceText {
  readonly text: string
  /** In lower case, with `е` for `ё`; the offsets are those of the text. */
  readonly lower: string
  #runs: readonly DigitRun[] | undefined
  #topicWords: readonly TopicWord[] | undefined
  #headings: TableHeadings | undefined
  #firstMentions: Map<Topic, number> | undefined

  constructor(text: string) {
    this.text = text
    const lower = text.toLowerCase().replaceAll('ё', 'е')
    // A few foreign letters are longer in lower case.
    this.lower = lower.length === text.length ? lower : lowerRussian(text)
  }

  get digitRuns(): readonly DigitRun[] {
    this.#runs ??= Array.from(this.text.matchAll(/\d+/g), ({ 0: { length }, index }) => ({
      start: index,
      end: index + length,
    }))
    return this.#runs
  }

  get topicWords(): readonly TopicWord[] {
    this.#topicWords ??= findTopicWords(this.text, this.lower)
    return this.#topicWords
  }

  /** The topic of the heading of the table column in which the offset lies. */
  headingOf(offset: number): Topic | undefined {
    this.#headings ??= new TableHeadings(this.lower)
    return this.#headings.headingOf(offset)
  }

  /** True when some word before the offset is on the topic. */
  isMentionedBefore(offset: number, topic: Topic): boolean {
    if (this.#firstMentions === undefined) {
      this.#firstMentions = new Map()
      for (const word of this.topicWords) {
        if (!this.#firstMentions.has(word.topic)) this.#firstMentions.set(word.topic, word.end)
      }
    }
    return (this.#firstMentions.get(topic) ?? Infinity) <= offset
  }

  /** The nearest word on one of the topics that ends before the offset, at most so many characters away. */
  topicBefore(offset: number, among: ReadonlySet<Topic>, within: number): TopicWord | undefined {
    const words = this.topicWords
    for (let index = this.#countTopicWords(offset) - 1; index >= 0; index--) {
      const word = words[index] as TopicWord
      if (offset - word.end > within) return undefined
      if (among.has(word.topic)) return word
    }
    return undefined
  }

  /** The first word on one of the topics that starts at the offset or after it, at most so many characters away. */
  topicAfter(offset: number, among: ReadonlySet<Topic>, within: number): TopicWord | undefined {
    const words = this.topicWords
    for (let index = this.#countTopicWords(offset); index < words.length; index++) {
      const word = words[index] as TopicWord
      if (word.start - offset > within) return undefined
      if (word.start >= offset && among.has(word.topic)) return word
    }
    return undefined
  }

  /** How many topic words end at the offset or before it. */
  #countTopicWords(offset: number): number {
    const words = this.topicWords
    let low = 0
    let high = words.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((words[middle] as TopicWord).end <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

function lowerRussian(text: string): string {
  return text.replaceAll(/[A-ZА-ЯЁ]/g, (letter) => letter.toLowerCase()).replaceAll('ё', 'е')
}
