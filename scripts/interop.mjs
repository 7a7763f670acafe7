// Other people's clients, installed from npm in compare/, talk to the emulator: each in a process of its own, with an
// emulator of its own, and then the emulator's record of the requests is compared with what they must have sent.
// Usage: pnpm interop
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { startEmulator } from '../packages/emulator/src/index.ts'

const folder = join(import.meta.dirname, '..', 'compare')
const installLimitMs = 300_000
/** For one program. */
const limitMs = 60_000

/** Quick, with a pause after each piece, so that an event arrives as a whole and on its own. */
const pace = { serviceMs: [0, 5], firstPieceMs: [10, 20], pieceMs: [5, 10] }
const prompt = 'Что с ключевой ставкой?'
/** The answer in the pieces of its stream, with what a careless decoder stumbles over. */
const answer = ['Ключевая ставка: ', '16 %.\n', 'data: нет, ', 'это не событие. ', '«Ура» 👍']

const oauth = '200 POST https://ngw.devices.sberbank.ru:9443/api/v2/oauth'
const gigachat = 'https://gigachat.devices.sberbank.ru/api/v1'
const gigachatChat = `POST ${gigachat}/chat/completions`
const yandexChat = '200 POST https://llm.api.cloud.yandex.net/foundationModels/v1/completion'

/**
 * The clients: the checks that each must pass, what is wrong with the network meanwhile, and all requests that must
 * have reached the emulator, in order.
 */
const clients = [
  {
    name: 'gigachat',
    program: 'gigachat.mjs',
    service: 'gigachat',
    faults: [{ service: 'gigachat', operation: 'chat', kind: 'unauthorized', skip: 2 }],
    checks: [
      'refuses an unknown root',
      'chat',
      'stream',
      'models',
      'counts tokens',
      'renews a refused token',
      'chat by user and password',
    ],
    requests: [
      oauth,
      `200 ${gigachatChat}`,
      `200 ${gigachatChat} (stream)`,
      `200 GET ${gigachat}/models`,
      `200 POST ${gigachat}/tokens/count`,
      `401 ${gigachatChat}`,
      oauth,
      `200 ${gigachatChat}`,
      `200 POST ${gigachat}/token`,
      `200 ${gigachatChat}`,
    ],
  },
  {
    name: 'langchain-gigachat',
    program: 'langchain-gigachat.mjs',
    service: 'gigachat',
    faults: [],
    checks: ['invoke', 'stream'],
    requests: [oauth, `200 ${gigachatChat}`, `200 ${gigachatChat} (stream)`],
  },
  {
    name: '@langchain/yandex',
    program: 'langchain-yandex.mjs',
    service: 'yandexgpt',
    faults: [],
    checks: ['chat with an API key', 'chat with an IAM token', 'completion with an IAM token'],
    requests: [yandexChat, yandexChat, yandexChat],
  },
]

/**
 * What is known not to work, and does not speak against the emulator. It counts as nothing here: it is shown, and so is
 * the day on which it works. `evidence` is looked for in what the program printed.
 */
const observations = [
  {
    name: 'gigachat',
    program: 'gigachat-split-events.mjs',
    service: 'gigachat',
    faults: [{ service: 'gigachat', operation: 'chat', kind: 'split', bytes: 40 }],
    trouble: 'dies on events split over two reads',
    evidence: /SyntaxError: [^,\n]+/,
  },
]

let passed = 0
let failed = 0

function report(isOk, what) {
  if (isOk) passed++
  else failed++
  console.log(`${isOk ? 'ok     ' : 'FAILED '} ${what}`)
}

/** Installs the clients as the lockfile says, unless that was done before. No script of theirs runs. */
function install() {
  const digest = createHash('sha256')
  for (const file of ['package.json', 'package-lock.json']) digest.update(readFileSync(join(folder, file)))
  const wanted = digest.digest('hex')
  const stamp = join(folder, 'node_modules', '.shlyuz-installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log("Installing other people's clients into compare/node_modules, as its lockfile says …")
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, error } = spawnSync('npm', ['ci', ...flags], {
    cwd: folder,
    stdio: 'inherit',
    timeout: installLimitMs,
  })
  if (status !== 0) throw new Error('npm ci failed in compare/', { cause: error })
  writeFileSync(stamp, wanted)
}

