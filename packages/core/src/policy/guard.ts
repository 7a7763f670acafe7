import type { ModelRef } from '../vocabulary/models.ts'
import { findModelRecord } from '../sovereignty/models.ts'
import { normalizePeer } from './addresses.ts'
import { agreeOnProxy, agreeOnTrust } from './agree.ts'
import { bareHost, canonical, digestOf, isObserving, type CompiledPolicy } from './compile-policy.ts'
import { compiledOf, digestOfAll, nameOf, type Policy } from './define-policy.ts'
import type { Decision, Depth, Facts, Finding, Obligation } from './decision.ts'
import type { Intent, ModelIdentity } from './intent.ts'
import { judgeResolved } from './judge-addresses.ts'
import { judgeProcess } from './judge-environment.ts'
import { findBadHeader } from './judge-headers.ts'
import { collectFindings, findDeclared, isSameModel } from './judge-intent.ts'
import { isLiteral, judgeSpelledUrl, type UrlRequest } from './judge-url.ts'
import type { Masker } from './masker.ts'
import { chooseMasker, findUnmet, uniteObligations, type Abilities } from './obligations.ts'
import { isPlain, PlainJudgements } from './plain-judgements.ts'
import type { ReasonCode } from './reason-codes.ts'

export { isPolicy, type Policy } from './define-policy.ts'

/**
 * The judge of one call at all four depths. Policies nest: client, then request. Every one of them must allow, so
 * that nesting can only narrow. Methods that give `undefined` found nothing to refuse; a decision to allow is given
 * where a policy in observe mode would have refused.
 */
export interface Guard {
  readonly name: string
  readonly digest: string
  /** Digest of what decides over sockets; connections are shared only under the same one. */
  readonly networkDigest: string
  readonly proxy: { readonly url: URL; readonly ca?: string } | undefined
  /** What looks for personal data; absent where no policy wants that, or two want it done differently. */
  readonly masker: Masker | undefined
  /** True when a policy lets no personal data leave. */
  readonly refusesPersonal: boolean
  /** Authority that the policy trusts for this origin alone. */
  trustFor(origin: string): string | undefined
  identify(kind: string, model: ModelRef, origins: readonly string[]): ModelIdentity
  judgeIntent(intent: Intent): Decision | Promise<Decision>
  judgeUrl(
    spelled: string,
    request: UrlRequest & { readonly model?: ModelIdentity },
  ): { readonly decision: Decision; readonly url?: URL; readonly origin?: string }
  judgeHeaders(headers: Readonly<Record<string, string>>): Decision | undefined
  /**
   * @param at a time of the caller's clock: what was found in order is not read again until it has moved on. Reading the
   * variables takes 1.5 µs, and sockets do not go by them: it is whoever set them that is told.
   */
  judgeEnvironment(env: Readonly<Record<string, string | undefined>>, at?: number): Decision | undefined
  judgeAddresses(host: string, addresses: readonly string[], role: 'target' | 'proxy'): Decision | undefined
  judgePeer(approved: readonly string[], peer: string | undefined): Decision | undefined
  /** A connection serves only calls under the network policy it was opened under: `openedUnder`, a network digest. */
  judgeReuse(openedUnder: string | undefined): Decision | undefined
  redirected(status: number): Decision
  judgeAnsweredModel(judged: ModelIdentity | undefined, answered: string | undefined): Decision | undefined
  /** One bad target refuses the whole set of a fallback. */
  refuseFallback(decision: Decision, target: string): Decision
  refuse(code: ReasonCode, depth: Depth, facts?: Facts): Decision
}

/** @param policies at least one: the client's, then the request's */
export function createGuard(policies: readonly Policy[], abilities: Abilities = { audit: 'none' }): Guard {
  return new PolicyGuard(policies.map(compiledOf), abilities)
}

class PolicyGuard implements Guard {
  readonly name: string
  readonly digest: string
  readonly proxy: Guard['proxy']
  readonly masker: Masker | undefined
  readonly refusesPersonal: boolean
  readonly #policies: readonly CompiledPolicy[]
  /** The parts of the client's own policy, without those of a request. */
  readonly #client: readonly CompiledPolicy[]
  readonly #abilities: Abilities
  /** No rule of the caller's own, which may look at anything, and no policy that observes, which may end. */
  readonly #isFixed: boolean
  readonly #plain = new PlainJudgements()
  #environmentSeenAt: number | undefined
  #network: { readonly observing: number; readonly digest: string } | undefined

