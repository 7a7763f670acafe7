// What a user gets: builds and packs the packages, reads the packed files with publint and are-the-types-wrong,
// installs them into an empty project and uses them there. Usage: pnpm packaging
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildSync } from 'esbuild'

const root = join(import.meta.dirname, '..')

/**
 * Ceilings for the JavaScript of a package, gzipped, in KiB. One moves only with the reason beside it. All of them hold
 * every operation of the services with its checks and its hints, which are Russian: two bytes a letter.
 */
const ceilings = {
  // Tool loop, outputs, uploads, jobs and the other verbs; the policy with its audit log, its words in two languages and
  // its canaries; limits, budgets and routing; names people bring along; the contract cases;
  // classes for what holds on to a call while it waits, a path of its own for text alone.
  core: 168,
  // Both versions of the chat, files, batches, and the table of what is lost.
  gigachat: 44,
  'openai-compatible': 18,
  // Names of attributes and instruments; the work is done by the API that the application brings.
  opentelemetry: 6,
  // Dictionaries of names and places beside the rules.
  'personal-data': 60,
  // The rules of sharing; how to speak with Redis is in its dependencies.
  redis: 8,
  // Both surfaces, Responses, operations, and the decoder of long cumulative lines.
  yandexgpt: 44,
  // Four surfaces, as strict as the services, and what they answer.
  emulator: 96,
}

const packages = readdirSync(join(root, 'packages')).map((folder) => {
  const directory = join(root, 'packages', folder)
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  return { folder, directory, name: manifest.name, version: manifest.version }
})

/** Runs a program; gives what it printed. A failure carries all of its output. */
function run(command, args, cwd = root) {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')}\n${error.stdout ?? ''}${error.stderr ?? error.message}`, {
      cause: error,
    })
  }
}

let passed = 0
const failed = []

/** Runs one check. A failure is shown and counted; the next one runs all the same. */
function check(what, act) {
  try {
    const note = act()
    passed++
    console.log(`ok      ${what}${typeof note === 'string' ? `: ${note}` : ''}`)
  } catch (error) {
    failed.push(what)
    console.log(`FAILED  ${what}\n${error.message.trimEnd()}\n`)
  }
}

/** Builds from nothing, so that no file of a former source is packed. */
function buildAll() {
  for (const { directory } of packages) rmSync(join(directory, 'dist'), { recursive: true, force: true })
  run('pnpm', ['build'])
}

/** Packs every package into `directory`; gives the paths of the tarballs by package name. */
function packAll(directory) {
  return Object.fromEntries(
    packages.map(({ directory: cwd, name, version }) => {
      run('pnpm', ['pack', '--pack-destination', directory], cwd)
      return [name, join(directory, `${name.slice(1).replace('/', '-')}-${version}.tgz`)]
    }),
  )
}

