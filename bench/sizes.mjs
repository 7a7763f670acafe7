// What is downloaded and what is bundled: bytes on the disk with all dependencies, and bytes of one minified file.
import { createRequire } from 'node:module'
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
export const compareFolder = join(root, 'compare')

/** Core and both adapters, as built. */
export const ownPackages = ['core', 'gigachat', 'yandexgpt']
export const ownUrls = ownPackages.map((name) => new URL(`../packages/${name}/dist/index.js`, import.meta.url).href)
export const undiciUrl = new URL(
  'index.js',
  new URL(`file://${createRequire(join(root, 'packages/core/package.json')).resolve('undici/package.json')}`),
).href

export async function sizeOfOwn() {
  const imports = ownPackages.map((name) => `export * as ${name} from '@shlyuz/${name}'`).join('\n')
  const from = join(root, 'examples')
  const alone = await bundle(imports, from, ({ path }) => !/^(\.|@shlyuz\/|\/)/.test(path))
  return {
    name: 'Shlyuz (core and both adapters)',
    own: alone,
    bundled: await bundle(imports, from),
    installed: sumInstalled(ownPackages.map((name) => join(root, 'packages', name))),
  }
}

export async function sizeOfPeer({ name, package: id }) {
  return {
    name,
    bundled: await bundle(`export * from '${id}'`, compareFolder),
    installed: sumInstalled([join(compareFolder, 'node_modules', id)]),
  }
}

async function bundle(contents, resolveDir, isExternal = () => false) {
  const external = {
    name: 'external',
    setup: ({ onResolve }) =>
      onResolve({ filter: /.*/ }, (args) => (isExternal(args) ? { external: true } : undefined)),
  }
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    // Else each Russian letter takes six bytes.
    charset: 'utf8',
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'silent',
    plugins: [external],
  })
  const bytes = outputFiles[0].contents
  return { bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length }
}

/** Packages and all they depend on, each counted once. */
function sumInstalled(folders) {
  const seen = new Set()
  const visit = (folder) => {
    const real = realpathSync(folder)
    if (seen.has(real)) return
    seen.add(real)
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(join(real, 'package.json')))
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = findPackage(real, name)
      if (found) visit(found)
    }
  }
  for (const folder of folders) visit(folder)
  return [...seen].reduce((sum, folder) => sum + bytesOf(folder), 0)
}

function findPackage(from, name) {
  for (let folder = from; dirname(folder) !== folder; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(candidate)) return candidate
  }
  return undefined
}

/** Of our own packages only what is published: `dist`. */
function bytesOf(folder) {
  const isOwn = folder.startsWith(join(root, 'packages'))
  let sum = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || (isOwn && !['dist', 'package.json', 'README.md'].includes(entry.name)))
      continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) sum += sumFiles(path)
    else if (entry.isFile()) sum += statSync(path).size
  }
  return sum
}

function sumFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
