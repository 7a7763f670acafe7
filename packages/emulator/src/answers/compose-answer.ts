import { countTokens, takeTokens } from '../tokens.ts'
import { isInstruction, readInstruction } from './instruction.ts'
import { splitSentences } from './split-sentences.ts'
import { summarise } from './summarise.ts'
import type { Flavour } from './weigh-sentences.ts'

/** Anyone who says this is refused by the content filter of both services; a server of open models has none. */
export const blockedPhrase = 'проверка фильтра содержания'

/** A conversation, in the words that all services share. */
export interface Conversation {
  readonly flavour: Flavour
  readonly messages: readonly { readonly role: string; readonly text: string }[]
  /** Most tokens of the answer. Default: no limit. */
  readonly maxTokens?: number
}

/** An answer in the pieces in which it is streamed. `cut`: the token limit ended it; `blocked`: the filter did. */
export interface Reply {
  readonly pieces: readonly string[]
  readonly end: 'whole' | 'cut' | 'blocked'
}

/** A prompt with at least so many sentences, and so long, is a document to be summarised. */
const documentSentences = 4
const documentLength = 240

/** Who asks for a summary gets one, however short the text. */
const summaryWords = /изложи|суть|резюм|переска|тезис|summar/i

/** Makes the answer from the prompt: a summary of a document, or a sentence about a short question. Deterministic. */
export function composeAnswer({ flavour, messages, maxTokens }: Conversation): Reply {
  const isFiltered = flavour !== 'openai'
  if (isFiltered && messages.some(({ text }) => text.toLowerCase().includes(blockedPhrase))) {
    return { pieces: [], end: 'blocked' }
  }
  const text = answerText(flavour, messages)
  const isCut = maxTokens !== undefined && countTokens(text) > maxTokens
  const kept = isCut ? takeTokens(text, maxTokens) : text
  return { pieces: cutPieces(kept, flavour), end: isCut ? 'cut' : 'whole' }
}

function answerText(flavour: Flavour, messages: Conversation['messages']): string {
  const prompt = messages.findLast(({ role }) => role === 'user')?.text ?? messages.at(-1)?.text ?? ''
  const system = messages.filter(({ role }) => role === 'system').map(({ text }) => text)
  const lines = prompt.split('\n').map((line) => line.trim())
  const asked = lines.filter(isInstruction).filter((line, index) => index < 2 || line.length < 120)
  const body = withoutInstructions(lines) || prompt.trim()
  const sentences = splitSentences(body).length
  const isAsked = summaryWords.test([...system, ...asked].join('\n')) && sentences > 1
  if (isAsked || (body.length >= documentLength && sentences >= documentSentences)) {
    return summarise(body, readInstruction([...system, ...edges(lines, asked)].join('\n')), flavour)
  }
  return aboutQuestion(prompt, flavour)
}

/** Only the first and the last lines of a prompt instruct; a line in the middle belongs to the document. */
function withoutInstructions(lines: readonly string[]): string {
  const filled = lines.filter((line) => line !== '')
  const isEdge = (index: number): boolean => index === 0 || index === filled.length - 1
  return filled.filter((line, index) => !(isEdge(index) && isInstruction(line))).join('\n')
}

function edges(lines: readonly string[], asked: readonly string[]): string[] {
  const filled = lines.filter((line) => line !== '')
  return [filled[0], filled.at(-1)].filter((line): line is string => line !== undefined && asked.includes(line))
}

const aboutQuestions = {
  gigachat: {
    ru: (subject: string) =>
      `Вы спросили: «${subject}». Отвечает эмулятор GigaChat: собственных знаний у него нет, поэтому он повторяет вопрос и держит протокол.`,
    en: (subject: string) =>
      `You asked: “${subject}”. This is the GigaChat emulator: it knows nothing itself, so it repeats the question and keeps the protocol.`,
  },
  yandexgpt: {
    ru: (subject: string) =>
      `Запрос «${subject}» получен. Это эмулятор YandexGPT: он отвечает словами запроса, а за знаниями обратитесь к настоящей модели.`,
    en: (subject: string) =>
      `The request “${subject}” has arrived. This is the YandexGPT emulator: it answers in the words of the request; ask the real model for knowledge.`,
  },
  openai: {
    ru: (subject: string) =>
      `Вопрос «${subject}» получен. За этим именем нет модели: это стенд эмулятора, и отвечает он словами вопроса.`,
    en: (subject: string) =>
      `The question “${subject}” has arrived. No model stands behind this name: it is the emulator's stand, and it answers in the words of the question.`,
  },
} as const

function aboutQuestion(prompt: string, flavour: Flavour): string {
  const flat = prompt.replace(/\s+/g, ' ').trim()
  const subject = flat.length > 160 ? `${flat.slice(0, 159).trimEnd()}…` : flat.replace(/[.!?…]+$/u, '')
  return aboutQuestions[flavour][/[а-яё]/iu.test(prompt) ? 'ru' : 'en'](subject)
}

/** Cuts a text for a stream: GigaChat sends a few words at a time, YandexGPT fewer and larger pieces, as recorded. */
export function cutPieces(text: string, flavour: Flavour): string[] {
  const words = text.match(/\s*\S+/g) ?? []
  const sizes = flavour === 'gigachat' ? [1, 3, 2, 4, 3] : [2, 5, 4, 6]
  const pieces: string[] = []
  for (let start = 0; start < words.length;) {
    const size = sizes[pieces.length % sizes.length] ?? 3
    pieces.push(words.slice(start, start + size).join(''))
    start += size
  }
  return pieces.length === 0 ? [text] : pieces
}
