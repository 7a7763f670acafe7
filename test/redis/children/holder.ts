// Takes all slots of a key and keeps them until it is killed.
import { redisStore } from '@shlyuz/redis'

interface Settings {
  readonly url: string
  readonly key: string
  readonly limit: number
  readonly leaseMs: number
}

const { url, key, limit, leaseMs } = JSON.parse(process.argv[2] ?? '') as Settings
const store = redisStore({ url, timeoutMs: 10_000 })
for (let at = 0; at < limit; at++) {
  if (!(await store.takeSlot(key, limit, `child ${at}`, leaseMs))) throw new Error('a slot was taken')
}
console.log('ready')
