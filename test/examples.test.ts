import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const folder = join(import.meta.dirname, '..', 'examples')
const helpers = ['connect.ts', 'terminal.ts', 'demo.ts']
const examples = readdirSync(folder).filter((file) => file.endsWith('.ts') && !helpers.includes(file))

// The switches that make this Node run TypeScript; newer ones need none.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const strip = major === 22 && minor < 18 ? ['--experimental-strip-types'] : []

it.concurrent.each(examples)('%s runs against the emulator, prints, and is under thirty lines', async (file) => {
  const env = { ...process.env, GIGACHAT_CREDENTIALS: '', YC_API_KEY: '', NODE_NO_WARNINGS: '1' }
  const args = [...strip, '--conditions=@shlyuz/source', join(folder, file)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 30_000 })
  expect(stdout).not.toBe('')
  expect(stdout).not.toMatch(/undefined|\[object/)
  expect(readFileSync(join(folder, file), 'utf8').split('\n').length).toBeLessThanOrEqual(30)
})
