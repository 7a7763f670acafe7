import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** What the later snippets of the README take for granted. */
const prelude = `
import { createClient } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
const client = createClient({ providers: [gigachat(), yandexgpt()] })
`

it('every snippet of the README compiles', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
  expect(snippets.length).toBeGreaterThan(4)
  const folder = mkdtempSync(join(import.meta.dirname, 'readme-'))
  try {
    for (const [index, code] of snippets.entries()) {
      const whole = code.includes('createClient(') ? code : `${prelude}\n${code}\nexport { client }`
      writeFileSync(join(folder, `snippet-${index}.ts`), whole)
    }
    const config = { extends: '../tsconfig.json', compilerOptions: { noUnusedLocals: false }, include: ['.'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const outcome = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error: unknown) => error)
    expect((outcome as { stdout: string }).stdout).toBe('')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
