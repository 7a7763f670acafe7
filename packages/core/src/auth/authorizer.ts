import { createHash } from 'node:crypto'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Access, Credential, Provider, SecretRequest, SecretSource } from '../provider.ts'
import type { CallScope } from '../transport/call-scope.ts'
import { isOffered, readSource } from './read-source.ts'
import type { TokenStore } from './token-store.ts'

/** Runs a credential's operation in a life of its own; `cancel` ends it when nobody waits any more. */
export type StartAuthorization = (
  credential: Credential,
  secrets: Readonly<Record<string, string>>,
) => { readonly access: Promise<Access>; readonly cancel: () => void }

/** Access for one call, with the key under which it is kept. */
export interface GrantedAccess {
  readonly key: string
  readonly access: Access
}

interface SharedAuthorization {
  readonly access: Promise<Access>
  readonly cancel: () => void
  waiters: number
}

interface KnownCredential {
  readonly credential: Credential
  readonly secrets: Readonly<Record<string, string>>
  readonly key: string
}

/**
 * Chooses a provider's credential, reads its secrets at first use, and keeps its token. Callers that need a token
 * at the same time share one exchange; an abort of one leaves the others alone.
 */
export class Authorizer {
  readonly #store: TokenStore
  readonly #known = new WeakMap<Provider, KnownCredential>()
  readonly #held = new Map<string, Access>()
  readonly #pending = new Map<string, SharedAuthorization>()

  constructor(store: TokenStore) {
    this.#store = store
  }

  /** Access that is there already, for a credential that is known: nothing has to be waited for. */
  held(provider: Provider): GrantedAccess | undefined {
    const key = this.#known.get(provider)?.key
    const access = key === undefined ? undefined : this.#held.get(key)
    return key !== undefined && access && isFresh(access) ? { key, access } : undefined
  }

  /** `undefined` when the provider needs no authorisation. */
  async grant(
    provider: Provider,
    request: SecretRequest,
    scope: CallScope,
    start: StartAuthorization,
  ): Promise<GrantedAccess | undefined> {
    if (provider.credentials.length === 0) return undefined
    const known = this.#known.get(provider) ?? (await this.#read(provider, request))
    const { key } = known
    const held = this.#held.get(key)
    if (held && isFresh(held)) return { key, access: held }
    const stored = await scope.race(Promise.resolve(this.#store.get(key)))
    if (stored && isFresh(stored)) {
      this.#held.set(key, stored)
      return { key, access: stored }
    }
    return { key, access: await this.#share(known, scope, start) }
  }

  /** The key of the credential that such a request would use, without asking for access. Empty when there is none. */
  async keyOf(provider: Provider, request: SecretRequest): Promise<string> {
    if (provider.credentials.length === 0) return ''
    return (this.#known.get(provider) ?? (await this.#read(provider, request))).key
  }

  /** The service refused this access: it is forgotten, unless a newer one is there already. */
  async forget({ key, access }: GrantedAccess): Promise<void> {
    if (this.#held.get(key) !== access) return
    this.#held.delete(key)
    await this.#store.delete(key)
  }

  async #share(known: KnownCredential, scope: CallScope, start: StartAuthorization): Promise<Access> {
    const { key, credential, secrets } = known
    // While this caller looked into the store another one may have finished.
    const held = this.#held.get(key)
    if (held && isFresh(held)) return held
    let shared = this.#pending.get(key)
    if (!shared) {
      const { access, cancel } = start(credential, secrets)
      shared = { access: this.#keep(key, access), cancel, waiters: 0 }
      this.#pending.set(key, shared)
    }
    shared.waiters++
    try {
      return await scope.race(shared.access)
    } finally {
      if (--shared.waiters === 0) shared.cancel()
    }
  }

  async #keep(key: string, pending: Promise<Access>): Promise<Access> {
    try {
      const access = await pending
      this.#held.set(key, access)
      // Static credentials are no tokens: they stay in this process.
      if (access.refreshAt !== undefined) await this.#store.set(key, access)
      return access
    } finally {
      this.#pending.delete(key)
    }
  }

  async #read(provider: Provider, request: SecretRequest): Promise<KnownCredential> {
    const credential = chooseCredential(provider)
    const secrets: Record<string, string> = {}
    let asked = false
    for (const [name, source] of Object.entries(credential.secrets)) {
      asked ||= 'ask' in source
      const value = await readSource(source, request)
      if (value === undefined || value === '') throw missing(provider, [credential])
      secrets[name] = value
    }
    const known = { credential, secrets, key: digestOf(provider, credential, secrets) }
    // A function is asked for every call: it may answer for another tenant.
    if (!asked) this.#known.set(provider, known)
    return known
  }
}

function isFresh({ refreshAt }: Access): boolean {
  return refreshAt === undefined || Date.now() < refreshAt
}

/** Explicit credentials win over the environment, the environment over a fallback; two at once are an error. */
function chooseCredential(provider: Provider): Credential {
  const { credentials } = provider
  const explicit = credentials.filter((credential) => credential.explicit)
  const offered = credentials.filter(
    (credential) => !credential.fallback && Object.values(credential.secrets).every(isOffered),
  )
  const chosen = [explicit, offered, credentials.filter((credential) => credential.fallback)].find(
    (candidates) => candidates.length > 0,
  )
  if (!chosen) throw missing(provider, credentials)
  if (chosen.length > 1) {
    const names = chosen.map((credential) => credential.name).join(', ')
    throw new ConfigurationError(`provider '${provider.name}' has ${chosen.length} credentials at once: ${names}`, {
      code: 'config.credentials_conflict',
      provider: provider.name,
      hint: `Оставьте один способ авторизации: задано сразу ${names}.`,
    })
  }
  return chosen[0] as Credential
}

function missing(provider: Provider, credentials: readonly Credential[]): ConfigurationError {
  const variables = [
    ...new Set(credentials.flatMap(({ secrets }) => Object.values(secrets).map(variableOf)).filter(Boolean)),
  ]
  const names = credentials.map((credential) => credential.name).join(', ')
  const fix =
    variables.length > 0 ? `задайте переменную ${variables[0]} или передайте ключ в настройках` : `задайте ${names}`
  return new ConfigurationError(`provider '${provider.name}' has no credentials; it takes: ${names}`, {
    code: 'config.credentials_missing',
    provider: provider.name,
    hint: `Нет ключа для '${provider.name}': ${fix}.`,
  })
}

function variableOf(source: SecretSource): string | undefined {
  return 'env' in source ? source.env : 'fileFromEnv' in source ? source.fileFromEnv : undefined
}

/** Tokens are kept by credential and by where it is used, so that no stand sees another one's token. */
function digestOf(provider: Provider, credential: Credential, secrets: Readonly<Record<string, string>>): string {
  const endpoints = Object.values(provider.endpoints).map((endpoint) => endpoint.url)
  const parts = [provider.kind, credential.name, endpoints, Object.entries(secrets)]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
