// Turns samples into tables: on the terminal, as JSON, and as a plot.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contenders } from './contenders/index.mjs'
import { drawPlot } from './plot.mjs'
import { spread } from './statistics.mjs'

const figures = { value: '', cold: ', the first', resident: ', resident memory' }

/**
 * A row for each contender and figure: medians, and the ratio to the first contender, repetition by repetition. Pairs are
 * compared because a machine is quicker in one minute than in the next, for all alike.
 */
export function summarise({ targets = {}, coldRuns = '' }, samples) {
  const [base] = Object.values(samples)
  return Object.entries(samples).flatMap(([key, own]) => {
    const name = contenders[key]?.name ?? { undici: 'undici alone', shlyuz: 'Shlyuz (core and both adapters)' }[key]
    if (own.length === 0) return [{ key, name, failure: own.failure ?? 'no sample' }]
    return Object.entries(figures)
      .filter(([figure]) => own[0][figure] !== undefined)
      .map(([figure, suffix]) => {
        const values = own.map((sample) => sample[figure])
        const pairs = values
          .map((value, index) => [value, base[index]?.[figure]])
          .filter(([, other]) => other !== undefined)
        const row = {
          key: figure === 'value' ? key : `${key} ${figure}`,
          name: name + suffix + (figure === 'cold' ? ` ${coldRuns}` : ''),
          value: spread(values),
          ratio: spread(pairs.map(([value, other]) => value / other)),
          difference: spread(pairs.map(([value, other]) => value - other)),
          repeats: own.length,
          ...shareOf(own),
        }
        const target = targets[row.key]
        return target ? { ...row, target, met: measured(row, target) <= target.most } : row
      })
  })
}

function measured(row, { by }) {
  return row[by].median
}

/** Which part of its core each side used: a server near 1 with a client far from it would have been the bottleneck. */
function shareOf(own) {
  if (own[0].share === undefined) return {}
  return {
    share: spread(own.map(({ share }) => share)).median,
    serverShare: spread(own.map(({ serverShare }) => serverShare)).median,
  }
}

const columns = ['', 'median', '× first row', 'p10–p90', 'over it', 'target', '', 'client', 'server', 'n']

export function printScenario(title, unit, rows) {
  const lines = [columns, ...rows.map(cellsOf)]
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => cells[index].length)))
  console.log(`\n${title}, ${unit}`)
  for (const cells of lines) {
    const padded = cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[index]) : cell.padStart(widths[index])))
    console.log(`  ${padded.join('  ').trimEnd()}`)
  }
  for (const { name, failure } of rows) if (failure) console.log(`  ${name} fails: ${failure}`)
}

function cellsOf({ name, failure, value, ratio, difference, target, met, share, serverShare, repeats }) {
  if (failure) return [name, 'fails', ...Array.from({ length: columns.length - 2 }, () => '')]
  const percent = (part) => (part === undefined ? '' : `${Math.round(part * 100)} %`)
  return [
    name,
    short(value.median),
    ratio.median.toFixed(2),
    `${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}`,
    short(difference.median),
    target ? `≤ ${target.most}${target.by === 'ratio' ? ' ×' : ''}` : '',
    target ? (met ? 'met' : 'MISSED') : '',
    percent(share),
    percent(serverShare),
    String(repeats),
  ]
}

function short(number) {
  return Math.abs(number) >= 100 ? number.toFixed(0) : Math.abs(number) >= 10 ? number.toFixed(1) : number.toFixed(2)
}

function printSizes(sizes) {
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} KB`
  console.log('\nSizes')
  for (const { name, own, bundled, installed } of sizes) {
    const alone = own ? `own code ${kilobytes(own.gzip)} gzip (target ≤ 40 KB); ` : ''
    const whole = `bundled with dependencies ${kilobytes(bundled.bytes)}, ${kilobytes(bundled.gzip)} gzip; `
    console.log(`  ${name}: ${alone}${whole}installed ${kilobytes(installed)}`)
  }
}

/** @param folder `undefined`: a part of the whole is printed and not kept */
export async function writeResults(folder, report) {
  if (report.sizes.length > 0) printSizes(report.sizes)
  const targets = report.results.flatMap(({ title, rows }) =>
    rows.filter(({ target }) => target).map(({ name, met }) => ({ what: `${title}: ${name}`, met })),
  )
  const own = report.sizes.find((size) => size.own)
  if (own) targets.push({ what: 'own code, gzip', met: own.own.gzip <= 40_000 })
  const missed = targets.filter(({ met }) => !met).map(({ what }) => what)
  console.log(`\n${targets.length - missed.length} of ${targets.length} targets met, in ${report.minutes} minutes`)
  for (const what of missed) console.log(`  missed  ${what}`)
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(report, roundNumbers, 2)}\n`)
  writeFileSync(join(folder, 'ratios.svg'), drawPlot(report))
}

function roundNumbers(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
