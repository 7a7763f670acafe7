import type { ProviderLogging } from '../provider.ts'
import type { ModelIdentity } from './intent.ts'
import type { Rule } from './rule.ts'

/** Addresses that a name may resolve to. */
export interface AddressRules {
  /** `global`: ordinary addresses of the public internet. */
  readonly classes?: readonly 'global'[]
  readonly cidrs?: readonly string[]
  /** By host: the ranges its addresses must lie in, on top of the rest. */
  readonly pins?: Readonly<Record<string, readonly string[]>>
}

/** A model that the owner of the policy vouches for, at one origin. */
export interface ModelDeclaration {
  readonly id: string
  readonly developer: ModelIdentity['developer']
  readonly weights: ModelIdentity['weights']
  /** The foreign model it was adapted from. */
  readonly base?: string
  /** Evidence: where the classification comes from. */
  readonly source: string
  /** `YYYY-MM-DD` */
  readonly asOf: string
}

/** An origin with addresses, trust and models of its own. */
export interface OriginRule {
  /** scheme://host[:port] */
  readonly origin: string
  /** Ranges its name may resolve to; they hold for this origin alone. */
  readonly addresses?: readonly string[]
  /** PEM of an authority trusted for this origin alone. */
  readonly ca?: string
  readonly models?: readonly ModelDeclaration[]
}

export interface ProxyRule {
  readonly mode: 'none' | 'explicit'
  readonly origin?: string
  readonly addresses?: { readonly cidrs: readonly string[] }
  readonly ca?: string
}

/**
 * A policy as data. What a section does not name is refused; a section left out has no say. One that names origins or
 * addresses and no proxy means none.
 */
export interface PolicyDocument {
  readonly name: string
  readonly version?: string
  readonly description?: string
  readonly origins?: readonly (string | OriginRule)[]
  readonly addresses?: AddressRules
  readonly redirects?: 'deny'
  readonly proxy?: ProxyRule
  /** `'*'` allows any value. */
  readonly models?: { readonly developer: readonly string[]; readonly weights: readonly string[] }
  /**
   * What may make a service fetch or send elsewhere: `'links'` for addresses in the content, and names of its own
   * tools such as `'web_search'`. A policy with origins that lists nothing here allows nothing.
   */
  readonly remote?: readonly string[]
  /**
   * What may be asked of a service by whether it stores what it is sent: `['off']` lets only those pass that are told
   * not to. Credentials and lists of models hold no content and are not asked for it. Absent: no say.
   */
  readonly providerLogging?: readonly ProviderLogging[]
  readonly tls?: { readonly verify: true }
  readonly customTransport?: 'deny'
  /** Rules of your own, see `rule`. */
  readonly rules?: readonly Rule[]
}
