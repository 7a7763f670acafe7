import type { ContentPart } from '../vocabulary/messages.ts'

/** The texts of all parts of one type, as one. */
export function joinTexts(content: readonly ContentPart[], type: 'text' | 'reasoning'): string {
  let joined = ''
  for (const part of content) if (part.type === type) joined += part.text
  return joined
}
