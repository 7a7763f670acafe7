import { spawn } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientClosedError, createClient, type ClientOptions } from '@shlyuz/core'
import { startEmulator, type Emulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { caught, collect } from '../e2e/support.ts'
import type { ChildTask, HeapSamples } from './life-cycle-child.ts'
import type { EmulatorPlace } from './soak-messages.ts'

let emulator: Emulator
const folder = mkdtempSync(join(tmpdir(), 'shlyuz-life-cycle-'))

beforeAll(async () => {
  emulator = await startEmulator({ pace: 'instant', gigachat: { scope: 'GIGACHAT_API_B2B' } })
})
afterEach(() => {
  emulator.reset()
  emulator.disconnect()
})
afterAll(async () => {
  await emulator.close()
  rmSync(folder, { recursive: true })
})

function create(options: Partial<ClientOptions<readonly []>> = {}) {
  const providers = [gigachat(emulator.gigachat), yandexgpt(emulator.yandexgpt)] as const
  return createClient({ retries: 0, ...options, providers, network: emulator.network })
}

const model = 'gigachat/GigaChat-2'
const other = 'yandexgpt/yandexgpt-5-lite'

async function msOf(work: Promise<unknown>): Promise<number> {
  const since = performance.now()
  await work
  return performance.now() - since
}

async function untilClosed(): Promise<number> {
  const open = (): number => emulator.connections.filter(({ isOpen }) => isOpen).length
  for (let look = 0; look < 100 && open() > 0; look++) await sleep(10)
  return open()
}

describe('F62: close', () => {
  it('lets running calls end, refuses new ones, and leaves no connection', async () => {
    const client = create()
    await client.generateText({ model, prompt: 'Привет' })
    emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'delay', ms: 400, times: 2 })
    const call = client.generateText({ model, prompt: 'Привет' })
    const stream = collect(client.streamText({ model, prompt: 'Привет' }))
    await sleep(50)
    const closing = client.close({ graceMs: 10_000 })
    expect(await caught(client.generateText({ model, prompt: 'Привет' }))).toBeInstanceOf(ClientClosedError)
    expect(await caught(collect(client.streamText({ model, prompt: 'Привет' })))).toBeInstanceOf(ClientClosedError)
    expect(await caught(client.countTokens({ model, prompt: 'Привет' }))).toBeInstanceOf(ClientClosedError)
    // It waits for them, and not for the whole time that it may.
    expect(await msOf(closing)).toBeLessThan(5_000)
    expect((await call).text).not.toBe('')
    expect(await stream).not.toBe('')
    expect(await untilClosed()).toBe(0)
  })

  it('cuts what is not over in time, wherever it waits: for an answer, in a stream, for a slot, for a retry, for a rate', async () => {
    const client = create({
      retries: 2,
      limits: { slots: { gigachat: 2 }, rates: { yandexgpt: { requests: { limit: 1, intervalMs: 60_000 } } } },
    })
    emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'stall', after: 'request' })
    const silent = caught(client.generateText({ model, prompt: 'Привет' }))
    await sleep(100)
    emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'stall', after: 'content' })
    const cut = caught(collect(client.streamText({ model, prompt: 'Привет' })))
    await sleep(100)
    const queued = caught(client.generateText({ model, prompt: 'Привет' }))
    emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'rate-limited', retryAfter: 30 })
    const retried = caught(client.generateText({ model: other, prompt: 'Привет' }))
    await sleep(100)
    const limited = caught(client.generateText({ model: other, prompt: 'Привет' }))
    const errors = Promise.all([silent, cut, queued, retried, limited])
    expect(await msOf(client.close({ graceMs: 300 }))).toBeLessThan(3_000)
    for (const error of await errors) {
      // What was given out of a stream stays with the error that ends it.
      const reason = (error as Error).name === 'StreamInterruptedError' ? (error as Error).cause : error
      expect(reason).toBeInstanceOf(ClientClosedError)
    }
    expect(await untilClosed()).toBe(0)
  })

  it('takes no time when nothing runs, and closing twice is closing once', async () => {
    const client = create()
    await client.generateText({ model, prompt: 'Привет' })
    expect(await msOf(Promise.all([client.close(), client.close()]))).toBeLessThan(1_000)
    expect(await untilClosed()).toBe(0)
  })
})

