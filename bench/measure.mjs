// Measures one contender in one scenario, in this fresh process, and tells the figures to run.mjs.
// CPU time of the whole process: the collector and the compiler are counted too.
import { once } from 'node:events'
import { get } from 'node:http'
import { contenders } from './contenders/index.mjs'
import { streamText } from './wire.mjs'

const { contender: key, beforeTree, scenario, port, tlsPort, ca, expected } = JSON.parse(process.env.SHLYUZ_BENCH)
const { load, shape = 'openai', with: extras, isBefore, signal = 'none' } = contenders[key]
const { mode, counts, isTls } = scenario
const origin = isTls ? `https://127.0.0.1:${tlsPort}` : `http://127.0.0.1:${port}`
const prefix = `/${shape}/${mode}`
const messages = [
  { role: 'system', content: 'Отвечай кратко и по делу.' },
  { role: 'user', content: 'Расскажи о самом глубоком озере в мире: где оно, чем известно, и какая в нём вода.' },
]
const create = await load()
const baseUrl = `${origin}${prefix}/v1`
const setup = {
  origin,
  prefix,
  baseUrl,
  ca: isTls ? ca : undefined,
  shape,
  model: 'bench-model',
  messages,
  with: extras,
  ...(isBefore && { tree: beforeTree }),
}
const client = await create(setup)

/** As a caller has them: one for each of his requests, or one for all. Made before anything is measured. */
const shared = new AbortController().signal
const signals = Array.from({ length: counts.parallel ?? 1 }, () =>
  signal === 'own' ? new AbortController().signal : signal === 'shared' ? shared : undefined,
)

const kinds = {
  async calls({ parallel, cold, warm, count }) {
    const first = await measure(() => callAll(parallel, cold))
    const { cpuUs, ...rest } = await measure(
      () => callAll(parallel, count),
      () => callAll(parallel, warm),
    )
    return { value: cpuUs / count, cold: first.cpuUs / cold, ...rest }
  },

  async burst({ events, cold, runs }) {
    const readOnce = () => readStream(signals[0], events)
    const first = await measure(() => times(cold, readOnce))
    const { cpuUs, ...rest } = await measure(() => times(runs, readOnce))
    return { value: cpuUs / runs / events, cold: first.cpuUs / cold / events, ...rest }
  },

  async streams({ parallel, events, warm, rounds }) {
    const round = () => Promise.all(signals.map((one) => readStream(one, events)))
    const { cpuUs, ...rest } = await measure(
      () => times(rounds, round),
      () => times(warm, round),
    )
    return { value: cpuUs / rounds / parallel / events, ...rest }
  },

  async first({ warm, count }) {
    const waits = []
    const readOnce = async () => {
      const start = performance.now()
      let first
      await client.stream(() => (first ??= performance.now()), signals[0])
      waits.push(first - start)
    }
    await times(warm, readOnce)
    waits.length = 0
    const measured = await measure(() => times(count, readOnce))
    waits.sort((a, b) => a - b)
    return { ...measured, value: waits[count >> 1] * 1000 }
  },

  async open({ parallel }) {
    // A few first, so that code and buffers that are there once are not counted.
    const warm = await openStreams(Math.min(parallel, 20))
    const before = await memory()
    await openStreams(parallel)
    const after = await memory()
    const each = (name) => (after[name] - before[name]) / 1024 / parallel
    return { value: each('heapUsed'), resident: each('rss'), warm }
  },

  async lines({ tokens, warm, runs }) {
    const text = key === 'reading' ? undefined : streamText(tokens)
    const readOnce = async () => {
      let read = ''
      await client.stream((piece) => (read += piece), signals[0])
      if (text !== undefined && read !== text) throw new Error('the text is not the one that was sent')
    }
    await times(warm, readOnce)
    const { cpuUs, ...rest } = await measure(() => times(runs, readOnce))
    return { value: cpuUs / runs / 1000, ...rest }
  },
}

async function callAll(parallel, count) {
  let left = count
  const work = async (_, index) => {
    while (left-- > 0) {
      const text = await client.generate(signals[index])
      if (text !== expected.whole) throw new Error('the text is not the one that was sent')
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
}

const lengths = new Map()

async function readStream(one, events) {
  let seen = 0
  let length = 0
  await client.stream((text) => {
    seen++
    length += text.length
  }, one)
  if (!lengths.has(events)) lengths.set(events, streamText(events).length)
  if (seen !== events || length !== lengths.get(events)) throw new Error(`${seen} events of ${events} were read`)
}

/** Resolves when each has its first token; the streams stay open. */
async function openStreams(count) {
  let begun = 0
  await new Promise((resolve, reject) => {
    for (let index = 0; index < count; index++) {
      client.stream(() => ++begun === count && resolve(), signals[index]).catch(reject)
    }
  })
  return begun
}

async function memory() {
  for (let round = 0; round < 3; round++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return process.memoryUsage()
}

async function times(count, work) {
  for (let run = 0; run < count; run++) await work()
}

/**
 * With the share of its core that the server needed, the warm-up included: asking for it in between runs code of Node that
 * what is measured runs too, with other objects, for which it is compiled anew.
 */
async function measure(work, warmUp) {
  const serverBefore = await serverCpu()
  const warmUpAt = performance.now()
  await warmUp?.()
  const before = process.cpuUsage()
  const start = performance.now()
  await work()
  const end = performance.now()
  const cpuUs = total(process.cpuUsage(before))
  const serverUs = total(await serverCpu()) - total(serverBefore)
  return { cpuUs, share: cpuUs / 1000 / (end - start), serverShare: serverUs / 1000 / (end - warmUpAt) }
}

function total({ user, system }) {
  return user + system
}

async function serverCpu() {
  const request = get(`http://127.0.0.1:${port}/cpu`, { agent: false })
  const [response] = await once(request, 'response')
  return JSON.parse((await response.toArray()).join(''))
}

// Not before each measurement: a collection while no call is under way takes the shapes of the objects of a call along,
// and with them the code that was compiled for these, which the warm-up was for.
globalThis.gc()
process.send(await kinds[scenario.kind](counts))
process.exit()
