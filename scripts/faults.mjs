// Runs the fault matrix, and prints a line a row. `--peers`: its streaming rows against other people's clients.
// Usage: pnpm faults [--peers] [F01 F38 …]
import { join } from 'node:path'
import { startVitest } from 'vitest/node'
import { rows } from '../test/faults/rows.ts'
import { RowReporter } from './row-reporter.mjs'

const root = join(import.meta.dirname, '..')
const wanted = process.argv.slice(2)
const unknown = wanted.filter((word) => word !== '--peers' && !rows.some(({ number }) => number === word))
if (unknown.length > 0) {
  console.error(`The matrix has no row ${unknown.join(', ')}. Usage: pnpm faults [--peers] [F01 F38 …]`)
  process.exit(2)
}

if (wanted.includes('--peers')) {
  const { comparePeers } = await import('../compare/faults/compare-peers.mjs')
  process.exitCode = await comparePeers()
} else {
  await runRows(wanted.length > 0 ? rows.filter(({ number }) => wanted.includes(number)) : rows)
}

async function runRows(asked) {
  const reporter = new RowReporter(asked)
  const filters = wanted.length > 0 ? { testNamePattern: `^(?:${wanted.join('|')}) ` } : {}
  const vitest = await startVitest('test', ['test/faults/'], {
    root,
    watch: false,
    project: ['suite'],
    reporters: [reporter],
    exclude: ['**/fuzz.test.ts', '**/page.test.ts'],
    ...filters,
  })
  await vitest.close()
  reporter.finish()
  process.exitCode = reporter.isGreen ? 0 : 1
}
