// Runs one example from its source. Usage: pnpm example NAME [arguments]; without a name it lists them.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', 'examples')
const [name, ...rest] = process.argv.slice(2)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))

if (name === undefined || !names.includes(name)) {
  console.error(`Usage: pnpm example NAME, where NAME is one of: ${names.join(', ')}`)
  process.exit(1)
}
const source = ['--conditions=@shlyuz/source', join(folder, `${name}.ts`)]
const { status } = spawnSync(process.execPath, [...source, ...rest], { stdio: 'inherit' })
process.exit(status ?? 1)
