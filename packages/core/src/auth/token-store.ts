import type { Access } from '../provider.ts'

/**
 * Keeps what a token exchange gave, by a digest of the credential and its endpoints (never the credential itself).
 * A store of your own may share tokens between processes; it holds secrets, so guard it like one.
 */
export interface TokenStore {
  get(key: string): Access | undefined | Promise<Access | undefined>
  set(key: string, access: Access): void | Promise<void>
  delete(key: string): void | Promise<void>
}

/** The default: in this process's memory, for the life of the client. */
export function memoryTokenStore(): TokenStore {
  const kept = new Map<string, Access>()
  return {
    get: (key) => kept.get(key),
    set: (key, access) => void kept.set(key, access),
    delete: (key) => void kept.delete(key),
  }
}
