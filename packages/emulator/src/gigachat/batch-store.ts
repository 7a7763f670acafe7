import { randomUUID } from 'node:crypto'

/** What the lines of a batch ask for. */
export type BatchMethod = 'chat_completions' | 'embedder'

/** A batch of the account. */
export interface StoredBatch {
  readonly id: string
  readonly method: BatchMethod
  readonly total: number
  readonly failed: number
  /** The result, line by line; the file is made when the batch is complete. */
  readonly output: string
  readonly owner: string | null
  /** Seconds since 1970. */
  readonly createdAt: number
  updatedAt: number
  /** How often it was looked at. */
  polls: number
  outputFileId?: string
}

/** Batches of an account, oldest first. */
export class BatchStore {
  readonly #batches = new Map<string, StoredBatch>()

  add(batch: Pick<StoredBatch, 'method' | 'total' | 'failed' | 'output' | 'owner'>): StoredBatch {
    const now = Math.floor(Date.now() / 1000)
    const stored = { ...batch, id: randomUUID(), createdAt: now, updatedAt: now, polls: 0 }
    this.#batches.set(stored.id, stored)
    return stored
  }

  get(id: string): StoredBatch | undefined {
    return this.#batches.get(id)
  }

  list(): StoredBatch[] {
    return [...this.#batches.values()]
  }

  clear(): void {
    this.#batches.clear()
  }
}
