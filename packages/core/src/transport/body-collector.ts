import { ResponseTooLargeError } from '../errors/response-too-large-error.ts'

const nothing = Buffer.alloc(0)

/** Collects a body up to a limit. */
export class BodyCollector {
  /** The first piece, which is the whole body of most answers; lists of pieces are made where there are more. */
  #first: Buffer | undefined
  #rest: Buffer[] | undefined
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
    if (this.#first) (this.#rest ??= []).push(chunk)
    else this.#first = chunk
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
    const first = this.#first ?? nothing
    const all = this.#rest ? Buffer.concat([first, ...this.#rest]) : first
    return all.length > this.#limit ? all.subarray(0, this.#limit) : all
  }
}
