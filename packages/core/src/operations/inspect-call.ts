import type { Guard } from '../policy/guard.ts'
import type { Decision } from '../policy/decision.ts'
import type { ContentFacts } from '../policy/intent.ts'
import type { Masker, MaskSession } from '../policy/masker.ts'
import { addCounts, countIn, maskDraft } from './mask-call.ts'
import type { TextDraft } from './create-text-call.ts'

type Counts = NonNullable<ContentFacts['personal']>

/** What a look for personal data made of a text call. */
export interface InspectedDraft {
  readonly masker: Masker
  readonly session: MaskSession
  /** With placeholders: what is sent when the policy demands masking. */
  readonly masked: TextDraft
  /** What placeholders stand for, by type. */
  readonly counts: Counts
}

/** Looks for personal data where a policy wants that; `undefined` where none does. */
export function inspectDraft({ masker }: Guard, draft: TextDraft): InspectedDraft | undefined {
  if (!masker) return undefined
  const session = masker.open()
  const masked = maskDraft(draft, session)
  return { masker, session, masked, counts: Object.freeze({ ...session.counts }) }
}

/** What the policy is told of the content before anything is masked. `options`: the adapter's own, which stay as they are. */
export function factsBefore({ masker, counts }: InspectedDraft, options: unknown): Pick<ContentFacts, 'personal'> {
  return { personal: addCounts(counts, countIn(options, masker)) }
}

/** The same of what is sent: only the adapter's own options may still hold something. */
export function factsAfter(
  { masker, counts }: InspectedDraft,
  options: unknown,
): Pick<ContentFacts, 'personal' | 'masked'> {
  return { personal: countIn(options, masker), masked: counts }
}

/** True when the policy allows the call on condition that personal data is masked. */
export function demandsMask({ verdict, obligations }: Decision): boolean {
  return verdict === 'allow' && obligations.some(({ kind }) => kind === 'mask')
}

/** Headers that the policy demands on every request of the call. */
export function demandedHeaders({ obligations }: Decision): Readonly<Record<string, string>> | undefined {
  if (obligations.length === 0) return undefined
  const headers = obligations.flatMap((one) => (one.kind === 'header' ? [[one.name.toLowerCase(), one.value]] : []))
  return headers.length === 0 ? undefined : Object.freeze(Object.fromEntries(headers) as Record<string, string>)
}
