import type { LabelledSentence, LabelledSpan } from './pii-case-file.ts'

/** How well the spans of one type were found. */
export interface TypeScore {
  readonly type: string
  readonly precision: number
  readonly recall: number
  /** Right, wrong and missed spans. */
  readonly found: number
  readonly wrong: number
  readonly missed: number
}

/** A span that should have been found and was not, or the other way round. */
export interface Mistake {
  readonly id: string
  readonly type: string
  readonly kind: 'missed' | 'wrong'
  readonly text: string
}

export interface Score {
  readonly overall: TypeScore
  readonly types: readonly TypeScore[]
  readonly mistakes: readonly Mistake[]
}

/** Compares spans and types exactly. */
export function scoreSentences(
  sentences: readonly LabelledSentence[],
  find: (text: string) => readonly LabelledSpan[],
): Score {
  const tallies = new Map<string, { found: number; wrong: number; missed: number }>()
  const tally = (type: string): { found: number; wrong: number; missed: number } => {
    const known = tallies.get(type) ?? { found: 0, wrong: 0, missed: 0 }
    tallies.set(type, known)
    return known
  }
  const key = ({ start, end, type }: LabelledSpan): string => `${start}-${end} ${type}`
  const mistakes: Mistake[] = []

  for (const { id, text, spans } of sentences) {
    const given = find(text)
    const right = new Set(spans.map(key))
    const got = new Set(given.map(key))
    for (const span of spans) {
      if (got.has(key(span))) {
        tally(span.type).found++
        continue
      }
      tally(span.type).missed++
      mistakes.push({ id, type: span.type, kind: 'missed', text: text.slice(span.start, span.end) })
    }
    for (const span of given) {
      if (right.has(key(span))) continue
      tally(span.type).wrong++
      mistakes.push({ id, type: span.type, kind: 'wrong', text: text.slice(span.start, span.end) })
    }
  }

  const types = [...tallies]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([type, counts]) => withRatios(type, counts))
  const sum = (of: 'found' | 'wrong' | 'missed'): number => types.reduce((total, score) => total + score[of], 0)
  const overall = withRatios('all', { found: sum('found'), wrong: sum('wrong'), missed: sum('missed') })
  return { overall, types, mistakes }
}

function withRatios(type: string, counts: { found: number; wrong: number; missed: number }): TypeScore {
  const { found, wrong, missed } = counts
  // Nothing marked is nothing marked wrongly, nothing to find is nothing missed.
  const ratio = (others: number): number => (found + others === 0 ? 1 : found / (found + others))
  return { type, ...counts, precision: ratio(wrong), recall: ratio(missed) }
}

const withCheckDigits = ['INN_ORG', 'INN_PERSON', 'SNILS', 'OGRN', 'OGRNIP', 'CARD', 'OMS', 'ACCOUNT', 'CORR_ACCOUNT']

/** The types that were not found well enough: those with check digits, names and addresses have thresholds. */
export function listShortfalls({ types }: Score): readonly TypeScore[] {
  return types.filter(({ type, precision, recall }) => {
    if (withCheckDigits.includes(type)) return recall < 0.99 || precision < 0.98
    return ['PERSON', 'ADDRESS'].includes(type) && (recall < 0.9 || precision < 0.9)
  })
}
