import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const docs = readdirSync(join(root, 'docs')).map((file) => `docs/${file}`)
const packages = readdirSync(join(root, 'packages')).map((folder) => `packages/${folder}/README.md`)

/** What the later snippets of a page take for granted. */
const prelude = [
  "import { createClient } from '@shlyuz/core'",
  "import { gigachat } from '@shlyuz/gigachat'",
  "import { yandexgpt } from '@shlyuz/yandexgpt'",
  'const client = createClient({ providers: [gigachat(), yandexgpt()] })',
]

const emulated = ["import { startEmulator } from '@shlyuz/emulator'", 'const emulator = await startEmulator()']

/** A snippet with what it takes for granted, and does not import itself. */
function complete(code: string): string {
  if (code.includes('createClient(')) return code
  const running = /\bemulator\./.test(code) ? emulated : []
  return [...prelude.filter((line) => !code.includes(line)), ...running, code, 'export { client }'].join('\n')
}

it('every snippet of the README, of the pages in docs and of the packages compiles', async () => {
  const folder = mkdtempSync(join(import.meta.dirname, 'readme-'))
  try {
    for (const page of ['README.md', ...docs, ...packages]) {
      // In a list item a block is indented.
      const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^( *)```ts\n([\s\S]*?)^\1```/gm)
      const snippets = [...blocks].map(([, , code = '']) => code)
      if (page === 'README.md') expect(snippets.length).toBeGreaterThan(4)
      for (const [index, code] of snippets.entries()) {
        writeFileSync(join(folder, `${page.replaceAll(/\W+/g, '-')}-${index + 1}.ts`), complete(code))
      }
    }
    const config = { extends: '../tsconfig.json', compilerOptions: { noUnusedLocals: false }, include: ['.'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const outcome = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error: unknown) => error)
    expect((outcome as { stdout: string }).stdout).toBe('')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)
