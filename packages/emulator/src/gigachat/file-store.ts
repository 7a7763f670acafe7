import { randomUUID } from 'node:crypto'

/** What a file holds. */
export type Modality = 'text' | 'image' | 'audio'

/** A file of the account. */
export interface StoredFile {
  readonly id: string
  readonly content: Uint8Array
  readonly filename: string
  readonly mime: string
  readonly purpose: string
  /** `undefined` for models and batch results. */
  readonly modality?: Modality
  /** Seconds since 1970. */
  readonly createdAt: number
  /** `X-Client-ID` of the request that made it; only requests with the same header see the file. */
  readonly owner: string | null
}

/** Files of an account, uploaded and generated. */
export class FileStore {
  readonly #files = new Map<string, StoredFile>()

  add(file: Omit<StoredFile, 'id' | 'createdAt'>): StoredFile {
    const stored = { ...file, id: randomUUID(), createdAt: Math.floor(Date.now() / 1000) }
    this.#files.set(stored.id, stored)
    return stored
  }

  /** The file, if it is there and the owner's. */
  get(id: string, owner: string | null): StoredFile | undefined {
    const file = this.#files.get(id)
    return file?.owner === owner ? file : undefined
  }

  /** Files of an owner, oldest first. */
  list(owner: string | null): StoredFile[] {
    return [...this.#files.values()].filter((file) => file.owner === owner)
  }

  delete(id: string): void {
    this.#files.delete(id)
  }

  clear(): void {
    this.#files.clear()
  }
}
