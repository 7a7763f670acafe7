import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

const script = join(import.meta.dirname, '../../scripts/soak.mjs')

async function soak(...input: string[]) {
  const child = spawn(process.execPath, ['--conditions=@shlyuz/source', '--expose-gc', script, ...input], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [printed, failure, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: code as number, printed: printed + failure }
}

it('300 calls, of which half meet a fault, all end well or with a typed error, and leave nothing behind', async () => {
  const { code, printed } = await soak('--requests', '300', '--concurrency', '50')
  expect(printed).toMatch(/^soak: \d+ passed, 0 failed/m)
  expect(code).toBe(0)
}, 60_000)

it('an option that is no number is refused', async () => {
  expect((await soak('--requests', 'many')).code).not.toBe(0)
})
