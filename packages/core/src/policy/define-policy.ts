import { compilePolicy, type CompiledPolicy } from './compile-policy.ts'
import type { PolicyDocument } from './policy-document.ts'

/** What may be asked of whom. Made by {@link definePolicy} or a preset; frozen, so that it stays what was reviewed. */
export interface Policy {
  readonly name: string
  /** SHA-256 of the policy's canonical form: the same policy has the same digest everywhere. */
  readonly digest: string
}

const compiled = new WeakMap<object, CompiledPolicy>()

/**
 * Builds a policy from plain data.
 * @throws ConfigurationError for anything unknown or malformed
 */
export function definePolicy(document: PolicyDocument): Policy {
  const inner = compilePolicy(document)
  const policy: Policy = Object.freeze({ name: inner.name, digest: inner.digest })
  compiled.set(policy, inner)
  return policy
}

/** True for what {@link definePolicy} made; an object of the same shape is not one. */
export function isPolicy(value: unknown): value is Policy {
  return typeof value === 'object' && value !== null && compiled.has(value)
}

export function compiledOf(policy: Policy): CompiledPolicy {
  return compiled.get(policy) as CompiledPolicy
}
