// Runs the policy cases under Bun and Deno, where they are on PATH or named by SHLYUZ_BUN and SHLYUZ_DENO. A runtime
// must keep the policy or refuse to send (config.transport): a case that gets round it fails the run.
// Usage: pnpm policy:cases:runtimes
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const condition = '--conditions=@shlyuz/source'
const limitMs = 300_000

const runtimes = [
  { name: 'bun', program: process.env.SHLYUZ_BUN ?? 'bun', options: [condition] },
  { name: 'deno', program: process.env.SHLYUZ_DENO ?? 'deno', options: ['run', '-A', condition] },
]

for (const { name, program, options } of runtimes) {
  const version = spawnSync(program, ['--version'], { encoding: 'utf8' })
  if (version.error) {
    console.log(`${name}: skipped, not on PATH`)
    continue
  }
  const { status, stdout, stderr, error } = spawnSync(program, [...options, join('test', 'policy', 'run-cases.ts')], {
    cwd: root,
    encoding: 'utf8',
    timeout: limitMs,
    env: { ...process.env, SHLYUZ_LISTENER_NODE: process.execPath },
  })
  const lines = stdout.trim().split('\n')
  if (status !== 0) {
    process.exitCode = 1
    console.log(lines.slice(0, -1).join('\n') || stderr.trim())
  }
  console.log(`${name} ${version.stdout.match(/\d+\.\d+\.\d+/)?.[0]}: ${error?.message ?? lines.at(-1)}`)
}
