import { fork, type ChildProcess } from 'node:child_process'
import { getEventListeners, once, setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type Client } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { SlotQueue } from '../../packages/core/src/resilience/slot-queue.ts'
import { createNetwork } from '../../packages/emulator/src/network.ts'
import { runSoakCall } from './run-call.ts'
import type { EmulatorPlace, EmulatorReport, FromEmulator, ToEmulator } from './soak-messages.ts'
import { planCall, type FaultName, type SoakOptions } from './soak-plan.ts'

/** One promise of the soak, and what came of it. */
export interface SoakCheck {
  readonly title: string
  readonly passed: boolean
  readonly detail: string
}

export interface SoakSummary {
  readonly options: SoakOptions
  readonly seconds: number
  readonly outcomes: ReadonlyMap<string, number>
  /** What came of the calls that a fault was drawn for. */
  readonly faults: ReadonlyMap<FaultName, FaultTally>
  readonly report: EmulatorReport
  readonly checks: readonly SoakCheck[]
}

export interface FaultTally {
  readonly calls: number
  readonly complete: number
}

/** Longer than the deadline of a call: what is not over by then hangs. */
const hangMs = 60_000
const totalMs = 20_000

/** The heap of the client may differ by so much between a warm start and the end. */
const heapBoundBytes = 8 * 1024 * 1024

/** Share of the calls that have to be answered in full. */
const leastComplete = 0.4

/**
 * Runs a soak against an emulator in a process of its own.
 * @throws Error without `--expose-gc`: the figures of memory would mean nothing
 */
export async function runSoak(options: SoakOptions, onProgress: (done: number) => void): Promise<SoakSummary> {
  if (!globalThis.gc) throw new Error('a soak needs node --expose-gc')
  // No `await using`: the soak also runs under Node 22, whose parser does not know it.
  const emulator = await startEmulatorProcess(options)
  try {
    return await soakAgainst(emulator, options, onProgress)
  } finally {
    await emulator.stop()
  }
}

async function soakAgainst(
  emulator: EmulatorProcess,
  options: SoakOptions,
  onProgress: (done: number) => void,
): Promise<SoakSummary> {
  const since = performance.now()
  const stopWatching = watchProcess()
  const queues = watchQueues()
  const client = connect(emulator.place)
  const soak = new Soak(client, emulator, options)
  // The first calls load modules and open connections: memory is compared from there.
  const warm = Math.min(options.requests, Math.max(options.concurrency, Math.min(1_000, options.requests / 5)))
  await soak.run(0, warm, onProgress)
  const heapBefore = readHeap()
  await soak.run(warm, options.requests, onProgress)
  const heapAfter = readHeap()
  await emulator.judged()
  await client.close()
  await sleep(200)
  const sockets = openSockets()
  const report = await emulator.report()
  const { outcomes, faults } = soak
  const checks = createChecks({ soak, report, queues, sockets, heapBefore, heapAfter, strays: stopWatching() })
  return { options, seconds: (performance.now() - since) / 1_000, outcomes, faults, report, checks }
}

/** What is known at the end. */
interface SoakFacts {
  readonly soak: Soak
  readonly report: EmulatorReport
  readonly queues: ReadonlySet<SlotQueue>
  readonly sockets: number
  readonly heapBefore: number
  readonly heapAfter: number
  readonly strays: readonly string[]
}

function createChecks(facts: SoakFacts): readonly SoakCheck[] {
  const { soak, report, queues, sockets, heapBefore, heapAfter, strays } = facts
  const { options, outcomes, faults, untyped, wrong, checked, listeners } = soak
  const count = [...outcomes.values()].reduce((sum, one) => sum + one, 0)
  const complete = outcomes.get('complete') ?? 0
  const busy = [...queues].filter(({ held, waiting }) => held + waiting > 0)
  // An abort may come before the fault: of some calls one meets it.
  const missed = [...faults].filter(([name, { calls }]) => calls >= 5 && !report.hits[name]).map(([name]) => name)
  const check = (title: string, passed: boolean, detail: string): SoakCheck => ({ title, passed, detail })
  return [
    check('every call ended', count === options.requests && !outcomes.has('hang'), `${count} ended`),
    check('as a complete answer or a typed error', untyped.length === 0, first(untyped)),
    check('no answer was cut in silence', wrong.length === 0, `${checked} compared${first(wrong, '; ')}`),
    check(`at least ${leastComplete * 100} % complete`, complete >= leastComplete * count, percent(complete, count)),
    check('every kind of fault was met', missed.length === 0, missed.join(', ')),
    check('no unhandled rejection', strays.length === 0, first(strays)),
    check('no slot was lost', queues.size > 0 && busy.length === 0, `${queues.size} queues`),
    check(
      'no socket is left',
      sockets + report.openConnections === 0,
      `${sockets} here, ${report.openConnections} at the emulator`,
    ),
    check('no listener is left', listeners() === 0, `${listeners()} on the shared signal`),
    check(
      'memory is flat',
      heapAfter - heapBefore < heapBoundBytes,
      `${megabytes(heapBefore)} to ${megabytes(heapAfter)}`,
    ),
  ]
}

class Soak {
  readonly outcomes = new Map<string, number>()
  readonly faults = new Map<FaultName, FaultTally>()
  readonly untyped: string[] = []
  readonly wrong: string[]
  checked = 0
  readonly #client: Client
  readonly #emulator: EmulatorProcess
  readonly options: SoakOptions
  readonly #signal = new AbortController().signal
  #done = 0

