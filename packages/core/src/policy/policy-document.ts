import type { ProviderLogging } from '../provider.ts'
import type { ModelIdentity } from './intent.ts'
import type { Masker } from './masker.ts'
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

/** A record of the user's own, with its evidence: adds a model of a vendor to the catalogue, or replaces its record. */
export interface CatalogueEntry extends ModelDeclaration {
  /** Vendor kind, as in `providerOptions`. */
  readonly provider: string
}

/** What of the content may leave. */
export interface DataRules {
  /**
   * Personal data: masked before sending and put back into the answer; refused; or only counted on the receipt. All
   * need `masker`.
   */
  readonly personal?: 'mask' | 'deny' | 'report'
  /**
   * `deny`: content that the caller labels as a special category (health, biometrics, …) is refused; so is a label
   * that is not known to be an ordinary one.
   */
  readonly special?: 'deny' | 'allow'
  /** Finds personal data: `russianMasker()` of `@shlyuz/personal-data`, or one of your own. */
  readonly masker?: Masker
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
  /** Records of models beside the built-in ones, or in place of them, each with its evidence. */
  readonly catalogue?: readonly CatalogueEntry[]
  readonly data?: DataRules
  /** The client must have an audit log; `'strict'`: one that refuses what it cannot record. */
  readonly audit?: 'required' | 'strict'
  /**
   * What may be asked of a service by whether it stores what it is sent: `['off']` lets only those pass that are told
   * not to. Credentials and lists of models hold no content and are not asked for it. Absent: no say.
   */
  readonly providerLogging?: readonly ProviderLogging[]
  readonly tls?: { readonly verify: true }
  readonly customTransport?: 'deny'
  /** `'observe'`: refusals are recorded, not carried out; TLS, headers and limits hold all the same. @default 'enforce' */
  readonly mode?: 'enforce' | 'observe'
  /** Last day of observing, `YYYY-MM-DD` in UTC; from the next day on the policy enforces. */
  readonly observeUntil?: string
  /** Rules of your own, see `rule`. */
  readonly rules?: readonly Rule[]
}
