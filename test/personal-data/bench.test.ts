import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('the benchmark of masking runs and tells its figures', () => {
  const program = fileURLToPath(new URL('../../bench/personal-data.mjs', import.meta.url))
  const output = execFileSync(process.execPath, ['--conditions=@shlyuz/source', program, '--quick'], {
    encoding: 'utf8',
  })
  expect(output).toMatch(/^mask a prompt of 4 KB \(\d+ characters\) +\d+\.\d{3} +\d+\.\d{3} +< 1000$/m)
  expect(output).toMatch(/^restore an event, no placeholders +\d+\.\d{3} +\d+\.\d{3} +< 0\.3$/m)
})
