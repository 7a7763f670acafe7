import type { ModelRef } from '../vocabulary/models.ts'
import { findModelRecord } from '../sovereignty/models.ts'
import { normalizePeer } from './addresses.ts'
import { agreeOnProxy, agreeOnTrust } from './agree.ts'
import { bareHost, canonical, digestOf, type CompiledPolicy } from './compile-policy.ts'
import { compiledOf, type Policy } from './define-policy.ts'
import type { Decision, Depth, Facts, Finding } from './decision.ts'
import type { Intent, ModelIdentity } from './intent.ts'
import { judgeResolved } from './judge-addresses.ts'
import { judgeProcess } from './judge-environment.ts'
import { findBadHeader } from './judge-headers.ts'
import { collectFindings } from './judge-intent.ts'
import { isLiteral, judgeSpelledUrl, type UrlRequest } from './judge-url.ts'
import type { ReasonCode } from './reason-codes.ts'

export { isPolicy, type Policy } from './define-policy.ts'

/**
 * The judge of one call at all four depths. Policies nest: client, then request. Every one of them must allow, so
 * that nesting can only narrow. Methods that give `undefined` found nothing to refuse.
 */
export interface Guard {
  readonly name: string
  readonly digest: string
  /** Digest of what decides over sockets; connections are shared only under the same one. */
  readonly networkDigest: string
  readonly proxy: { readonly url: URL; readonly ca?: string } | undefined
  /** Authority that the policy trusts for this origin alone. */
  trustFor(origin: string): string | undefined
  identify(kind: string, model: ModelRef, origins: readonly string[]): ModelIdentity
  judgeIntent(intent: Intent): Decision | Promise<Decision>
  judgeUrl(
    spelled: string,
    request: UrlRequest & { readonly model?: ModelIdentity },
  ): { readonly decision: Decision; readonly url?: URL; readonly origin?: string }
  judgeHeaders(headers: Readonly<Record<string, string>>): Decision | undefined
  judgeEnvironment(env: Readonly<Record<string, string | undefined>>): Decision | undefined
  judgeAddresses(host: string, addresses: readonly string[], role: 'target' | 'proxy'): Decision | undefined
  judgePeer(approved: readonly string[], peer: string | undefined): Decision | undefined
  redirected(status: number): Decision
  judgeAnsweredModel(judged: ModelIdentity | undefined, answered: string | undefined): Decision | undefined
  /** One bad target refuses the whole set of a fallback. */
  refuseFallback(decision: Decision, target: string): Decision
  refuse(code: ReasonCode, depth: Depth, facts?: Facts): Decision
}

/** @param policies at least one: the client's, then the request's */
export function createGuard(policies: readonly Policy[]): Guard {
  return new PolicyGuard(policies.map(compiledOf))
}

class PolicyGuard implements Guard {
  readonly name: string
  readonly digest: string
  readonly networkDigest: string
  readonly proxy: Guard['proxy']
  readonly #policies: readonly CompiledPolicy[]

  constructor(policies: readonly CompiledPolicy[]) {
    const [first] = policies as readonly [CompiledPolicy]
    this.#policies = policies
    this.name = policies.map((policy) => policy.name).join(' + ')
    this.digest = policies.length === 1 ? first.digest : digestOf(canonical(policies.map(({ digest }) => digest)))
    // Policies without a word on sockets add nothing, so that connections stay shared.
    const networks = policies.filter(({ origins, addresses, proxy }) => origins ?? addresses ?? proxy)
    this.networkDigest = digestOf(canonical([...new Set(networks.map(({ network }) => network))]))
    const proxy = agreeOnProxy(policies).value
    this.proxy = proxy && { url: proxy.url, ...(proxy.ca !== undefined && { ca: proxy.ca }) }
  }