/** Makes `directory` an empty project with the packed packages installed, as from a registry. */
function installPacked(directory, tarballs) {
  mkdirSync(directory, { recursive: true })
  const files = Object.fromEntries(Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`]))
  // The packages depend on each other by version: the overrides say which files those are.
  const manifest = { name: 'empty-project', private: true, type: 'module', dependencies: files, overrides: files }
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest, null, 2))
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], directory)
}

/** What is packed is the built files and the texts, with nothing of the workspace left in the manifest. */
function checkContents({ name }, tarball) {
  const files = run('tar', ['-tzf', tarball]).trim().split('\n')
  const expected = /^package\/(dist\/.+\.(js|js\.map|d\.ts)|package\.json|README\.md|LICENSE)$/
  const stray = files.filter((file) => !expected.test(file) || /\.test(-d)?\./.test(file))
  if (stray.length > 0) throw new Error(`${name} packs what it should not: ${stray.join(', ')}`)
  for (const file of ['package/README.md', 'package/LICENSE', 'package/dist/index.js', 'package/dist/index.d.ts']) {
    if (!files.includes(file)) throw new Error(`${name} lacks ${file}`)
  }
  const manifest = run('tar', ['-xzOf', tarball, 'package/package.json'])
  const left = /workspace:|catalog:|@shlyuz\/source|"(pre|post)?install"|"prepare"/.exec(manifest)
  if (left) throw new Error(`the packed manifest of ${name} still says ${left[0]}`)
  return `${files.length} files`
}

function checkSize({ folder, directory }) {
  const dist = join(directory, 'dist')
  const sources = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith('.js'))
  const kib = gzipSync(sources.map((file) => readFileSync(join(dist, file), 'utf8')).join('\n')).length / 1024
  if (kib > ceilings[folder])
    throw new Error(`${kib.toFixed(1)} KiB gzipped is over the ceiling of ${ceilings[folder]}`)
  return `${kib.toFixed(1)} of ${ceilings[folder]} KiB`
}

/** Type-checks one file of a project. `skipLibCheck: false` reads the declarations of all it imports, too. */
function typeCheck(project, file, skipLibCheck) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const flags = '--ignoreConfig --strict --noEmit --module nodenext --target es2023 --lib es2024,esnext.disposable'
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  run(
    process.execPath,
    [compiler, ...flags.split(' '), ...types, `--skipLibCheck`, String(skipLibCheck), file],
    project,
  )
}

/** The declarations hold for users who check those of their dependencies, too. */
function checkDeclarations(project) {
  // The emulator's mention msw, whose own declarations need the DOM's.
  const names = packages.filter(({ folder }) => folder !== 'emulator').map(({ name }) => name)
  writeFileSync(join(project, 'declarations.ts'), names.map((name) => `export type * from '${name}'\n`).join(''))
  typeCheck(project, 'declarations.ts', false)
}

/** Bundles one file of a project with esbuild; gives the path of the bundle. */
function bundle(project, file, platform) {
  const outfile = join(project, `${file}.${platform}.mjs`)
  // Dependencies written as CommonJS ask for Node's modules by `require`, which an ESM bundle has to be given.
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
  const banner = platform === 'node' ? { js } : {}
  const options = { bundle: true, format: 'esm', platform, outfile, banner, logLevel: 'silent', absWorkingDir: project }
  buildSync({ ...options, entryPoints: [join(project, file)] })
  return outfile
}

/** In a browser nothing works but the reason why. */
function checkBrowserBundle(project) {
  writeFileSync(join(project, 'browser.ts'), `import { createClient } from '@shlyuz/core'\nconsole.log(createClient)\n`)
  const outfile = bundle(project, 'browser.ts', 'browser')
  const kib = statSync(outfile).size / 1024
  if (kib > 2) throw new Error(`the bundle for browsers has ${kib.toFixed(1)} KiB: it contains the client`)
  const reason = /Shlyuz needs Node/
  try {
    run(process.execPath, [outfile], project)
  } catch (error) {
    if (reason.test(error.message)) return 'it throws with the reason'
    throw error
  }
  throw new Error('the bundle for browsers runs')
}

/** The first TypeScript snippet of the README, as pasted. */
function firstSnippet() {
  const found = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))
  if (!found) throw new Error('the README has no snippet')
  return found[1]
}

const work = mkdtempSync(join(tmpdir(), 'shlyuz-packaging-'))
try {
  let tarballs
  check('they build and pack', () => {
    buildAll()
    tarballs = packAll(work)
  })
  if (tarballs) checkPacked(tarballs)
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(`packaging: ${passed} passed, ${failed.length} failed`)
if (failed.length > 0) process.exitCode = 1

function checkPacked(tarballs) {
  for (const one of packages) {
    const tarball = tarballs[one.name]
    check(`${one.name}: contents`, () => checkContents(one, tarball))
    check(`${one.name}: size`, () => checkSize(one))
    check(`${one.name}: publint`, () => void run('pnpm', ['exec', 'publint', 'run', tarball, '--strict']))
    check(`${one.name}: types`, () => void run('pnpm', ['exec', 'attw', tarball, '--profile', 'esm-only']))
  }

  const project = join(work, 'project')
  check('an empty project installs them', () => installPacked(project, tarballs))
  for (const { name } of packages) {
    const print = `import * as it from '${name}'; console.log(Object.keys(it).length, 'exports')`
    check(`${name} imports`, () => run(process.execPath, ['--input-type=module', '-e', print], project).trim())
    check(`${name} can be required`, () => void run(process.execPath, ['-e', `require('${name}')`], project))
  }
  check('the declarations hold without skipLibCheck', () => checkDeclarations(project))
  check('@shlyuz/core in a bundle for browsers', () => checkBrowserBundle(project))

  if (existsSync(join(root, 'README.md'))) {
    writeFileSync(join(project, 'snippet.ts'), firstSnippet())
    check("the README's first snippet runs as pasted", () => run(process.execPath, ['snippet.ts'], project).trim())
    check('it type-checks', () => typeCheck(project, 'snippet.ts', true))
    check('a server bundle of it runs', () =>
      run(process.execPath, [bundle(project, 'snippet.ts', 'node')], project).trim(),
    )
  }
}
