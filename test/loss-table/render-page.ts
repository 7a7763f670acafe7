import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { features, type Feature, type FeatureCell, type FeatureRule, type Surface } from '@shlyuz/core'
import { surfaces } from './surfaces.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Where the page lies, from the root of the repository. */
export const pagePath = 'docs/loss-table.md'

/** What brings the page up to date. */
export const pageCommand = 'pnpm run docs'

/** An operation of a service that its adapter leaves out. */
export interface NotOffered {
  readonly operation: string
  readonly because: string
}

const introduction = `# What is kept, and what is not

<!-- Written by \`${pageCommand}\` from the data of the adapters. Edits here are lost. -->

A call says what it wants in neutral words. No service takes all of them, so this page says for every feature what
becomes of it on every surface: on every way a service is spoken to. The same data decides what \`client.check\` reports,
which warnings a result carries and which calls are refused, and a test proves every cell that a call can reach.

- **kept**: it goes over the wire as it is.
- **translated**: its meaning is kept in another form. Nothing is said at the call.
- **warned**: it only tunes the request, and is lost or changed. The call goes on, with a warning in \`warnings\`.
- **refused**: it changes the meaning of the request and cannot be kept. The call ends with an
  \`UnsupportedFeatureError\` before anything is sent.

Where the model decides, the cell says so: «kept · without \`image\` refused» is kept by models whose card lists the
ability \`image\` and refused for models whose card does not. A model without a list of abilities is trusted: the service
has the last word. The policy is asked before the table: files by URL are refused (\`content.remote_url\`), kept or
not, until the policy lists them with \`remote: ['links']\`. Some refusals depend on values (a schema that cannot be expressed, a file that is
too large); \`client.check\` tells them too. The numbers in a column lead to the notes on its surface below.
`

/** The whole page, the same for the same data. */
export async function renderPage(): Promise<string> {
  const notes = surfaces.flatMap(renderNotes)
  const sections = [introduction, '## Features by surface', renderTable(), '## Notes', ...notes]
  return `${[...sections, ...(await renderNotOffered())].map((section) => section.trim()).join('\n\n')}\n`
}

/** What is said of one surface under the table, in its order: each thing once. */
function notesOf({ features: column }: Surface): readonly string[] {
  return [...new Set(features.flatMap(({ id }) => cellsOf(column[id]).flatMap(noteOf)))]
}

function renderNotes(surface: Surface): readonly string[] {
  const lines = notesOf(surface).map((note, index) => `${index + 1}. ${note}`)
  return [`### ${surface.title}`, lines.join('\n')]
}

/** The cells of a rule: two where the model decides. */
function cellsOf(rule: FeatureRule): readonly FeatureCell[] {
  return 'needs' in rule ? [rule.cell, rule.otherwise] : [rule]
}

function noteOf(cell: FeatureCell): readonly string[] {
  switch (cell.keep) {
    case 'kept':
      return []
    case 'translated':
      return [`Translated: ${prose(cell.note)}.`]
    case 'warned':
      return [`Warned, \`${cell.code}\`: ${prose(cell.message)}.`]
    case 'refused':
      return [`Refused: ${prose(cell.message)}. «${prose(cell.hint)}»`]
  }
}

function renderTable(): string {
  const rows = features.map(({ id, title }) => [title, ...surfaces.map((surface) => renderRule(surface, id))])
  return alignTable([['Feature', ...surfaces.map(({ title }) => title)], ...rows])
}

function renderRule(surface: Surface, feature: Feature): string {
  const rule = surface.features[feature]
  const notes = notesOf(surface)
  const say = (cell: FeatureCell): string => {
    const marks = noteOf(cell).map((note) => superscript(notes.indexOf(note) + 1))
    return `${cell.keep}${marks.join('')}`
  }
  return 'needs' in rule ? `${say(rule.cell)} · without \`${rule.needs}\` ${say(rule.otherwise)}` : say(rule)
}

/** A table as the formatter wants it: columns of one width. */
function alignTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[], fill = ' '): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [
    line(head),
    line(
      widths.map(() => ''),
      '-',
    ),
    ...body.map((row) => line(row)),
  ].join('\n')
}

/** The lists of the adapters, one file `<package>-not-offered.ts` each. */
async function renderNotOffered(): Promise<string[]> {
  const sections = await Promise.all(
    globSync('packages/*/src/*-not-offered.ts', { cwd: root })
      .map((path) => path.replaceAll('\\', '/'))
      .toSorted()
      .map(async (path) => [
        `### \`@shlyuz/${path.split('/')[1]}\``,
        (await readNotOffered(path))
          .map(({ operation, because }) => `- **${prose(operation)}**: not offered, because ${prose(because)}.`)
          .join('\n'),
      ]),
  )
  const opening = 'Operations of the services that this project leaves out, each with its reason.'
  return ['## Not offered', opening, ...sections.flat()]
}

async function readNotOffered(path: string): Promise<readonly NotOffered[]> {
  const module = (await import(new URL(`../../${path}`, import.meta.url).href)) as Record<string, unknown>
  const [name] = Object.keys(module).filter((key) => key.endsWith('NotOffered'))
  if (name === undefined) throw new Error(`${path} exports no list whose name ends in NotOffered`)
  return module[name] as readonly NotOffered[]
}

/** A text of the data as Markdown: only code in backquotes is markup in it, and it ends without a full stop. */
function prose(text: string): string {
  return text
    .replace(/\.$/, '')
    .split(/(`[^`]*`)/)
    .map((piece) => (piece.startsWith('`') ? piece : piece.replaceAll(/[\\*<|[\]]/g, '\\$&')))
    .join('')
}

function superscript(number: number): string {
  return String(number).replaceAll(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] as string)
}
