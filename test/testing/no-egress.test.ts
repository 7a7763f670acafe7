import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { defineWatchedSuite } from './watched-suite.ts'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))
const jest = findJest()

describe('under vitest', () => {
  defineWatchedSuite(test)
})

test('under node --test', async () => {
  const flags = ['--test', '--test-reporter=tap', '--conditions=@shlyuz/source']
  const { stdout } = await run(process.execPath, [...flags, join(here, 'node-suite.ts')])
  expect(stdout).toMatch(/^# pass 3$/m)
  expect(stdout).toMatch(/^# fail 0$/m)
}, 60_000)

test.skipIf(!jest)(
  `under jest${jest ? '' : ' (skipped: it is not installed; SHLYUZ_JEST may name its bin/jest.js)'}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shlyuz-jest-'))
    try {
      writeFileSync(join(folder, 'package.json'), '{ "type": "module", "jest": { "transform": {} } }')
      // In one file, because jest resolves no package outside of its root. CommonJS in it asks for `require`.
      const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
      const contents = "import { defineWatchedSuite } from './watched-suite.ts'; defineWatchedSuite(test)"
      await build({
        stdin: { contents, resolveDir: here },
        outfile: join(folder, 'watched.test.js'),
        bundle: true,
        format: 'esm',
        platform: 'node',
        conditions: ['@shlyuz/source'],
        banner: { js: banner },
        logLevel: 'silent',
      })
      const flags = ['--experimental-vm-modules', jest ?? '', '--ci', `--rootDir=${folder}`]
      const { stderr } = await run(process.execPath, flags, { cwd: folder })
      expect(stderr).toMatch(/^Tests:\s+3 passed, 3 total$/m)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  120_000,
)

function findJest(): string | undefined {
  const named = process.env['SHLYUZ_JEST']
  if (named !== undefined) return existsSync(named) ? named : undefined
  try {
    return createRequire(import.meta.url).resolve('jest/bin/jest.js')
  } catch {
    return undefined
  }
}
