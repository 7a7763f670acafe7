import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

// Tiny counts: what is shown is that the programs of the benchmark run and read what was sent, not how fast.
const program = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url))
const results = mkdtempSync(join(tmpdir(), 'shlyuz-bench-'))
afterAll(() => rmSync(results, { recursive: true, force: true }))

interface Report {
  readonly results: readonly {
    readonly id: string
    readonly rows: readonly {
      readonly key: string
      readonly value?: { readonly median: number }
      readonly failure?: string
    }[]
  }[]
}

function run(...flags: string[]): Report {
  const all = ['--conditions=@shlyuz/source', program, '--smoke', '--results', results, ...flags]
  execFileSync(process.execPath, all, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 110_000 })
  return JSON.parse(readFileSync(join(results, 'results.json'), 'utf8')) as Report
}

test('every kind of measurement runs, and gives figures for all who take part', { timeout: 120_000 }, () => {
  const report = run('--only', 'many,burst,streams,first,open,lines-1k,signal,one-tls')
  const figures = report.results.flatMap(({ id, rows }) =>
    rows.map(({ key, value }) => [id, key, value?.median] as const),
  )
  const names = figures.map(([id, key]) => `${id} ${key}`)
  for (const key of ['bare', 'floor', 'shlyuz', 'audit', 'masking', 'shlyuz-gigachat']) {
    expect(names).toContain(`many ${key}`)
  }
  for (const name of [
    'burst shlyuz cold',
    'streams shlyuz',
    'first shlyuz',
    'open shlyuz resident',
    'lines-1k shlyuz-yandexgpt',
    'signal shared-signal',
    'one-tls shlyuz',
  ]) {
    expect(names).toContain(name)
  }
  expect(figures.filter(([, , median]) => typeof median !== 'number' || Number.isNaN(median))).toEqual([])
  expect(readFileSync(join(results, 'ratios.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
})
