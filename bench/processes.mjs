// Starts programs of this folder, each in a process of its own on a core of its own.
import { fork, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

/** Without `taskset`, or with one core, processes run where the system puts them; the report says so. */
export const isPinned = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0,1', 'true']).status === 0

const cores = { client: 0, server: 1 }
/** For one measurement. */
const limitMs = 180_000

/** @returns the process, and its first message */
export function start(program, role, setup) {
  const { PATH, SystemRoot } = process.env
  // Nothing comes in from outside: no proxy, no tracing, no options of Node.
  const env = { PATH, ...(SystemRoot && { SystemRoot }), SHLYUZ_BENCH: JSON.stringify(setup) }
  const execArgv = [...process.execArgv, '--expose-gc']
  const child = fork(join(import.meta.dirname, program), {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    ...(isPinned
      ? { execPath: 'taskset', execArgv: ['-c', String(cores[role]), process.execPath, ...execArgv] }
      : { execArgv }),
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text))
  const message = new Promise((resolve, reject) => {
    child.once('message', resolve).once('error', reject)
    child.once('close', (code) => reject(new Error(`${program} ended with ${code}: ${said.trim().slice(0, 2_000)}`)))
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  return { child, message, closed }
}

/** What a program tells, in at most three minutes. */
export async function ask(program, setup) {
  const { child, message, closed } = start(program, 'client', setup)
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
  try {
    return await message
  } finally {
    // Not killed at once: with --cpu-prof it still writes its profile.
    await closed
    clearTimeout(timer)
  }
}
