import type { Instruction } from './instruction.ts'
import { splitSentences } from './split-sentences.ts'
import { weighSentences, type Flavour } from './weigh-sentences.ts'

const leads = {
  gigachat: { ru: 'Вот суть документа. ', en: 'Here is the gist. ' },
  yandexgpt: { ru: 'Главное. ', en: 'Key points. ' },
  openai: { ru: 'Коротко. ', en: 'In short. ' },
} as const

const bullets = { gigachat: '- ', yandexgpt: '• ', openai: '* ' } as const

/** Openings that make no sense once the sentence before is gone. */
const connective =
  /^(?:кроме того|при этом|также|однако|тем не менее|более того|вместе с тем|в связи с этим|поэтому|далее|наконец|however|moreover|also|in addition|therefore|finally),?\s+/iu

/**
 * An extractive summary: the sentences of the text that weigh most, in their order. Deterministic. The flavours
 * weigh differently and speak differently, so that two summaries of one text are not the same.
 */
export function summarise(text: string, instruction: Instruction, flavour: Flavour): string {
  const sentences = splitSentences(text).filter((sentence) => /\p{L}.*\s.*\p{L}/u.test(sentence))
  const chosen = chooseSentences(sentences, instruction, flavour).map((sentence) =>
    tidy(flavour === 'yandexgpt' ? condense(sentence) : sentence),
  )
  if (instruction.asPoints) return chosen.map((sentence) => bullets[flavour] + sentence).join('\n')
  const lead = instruction.count === undefined ? leads[flavour][/[а-яё]/iu.test(text) ? 'ru' : 'en'] : ''
  return lead + chosen.join(' ')
}

function chooseSentences(sentences: readonly string[], instruction: Instruction, flavour: Flavour): string[] {
  const weights = weighSentences(sentences, flavour)
  const order = [...sentences.keys()].toSorted((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b)
  const kept = new Set(order.slice(0, howMany(sentences.length, instruction, flavour)))
  return sentences.filter((_, index) => kept.has(index))
}

function howMany(sentences: number, { count, isBrief, asPoints }: Instruction, flavour: Flavour): number {
  if (count !== undefined) return count
  const usual = Math.min(asPoints ? 6 : 5, Math.max(2, Math.round(sentences / 4)))
  const brief = isBrief ? Math.min(usual, 3) : usual
  return flavour === 'yandexgpt' ? Math.max(2, brief - 1) : brief
}

/** The sentence without what follows a colon, stands in brackets, or begins with «который». */
function condense(sentence: string): string {
  return sentence.replace(/\s*\([^)]*\)/gu, '').replace(/^(.{25,}?)(?::\s.*|,\s(?:котор|which)\p{L}*\s.*)$/u, '$1')
}

/** A sentence that can stand by itself. */
function tidy(sentence: string): string {
  const bare = sentence.replace(/^(?:[-•*–—]|\d+[.)])\s+/u, '').replace(connective, '')
  const capital = bare.charAt(0).toUpperCase() + bare.slice(1)
  return /[.!?…]["»)]?$/u.test(capital) ? capital : `${capital.replace(/[:;,]$/u, '')}.`
}
