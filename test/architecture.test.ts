import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))
const adapters = ['gigachat', 'openai-compatible', 'yandexgpt']

/** One surface of YandexGPT is OpenAI-compatible: it is built on that adapter. */
const builtOn: Readonly<Record<string, readonly string[]>> = { yandexgpt: ['@shlyuz/openai-compatible'] }

interface Import {
  readonly from: string
  readonly isType: boolean
}

interface Source {
  /** From the root of the repository, with `/`. */
  readonly path: string
  /** Comments left out, strings kept. */
  readonly code: string
  readonly imports: readonly Import[]
}

const sources: readonly Source[] = globSync('packages/*/src/**/*.ts', { cwd: root })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !/\.test(?:-d)?\.ts$/.test(path))
  .toSorted()
  .map(readSource)

it('the sources are found', () => {
  expect(sources.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['packages/core/src/client.ts', 'packages/gigachat/src/gigachat-chat.ts']),
  )
})

describe('only the transport reaches the network', () => {
  const isTransport = ({ path }: Source): boolean => path.startsWith('packages/core/src/transport/')
  const isEmulator = ({ path }: Source): boolean => path.startsWith('packages/emulator/')
  // It blocks what users' tests would send: it stands in place of the methods of sockets and calls none of its own.
  const isBlock = ({ path }: Source): boolean => path === 'packages/core/src/testing/block-egress.ts'
  const rest = sources.filter((source) => !isTransport(source) && !isEmulator(source) && !isBlock(source))

  it('it alone imports undici', () => {
    const others = sources.filter((source) => !isTransport(source) && imports(source, /^undici(?:\/|$)/))
    expect(others.map(({ path }) => path)).toEqual([])
    expect(sources.some((source) => isTransport(source) && imports(source, /^undici$/))).toBe(true)
  })

  it('nothing else opens a socket', () => {
    const sockets = /^(?:node:)?(?:net|tls|https?|http2|dgram|quic|child_process|worker_threads|cluster)(?:\/|$)/
    const openers = rest.filter(({ code }) =>
      readImports(withoutAddressTools(code)).some(({ from }) => sockets.test(from)),
    )
    expect(openers.map(({ path }) => path)).toEqual([])
    const globals = /\b(?:fetch|WebSocket|EventSource|XMLHttpRequest)\s*\(/
    expect(rest.filter(({ code }) => globals.test(code)).map(({ path }) => path)).toEqual([])
  })
})

describe.each(adapters)('the adapter %s', (adapter) => {
  const own = sources.filter(({ path }) => path.startsWith(`packages/${adapter}/src/`))

  it('imports the core, its own files and node:crypto alone', () => {
    const allowed = ['@shlyuz/core', 'node:crypto', 'zod', ...(builtOn[adapter] ?? [])]
    const foreign = own.flatMap(({ path, imports: all }) =>
      all
        .filter(({ from }) => !allowed.includes(from) && !isWithin(adapter, path, from))
        .map(({ from }) => `${path}: ${from}`),
    )
    expect(foreign).toEqual([])
  })

  it('reads no environment, no file and no clock of its own making', () => {
    const ambient = /\bprocess\b|\bsetTimeout\b|\bsetInterval\b|\bimport\s*\(|\brequire\s*\(/
    expect(own.filter(({ code }) => ambient.test(code)).map(({ path }) => path)).toEqual([])
  })
})

it('the core names no vendor', () => {
  const allowed = /^packages\/core\/src\/(?:sovereignty\/|policy\/create-denied-error\.ts$)/
  const found = sources
    .filter(({ path }) => path.startsWith('packages/core/src/') && !allowed.test(path))
    .flatMap(({ path, code }) =>
      withoutHints(code)
        .split('\n')
        .filter((line) => /giga|yandex|sber/i.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    )
  expect(found).toEqual([])
})

it('no file imports itself by way of others', () => {
  const graph = new Map(sources.map((source) => [source.path, localImports(source)]))
  expect(findCycles(graph)).toEqual([])
})

it('the cycle finder finds cycles', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', ['a']],
    ['d', []],
  ])
  expect(findCycles(graph)).toEqual(['a -> b -> c -> a'])
})

function readSource(path: string): Source {
  const code = stripComments(readFileSync(join(root, path), 'utf8'))
  return { path, code, imports: readImports(code) }
}

/** `node:net` can also read addresses, which opens nothing. */
function withoutAddressTools(code: string): string {
  return code.replaceAll(/^import \{(?:\s*(?:BlockList|isIP|isIPv4|isIPv6),?)+\s*\} from 'node:net'$/gm, '')
}

/** A text for people shows by example how it is done: strings with Cyrillic letters are hints. */
function withoutHints(code: string): string {
  return code.replaceAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g, (text) =>
    /\p{Script=Cyrillic}/u.test(text) ? "''" : text,
  )
}

/** Takes comments out and leaves strings and templates as they are; a regular expression with `//` would fool it. */
function stripComments(code: string): string {
  return code.replaceAll(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|(?<!\\)\/\/[^\n]*/g,
    (_all, text: string | undefined) => text ?? '',
  )
}

/** Static imports and re-exports; one counts as a type when the statement or all its names are marked so. */
function readImports(code: string): Import[] {
  const statements = code.matchAll(/^\s*(?:import|export)\s+(?:(type\s)?([^'";]*?)\s*from\s*)?['"]([^'"]+)['"]/gm)
  const dynamic = code.matchAll(/\bimport\s*\(\s*['"]([^'"]+)['"]/g)
  return [
    ...[...statements].map(([, type, names, from = '']) => ({ from, isType: type !== undefined || allTypes(names) })),
    ...[...dynamic].map(([, from = '']) => ({ from, isType: false })),
  ]
}

function allTypes(names: string | undefined): boolean {
  const listed = /^\{([\s\S]*)\}$/.exec(names?.trim() ?? '')?.[1]
  if (listed === undefined) return false
  const each = listed
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return each.every((name) => name.startsWith('type '))
}

function imports(source: Source, pattern: RegExp): boolean {
  return source.imports.some(({ from }) => pattern.test(from))
}

function isWithin(adapter: string, path: string, from: string): boolean {
  if (!from.startsWith('.')) return false
  return resolve('/', dirname(path), from).replaceAll('\\', '/').includes(`/packages/${adapter}/src/`)
}

/** The files that a source needs when it runs. */
function localImports({ path, imports: all }: Source): string[] {
  return all
    .filter(({ from, isType }) => !isType && from.startsWith('.'))
    .map(({ from }) => {
      const target = join(root, dirname(path), from)
      expect(existsSync(target), `${path} imports ${from}`).toBe(true)
      return relative(root, target).replaceAll('\\', '/')
    })
}

/** Each cycle once, as the way around it. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = []
  const done = new Set<string>()
  const way: string[] = []
  function visit(node: string): void {
    const at = way.indexOf(node)
    if (at >= 0) {
      cycles.push([...way.slice(at), node].join(' -> '))
      return
    }
    if (done.has(node)) return
    way.push(node)
    for (const next of graph.get(node) ?? []) visit(next)
    way.pop()
    done.add(node)
  }
  for (const node of graph.keys()) visit(node)
  return cycles
}
