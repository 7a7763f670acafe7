// Puts the streaming rows of the fault matrix to other people's clients, each run in a process of its own against a
// server of its own, and prints what became of them.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RawServer } from '../../test/faults/raw-server.ts'
import { titleOf } from '../../test/faults/rows.ts'
import { installClients, versionOf } from '../install.mjs'
import { peerRows } from './peer-rows.mjs'

const folder = import.meta.dirname
/** For one run, the start of the process included. */
const limitMs = 20_000
/** A client that holds nothing back has taken far more by then. */
const heldBackBytes = 32_000_000
const atOnce = 2

const clients = [
  { name: 'Shlyuz', program: '../../test/faults/shlyuz-peer.mjs', flags: ['--conditions=@shlyuz/source'] },
  { name: 'openai', program: 'openai.mjs', package: 'openai' },
  { name: 'ai', program: 'ai-sdk.mjs', package: 'ai' },
  { name: 'gigachat', program: 'gigachat.mjs', package: 'gigachat' },
]

/** Prints the table; the exit code tells whether Shlyuz passed every row. */
export async function comparePeers() {
  installClients()
  const work = mkdtempSync(join(tmpdir(), 'shlyuz-peers-'))
  const verdicts = new Map()
  const runs = peerRows.flatMap((row) => clients.map((client) => ({ row, client })))
  try {
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let run = runs.shift(); run; run = runs.shift()) {
          verdicts.set(`${run.row.number} ${run.client.name}`, await judge(run.row, run.client, work))
        }
      }),
    )
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  print(verdicts)
  return peerRows.every(({ number }) => verdicts.get(`${number} Shlyuz`).verdict === 'passed') ? 0 : 1
}

function print(verdicts) {
  const title = ({ name, package: of }) => (of === undefined ? name : `${name} ${versionOf(of)}`)
  const of = (number, { name }) => verdicts.get(`${number} ${name}`)
  const lines = [
    ['Row', ...clients.map(title)],
    ...peerRows.map(({ number }) => [titleOf(number), ...clients.map((client) => of(number, client).verdict)]),
  ]
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
  console.log(`\nai is used with @ai-sdk/openai-compatible ${versionOf('@ai-sdk/openai-compatible')}. What was seen:`)
  for (const { number } of peerRows) {
    for (const client of clients) {
      const { verdict, seen } = of(number, client)
      if (verdict !== 'passed') console.log(`${number}  ${client.name}: ${verdict}; ${seen}`)
    }
  }
}

/** Runs one client through one row. */
async function judge(row, client, work) {
  const { manner = 'read', prompts = 1 } = row
  const progress = { taken: 0 }
  let asked = 0
  const server = await RawServer.start({
    handle: (exchange) => row.handle(exchange, { asked: ++asked, prompt: promptOf(exchange), progress }),
  })
  try {
    const caFile = join(work, 'root.pem')
    writeFileSync(caFile, server.ca)
    const setup = {
      port: server.port,
      ca: server.ca,
      manner,
      prompts: Array.from({ length: prompts }, (_, at) => String(at)),
    }
    const run = start(client, setup, caFile)
    return manner === 'read' ? judgeAnswers(row, await run.ended) : await judgeConnection(row, run, server, progress)
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

function promptOf({ request }) {
  const { content } = JSON.parse(request.body).messages.at(-1)
  return Number(typeof content === 'string' ? content : content[0].text)
}

/** Its environment holds nothing but what is stated here. */
function start({ program, flags = [] }, setup, caFile) {
  const { PATH, SystemRoot } = process.env
  const env = {
    PATH,
    ...(SystemRoot && { SystemRoot }),
    NODE_EXTRA_CA_CERTS: caFile,
    SHLYUZ_PEER: JSON.stringify(setup),
  }
  const child = spawn(process.execPath, [...flags, '--max-old-space-size=1024', join(folder, program)], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, limitMs)
  const told = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    for (const line of lines) told.push(JSON.parse(line))
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (chunk) => (errors = (errors + chunk).slice(-20_000)))
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ told, isLate, crash: code === 0 || isLate ? undefined : describeCrash(errors, code ?? signal) })
    })
  })
  return { told, ended, stop: () => child.kill('SIGKILL') }
}

function describeCrash(errors, code) {
  const [line] = /^\w*(?:Error|FATAL)[^\n]*/m.exec(errors) ?? [`it ended with ${code}`]
  return line
}

/** Every prompt must have come to the end that the row wants; the first that did not decides. */
function judgeAnswers({ expects, text, usage, prompts = 1 }, { told, isLate, crash }) {
  for (let prompt = 0; prompt < prompts; prompt++) {
    const end = told.find((one) => one.prompt === String(prompt) && (one.did === 'finish' || one.did === 'fail'))
    if (!end && crash !== undefined) return { verdict: 'crashed', seen: crash }
    if (!end)
      return { verdict: 'hung', seen: isLate ? `no end within ${limitMs / 1_000} s` : 'it ended without a word' }
    if (end.did === 'fail') {
      if (expects === 'error' && text.startsWith(end.text)) continue
      return { verdict: 'error', seen: `«${end.text}», then ${end.error}` }
    }
    const isRight = expects === 'whole' && end.text === text && (usage === undefined || end.usage === usage)
    if (isRight) continue
    const seen = `«${end.text.slice(0, 60)}» without an error, finish reason ${end.finishReason ?? 'none'}, usage ${end.usage ?? 'none'}`
    return { verdict: 'wrong answer presented as finished', seen }
  }
  if (crash !== undefined) return { verdict: 'crashed', seen: crash }
  return { verdict: 'passed', seen: '' }
}

/** What becomes of the connection tells how a client treats it. */
async function judgeConnection(row, run, server, progress) {
  const outcome = run.ended.then(({ crash }) => crash)
  const isBegun = () => run.told.length > 0
  await Promise.race([waitFor(isBegun, 8_000), outcome])
  if (row.expects === 'held back') {
    await Promise.race([sleep(6_000), outcome])
    run.stop()
    const { taken } = progress
    if (taken === 0) return { verdict: 'error', seen: JSON.stringify(run.told.at(-1) ?? 'nothing was read') }
    if (taken < heldBackBytes) return { verdict: 'passed', seen: '' }
    return { verdict: 'memory grows', seen: `${Math.round(taken / 1e6)} MB were taken while 120 events were read` }
  }
  // A stream that begins when it is read has nothing to close.
  await Promise.race([waitFor(() => server.connections > 0, 3_000), outcome])
  // Whoever leaves is not to wait for the limit of the whole call, which alone ends a stream that nobody reads.
  const hasLeft = () => run.told.some(({ did }) => did === 'leave')
  if (row.manner === 'leave') await Promise.race([waitFor(hasLeft, 5_000), outcome])
  const isClosed = await waitFor(() => server.open === 0, row.manner === 'leave' ? 3_000 : 10_000)
  const isAlive = await Promise.race([sleep(300).then(() => true), outcome.then(() => false)])
  run.stop()
  const crash = isAlive ? undefined : await outcome
  if (crash !== undefined) return { verdict: 'crashed', seen: crash }
  return isClosed ? { verdict: 'passed', seen: '' } : { verdict: 'hung', seen: 'the connection stays open' }
}

/** True when it came to pass in time. */
async function waitFor(holds, ms) {
  const until = performance.now() + ms
  while (!holds()) {
    if (performance.now() > until) return false
    await sleep(20)
  }
  return true
}
