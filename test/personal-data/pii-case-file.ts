/** A span with the text it covers, as a file of sentences writes it. */
export interface LabelledSpan {
  readonly start: number
  readonly end: number
  readonly type: string
}

/** A sentence and all personal data in it. */
export interface LabelledSentence {
  readonly id: string
  readonly text: string
  readonly spans: readonly LabelledSpan[]
}

/** A file of sentences: `{ sentences: [{ id, text, spans: [{ start, end, type }] }] }`, offsets in UTF-16 code units. */
export function readSentences(json: string): readonly LabelledSentence[] {
  const { sentences } = JSON.parse(json) as { readonly sentences?: readonly LabelledSentence[] }
  if (!Array.isArray(sentences)) throw new TypeError('the file has no list "sentences"')
  return sentences as readonly LabelledSentence[]
}
