import type { ReasoningEffort } from './turn.ts'

/** How many sentences each effort thinks. */
const sentences: Readonly<Record<ReasoningEffort, number>> = { none: 0, minimal: 1, low: 1, medium: 2, high: 4 }

const thoughts = {
  ru: (subject: string) => [
    `Пользователь спрашивает: «${subject}».`,
    'Сначала разберу, что именно нужно, затем составлю ответ.',
    'Проверю, не противоречит ли ответ сказанному раньше.',
    'Всё сходится, можно отвечать.',
  ],
  en: (subject: string) => [
    `The user asks: “${subject}”.`,
    'First I work out what is wanted, then I write the answer.',
    'I check the answer against what was said before.',
    'It all fits, so I can answer.',
  ],
} as const

/** What a reasoning model says to itself about a prompt. Deterministic; empty for effort `none`. */
export function composeReasoning(prompt: string, effort: ReasoningEffort = 'medium'): string {
  const flat = prompt.replace(/\s+/g, ' ').trim()
  const subject = flat.length > 80 ? `${flat.slice(0, 79).trimEnd()}…` : flat
  return thoughts[/[а-яё]/iu.test(prompt) ? 'ru' : 'en'](subject).slice(0, sentences[effort]).join(' ')
}
