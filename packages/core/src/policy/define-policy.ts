import { ConfigurationError } from '../errors/configuration-error.ts'
import { canonical, compileObserved, compilePolicy, digestOf, type CompiledPolicy } from './compile-policy.ts'
import type { PolicyDocument } from './policy-document.ts'

/** What may be asked of whom. Made by {@link definePolicy} or a preset; frozen, so that it stays what was reviewed. */
export interface Policy {
  readonly name: string
  /** SHA-256 of the policy's canonical form: the same policy has the same digest everywhere. */
  readonly digest: string
}

const compiled = new WeakMap<object, readonly CompiledPolicy[]>()

/**
 * Builds a policy from plain data.
 * @throws ConfigurationError for anything unknown or malformed
 */
export function definePolicy(document: PolicyDocument): Policy {
  return createPolicy([compilePolicy(document)])
}

/**
 * The intersection: every one of the policies must allow, forbids and obligations are united.
 * @throws ConfigurationError without at least one policy
 */
export function all(...policies: readonly Policy[]): Policy {
  if (policies.length === 0 || !policies.every(isPolicy)) {
    throw new ConfigurationError('all() takes policies made by definePolicy or a preset', {
      code: 'config.policy',
      hint: 'Пишите all(domesticOnly(), personalData()): одна или несколько политик.',
    })
  }
  return createPolicy(policies.flatMap(compiledOf))
}

/**
 * The same policy, only watching: what it would refuse is recorded (`would: 'deny'` on receipts, in the audit log) and
 * goes on. TLS, headers, limits, redirects, the proxy and how an address is spelled are never relaxed, and obligations
 * are fulfilled. Holds for the client's policy alone. Warns once.
 * @param options.until last day of observing, `YYYY-MM-DD` in UTC; then the policy enforces
 * @throws ConfigurationError
 */
export function observe(policy: Policy, options: { readonly until?: string } = {}): Policy {
  const isPlain = typeof options === 'object' && options !== null
  if (!isPolicy(policy) || !isPlain || Object.keys(options).some((key) => key !== 'until')) {
    throw new ConfigurationError('observe() takes a policy and { until }', {
      code: 'config.policy',
      hint: "Пишите observe(domesticOnly(), { until: '2027-01-31' }).",
    })
  }
  const until = Object.hasOwn(options, 'until') ? options.until : undefined
  return createPolicy(compiledOf(policy).map((one) => compileObserved(one, until)))
}

function createPolicy(inner: readonly CompiledPolicy[]): Policy {
  const policy: Policy = Object.freeze({ name: nameOf(inner), digest: digestOfAll(inner) })
  compiled.set(policy, Object.freeze(inner))
  return policy
}

/** Names of nested policies, outermost first. */
export function nameOf(policies: readonly CompiledPolicy[]): string {
  return policies.map(({ name }) => name).join(' + ')
}

/** That of a single policy is its own. */
export function digestOfAll(policies: readonly CompiledPolicy[]): string {
  const [first] = policies as readonly [CompiledPolicy]
  return policies.length === 1 ? first.digest : digestOf(canonical(policies.map(({ digest }) => digest)))
}

/** True for what {@link definePolicy} made; an object of the same shape is not one. */
export function isPolicy(value: unknown): value is Policy {
  return typeof value === 'object' && value !== null && compiled.has(value)
}

/** What a policy is made of: several parts where it is an intersection. */
export function compiledOf(policy: Policy): readonly CompiledPolicy[] {
  return compiled.get(policy) as readonly CompiledPolicy[]
}
