// Builds and packs the packages, checks them with publint and are-the-types-wrong, and installs them the way a user
// does. Usage: node scripts/packaging.mjs
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = new URL('..', import.meta.url).pathname
const packages = readdirSync(join(root, 'packages'))

function run(command, args, cwd = root) {
  execFileSync(command, args, { cwd, stdio: 'inherit' })
}

/** Packs every package into `directory`; gives the paths of the tarballs by package name. */
function packAll(directory) {
  const tarballs = {}
  for (const name of packages) {
    const cwd = join(root, 'packages', name)
    run('pnpm', ['pack', '--pack-destination', directory], cwd)
    const { name: full, version } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'))
    tarballs[full] = join(directory, `${full.slice(1).replace('/', '-')}-${version}.tgz`)
  }
  return tarballs
}

/** An empty project with the packed packages installed, as from a registry. */
function installPacked(directory, tarballs) {
  const files = Object.fromEntries(Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`]))
  // The packages depend on each other by version: the overrides say which files those are.
  const manifest = { name: 'empty-project', private: true, type: 'module', dependencies: files, overrides: files }
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest, null, 2))
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], directory)
}

/** The first TypeScript snippet of the README, as pasted. */
function firstSnippet() {
  const found = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))
  if (!found) throw new Error('the README has no snippet')
  return found[1]
}

const work = mkdtempSync(join(tmpdir(), 'shlyuz-packaging-'))
try {
  run('pnpm', ['build'])
  const tarballs = packAll(work)
  for (const tarball of Object.values(tarballs)) {
    run('pnpm', ['exec', 'publint', 'run', tarball, '--strict'])
    run('pnpm', ['exec', 'attw', tarball, '--profile', 'esm-only'])
  }
  const project = mkdtempSync(join(work, 'project-'))
  installPacked(project, tarballs)
  writeFileSync(join(project, 'snippet.ts'), firstSnippet())
  console.log('-- the first snippet of the README, as pasted')
  run(process.execPath, ['snippet.ts'], project)
  console.log('-- it type-checks')
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2024,esnext.disposable']
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options, '--types', '', 'snippet.ts'], project)
  console.log('-- a server bundle of it runs')
  const bundle = ['--bundle', '--platform=node', '--format=esm', '--outfile=bundle.mjs', 'snippet.ts']
  const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
  run('pnpm', ['--dir', root, 'exec', 'esbuild', ...bundle.slice(0, 3), `--banner:js=${banner}`, `--outfile=${join(project, 'bundle.mjs')}`, join(project, 'snippet.ts')])
  run(process.execPath, ['bundle.mjs'], project)
} finally {
  rmSync(work, { recursive: true, force: true })
}