function versionOf(name) {
  return JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version
}

/**
 * Runs one program of compare/ to its end, or to the time limit. Its environment holds nothing but what is stated here,
 * so no proxy, no tracing and no switched-off verification can come in from outside.
 */
async function runProgram(program, setup, caFile) {
  const { PATH, SystemRoot } = process.env
  const env = {
    PATH,
    ...(SystemRoot && { SystemRoot }),
    NODE_EXTRA_CA_CERTS: caFile,
    SHLYUZ_INTEROP: JSON.stringify(setup),
  }
  const child = spawn(process.execPath, [join(folder, program)], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, limitMs)
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ])
  clearTimeout(timer)
  return { output, errors, code, isLate }
}

async function text(readable) {
  return (await readable.setEncoding('utf8').toArray()).join('')
}

function setupFor({ origins, ca, gigachat: { credentials, scope }, yandexgpt, credentials: all }) {
  const { user, password } = all.gigachat
  return {
    origins: Object.fromEntries(origins.map(({ origin, local }) => [origin, local])),
    ca: ca.state,
    gigachat: { credentials, scope, user, password },
    yandexgpt: { ...yandexgpt, iamToken: all.yandexgpt.iamToken },
    prompt,
    answer,
  }
}

function describeRequest({ status, method, origin, path, body }) {
  return `${status} ${method} ${origin}${path}${body?.stream === true ? ' (stream)' : ''}`
}

/** Runs one program against an emulator of its own; gives what it printed, and what the emulator received. */
async function runWithEmulator({ program, service, faults }) {
  const emulator = await startEmulator({ pace })
  try {
    for (const fault of faults) emulator.fail(fault)
    emulator.script({ service, text: answer, times: 100 })
    const caFile = join(work, 'public-root.pem')
    writeFileSync(caFile, emulator.ca.public)
    const run = await runProgram(program, setupFor(emulator), caFile)
    return { ...run, requests: [...emulator.requests] }
  } finally {
    await emulator.close()
  }
}

/** Runs one client and counts its checks, then compares what it sent. */
async function checkClient({ name, program, service, faults, checks, requests }) {
  const run = await runWithEmulator({ program, service, faults })
  const client = `${name} ${versionOf(name)}`
  const lines = run.output.split('\n').filter((line) => /^(ok {6}|FAILED {2})/.test(line))
  for (const line of lines) report(line.startsWith('ok'), line.slice('FAILED  '.length))
  for (const what of checks) {
    const isThere = lines.some((line) => line.slice('FAILED  '.length).startsWith(`${client} ${what}: `))
    if (!isThere) report(false, `${client} ${what}: it said nothing`)
  }
  const seen = run.requests.map(describeRequest)
  const isExpected = isDeepStrictEqual(seen, requests)
  report(isExpected, `${client} requests: ${isExpected ? summarise(run.requests) : 'not the expected ones'}`)
  if (!isExpected) console.log(`expected\n  ${requests.join('\n  ')}\ngot\n  ${seen.join('\n  ')}`)
  if (run.isLate) report(false, `${client}: stopped after ${limitMs / 1000} s`)
  else if (run.code !== 0) report(false, `${client}: ended with ${run.code}\n${run.errors.trimEnd()}`)
}

function summarise(requests) {
  return requests.map(({ operation, body }) => (body?.stream === true ? `${operation} (stream)` : operation)).join(', ')
}

async function observe({ name, program, service, faults, trouble, evidence }) {
  const { output, errors, code, isLate } = await runWithEmulator({ program, service, faults })
  const what = `${name} ${versionOf(name)} ${trouble}`
  const seen = evidence.exec(output + errors)?.[0] ?? (isLate ? 'it does not end' : `it ends with ${code}`)
  console.log(`known   ${what}: ${/^ok {6}/m.test(output) ? 'no longer' : seen}`)
}

const work = mkdtempSync(join(tmpdir(), 'shlyuz-interop-'))
try {
  install()
  for (const client of clients) await checkClient(client)
  for (const observation of observations) await observe(observation)
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(`interop: ${passed} passed, ${failed} failed`)
if (failed > 0) process.exitCode = 1
