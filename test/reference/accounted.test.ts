// Every payload is accounted for by name: a suite of this folder uses it, or the list here says why none does. A new
// payload, and one that has gone, fail.
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { gigachatNotOffered } from '../../packages/gigachat/src/gigachat-not-offered.ts'
import { yandexgptNotOffered } from '../../packages/yandexgpt/src/yandexgpt-not-offered.ts'
import { isThere, listFixtures } from './fixtures.ts'

if (!isThere) {
  process.stderr.write(
    'The reference suites skip: their payloads are not there. SHLYUZ_REFERENCE names their folder.\n',
  )
}

/** Why the operation of a payload is not offered, by words of its line in the documentation. */
function notOffered(words: string): string {
  const lines = [...gigachatNotOffered, ...yandexgptNotOffered].filter(({ operation }) => operation.includes(words))
  if (lines.length !== 1) throw new Error(`${lines.length} operations that are not offered speak of '${words}'`)
  return `not offered, because ${lines[0]?.because}`
}

const assistants = notOffered('assistants (/assistants')
const batches = notOffered('completionBatch')

/** What no suite uses, each with its reason. */
const unused: Readonly<Record<string, string>> = {
  'gigachat/README.md': 'tells where the payloads come from',
  'yandexgpt/README.md': 'the same',
  'gigachat/assistants_200.json': assistants,
  'gigachat/assistant_created_200.json': assistants,
  'gigachat/assistant_deleted_200.json': assistants,
  'gigachat/threads_200.json': assistants,
  'gigachat/thread_messages_200.json': assistants,
  'gigachat/thread_messages_run.sse': assistants,
  'gigachat/thread_messages_run_200.json': assistants,
  'gigachat/thread_run_200.json': assistants,
  'gigachat/thread_run_started_200.json': assistants,
  'yandexgpt/native/batch-completion-request.json': batches,
  'yandexgpt/native/batch-task-completed.json': batches,
}

/** Payloads that suites name, comments left out. */
function namedInSuites(): ReadonlySet<string> {
  const here = fileURLToPath(new URL('./', import.meta.url))
  const suites = globSync('*.test.ts', { cwd: here }).filter((name) => name !== 'accounted.test.ts')
  const sources = suites.map((name) => readFileSync(resolve(here, name), 'utf8').replaceAll(/^\s*\/\/.*$/gm, ''))
  const payload = /\b(?:gigachat|yandexgpt)\/[\w./-]+\.(?:json|jsonl|ndjson|sse|html)\b/g
  return new Set(sources.flatMap((source) => source.match(payload) ?? []))
}

describe.skipIf(!isThere)('the payloads', () => {
  it('are all used by a suite, or left out for a reason', () => {
    const named = namedInSuites()
    expect(listFixtures().filter((path) => !named.has(path) && !Object.hasOwn(unused, path))).toEqual([])
  })

  it('are all there', () => {
    const files = new Set(listFixtures())
    expect(files.size).toBeGreaterThan(150)
    expect([...namedInSuites(), ...Object.keys(unused)].filter((path) => !files.has(path))).toEqual([])
  })

  it('are not both used and left out', () => {
    const named = namedInSuites()
    expect(Object.keys(unused).filter((path) => named.has(path))).toEqual([])
  })
})
