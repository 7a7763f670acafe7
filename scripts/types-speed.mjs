// What a large catalogue costs the compiler: the same file is checked with 2 and with 5,000 model ids known to the
// client, and the difference in the compiler's own CPU time must stay under a second.
// Usage: node scripts/types-speed.mjs
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const limitMs = 1000
const runs = 5

/** A program that uses the client the way users do, with `count` known models. */
function program(count) {
  const ids = Array.from({ length: count }, (_, index) => `'model-${index}'`).join(' | ')
  return `
import { createClient, type Provider } from '@shlyuz/core'
type Id = ${ids}
declare const provider: Provider<'vendor', 'vendor', Id, { readonly seed?: number }>
declare const other: Provider<'other', 'other', 'only', { readonly tier?: string }>

const client = createClient({ providers: [provider, other] })
export const answer = await client.generateText({ model: 'vendor/model-1', prompt: 'x', providerOptions: { vendor: { seed: 1 } } })
export const another = await client.generateText({ model: 'other/only', prompt: 'x' })
export const unknown = await client.generateText({ model: 'vendor/anything', prompt: 'x' })
export const stream = client.streamText({ model: 'vendor/model-0', prompt: 'x' })
export const either = client.fallback(['vendor/model-0', 'vendor/model-1', 'other/only'])
export const routed = await client.generateText({ model: either, prompt: 'x' })
type Known = Extract<Parameters<typeof client.generateText>[0]['model'], \`vendor/\${Id}\`>
export const listed: Known = 'vendor/model-1'
// @ts-expect-error the ids are known: this one is not among them
export const unlisted: Known = 'vendor/none'
`
}

/** A project of its own that sees core as a user does, but from its source. */
function createProject(directory, count) {
  mkdirSync(join(directory, 'node_modules/@shlyuz'), { recursive: true })
  symlinkSync(join(root, 'packages/core'), join(directory, 'node_modules/@shlyuz/core'), 'junction')
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  writeFileSync(join(directory, 'program.ts'), program(count))
  const compilerOptions = {
    composite: false,
    declaration: false,
    emitDeclarationOnly: false,
    noEmit: true,
    rewriteRelativeImportExtensions: false,
    typeRoots: [join(root, 'node_modules/@types')],
  }
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files: ['program.ts'] }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config))
}

/** User and system time, in milliseconds, of one run of the compiler: what the shell counts for its children. */
function compile(directory) {
  const command = [process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', directory]
  const run = spawnSync('sh', ['-c', '"$@" && times', 'sh', ...command], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`the program does not compile:\n${run.stdout}${run.stderr}`)
  const children = run.stdout.trim().split('\n').at(-1)
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + (Number(m) * 60 + Number(s)) * 1000,
    0,
  )
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

const work = mkdtempSync(join(tmpdir(), 'shlyuz-types-'))
try {
  const times = new Map([2, 5000].map((count) => [count, []]))
  for (const count of times.keys()) createProject(join(work, String(count)), count)
  // Taken in turns, so that a busy moment of the machine falls on both.
  for (let run = 0; run < runs; run++) {
    for (const [count, taken] of times) taken.push(compile(join(work, String(count))))
  }
  for (const [count, taken] of times) console.log(`${count} model ids: ${Math.round(median(taken))} ms of CPU`)
  const more = Math.round(median(times.get(5000)) - median(times.get(2)))
  console.log(`5,000 ids cost ${more} ms more than 2 (limit ${limitMs} ms)`)
  if (!(more < limitMs)) process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
