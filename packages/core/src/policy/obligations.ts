import type { CompiledPolicy } from './compile-policy.ts'
import type { Facts, Finding, Obligation } from './decision.ts'
import type { Intent } from './intent.ts'
import { findBadHeader } from './judge-headers.ts'
import type { Masker } from './masker.ts'

/** What a client can do to fulfil obligations. */
export interface Abilities {
  /** `'strict'`: the audit log refuses what it cannot record. */
  readonly audit: 'none' | 'lenient' | 'strict'
}

const none: readonly Obligation[] = Object.freeze([])

/** The obligations of all findings, each once. */
export function uniteObligations(findings: readonly Finding[]): readonly Obligation[] {
  if (!findings.some((finding) => Object.hasOwn(finding, 'obligations'))) return none
  const united = new Map<string, Obligation>()
  for (const finding of findings) {
    // Own ones alone: a polluted prototype demands nothing.
    if (!Object.hasOwn(finding, 'obligations')) continue
    for (const one of finding.obligations ?? []) united.set(spell(one), one)
  }
  return Object.freeze([...united.values()])
}

function spell(obligation: Obligation): string {
  return Object.entries(obligation)
    .map(([key, value]) => `${key}=${key === 'name' ? value.toLowerCase() : value}`)
    .toSorted()
    .join(' ')
}

/** The first obligation that cannot be fulfilled, as public facts; `undefined` when all can. */
export function findUnmet(
  obligations: readonly Obligation[],
  intent: Intent,
  policies: readonly CompiledPolicy[],
  abilities: Abilities,
): Facts | undefined {
  for (const obligation of obligations) {
    const reason = whyUnmet(obligation, obligations, intent, policies, abilities)
    if (reason !== undefined) return { obligation: obligation.kind, reason }
  }
  return undefined
}

function whyUnmet(
  obligation: Obligation,
  all: readonly Obligation[],
  intent: Intent,
  policies: readonly CompiledPolicy[],
  { audit }: Abilities,
): string | undefined {
  switch (obligation.kind) {
    case 'mask':
      return whyUnmasked(intent, policies)
    case 'log':
      if (obligation.level === 'full') return 'content is written to no log'
      if (audit === 'none') return 'the client has no audit log'
      return obligation.level === 'strict' && audit !== 'strict' ? 'the audit log is not strict' : undefined
    case 'header': {
      const { name, value } = obligation
      const other = all.some(
        (one) => one.kind === 'header' && one.name.toLowerCase() === name.toLowerCase() && one.value !== value,
      )
      return other ? `two values are demanded for the header ${name.toLowerCase()}` : undefined
    }
    case 'local-model':
      return isLocal(intent, policies) ? undefined : 'the provider is not served from listed addresses alone'
  }
}

function whyUnmasked({ content }: Intent, policies: readonly CompiledPolicy[]): string | undefined {
  if (!chooseMasker(policies)) {
    return policies.some(({ data }) => data?.masker) ? 'two maskers are demanded' : 'the policy names no masker'
  }
  // What is left once the texts are masked stands in options of the service's own, which nobody can take apart.
  const left = content.masked ? Object.keys(content.personal ?? {}) : []
  if (left.length > 0) return `options of the service hold ${left.toSorted().join(', ')}, which are not masked`
  if (content.images > 0) return `${content.images} images cannot be masked`
  return content.files > 0 ? `${content.files} files cannot be masked` : undefined
}

/** The one masker that all policies with a masker name; `undefined` for none, or for two. */
export function chooseMasker(policies: readonly CompiledPolicy[]): Masker | undefined {
  const [first, ...others] = policies.flatMap(({ data }) => data?.masker ?? [])
  const same = others.every(({ name, version }) => name === first?.name && version === first.version)
  return same ? first : undefined
}

/** True when every policy that lists origins lists each of the provider with named ranges, not with the whole internet. */
function isLocal({ origins }: Intent, policies: readonly CompiledPolicy[]): boolean {
  const listing = policies.filter((policy) => policy.origins)
  return (
    listing.length > 0 && origins.length > 0 && listing.every((policy) => origins.every((one) => isPinned(policy, one)))
  )
}

function isPinned({ origins = [], addresses }: CompiledPolicy, origin: string): boolean {
  const listed = origins.find((one) => one.origin === origin)
  return listed?.ranges !== undefined || (listed !== undefined && addresses?.global === false)
}

/** Headers by which services authorise, and those that decide over the body: core and the adapter set them. */
const reserved = new Set(['authorization', 'content-type', 'accept', 'accept-encoding', 'cookie'])

/** True for a header that an obligation may add. */
export function isSendable(name: string, value: string): boolean {
  return !reserved.has(name.toLowerCase()) && findBadHeader({ [name]: value }) === undefined
}
