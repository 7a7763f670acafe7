// The recorded and documented payloads of both services. They are no part of the project: SHLYUZ_REFERENCE names
// their folder, by a path from the root of the repository. Where it is not there the suites skip.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = resolve(root, process.env['SHLYUZ_REFERENCE'] ?? '../shared/fixtures')

/** Whether there is anything to hold the project against. */
export const isThere = existsSync(resolve(folder, 'gigachat')) && existsSync(resolve(folder, 'yandexgpt'))

/** Every payload, as `gigachat/v1_chat_200.json`, sorted. */
export function listFixtures(): readonly string[] {
  return globSync('{gigachat,yandexgpt}/**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      resolve(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .toSorted()
}

export function readBytes(path: string): Buffer {
  return readFileSync(resolve(folder, path))
}

export function readText(path: string): string {
  return readFileSync(resolve(folder, path), 'utf8')
}

export function readJson(path: string): unknown {
  return JSON.parse(readText(path)) as unknown
}

/** The documents of a file that has one a line. */
export function readLines(path: string): readonly unknown[] {
  return parseLines(readText(path))
}

/** The same of a text. */
export function parseLines(text: string): readonly unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

/** An event of a stream. */
export interface FixtureEvent {
  readonly event?: string
  /** Parsed; `'[DONE]'` as it is. */
  readonly data: unknown
}

/** The whole events of a stream, read without the adapter. What is cut off in the middle is left out. */
export function parseEvents(text: string): readonly FixtureEvent[] {
  const blocks = text.split('\n\n').slice(0, -1)
  return blocks.map((block) => {
    const [, event, data] = /^(?:event: (.+)\n)?data: (.+)$/.exec(block) ?? []
    if (data === undefined) throw new Error(`not an event: ${block.slice(0, 60)}`)
    return {
      ...(event !== undefined && { event }),
      data: data === '[DONE]' ? data : (JSON.parse(data) as unknown),
    }
  })
}

/**
 * What stands at a place, such as `choices.0.message`. Payloads that were recorded are quoted this way, not copied.
 * @throws Error when nothing is there: an expectation must not be `undefined` by mistake
 */
export function at(value: unknown, path: string): unknown {
  let found = value
  for (const key of path.split('.')) {
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[key] : undefined
    if (found === undefined) throw new Error(`nothing at ${path}: ${key} is missing`)
  }
  return found
}

/** A text that stands at a place. */
export function textAt(value: unknown, path: string): string {
  const found = at(value, path)
  if (typeof found === 'string') return found
  throw new Error(`no text at ${path}`)
}

/** An object that stands at a place. */
export function objectAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  const found = at(value, path)
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as Record<string, unknown>
  throw new Error(`no object at ${path}`)
}
