// Colour only where a person looks: never in a pipe, never against NO_COLOR.
const colours = process.stdout.isTTY && !process.env['NO_COLOR']

function paint(code: number, text: string): string {
  return colours ? `\u001b[${code}m${text}\u001b[0m` : text
}

export const bold = (text: string): string => paint(1, text)
export const dim = (text: string): string => paint(2, text)
export const red = (text: string): string => paint(31, text)
export const green = (text: string): string => paint(32, text)

export function heading(text: string): void {
  console.log(`\n${bold(text)}\n`)
}

/** Prints rows under a head, columns as wide as they need. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => plain(row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - plain(cell).length)).join('  ')
  console.log(dim(line(head)))
  for (const row of rows) console.log(line(row))
}

function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- colour codes begin with ESC
  return text.replaceAll(/\u001b\[\d+m/g, '')
}
