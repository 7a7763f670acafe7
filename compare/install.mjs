// Installs other people's clients as the lockfile says, unless that was done before. No script of theirs runs.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = import.meta.dirname
const limitMs = 300_000

/** @throws when npm cannot install them */
export function installClients() {
  const digest = createHash('sha256')
  for (const file of ['package.json', 'package-lock.json']) digest.update(readFileSync(join(folder, file)))
  const wanted = digest.digest('hex')
  const stamp = join(folder, 'node_modules', '.shlyuz-installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log("Installing other people's clients into compare/node_modules, as its lockfile says …")
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, error } = spawnSync('npm', ['ci', ...flags], { cwd: folder, stdio: 'inherit', timeout: limitMs })
  if (status !== 0) throw new Error('npm ci failed in compare/', { cause: error })
  writeFileSync(stamp, wanted)
}

/** The installed version of a package of this folder. */
export function versionOf(name) {
  return JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version
}
