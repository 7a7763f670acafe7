// Asks a store once, closes it, and has nothing else to live for.
import { redisStore } from '@shlyuz/redis'

const { url, timeoutMs } = JSON.parse(process.argv[2] ?? '') as { url: string; timeoutMs: number }
const store = redisStore({ url, timeoutMs })
await store.takeSlot('closing', 1, 'child', 1_000).catch(() => false)
console.log('ready')
await store.close()
