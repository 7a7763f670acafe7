import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** Runs one test file under this project's own configuration. */
function runTest(source: string): { readonly status: number | null; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'shlyuz-unhandled-'))
  try {
    mkdirSync(join(folder, 'test'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    writeFileSync(join(folder, 'test/one.test.ts'), `import { it } from 'vitest'\n${source}\n`)
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const input = ['run', '--root', folder, '--config', join(root, 'vitest.config.ts'), '--project', 'suite']
    const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, ...input], { encoding: 'utf8' })
    return { status, output: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

it('a test that passes and leaves a rejection unhandled fails the run', () => {
  const { status, output } = runTest(
    `it('passes', async () => { void Promise.reject(new Error('nobody looked')); await new Promise(setImmediate) })`,
  )
  expect(output).toContain('1 passed')
  expect(output).toContain('nobody looked')
  expect(status).toBe(1)
})

it('the same test without it passes', () => {
  expect(runTest(`it('passes', async () => { await new Promise(setImmediate) })`).status).toBe(0)
})
