import type { PersonalDataSpan } from '@shlyuz/core'
import type { SourceText } from './source-text.ts'

/** What a recogniser takes for personal data. */
export interface Candidate extends PersonalDataSpan {
  /** Its check digits were right. */
  readonly isChecked: boolean
}

/** Finds one kind of personal data, or a few that are told apart by each other. Pure. */
export type Recogniser = (source: SourceText) => readonly Candidate[]

/** Of candidates that overlap, keeps the longest, then the one with right check digits. In order of the text. */
export function resolveOverlaps(candidates: readonly Candidate[]): readonly PersonalDataSpan[] {
  const inOrder = candidates.toSorted((one, other) => one.start - other.start)
  const spans: PersonalDataSpan[] = []
  // A group is candidates that hang together by overlaps; nearly always it is one.
  for (let from = 0; from < inOrder.length;) {
    let to = from + 1
    const { start } = inOrder[from] as Candidate
    let { end } = inOrder[from] as Candidate
    while (to < inOrder.length && (inOrder[to] as Candidate).start < end) {
      end = Math.max(end, (inOrder[to] as Candidate).end)
      to++
    }
    for (const span of chooseAmong(inOrder.slice(from, to), start, end - start)) spans.push(span)
    from = to
  }
  return spans
}

function chooseAmong(group: readonly Candidate[], offset: number, length: number): readonly PersonalDataSpan[] {
  if (group.length === 1) return group.map(toSpan)
  const taken = new Uint8Array(length)
  const byWorth = group.toSorted(
    (one, other) => other.end - other.start - (one.end - one.start) || Number(other.isChecked) - Number(one.isChecked),
  )
  const chosen = byWorth.filter(({ start, end }) => {
    // What was chosen before is no shorter, so an overlap holds one of the ends.
    if (taken[start - offset] || taken[end - 1 - offset]) return false
    taken.fill(1, start - offset, end - offset)
    return true
  })
  return chosen.toSorted((one, other) => one.start - other.start).map(toSpan)
}

function toSpan({ start, end, type }: Candidate): PersonalDataSpan {
  return { start, end, type }
}
