import type { Exchange } from '../exchange.ts'
import { refuse, type Refuse } from './refusals.ts'

/** What is counted together. */
export type QuotaKind = 'embeddings' | 'classification' | 'submission' | 'poll' | 'tokenizer' | 'image'

interface Quota {
  readonly name: string
  readonly allowed: number
  readonly perMs: number
}

const second = 1000
const hour = 3_600_000

/** The published rates of 2026-02. The name of the embeddings' quota was reported by users, the others are ours. */
const quotas: Readonly<Record<QuotaKind, readonly Quota[]>> = {
  embeddings: [{ name: 'ai.embeddingsTextEmbeddingRequestsPerSecond.rate', allowed: 10, perMs: second }],
  classification: [{ name: 'ai.textClassificationRequestsPerSecond.rate', allowed: 1, perMs: second }],
  submission: [
    { name: 'ai.textGenerationAsyncCompletionRequestsPerSecond.rate', allowed: 10, perMs: second },
    { name: 'ai.textGenerationAsyncCompletionRequestsPerHour.rate', allowed: 5000, perMs: hour },
  ],
  poll: [{ name: 'ai.operationGetRequestsPerSecond.rate', allowed: 50, perMs: second }],
  tokenizer: [{ name: 'ai.textGenerationTokenizeRequestsPerSecond.rate', allowed: 50, perMs: second }],
  image: [
    { name: 'ai.imageGenerationRequestsPerMinute.rate', allowed: 500, perMs: hour / 60 },
    { name: 'ai.imageGenerationRequestsPerDay.rate', allowed: 5000, perMs: 24 * hour },
  ],
}

/** Counts requests against the published rates. */
export class RateQuotas {
  readonly #times = new Map<QuotaKind, number[]>()

  /** Counts a request unless it is one too many. @returns in that case what the service says */
  take(kind: QuotaKind, now: number = Date.now()): string | undefined {
    const longest = Math.max(...quotas[kind].map(({ perMs }) => perMs))
    const times = (this.#times.get(kind) ?? []).filter((at) => at > now - longest)
    const spent = quotas[kind].find(({ allowed, perMs }) => times.filter((at) => at > now - perMs).length >= allowed)
    this.#times.set(kind, spent === undefined ? [...times, now] : times)
    return spent === undefined ? undefined : `${spent.name} rate quota limit exceed: allowed ${spent.allowed} requests`
  }

  clear(): void {
    this.#times.clear()
  }
}

/** Counts a request when the options switch the rates on. @throws Refusal with 429 */
export function checkRate({ state }: Exchange, kind: QuotaKind, deny: Refuse = refuse): void {
  const message = state.options.yandexgpt.rateQuotas ? state.yandexgpt.quotas.take(kind) : undefined
  if (message !== undefined) throw deny(429, message)
}
