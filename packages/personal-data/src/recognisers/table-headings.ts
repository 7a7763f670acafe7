import { findTopicWords, type Topic } from './topic-words.ts'

interface TableLine {
  readonly start: number
  readonly end: number
  readonly separator: string
  readonly count: number
  /** What the columns are headed, from the first of the neighbouring lines with as many of the same separators. */
  readonly headings: readonly (Topic | undefined)[]
}

// Longer lines and wider tables are not for reading by eye, and would make this slow.
const longestLine = 2000
const mostColumns = 60

/** Knows the headings of columns in CSV and its like: rows are lines with as many separators as the line above. */
export class TableHeadings {
  readonly #lower: string
  readonly #rows: TableLine[] = []

  constructor(lower: string) {
    this.#lower = lower
    let above: TableLine | undefined
    for (let start = 0; start < lower.length;) {
      const newline = lower.indexOf('\n', start)
      const end = newline === -1 ? lower.length : newline
      const line = end - start > longestLine ? '' : lower.slice(start, end)
      const separator = [';', '\t', '|', ','].find((mark) => line.includes(mark))
      if (separator === undefined) {
        above = undefined
      } else {
        const cells = line.split(separator)
        const isRow = above?.separator === separator && above.count === cells.length
        const headings = isRow && above ? above.headings : cells.slice(0, mostColumns).map(readHeading)
        const row = { start, end, separator, count: cells.length, headings }
        if (isRow && cells.length <= mostColumns) this.#rows.push(row)
        above = row
      }
      start = end + 1
    }
  }

  headingOf(offset: number): Topic | undefined {
    let low = 0
    let high = this.#rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#rows[middle] as TableLine).end <= offset) low = middle + 1
      else high = middle
    }
    const row = this.#rows[low]
    if (row === undefined || offset < row.start) return undefined
    let column = 0
    for (let at = row.start; at < offset; at++) if (this.#lower[at] === row.separator) column++
    return row.headings[column]
  }
}

function readHeading(cell: string): Topic | undefined {
  return findTopicWords(cell, cell)[0]?.topic
}
