import { ResponseTooLargeError } from '../errors/response-too-large-error.ts'

/** Collects a body up to a limit. */
export class BodyCollector {
  readonly #chunks: Buffer[] = []
  readonly #limit: number
  /** `cut`: keep the first bytes and say full. `refuse`: throw. */
  readonly #overflow: 'cut' | 'refuse'
  #size = 0

  constructor(limit: number, overflow: 'cut' | 'refuse') {
    this.#limit = limit
    this.#overflow = overflow
  }

  /**
   * True when the collector is full.
   * @throws ResponseTooLargeError
   */
  push(chunk: Buffer): boolean {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size <= this.#limit) return false
    if (this.#overflow === 'cut') return true
    throw new ResponseTooLargeError(`the answer is larger than ${this.#limit} bytes`, {
      hint: 'Ответ больше допустимого: проверьте адрес сервиса и прокси.',
    })
  }

  get size(): number {
    return this.#size
  }

  bytes(): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
    return all.length > this.#limit ? all.subarray(0, this.#limit) : all
  }
}
