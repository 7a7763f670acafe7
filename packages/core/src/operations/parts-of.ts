import type { ContentPart } from '../vocabulary/messages.ts'

type PartOf<Type extends ContentPart['type']> = Extract<ContentPart, { type: Type }>

const none: readonly never[] = Object.freeze([])

/** The parts of one type, in their order. Most answers have text alone: no list is made then. */
export function partsOf<Type extends ContentPart['type']>(
  content: readonly ContentPart[],
  type: Type,
): readonly PartOf<Type>[] {
  let parts: PartOf<Type>[] | undefined
  for (const part of content) if (part.type === type) (parts ??= []).push(part as PartOf<Type>)
  return parts ?? none
}
