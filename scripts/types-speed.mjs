// What a large catalogue costs the compiler: the same file is checked with 2 and with 5,000 model ids known to the
// client, and the difference in the compiler's own CPU time must stay under a second.
// Usage: node scripts/types-speed.mjs
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

/** Milliseconds of user and system time that one run of the compiler took. */
function compile(project) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const before = process.resourceUsage()
  const timer = join(import.meta.dirname, 'child-cpu.mjs')
  const run = spawnSync(process.execPath, [timer, compiler, '-p', project], { encoding: 'utf8' })
  void before
  if (run.status !== 0) throw new Error(`the program does not compile:\n${run.stdout}${run.stderr}`)
  return Number(run.stdout)
}
