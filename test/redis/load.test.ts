import { startEmulator, type Emulator } from '@shlyuz/emulator'
import { Redis } from 'ioredis'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { CallerSettings } from './children/caller.ts'
import { hasRedis, startRedis } from './redis-server.ts'
import { startChild } from './start-child.ts'

const processes = 4
const calls = 40
const slots = 4

describe.skipIf(!hasRedis)('several processes on one account', () => {
  it('never pass its limit, and leave it idle less than a twentieth of the time', { timeout: 60_000 }, async () => {
    await using redis = await startRedis()
    const pace = { serviceMs: [250, 450], firstPieceMs: [250, 450], pieceMs: [0, 0] } as const
    await using emulator = await startEmulator({ pace, gigachat: { parallelStreams: slots } })
    const settings: CallerSettings = {
      url: redis.url,
      encryptionKey: randomBytes(32).toString('base64'),
      slots,
      calls,
      gigachat: emulator.gigachat,
      ...describeNetwork(emulator),
    }
    const children = await Promise.all(Array.from({ length: processes }, () => startChild('caller.ts', settings)))
    const raw = new Redis(redis.url)
    const watch = startWatch(emulator, raw)
    for (const child of children) child.send('go')
    const reports = await Promise.all(children.map(async (child) => JSON.parse(await child.answer()) as unknown))
    const { mostOpen, open, held } = await watch.stop()
    raw.disconnect()

    expect(reports).toEqual(Array.from({ length: processes }, () => ({ answered: calls, failures: [] })))
    expect(await Promise.all(children.map((child) => child.exited))).toEqual(Array.from({ length: processes }, () => 0))
    expect(emulator.requests.filter(({ status }) => status === 429)).toEqual([])
    expect(mostOpen).toBe(slots)
    const [heldPercent, openPercent] = [held, open].map((share) => (100 * share).toFixed(1))
    console.log(
      `redis: ${processes} processes × ${calls} calls, ${slots} slots: ${heldPercent} % in use, ${openPercent} % open at the service`,
    )
    expect(held).toBeGreaterThan(0.95)
    // Each of them could have asked for a token of its own.
    expect(emulator.requests.filter(({ operation }) => operation === 'token').length).toBeLessThanOrEqual(processes)
  })
})

/** Where the origins of an emulator are, for another process. */
function describeNetwork({ network, origins }: Emulator): Pick<CallerSettings, 'hosts' | 'ports'> {
  const hosts: Record<string, readonly string[]> = {}
  const ports: Record<string, number> = {}
  for (const { origin, local } of origins) {
    const { hostname, port, protocol } = new URL(origin)
    if (protocol !== 'https:') continue
    const addresses = network.resolve(hostname) as readonly string[]
    hosts[hostname] = addresses
    for (const address of addresses) ports[`${address} ${port || 443}`] = Number(new URL(local).port)
  }
  return { hosts, ports }
}

interface Watched {
  /** Chats open at the same time, as the service counts them. */
  readonly mostOpen: number
  /** Share of all slots that had a chat at the service, while calls waited for one. */
  readonly open: number
  /** Share of all slots that a call held: what is left is lost by sharing. The rest to `open` is the way there and back. */
  readonly held: number
}

/** Looks all the time at the slots in Redis and at the chats that the emulator has not answered. */
function startWatch(emulator: Emulator, raw: Redis): { stop(): Promise<Watched> } {
  const samples: { readonly begun: number; readonly open: number; readonly held: number; readonly ms: number }[] = []
  const over = new AbortController()
  const watching = (async () => {
    let last = performance.now()
    while (!over.signal.aborted) {
      const [key = ''] = await raw.keys('shlyuz:semaphore:*')
      const held = await raw.zcard(key)
      const now = performance.now()
      const chats = emulator.requests.filter(({ operation }) => operation === 'chat')
      const open = chats.filter(({ closedByClient }) => closedByClient === 'pending').length
      samples.push({ begun: chats.length, open, held, ms: now - last })
      last = now
      await sleep(3)
    }
  })()
  return {
    async stop() {
      over.abort()
      await watching
      // From the first calls until none waited any more.
      const busy = samples.filter(({ begun }) => begun >= slots && begun < processes * calls)
      const total = slots * busy.reduce((sum, { ms }) => sum + ms, 0)
      return {
        mostOpen: Math.max(...samples.map(({ open }) => open)),
        open: busy.reduce((sum, { open, ms }) => sum + open * ms, 0) / total,
        held: busy.reduce((sum, { held, ms }) => sum + held * ms, 0) / total,
      }
    },
  }
}