  constructor(nested: readonly (readonly CompiledPolicy[])[], abilities: Abilities) {
    const policies = nested.flat()
    this.#policies = policies
    this.#client = nested[0] ?? []
    this.#abilities = abilities
    this.#isFixed = policies.every(({ rules, mode }) => rules.length === 0 && mode === 'enforce')
    this.name = nameOf(policies)
    this.digest = digestOfAll(policies)
    this.masker = chooseMasker(policies)
    this.refusesPersonal = policies.some((policy) => policy.data?.personal === 'deny' && !isObserving(policy))
    const proxy = agreeOnProxy(policies).value
    this.proxy = proxy && { url: proxy.url, ...(proxy.ca !== undefined && { ca: proxy.ca }) }
  }

  /** Follows the clock: what was connected to under a policy that observed is not used once it enforces. */
  get networkDigest(): string {
    const observing = this.#policies.reduce((count, policy) => count + Number(isObserving(policy)), 0)
    // Observing only ever ends: how many still do says which.
    if (this.#network?.observing !== observing) this.#network = { observing, digest: digestOfNetwork(this.#policies) }
    return this.#network.digest
  }

  trustFor(origin: string): string | undefined {
    return agreeOnTrust(this.#policies, origin).value
  }

  identify(kind: string, model: ModelRef, origins: readonly string[]): ModelIdentity {
    const tuned = Object.hasOwn(model, 'tuned') ? model.tuned : undefined
    const id = tuned === undefined ? model.catalogueId : `${model.catalogueId}@${tuned}`
    const declared = this.#declaring && findDeclared(this.#declaring, kind, id, origins)
    if (declared) return declared
    const record = tuned === undefined ? findModelRecord(kind, id) : undefined
    return (
      record ??
      Object.freeze({ id, developer: 'unknown', weights: 'unknown', source: 'not in the catalogue', asOf: '' })
    )
  }

  /** The outermost policy alone says who made what: a request must not promote a model by declaring it. */
  get #declaring(): CompiledPolicy | undefined {
    return this.#policies.find((policy) => policy.origins ?? policy.models)
  }

  judgeIntent(intent: Intent): Decision | Promise<Decision> {
    if (!this.#isFixed || !isPlain(intent)) return this.#judgeIntent(intent)
    const known = this.#plain.find(intent)
    if (known) return known
    const decision = this.#judgeIntent(intent)
    // A refusal is made anew for each call: what is kept of it elsewhere goes with its call.
    if (!(decision instanceof Promise) && decision.verdict === 'allow') this.#plain.keep(intent, decision)
    return decision
  }

  #judgeIntent(intent: Intent): Decision | Promise<Decision> {
    const perPolicy = this.#policies.map((policy) => collectFindings(policy, intent))
    const pending = perPolicy.flat().some((finding) => finding instanceof Promise)
    if (!pending) return this.#combine(intent, perPolicy as Finding[][])
    return Promise.all(perPolicy.map(async (findings) => Promise.all(findings.map(async (finding) => finding)))).then(
      (findings) => this.#combine(intent, findings),
    )
  }

  /** A forbid wins; else each policy needs a permit of its own; none is a no. Then what they ask for must be possible. */
  #combine(intent: Intent, perPolicy: readonly (readonly Finding[])[]): Decision {
    const enforced: Judged[] = []
    const observed: Judged[] = []
    for (const [index, policy] of this.#policies.entries()) {
      const findings = perPolicy[index] as readonly Finding[]
      if (isObserving(policy)) observed.push({ policy, findings: findings.map(markObserved) })
      else enforced.push({ policy, findings })
    }
    const all = findingsOf([...enforced, ...observed])
    const refused = refusalOf(enforced) ?? this.#findUnmet(enforced, intent)
    if (refused) return this.#decide('deny', refused.code, 'intent', withFinding(all, refused.finding))
    // Of two values for a header the last one is sent: what only observes comes first.
    const obligations = uniteObligations(findingsOf([...observed, ...enforced]))
    const would =
      observed.length === 0 ? undefined : (refusalOf(observed) ?? this.#findUnmet([...enforced, ...observed], intent))
    if (!would) return this.#decide('allow', 'ok', 'intent', all, obligations)
    const finding = would.finding && markObserved(would.finding)
    return this.#allowObserved(would.code, 'intent', withFinding(all, finding), obligations)
  }

  /** What the client's policy demands it must make possible by itself: a request brings no masker and no address for it. */
  #findUnmet(judged: readonly Judged[], intent: Intent): Refusal | undefined {
    const unmet = (demanding: readonly Judged[], policies: readonly CompiledPolicy[]): Facts | undefined =>
      findUnmet(uniteObligations(findingsOf(demanding)), intent, policies, this.#abilities)
    if (uniteObligations(findingsOf(judged)).length === 0) return undefined
    const byClient = judged.filter(({ policy }) => this.#client.includes(policy))
    const facts = unmet(byClient, this.#client) ?? unmet(judged, this.#policies)
    const code = 'policy.obligation_unmet'
    return facts && { code, finding: this.#finding(this.name, 'obligations', code, facts) }
  }

  judgeUrl(
    spelled: string,
    request: UrlRequest & { readonly model?: ModelIdentity },
  ): { readonly decision: Decision; readonly url?: URL; readonly origin?: string } {
    const findings: Finding[] = []
    let refused: Finding | undefined
    let url: URL | undefined
    for (const policy of this.#policies.filter(({ origins }) => origins)) {
      const verdict = judgeSpelledUrl(policy, spelled, request)
      const unlisted = verdict.code === 'ok' ? this.#judgeModelAt(verdict.url, request.model) : verdict.code
      const way = verdict.url ? this.#judgeWay(verdict.url) : 'ok'
      const finding = this.#finding(policy.name, 'origins', way === 'ok' ? unlisted : way, verdict.facts)
      const letsGo = way === 'ok' && unlisted !== 'ok' && verdict.url && isObserving(policy)
      findings.push(letsGo ? markObserved(finding) : finding)
      if (finding.code !== 'ok' && !letsGo) refused ??= finding
      url ??= verdict.url
    }
    if (refused) return { decision: this.#decide('deny', refused.code, 'url', findings) }
    if (!url) return { decision: this.#decide('deny', 'policy.no_permit', 'url', findings) }
    const would = findings.find(({ code }) => code !== 'ok')
    const decision = would
      ? this.#allowObserved(would.code, 'url', findings)
      : this.#decide('allow', 'ok', 'url', findings)
    return { decision, url, origin: url.origin }
  }

  #judgeModelAt(url: URL | undefined, model: ModelIdentity | undefined): ReasonCode {
    return url && model && !this.#isKnownAt(url.origin, model) ? 'model.mismatch' : 'ok'
  }

  /** What else holds for an address: all must agree on the trust and the proxy. */
  #judgeWay(url: URL): ReasonCode {
    if (!agreeOnTrust(this.#policies, url.origin).agreed) return 'tls.ca_scope'
    if (!agreeOnProxy(this.#policies).agreed) return 'proxy.not_allowed'
    // Behind a proxy nothing resolves the target here; a literal can still be judged.
    const host = bareHost(url.hostname)
    const judged = this.#policies.filter((policy) => !isObserving(policy))
    return (this.proxy && isLiteral(host) && judgeResolved(judged, host, [host], 'target')) || 'ok'
  }

  /** A model that an origin declares is known at that origin alone, and at others that declare the very same. */
  #isKnownAt(origin: string, model: ModelIdentity): boolean {
    const all = this.#declaring?.origins ?? []
    const isDeclared = all.some(({ models }) => (models as readonly ModelIdentity[]).includes(model))
    if (!isDeclared) return true
    return all.some((one) => one.origin === origin && one.models.some((other) => isSameModel(other, model)))
  }

  judgeHeaders(headers: Readonly<Record<string, string>>): Decision | undefined {
    const bad = findBadHeader(headers)
    return bad && this.refuse(bad.code, 'url', { header: bad.name })
  }

  judgeEnvironment(env: Readonly<Record<string, string | undefined>>, at?: number): Decision | undefined {
    if (at !== undefined && at === this.#environmentSeenAt) return undefined
    const code = judgeProcess(env, this.proxy?.url)
    if (code) return this.refuse(code, 'socket')
    this.#environmentSeenAt = at
    return undefined
  }

  judgeAddresses(host: string, addresses: readonly string[], role: 'target' | 'proxy'): Decision | undefined {
    const facts = { host, addresses: addresses.slice(0, 8).join(' ') }
    // The proxy is of the policy's own naming: that it leads elsewhere is nothing to be watched.
    const observing = role === 'proxy' ? [] : this.#policies.filter(isObserving)
    const enforcing = this.#policies.filter((policy) => !observing.includes(policy))
    const code = judgeResolved(enforcing, host, addresses, role)
    if (code) return this.refuse(code, 'socket', facts)
    const would = judgeResolved(observing, host, addresses, role)
    return would && this.#observe(would, 'socket', facts)
  }

  judgeReuse(openedUnder: string | undefined): Decision | undefined {
    return openedUnder === this.networkDigest ? undefined : this.refuse('socket.pool_scope', 'socket')
  }

  judgePeer(approved: readonly string[], peer: string | undefined): Decision | undefined {
    if (peer !== undefined && approved.some((address) => normalizePeer(address) === normalizePeer(peer)))
      return undefined
    return this.refuse('socket.address_mismatch', 'socket', { peer: peer ?? 'unknown' })
  }

  redirected(status: number): Decision {
    return this.refuse('redirect.blocked', 'response', { status })
  }

  judgeAnsweredModel(judged: ModelIdentity | undefined, answered: string | undefined): Decision | undefined {
    if (!judged || answered === undefined || judged.id.toLowerCase() === answered.toLowerCase()) return undefined
    const facts = { judged: judged.id, answered: answered.slice(0, 100) }
    const code = 'response.model_mismatch'
    return this.#policies.every(isObserving)
      ? this.#observe(code, 'response', facts)
      : this.refuse(code, 'response', facts)
  }

  refuseFallback(decision: Decision, target: string): Decision {
    const finding = this.#finding(this.name, 'fallback', 'fallback.not_allowed', {
      target: target.slice(0, 100),
      reason: decision.code,
    })
    return this.#decide('deny', 'fallback.not_allowed', 'intent', [finding, ...decision.because])
  }

  refuse(code: ReasonCode, depth: Depth, facts: Facts = {}): Decision {
    return this.#decide('deny', code, depth, [this.#finding(this.name, 'guard', code, facts)])
  }

  #finding(policy: string, rule: string, code: ReasonCode, facts: Facts): Finding {
    return Object.freeze({
      policy,
      rule,
      effect: code === 'ok' ? 'permit' : 'forbid',
      code,
      facts: Object.freeze(facts),
    })
  }

  #observe(code: ReasonCode, depth: Depth, facts: Facts): Decision {
    return this.#allowObserved(code, depth, [markObserved(this.#finding(this.name, 'guard', code, facts))])
  }

  #allowObserved(
    code: ReasonCode,
    depth: Depth,
    because: readonly Finding[],
    obligations?: readonly Obligation[],
  ): Decision {
    return Object.freeze({ ...this.#decide('allow', code, depth, because, obligations), would: 'deny' as const })
  }

  #decide(
    verdict: Decision['verdict'],
    code: ReasonCode,
    depth: Depth,
    because: readonly Finding[],
    obligations: readonly Obligation[] = noObligations,
  ): Decision {
    return Object.freeze({
      verdict,
      code,
      because: Object.freeze([...because]),
      obligations: verdict === 'allow' ? obligations : noObligations,
      depth,
      mode: this.#policies.every(isObserving) ? 'observe' : 'enforce',
      policy: Object.freeze({ name: this.name, digest: this.digest }),
    })
  }
}

const noObligations: readonly Obligation[] = Object.freeze([])

interface Refusal {
  readonly code: ReasonCode
  /** Given where no rule said it. */
  readonly finding?: Finding
}

/** What one policy said. */
interface Judged {
  readonly policy: CompiledPolicy
  readonly findings: readonly Finding[]
}

function findingsOf(judged: readonly Judged[]): readonly Finding[] {
  return judged.length === 1 ? (judged[0] as Judged).findings : judged.flatMap(({ findings }) => findings)
}

function refusalOf(judged: readonly Judged[]): Refusal | undefined {
  const forbid = findingsOf(judged).find(({ effect }) => effect === 'forbid')
  if (forbid) return { code: forbid.code }
  const permitted = judged.every(({ findings }) => findings.some(({ effect }) => effect === 'permit'))
  return permitted ? undefined : { code: 'policy.no_permit' }
}

function withFinding(all: readonly Finding[], finding: Finding | undefined): readonly Finding[] {
  return finding ? [...all, finding] : all
}

/** Policies without a word on sockets add nothing, so that connections stay shared. */
function digestOfNetwork(policies: readonly CompiledPolicy[]): string {
  const speaking = policies.filter(({ origins, addresses, proxy }) => origins ?? addresses ?? proxy)
  const networks = speaking.map((policy) => [isObserving(policy) ? 'observe' : 'enforce', policy.network].join(' '))
  return digestOf(canonical([...new Set(networks)]))
}

function markObserved(finding: Finding): Finding {
  return Object.freeze({ ...finding, mode: 'observe' as const })
}