  constructor(client: Client, emulator: EmulatorProcess, options: SoakOptions) {
    this.#client = client
    this.#emulator = emulator
    this.options = options
    this.wrong = emulator.wrong
    setMaxListeners(0, this.#signal)
  }

  readonly listeners = (): number => getEventListeners(this.#signal, 'abort').length

  /** Runs the calls of these numbers, so many side by side, until all are over. */
  async run(from: number, to: number, onProgress: (done: number) => void): Promise<void> {
    let next = from
    const lane = async (): Promise<void> => {
      while (next < to) {
        await this.#runOne(next++)
        onProgress(++this.#done)
      }
    }
    await Promise.all(Array.from({ length: this.options.concurrency }, lane))
  }

  async #runOne(index: number): Promise<void> {
    const call = planCall(this.options, index)
    const watchdog = new AbortController()
    const end = await Promise.race([
      runSoakCall(this.#client, call, this.#signal),
      sleep(hangMs, undefined, { signal: watchdog.signal, ref: true }).catch(() => undefined),
    ])
    watchdog.abort()
    const outcome = end?.outcome ?? 'hang'
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
    if (call.fault) this.#tally(call.fault.fault.kind, outcome)
    if (!end) return void this.untyped.push(`${call.mark} is not over after ${hangMs} ms`)
    if (end.wrong !== undefined) this.untyped.push(`${call.mark} ${end.wrong}`)
    if (end.claim.steps.length > 0 || end.claim.beginning !== '') this.checked++
    this.#emulator.claim({ index, ...end.claim })
  }

  #tally(name: FaultName, outcome: string): void {
    const { calls, complete } = this.faults.get(name) ?? { calls: 0, complete: 0 }
    this.faults.set(name, { calls: calls + 1, complete: complete + (outcome === 'complete' ? 1 : 0) })
  }
}

function connect({ ports, publicRoot, gigachat: giga, yandexgpt: yandex }: EmulatorPlace): Client {
  return createClient({
    providers: [
      gigachat(giga),
      gigachat({ ...giga, name: 'gigachat-v2', api: 'v2' }),
      yandexgpt(yandex),
      yandexgpt({ ...yandex, name: 'yandex-openai', api: 'openai' }),
    ],
    network: createNetwork(new Map(ports), publicRoot),
    retries: 2,
    // A stall has to be found quickly, and a busy machine is no stall.
    timeout: { totalMs, connectMs: 800, headersMs: 800, firstContentMs: 900, idleMs: 800 },
    limits: { breaker: { failures: 8, openMs: 250 } },
  }) as Client
}

interface EmulatorProcess {
  readonly place: EmulatorPlace
  /** What was claimed and never sent. */
  readonly wrong: string[]
  claim(claim: Extract<ToEmulator, { say: 'claim' }>['claim']): void
  /** Waits until every claim is judged. */
  judged(): Promise<void>
  report(): Promise<EmulatorReport>
  stop(): Promise<void>
}

async function startEmulatorProcess(options: SoakOptions): Promise<EmulatorProcess> {
  const child = fork(join(import.meta.dirname, 'emulator-process.ts'), [JSON.stringify(options)], {
    execArgv: ['--conditions=@shlyuz/source', '--no-warnings=ExperimentalWarning'],
    serialization: 'json',
  })
  const wrong: string[] = []
  let open = 0
  let report: EmulatorReport | undefined
  let place: EmulatorPlace | undefined
  child.on('message', (message: FromEmulator) => {
    if (message.say === 'ready') place = message.place
    else if (message.say === 'report') report = message.report
    else {
      open--
      if (message.wrong !== undefined) wrong.push(`call ${message.index} ${message.wrong}`)
    }
  })
  const tell = (message: ToEmulator): void => void child.send(message)
  await until(child, () => place !== undefined)
  return {
    place: place as EmulatorPlace,
    wrong,
    claim(claim) {
      open++
      tell({ say: 'claim', claim })
    },
    judged: () => until(child, () => open === 0),
    async report() {
      tell({ say: 'report' })
      await until(child, () => report !== undefined)
      return report as EmulatorReport
    },
    async stop() {
      const gone = child.exitCode === null ? once(child, 'exit') : undefined
      if (child.connected) tell({ say: 'stop' })
      await gone
    },
  }
}

async function until(child: ChildProcess, isSo: () => boolean): Promise<void> {
  const end = performance.now() + 60_000
  while (!isSo()) {
    if (child.exitCode !== null) throw new Error(`the emulator's process ended with ${child.exitCode}`)
    if (performance.now() > end) throw new Error("the emulator's process does not answer")
    await sleep(5)
  }
}

/** What no program wants to see. @returns a function that stops and gives what was seen */
function watchProcess(): () => readonly string[] {
  const seen: string[] = []
  const note = (error: unknown): void => void seen.push(String((error as Error)?.stack ?? error))
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  process.on('warning', note)
  return () => {
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
    process.off('warning', note)
    return seen
  }
}

/** Every queue for slots that a call of this process has come to. */
function watchQueues(): ReadonlySet<SlotQueue> {
  const queues = new Set<SlotQueue>()
  const { take } = SlotQueue.prototype
  SlotQueue.prototype.take = function takeWatched(...input) {
    queues.add(this)
    return take.apply(this, input)
  }
  return queues
}

function readHeap(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS)/.test(name)).length
}

function first(list: readonly string[], before = ''): string {
  return list.length === 0 ? '' : `${before}${list.length} not, first: ${list[0]}`
}

function percent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(1)} %`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
