import { tokenize } from '../tokens.ts'
import { encodeStruct } from './encode-json.ts'
import type { CompletionMessage } from './read-messages.ts'
import type { Tool } from './read-tools.ts'

/** A token as the tokenizer prints it. */
export interface PromptToken {
  readonly id: number
  readonly text: string
  readonly special: boolean
}

const roleNames = { system: 'Инструкция', user: 'Пользователь', assistant: 'Ассистент' } as const

/** The tokens of a conversation with the chat template and the functions around it: what a completion is charged for. */
export function tokenizeMessages(messages: readonly CompletionMessage[], tools: readonly Tool[]): PromptToken[] {
  return [
    { id: 1, text: '<s>', special: true },
    ...(tools.length === 0 ? [] : tokenizePart('Функции', JSON.stringify(tools))),
    ...messages.flatMap((message) => tokenizePart(roleNames[message.role], contentOf(message))),
    { id: 4, text: '[SEP]', special: true },
  ]
}

function tokenizePart(title: string, text: string): PromptToken[] {
  return [{ id: 6, text: `▁${title}:`, special: true }, ...tokenizeText(text), { id: 3, text: '[NL]', special: true }]
}

function contentOf({ text, calls = [], results = [] }: CompletionMessage): string {
  return [
    ...(text === '' ? [] : [text]),
    ...calls.map((call) => `${call.name} ${encodeStruct(call.arguments)}`),
    ...results.map(({ name, content }) => `${name}: ${content}`),
  ].join('\n')
}

/** The tokens of a bare text. */
export function tokenizeText(text: string): PromptToken[] {
  return tokenize(text).map((token) => ({ ...token, special: false }))
}
