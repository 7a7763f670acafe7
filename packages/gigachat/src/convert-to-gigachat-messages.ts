import type { ContentPart, PartMessage, TextCall } from '@shlyuz/core'

/** A message of `POST /chat/completions`: on v1 its content is always one plain string. */
export interface GigachatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/**
 * The conversation as GigaChat takes it. It allows one system message, in the first place (else 422 `system message
 * must be the first message`), so all of them are joined there, apart by an empty line. The text parts of a message
 * follow one another as they are. Parts that are no text are refused before (`checkGigachatCall`).
 */
export function convertToGigachatMessages(messages: TextCall['messages']): readonly GigachatMessage[] {
  const instructions = messages.filter(({ role }) => role === 'system').map(joinText)
  const converted: GigachatMessage[] =
    instructions.length > 0 ? [{ role: 'system', content: instructions.join('\n\n') }] : []
  for (const message of messages) {
    if (message.role === 'user' || message.role === 'assistant') {
      converted.push({ role: message.role, content: joinText(message) })
    }
  }
  return converted
}

function joinText({ content }: PartMessage): string {
  return content
    .filter(isText)
    .map(({ text }) => text)
    .join('')
}

function isText(part: ContentPart): part is Extract<ContentPart, { type: 'text' }> {
  return part.type === 'text'
}
