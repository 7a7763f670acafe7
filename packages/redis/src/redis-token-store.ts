import { ConfigurationError, type Access, type TokenStore } from '@shlyuz/core'
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { RedisConnection } from './redis-connection.ts'

const nonceBytes = 12
const tagBytes = 16

/**
 * Tokens for all processes that know the key. Without Redis, or with a value that cannot be opened, there is no token:
 * a process fetches one of its own.
 */
export function createRedisTokenStore(connection: RedisConnection, key: Buffer): TokenStore {
  const keyId = createHash('sha256').update('shlyuz token key').update(key).digest('hex').slice(0, 16)
  const slot = (name: string): { place: string; aad: Buffer } => ({
    place: `token:${name}`,
    aad: Buffer.from(`${keyId} ${name}`),
  })
  return {
    async get(name) {
      const { place, aad } = slot(name)
      const sealed = await unlessGone(connection.ask(({ client }) => client.get(place)))
      return sealed ? openAccess(sealed, key, aad) : undefined
    },
    async set(name, access) {
      const { place, aad } = slot(name)
      const livesMs = Math.floor((access.refreshAt ?? 0) - Date.now())
      if (livesMs <= 0) return
      const sealed = sealAccess(access, key, aad)
      await unlessGone(connection.ask(({ client }) => client.set(place, sealed, 'PX', livesMs)))
    },
    async delete(name) {
      await unlessGone(connection.ask(({ client }) => client.del(slot(name).place)))
    },
  }
}

async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (ConfigurationError.isInstance(error)) throw error
    return undefined
  }
}

/** AES-256-GCM, bound to the key's id and to the name that the token is kept under. */
export function sealAccess(access: Access, key: Buffer, aad: Buffer): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(access), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** `undefined` for what was sealed under another key or name, or changed. */
export function openAccess(sealed: string, key: Buffer, aad: Buffer): Access | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  const [nonce, tag] = [bytes.subarray(0, nonceBytes), bytes.subarray(nonceBytes, nonceBytes + tagBytes)]
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      .setAAD(aad)
      .setAuthTag(tag)
    const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()])
    return JSON.parse(text.toString('utf8')) as Access
  } catch {
    return undefined
  }
}
