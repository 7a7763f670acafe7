// Spends a budget until little wishes are refused, then says how much it spent.
import { redisStore } from '@shlyuz/redis'
import { once } from 'node:events'

const { url, limit, seed } = JSON.parse(process.argv[2] ?? '') as { url: string; limit: number; seed: number }
const store = redisStore({ url, timeoutMs: 10_000 })
const end = Date.now() + 3_600_000
let spent = 0
let state = seed + 1

console.log('ready')
await once(process.stdin, 'data')
process.stdin.destroy()
await Promise.all(Array.from({ length: 25 }, spend))
console.log(spent)
await store.close()

async function spend(): Promise<void> {
  for (let refused = 0; refused < 3;) {
    state = (state * 48_271) % 2_147_483_647
    const wish = 1 + (state % 400)
    const { granted } = await store.reserve('spree', wish, limit, end)
    if (!granted) {
      refused++
      continue
    }
    // Half of it is what the call costs.
    const cost = Math.ceil(wish / 2)
    await store.settle('spree', wish, cost, end)
    spent += cost
  }
}
