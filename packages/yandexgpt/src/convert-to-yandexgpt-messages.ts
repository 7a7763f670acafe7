import type { ContentPart, PartMessage, TextCall } from '@shlyuz/core'

/** A message of the native completion: its content is called `text`. */
export interface YandexgptMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
}

/**
 * The conversation as YandexGPT takes it. System messages are joined in the first place, apart by an empty line, as
 * on GigaChat, so that a switch of the provider changes nothing.
 */
export function convertToYandexgptMessages(messages: TextCall['messages']): readonly YandexgptMessage[] {
  const instructions = messages.filter(({ role }) => role === 'system').map(joinText)
  const converted: YandexgptMessage[] =
    instructions.length > 0 ? [{ role: 'system', text: instructions.join('\n\n') }] : []
  for (const message of messages) {
    if (message.role === 'user' || message.role === 'assistant') {
      converted.push({ role: message.role, text: joinText(message) })
    }
  }
  return converted
}

function joinText({ content }: PartMessage): string {
  return content
    .filter((part): part is Extract<ContentPart, { type: 'text' }> => part.type === 'text')
    .map(({ text }) => text)
    .join('')
}