  trustFor(origin: string): string | undefined {
    return agreeOnTrust(this.#policies, origin).value
  }

  identify(kind: string, model: ModelRef, origins: readonly string[]): ModelIdentity {
    const id = model.tuned === undefined ? model.catalogueId : `${model.catalogueId}@${model.tuned}`
    for (const { origin, models } of this.#declaring?.origins ?? []) {
      const declared = models.find((one) => one.id.toLowerCase() === id.toLowerCase())
      if (declared && origins.includes(origin)) return declared
    }
    const record = model.tuned === undefined ? findModelRecord(kind, id) : undefined
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
    const perPolicy = this.#policies.map((policy) => collectFindings(policy, intent))
    const pending = perPolicy.flat().some((finding) => finding instanceof Promise)
    if (!pending) return this.#combine(perPolicy as Finding[][])
    return Promise.all(perPolicy.map(async (findings) => Promise.all(findings.map(async (finding) => finding)))).then(
      (findings) => this.#combine(findings),
    )
  }

  /** A forbid wins; else each policy needs a permit of its own; none is a no. */
  #combine(perPolicy: readonly (readonly Finding[])[]): Decision {
    const all = perPolicy.flat()
    const forbid = all.find(({ effect }) => effect === 'forbid')
    if (forbid) return this.#decide('deny', forbid.code, 'intent', all)
    const permitted = perPolicy.every((findings) => findings.some(({ effect }) => effect === 'permit'))
    return permitted
      ? this.#decide('allow', 'ok', 'intent', all)
      : this.#decide('deny', 'policy.no_permit', 'intent', all)
  }

  judgeUrl(
    spelled: string,
    request: UrlRequest & { readonly model?: ModelIdentity },
  ): { readonly decision: Decision; readonly url?: URL; readonly origin?: string } {
    const findings: Finding[] = []
    let url: URL | undefined
    for (const policy of this.#policies.filter(({ origins }) => origins)) {
      const verdict = judgeSpelledUrl(policy, spelled, request)
      const code = verdict.code === 'ok' ? this.#judgeWay(verdict.url as URL, request.model) : verdict.code
      findings.push(this.#finding(policy.name, 'origins', code, verdict.facts))
      url ??= verdict.url
    }
    const refused = findings.find(({ code }) => code !== 'ok')
    if (refused) return { decision: this.#decide('deny', refused.code, 'url', findings) }
    if (!url) return { decision: this.#decide('deny', 'policy.no_permit', 'url', findings) }
    return { decision: this.#decide('allow', 'ok', 'url', findings), url, origin: url.origin }
  }

  /** What else holds for a listed address: the model, the trust and the proxy must fit it. */
  #judgeWay(url: URL, model: ModelIdentity | undefined): ReasonCode {
    if (model && !this.#isKnownAt(url.origin, model)) return 'model.mismatch'
    if (!agreeOnTrust(this.#policies, url.origin).agreed) return 'tls.ca_scope'
    if (!agreeOnProxy(this.#policies).agreed) return 'proxy.not_allowed'
    // Behind a proxy nothing resolves the target here; a literal can still be judged.
    const host = bareHost(url.hostname)
    return (this.proxy && isLiteral(host) && judgeResolved(this.#policies, host, [host], 'target')) || 'ok'
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

  judgeEnvironment(env: Readonly<Record<string, string | undefined>>): Decision | undefined {
    const code = judgeProcess(env, this.proxy?.url)
    return code && this.refuse(code, 'socket')
  }

  judgeAddresses(host: string, addresses: readonly string[], role: 'target' | 'proxy'): Decision | undefined {
    const code = judgeResolved(this.#policies, host, addresses, role)
    return code && this.refuse(code, 'socket', { host, addresses: addresses.slice(0, 8).join(' ') })
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
    return this.refuse('response.model_mismatch', 'response', { judged: judged.id, answered: answered.slice(0, 100) })
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

  #decide(verdict: Decision['verdict'], code: ReasonCode, depth: Depth, because: readonly Finding[]): Decision {
    return Object.freeze({
      verdict,
      code,
      because: Object.freeze([...because]),
      depth,
      policy: Object.freeze({ name: this.name, digest: this.digest }),
    })
  }
}

function isSameModel(a: ModelIdentity, b: ModelIdentity): boolean {
  const isSameId = a.id.toLowerCase() === b.id.toLowerCase()
  return isSameId && a.developer === b.developer && a.weights === b.weights && a.base === b.base
}
