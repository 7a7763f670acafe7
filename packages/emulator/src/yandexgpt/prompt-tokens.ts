import { tokenize } from '../tokens.ts'
import type { CompletionMessage } from './completion-request.ts'

/** A token as the tokenizer prints it. */
export interface PromptToken {
  readonly id: number
  readonly text: string
  readonly special: boolean
}

const roleNames = { system: 'Инструкция', user: 'Пользователь', assistant: 'Ассистент' } as const

/** The tokens of a conversation with the chat template around it: what a completion is charged for. */
export function tokenizeMessages(messages: readonly CompletionMessage[]): PromptToken[] {
  return [
    { id: 1, text: '<s>', special: true },
    ...messages.flatMap(({ role, text }) => [
      { id: 6, text: `▁${roleNames[role]}:`, special: true },
      ...tokenizeText(text),
      { id: 3, text: '[NL]', special: true },
    ]),
    { id: 4, text: '[SEP]', special: true },
  ]
}

/** The tokens of a bare text. */
export function tokenizeText(text: string): PromptToken[] {
  return tokenize(text).map((token) => ({ ...token, special: false }))
}
