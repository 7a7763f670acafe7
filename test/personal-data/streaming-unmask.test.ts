// Vectors of putting values back into a stream, read in place: SHLYUZ_REFERENCE names their folder (see
// test/reference/fixtures.ts). Where they are not there this suite skips; own cases are beside the source.
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createMaskSession } from '../../packages/personal-data/src/masking/create-mask-session.ts'

interface Vector {
  readonly id: string
  readonly mode: 'text' | 'json-string'
  readonly map: Readonly<Record<string, string>>
  /** An object stands for a failure of the stream. */
  readonly chunks: readonly (string | { readonly error: string })[]
  readonly expect: string
  readonly note: string
  readonly unknown?: number
  readonly maxHeld?: number
  readonly error?: string
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const file = resolve(root, process.env['SHLYUZ_REFERENCE'] ?? '../shared/fixtures', 'pii/streaming-unmask.json')
const isThere = existsSync(file)
const vectors = isThere ? (JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] }).vectors : []

if (!isThere) process.stderr.write('The vectors of streaming restore skip: pii/streaming-unmask.json is not there.\n')

test.skipIf(!isThere)('there are vectors, some with a bound, a count and a failure', () => {
  expect(vectors.length).toBeGreaterThan(0)
  expect(vectors.some((vector) => vector.maxHeld !== undefined)).toBe(true)
  expect(vectors.some((vector) => vector.unknown !== undefined)).toBe(true)
  expect(vectors.some((vector) => vector.error !== undefined)).toBe(true)
})

describe.skipIf(!isThere).each(vectors)('$id $note', (vector) => {
  const form = vector.mode === 'text' ? 'text' : 'json'
  const pieces = vector.chunks.filter((chunk) => typeof chunk === 'string')
  const whole = pieces.join('')
  const failure = vector.chunks.find((chunk) => typeof chunk !== 'string')

  /** What comes out; a stream that fails is not ended. */
  function feed(chunks: readonly string[]): void {
    const session = createMaskSession({ find: () => [], values: vector.map })
    const restorer = session.createRestorer(form)
    let out = ''
    for (const chunk of chunks) {
      out += restorer.push(chunk)
      // Nothing of a placeholder that later completes: all that is out stays right.
      expect(vector.expect.startsWith(out), `gave out '${out}'`).toBe(true)
    }
    if (failure === undefined) out += restorer.end()
    expect(out).toBe(vector.expect)
    expect(session.unknown).toBe(vector.unknown ?? 0)
  }

  test('as given', () => {
    feed(pieces)
    expect(failure?.error).toBe(vector.error)
  })

  test('cut at every position, and at all of them', () => {
    for (let cut = 0; cut <= whole.length; cut++) feed([whole.slice(0, cut), whole.slice(cut)])
    feed(Array.from({ length: whole.length }, (_, index) => whole[index] ?? ''))
  })

  test('holds back less than the longest placeholder', () => {
    const longest = Math.max(...Object.keys(vector.map).map((key) => key.length))
    for (let length = 0; length <= whole.length; length++) {
      const restorer = createMaskSession({ find: () => [], values: vector.map }).createRestorer(form)
      restorer.push(whole.slice(0, length))
      expect(restorer.end().length).toBeLessThanOrEqual(vector.maxHeld ?? longest - 1)
    }
  })
})
