import { PolicyDeniedError } from '../../errors/policy-denied-error.ts'
import { bareHost, type CompiledPolicy } from '../../policy/compile-policy.ts'
import type { Depth } from '../../policy/decision.ts'
import { compiledOf, type Policy } from '../../policy/define-policy.ts'
import type { Provider } from '../../provider.ts'
import type { CallFrame } from '../run-call.ts'
import type { Canary, CanaryReason } from './canary.ts'
import { createCanaries } from './create-canaries.ts'
import { findCanaryTarget } from './find-canary-target.ts'
import { createCertificates, runCanary, type CanaryOutcome } from './run-canary.ts'

/** What became of one forbidden request. */
export interface CanaryReport {
  /** Name of the provider whose address and models it was made from. */
  readonly provider: string
  readonly depth: Depth
  /** What is forbidden about it. */
  readonly name: string
  /** The reasons by which it is usually refused; a stricter policy may have its own. */
  readonly expected: readonly CanaryReason[]
  /** The reason of the refusal, the code of another error, or `'sent'`. */
  readonly got: string
  /**
   * - `refused`: by the policy or by TLS, before anything forbidden happened
   * - `listed`: sent, because the policy names it or has no say
   * - `observed`: sent, because the policy only observes; `got` is what it would refuse for
   * - `leaked`: sent, or connected to, although the policy forbids it
   * - `error`: stopped by something else, so that nothing is proved
   */
  readonly result: 'refused' | 'listed' | 'observed' | 'leaked' | 'error'
  /** Connections that arrived at the listener which stands for the outside. */
  readonly connections: number
  /** Bytes of requests that arrived there. */
  readonly bytes: number
}

/** What {@link verifyPolicy} found. Frozen. */
export interface PolicyVerification {
  /** False when anything leaked, or stayed without proof. */
  readonly passed: boolean
  readonly policy: { readonly name: string; readonly digest: string }
  /** Where the calls of this client go; canaries never leave this machine. */
  readonly network: 'internet' | 'test'
  readonly canaries: readonly CanaryReport[]
}

/**
 * Tries everything that is forbidden with each provider, one request after the other, through the guard and the
 * transport of the client. Names resolve to what a canary says, and every connection ends at a listener on this
 * machine that counts what arrives: no name is looked up, and nothing leaves.
 */
export async function verifyPolicy(
  frame: CallFrame,
  policy: Policy,
  providers: readonly Provider[],
): Promise<PolicyVerification> {
  const { guard, services } = frame
  const policies = compiledOf(policy)
  const reports: CanaryReport[] = []
  for (const provider of providers) {
    const target = await findCanaryTarget(guard, policies, provider)
    const canaries = createCanaries(guard, provider.kind, target)
    const certificates = createCertificates(hostsOf(canaries, target.url, guard.proxy?.url))
    for (const canary of canaries) {
      const outcome = await runCanary(frame, provider, target, certificates, canary)
      reports.push(createReport(provider.name, canary, outcome, policies))
    }
  }
  return Object.freeze({
    passed: reports.every(({ result }) => result !== 'leaked' && result !== 'error'),
    policy: Object.freeze({ name: guard.name, digest: guard.digest }),
    network: services.network,
    canaries: Object.freeze(reports),
  })
}

/** Of every address that is tried, so that what gets through is seen to arrive. */
function hostsOf(canaries: readonly Canary[], ...urls: readonly (URL | undefined)[]): readonly string[] {
  const tried = canaries.flatMap(({ url }) => (url === undefined ? [] : (URL.parse(url) ?? [])))
  const hosts = [...tried, ...urls].flatMap((url) => (url ? bareHost(url.hostname).replace(/\.$/, '') : []))
  return [...new Set(hosts)]
}

function createReport(
  provider: string,
  canary: Canary,
  { error, receipt, arrived }: CanaryOutcome,
  policies: readonly CompiledPolicy[],
): CanaryReport {
  const { depth, name, expected } = canary
  // A policy that lists no address permits none.
  const closed: readonly CanaryReason[] = policies.some(({ origins }) => origins) ? [] : ['policy.no_permit']
  const about = { provider, depth, name, expected: Object.freeze([...expected, ...closed]), ...arrived }
  const report = (result: CanaryReport['result'], got: string): CanaryReport => Object.freeze({ ...about, got, result })
  const code = codeOf(error)
  if (!isThrough(canary, error, arrived)) return report(isRefusal(canary, error) ? 'refused' : 'error', code)
  const observed = receipt?.decisions.find((decision) => decision.would === 'deny' && decision.depth === depth)
  if (observed) return report('observed', observed.code)
  const isListed = closed.length === 0 && canary.isListed !== undefined && policies.every(canary.isListed)
  return report(isListed ? 'listed' : 'leaked', error === undefined ? 'sent' : code)
}

/** An answer can be refused only after it was asked for; before, not even a connection may be made. */
function isThrough(
  { depth, peer, certificate }: Canary,
  error: unknown,
  { connections, bytes }: CanaryOutcome['arrived'],
): boolean {
  if (error === undefined) return true
  // A redirect that was followed has come a second time.
  if (depth === 'response') return connections > 1
  const mayConnect = peer !== undefined || certificate !== undefined
  return bytes > 0 || (connections > 0 && !mayConnect)
}

function isRefusal({ expected }: Canary, error: unknown): boolean {
  if (PolicyDeniedError.isInstance(error)) return error.decision.verdict === 'deny'
  return (expected as readonly string[]).includes(codeOf(error))
}

function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { readonly code?: string; readonly name?: string }
  return code ?? name ?? 'unknown'
}
