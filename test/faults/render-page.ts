import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rows, type Row, type RowNumber } from './rows.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** Where the page lies, from the root of the repository. */
export const pagePath = 'docs/fault-matrix.md'

/** What brings the page up to date. */
export const pageCommand = 'pnpm run docs'

const introduction = `# What happens when something breaks

<!-- Written by \`${pageCommand}\` from test/faults/rows.ts. Edits here are lost. -->

Each row is a fault and what Shlyuz does then. Each is proven by tests over real sockets that bear its number:
\`pnpm faults\` runs them, a line a row, and \`pnpm faults F38 F46\` some of them. \`pnpm faults --peers\` puts the
streaming rows to other people's clients.

«Asked again» means within the same call, up to \`retries\` times and within its deadline; it shows in \`attempts\` and
nowhere else. Once content has come nothing is asked again, and the error is a \`StreamInterruptedError\` with what came
in \`partial\` and the class named here as its \`cause\`.
`

/** The files in which the tests of each row stand. */
export function findTests(): ReadonlyMap<RowNumber, readonly string[]> {
  const found = new Map<RowNumber, string[]>()
  for (const file of globSync('*.test.ts', { cwd: folder }).toSorted()) {
    const text = readFileSync(`${folder}/${file}`, 'utf8')
    for (const [, number] of text.matchAll(/^ *row\(\s*'(F\d\d)'/gm)) {
      found.set(number as RowNumber, [...(found.get(number as RowNumber) ?? []), file])
    }
  }
  return found
}

/** The whole page, the same for the same data. */
export function renderPage(): string {
  const tests = findTests()
  const head = ['Row', 'Behaviour', 'Asked again', 'Error', 'Test']
  const body = rows.map((row) => renderRow(row, tests.get(row.number) ?? []))
  return `${introduction}\n${alignTable([head, ...body])}\n`
}

function renderRow({ number, fault, behaviour, retry, error }: Row, files: readonly string[]): readonly string[] {
  const links = files.map((file) => `[${basename(file, '.test.ts')}](../test/faults/${file})`)
  return [`${number} ${fault}`, behaviour, retry, error, links.join(', ')]
}

/** A table as the formatter wants it: columns of one width. */
function alignTable(cells: readonly (readonly string[])[]): string {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[], fill = ' '): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`
  const [head = [], ...body] = cells
  return [
    line(head),
    line(
      head.map(() => ''),
      '-',
    ),
    ...body.map((row) => line(row)),
  ].join('\n')
}
