import type { JsonObject } from '../read-values.ts'

/** A response that was asked to be kept, which is the default. */
export interface StoredResponse {
  readonly id: string
  /** As it is when complete. */
  readonly complete: JsonObject
  /** Everything the model was given, oldest first, each item with an id. */
  readonly input: readonly JsonObject[]
  /** How often it still answers that it is at work. */
  pollsLeft: number
  /** Still queued when it was last looked at. */
  isQueued: boolean
  isCancelled: boolean
}

/** The responses of the folder. */
export class ResponseStore {
  readonly #responses = new Map<string, StoredResponse>()

  add(response: StoredResponse): void {
    this.#responses.set(response.id, response)
  }

  get(id: string): StoredResponse | undefined {
    return this.#responses.get(id)
  }

  clear(): void {
    this.#responses.clear()
  }
}
