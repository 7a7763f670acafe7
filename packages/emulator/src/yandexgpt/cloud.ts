import { createIamToken, type YandexGptCredentials } from '../credentials.ts'
import type { YandexGptOptions } from '../options.ts'
import { OperationStore } from './operation-store.ts'
import { RateQuotas } from './rate-quotas.ts'

/** Whom an IAM token speaks for. A person must name the folder in each request; a service account has one. */
export type Subject = 'service-account' | 'user'

/** One folder of the cloud: the IAM tokens it was issued, the generations it has open, its operations and quotas. */
export class YandexCloud {
  readonly operations: OperationStore = new OperationStore()
  readonly quotas: RateQuotas = new RateQuotas()
  readonly #options: Required<YandexGptOptions>
  readonly #tokens = new Map<string, { readonly subject: Subject; readonly expiresAt: number }>()
  #open = 0
  #epoch = 0

  constructor(options: Required<YandexGptOptions>, credentials: YandexGptCredentials) {
    this.#options = options
    const expiresAt = Date.now() + options.tokenLifetimeMs
    this.#tokens.set(credentials.iamToken, { subject: 'service-account', expiresAt })
    this.#tokens.set(credentials.userIamToken, { subject: 'user', expiresAt })
  }

  issueToken(subject: Subject): { readonly token: string; readonly expiresAt: number } {
    const token = createIamToken()
    const expiresAt = Date.now() + this.#options.tokenLifetimeMs
    this.#tokens.set(token, { subject, expiresAt })
    return { token, expiresAt }
  }

  /** Whom a token speaks for; `undefined` when it is unknown or has expired. */
  subjectOf(token: string): Subject | undefined {
    const known = this.#tokens.get(token)
    return known !== undefined && known.expiresAt > Date.now() ? known.subject : undefined
  }

  /** Makes every token issued so far count as expired. */
  expireTokens(): void {
    for (const [token, { subject }] of this.#tokens) this.#tokens.set(token, { subject, expiresAt: 0 })
  }

  /** Takes one of the concurrent generations. @returns how to give it back, or `undefined` when all are taken */
  openGeneration(): (() => void) | undefined {
    if (this.#open >= this.#options.concurrentGenerations) return undefined
    this.#open += 1
    const epoch = this.#epoch
    let held = true
    return () => {
      if (!held) return
      held = false
      if (epoch === this.#epoch) this.#open -= 1
    }
  }

  reset(): void {
    this.#open = 0
    this.#epoch += 1
    this.operations.clear()
    this.quotas.clear()
  }
}
