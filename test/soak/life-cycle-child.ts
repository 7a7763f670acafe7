// A program of a user's, in a process of its own: uses a client with everything on, says so, and has to end by itself.
import { subscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { auditLog, createClient, type Client } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { createNetwork } from '../../packages/emulator/src/network.ts'
import type { EmulatorPlace } from './soak-messages.ts'

export interface ChildTask {
  readonly place: EmulatorPlace
  readonly act: 'close' | 'forget' | 'close-while-connecting' | 'measure'
  readonly auditFile: string
  /** For `measure`: calls that end well, and streams that are aborted. */
  readonly calls: number
  readonly aborted: number
}

/** Bytes of the heap by the number of calls made so far. */
export type HeapSamples = readonly (readonly [calls: number, bytes: number])[]

const { place, act, auditFile, calls, aborted } = JSON.parse(process.argv[2] ?? '') as ChildTask

subscribe('shlyuz:policy.decision', () => {})

const audit = auditLog({ file: auditFile })
const client = createClient({
  providers: [gigachat(place.gigachat), yandexgpt(place.yandexgpt)],
  network: createNetwork(new Map(place.ports), place.publicRoot),
  // A log of ten thousand calls is no matter of the heap, and slow.
  ...(act !== 'measure' && { audit }),
  budgets: [{ name: 'all', amount: '100000', period: 'day', unpriced: 'allow' }],
  limits: {
    breaker: { failures: 5, openMs: 60_000 },
    rates: { yandexgpt: { requests: { limit: 1e6, intervalMs: 60_000 } } },
  },
}) as Client

const models = ['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5-lite'] as const

switch (act) {
  case 'close':
    await use()
    await client.close()
    await audit.close()
    break
  case 'forget':
    await use()
    await audit.close()
    break
  case 'close-while-connecting': {
    const call = client.generateText({ model: models[0], prompt: 'Привет', retries: 0 }).catch(() => {})
    await sleep(300)
    await client.close({ graceMs: 0 })
    await call
    await audit.close()
    break
  }
  case 'measure':
    console.log(`samples ${JSON.stringify(await measure())}`)
    await client.close()
}
console.log('done')

/** Calls of all kinds, some of which fail or are left, and none of which runs any more. */
async function use(): Promise<void> {
  for (const model of models) {
    await client.generateText({ model, prompt: 'Привет', signal: AbortSignal.timeout(600_000) })
    for await (const part of client.streamText({ model, prompt: 'Привет' })) if (part.type === 'text-delta') break
    await client.streamText({ model, prompt: 'Привет' }).result
  }
  await client.generateText({ model: client.fallback(models), prompt: 'Привет' })
  await client.generateText({ model: client.hedge(models, { delayMs: 600_000 }), prompt: 'Привет' })
  await client.generateText({ model: 'gigachat/Nothing', prompt: 'Привет' }).catch(() => {})
}

async function measure(): Promise<HeapSamples> {
  const samples: [number, number][] = []
  const steps = 10
  await makeCalls(Math.max(300, calls / 5))
  await abortStreams(Math.max(50, aborted / 5))
  for (let step = 0; step <= steps; step++) {
    samples.push([(step * (calls + aborted)) / steps, readHeap()])
    if (step === steps) break
    await makeCalls(calls / steps)
    await abortStreams(aborted / steps)
  }
  return samples
}

async function makeCalls(count: number): Promise<void> {
  await sideBySide(count, async (at) => {
    await client.generateText({ model: models[at % 2] as string, prompt: 'Привет' })
  })
}

/** Each is aborted once its first text has come. */
async function abortStreams(count: number): Promise<void> {
  await sideBySide(count, async (at) => {
    const controller = new AbortController()
    const stream = client.streamText({
      model: models[at % 2] as string,
      prompt: 'Привет',
      signal: controller.signal,
    })
    try {
      for await (const part of stream) if (part.type === 'text-delta') controller.abort(new Error('enough'))
    } catch (error) {
      if ((error as Error).message !== 'enough') throw error
    }
  })
}

async function sideBySide(count: number, run: (at: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await run(next++)
  }
  await Promise.all(Array.from({ length: 10 }, lane))
}

function readHeap(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
