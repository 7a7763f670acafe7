import { createGigaChatToken, type GigaChatCredentials } from '../credentials.ts'
import type { GigaChatOptions } from '../options.ts'
import { BatchStore } from './batch-store.ts'
import { FileStore } from './file-store.ts'
import { PromptCache } from './prompt-cache.ts'

/** One GigaChat account: the tokens it was issued, the requests it has open, its files and batches. */
export class GigaChatAccount {
  readonly promptCache: PromptCache = new PromptCache()
  readonly files: FileStore = new FileStore()
  readonly batches: BatchStore = new BatchStore()
  readonly #options: Required<GigaChatOptions>
  /** Issued tokens and when they expire, in milliseconds since 1970. */
  readonly #tokens = new Map<string, number>()
  /** Tokens used, by model. */
  readonly #spent = new Map<string, number>()
  #open = 0
  #epoch = 0
  #tokenCalls: number[] = []

  constructor(options: Required<GigaChatOptions>, credentials: GigaChatCredentials) {
    this.#options = options
    this.#tokens.set(credentials.accessToken, Date.now() + options.tokenLifetimeMs)
  }

  issueToken(): { readonly token: string; readonly expiresAt: number } {
    const token = createGigaChatToken()
    const expiresAt = Date.now() + this.#options.tokenLifetimeMs
    this.#tokens.set(token, expiresAt)
    return { token, expiresAt }
  }

  tokenState(token: string): 'good' | 'expired' | 'unknown' {
    const expiresAt = this.#tokens.get(token)
    if (expiresAt === undefined) return 'unknown'
    return expiresAt > Date.now() ? 'good' : 'expired'
  }

  /** Makes every token issued so far count as expired. */
  expireTokens(): void {
    for (const token of this.#tokens.keys()) this.#tokens.set(token, 0)
  }

  /** Counts a call of the token endpoint. @returns false when there were too many within a second */
  admitTokenCall(): boolean {
    const now = Date.now()
    this.#tokenCalls = this.#tokenCalls.filter((at) => at > now - 1000)
    if (this.#tokenCalls.length >= this.#options.tokenCallsPerSecond) return false
    this.#tokenCalls.push(now)
    return true
  }

  /** Takes one of the parallel streams. @returns how to give it back, or `undefined` when all are taken */
  openStream(): (() => void) | undefined {
    if (this.#open >= this.#options.parallelStreams) return undefined
    this.#open += 1
    const epoch = this.#epoch
    let held = true
    return () => {
      if (!held) return
      held = false
      if (epoch === this.#epoch) this.#open -= 1
    }
  }

  /** Counts tokens against the balance. */
  spend(model: string, tokens: number): void {
    this.#spent.set(model, (this.#spent.get(model) ?? 0) + tokens)
  }

  /** Tokens that models have used since the start or the last reset. */
  spentBy(isOf: (model: string) => boolean): number {
    return [...this.#spent].reduce((sum, [model, tokens]) => sum + (isOf(model) ? tokens : 0), 0)
  }

  reset(): void {
    this.#open = 0
    this.#epoch += 1
    this.#tokenCalls = []
    this.#spent.clear()
    this.promptCache.clear()
    this.files.clear()
    this.batches.clear()
  }
}