describe('a signal that many calls share', () => {
  it('has no listener of ours once they are over, however they ended', async () => {
    const shared = new AbortController()
    const { signal } = shared
    const client = create({ limits: { slots: { gigachat: 2 }, queueLength: 3, breaker: false } })
    const outcomes: Promise<unknown>[] = []
    const add = (work: Promise<unknown>): void => void outcomes.push(work.catch((error: unknown) => error))
    for (let count = 0; count < 10; count++) add(client.generateText({ model, prompt: 'Привет', signal }))
    for (let count = 0; count < 5; count++) add(collect(client.streamText({ model: other, prompt: 'Привет', signal })))
    emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'status', status: 503, times: 3 })
    add(client.generateText({ model: client.fallback([other, model]), prompt: 'Привет', signal }))
    add(client.generateText({ model: client.hedge([other, model], { delayMs: 1 }), prompt: 'Привет', signal }))
    add(client.generateText({ model: 'gigachat/Nothing', prompt: 'Привет', signal }))
    const left = client.streamText({ model: other, prompt: 'Привет', signal })
    for await (const part of left) if (part.type === 'text-delta') break
    await Promise.all(outcomes)
    await left.result.catch(() => {})
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'stall', after: 'request', times: 2 })
    const aborted = Array.from({ length: 4 }, () => caught(client.generateText({ model, prompt: 'Привет', signal })))
    await sleep(100)
    expect(getEventListeners(signal, 'abort')).not.toHaveLength(0)
    shared.abort(new Error('enough'))
    expect((await Promise.all(aborted)).every((error) => error === signal.reason)).toBe(true)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    await client.close()
  })
})

describe('a process that uses a client', () => {
  /** @returns what it printed, and how long it lived after its last word */
  async function run(act: ChildTask['act'], more: Partial<ChildTask> = {}, timeout = 15_000) {
    const place: EmulatorPlace = {
      ports: emulator.origins.map(({ origin, local }) => [origin, Number(new URL(local).port)]),
      publicRoot: emulator.ca.public,
      gigachat: emulator.gigachat,
      yandexgpt: emulator.yandexgpt,
    }
    const task: ChildTask = { place, act, auditFile: join(folder, `${act}.jsonl`), calls: 0, aborted: 0, ...more }
    const program = join(import.meta.dirname, 'life-cycle-child.ts')
    const child = spawn(
      process.execPath,
      ['--conditions=@shlyuz/source', '--expose-gc', program, JSON.stringify(task)],
      { stdio: ['ignore', 'pipe', 'inherit'], timeout },
    )
    let doneAt = Number.NaN
    child.stdout.on('data', (chunk: Buffer) => {
      if (String(chunk).includes('done')) doneAt = performance.now()
    })
    const printed = text(child.stdout)
    const [code] = (await once(child, 'exit')) as [number]
    return { code, printed: await printed, lingeredMs: performance.now() - doneAt }
  }

  it.each([
    ['closes it', 'close'],
    ['never closes it, and has nothing running', 'forget'],
    ['closes it while a connection hangs', 'close-while-connecting'],
  ] as const)('%s, ends by itself', async (_what, act) => {
    if (act === 'close-while-connecting') {
      emulator.fail({ service: 'gigachat', operation: 'token', kind: 'stall', after: 'connect' })
    }
    const { code, printed, lingeredMs } = await run(act)
    expect(printed.trim()).toBe('done')
    expect(code).toBe(0)
    expect(lingeredMs).toBeLessThan(2_000)
  })

  // The whole of it, 10,000 calls and 1,000 aborted streams, takes a minute: SHLYUZ_LIFE_CYCLE=full.
  const isFull = process.env['SHLYUZ_LIFE_CYCLE'] === 'full'
  const [calls, aborted] = isFull ? [10_000, 1_000] : [1_000, 200]

  it(
    `keeps its memory flat over ${calls} calls and ${aborted} aborted streams`,
    async () => {
      const sweep = setInterval(() => emulator.reset(), 1_000)
      const { code, printed } = await run('measure', { calls, aborted }, isFull ? 500_000 : 50_000)
      clearInterval(sweep)
      expect(code).toBe(0)
      const samples = JSON.parse(/^samples (.*)$/m.exec(printed)?.[1] ?? '') as HeapSamples
      // In the first half engines still grow. A call that leaves its smallest promise behind leaves more than this.
      expect(slopeOf(samples.slice(samples.length / 2))).toBeLessThan(isFull ? 100 : 1_000)
    },
    isFull ? 600_000 : 60_000,
  )
})

/** Bytes a call, by least squares. */
function slopeOf(samples: HeapSamples): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(samples.map(([calls]) => calls)), mean(samples.map(([, bytes]) => bytes))]
  const above = samples.reduce((sum, [calls, bytes]) => sum + (calls - x) * (bytes - y), 0)
  return above / samples.reduce((sum, [calls]) => sum + (calls - x) ** 2, 0)
}
