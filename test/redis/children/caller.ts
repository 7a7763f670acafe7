// One of several processes that share an account: calls through a client of its own, and says what became of it.
import { createClient } from '@shlyuz/core'
import { testNetwork } from '@shlyuz/core/testing'
import { gigachat } from '@shlyuz/gigachat'
import { redisStore } from '@shlyuz/redis'
import { once } from 'node:events'

/** Everything a child needs to find the emulator of its parent. */
export interface CallerSettings {
  readonly url: string
  readonly encryptionKey: string
  readonly slots: number
  readonly calls: number
  readonly gigachat: Parameters<typeof gigachat>[0]
  readonly hosts: Readonly<Record<string, readonly string[]>>
  /** Local port by address and port. */
  readonly ports: Readonly<Record<string, number>>
}

const settings = JSON.parse(process.argv[2] ?? '') as CallerSettings
const { url, encryptionKey, slots, calls, hosts, ports } = settings
const store = redisStore({ url, encryptionKey, timeoutMs: 5_000 })
const client = createClient({
  providers: [gigachat(settings.gigachat)],
  network: testNetwork({
    resolve: (host) => hosts[host] ?? [],
    dial: (address, port) => ({ host: '127.0.0.1', port: ports[`${address} ${port}`] ?? 0 }),
  }),
  retries: 0,
  limits: { store, slots: { gigachat: slots }, whenStoreFails: 'refuse' },
})
const call = () => client.generateText({ model: 'gigachat/GigaChat-2', prompt: 'Привет', timeout: { totalMs: 60_000 } })

console.log('ready')
await once(process.stdin, 'data')
process.stdin.destroy()
const outcomes = await Promise.allSettled(Array.from({ length: calls }, call))
const failures = outcomes.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
console.log(JSON.stringify({ answered: outcomes.length - failures.length, failures: failures.slice(0, 3) }))
await client.close()
await store.close()
