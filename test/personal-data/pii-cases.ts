/**
 * Holds the recognisers against a file of labelled sentences: the file of `SHLYUZ_PII_CASES`, or the reference file
 * beside the repository. Its sentences are invented, so mistakes are shown with their text. The last line is
 * `precision P recall R`; the exit code is 1 when a threshold is missed.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findPersonalData } from '@shlyuz/personal-data'
import { readSentences } from './pii-case-file.ts'
import { listShortfalls, scoreSentences, type TypeScore } from './pii-score.ts'

const standard = fileURLToPath(new URL('../../../shared/fixtures/pii/sentences.json', import.meta.url))
const file = process.env['SHLYUZ_PII_CASES'] ?? standard

if (existsSync(file)) report(file)
else console.log(`skipped: no file ${file}`)

function report(path: string): void {
  const score = scoreSentences(readSentences(readFileSync(path, 'utf8')), findPersonalData)
  for (const type of score.types) {
    const { found, wrong, missed } = type
    console.log(`${type.type.padEnd(15)} ${formatRatios(type)}  (tp ${found} fp ${wrong} fn ${missed})`)
  }
  for (const { id, kind, type, text } of score.mistakes) {
    console.log(`${kind === 'missed' ? 'missed' : 'false '} ${id} ${type} ${JSON.stringify(text)}`)
  }
  const shortfalls = listShortfalls(score)
  for (const { type } of shortfalls) console.log(`below its threshold: ${type}`)
  console.log(`precision ${score.overall.precision.toFixed(4)} recall ${score.overall.recall.toFixed(4)}`)
  if (shortfalls.length > 0) process.exitCode = 1
}

function formatRatios({ precision, recall }: TypeScore): string {
  return `precision ${precision.toFixed(4)} recall ${recall.toFixed(4)}`
}
