#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ShlyuzError } from '../../errors/shlyuz-error.ts'
import { verifyAuditLog, type AuditVerification, type BadReason, type HeadState } from './verify-audit-log.ts'

const help = `Checks an audit log: the file, the rotated ones beside it, and the head.

  shlyuz-audit verify FILE [--public-key FILE]

  --public-key FILE   PEM of the Ed25519 key: each line must bear its signature
  --help              this text

Exit status: 0 the log is whole, 1 it is not, 2 it was not checked.
`

const headWords: Readonly<Record<HeadState, string>> = {
  matches: 'matches the last line',
  behind: 'behind the last line: the log is being written, or was not closed',
  ahead: 'ahead of the last line: the end was cut off',
  damaged: 'not what was written',
  missing: 'no head, so a cut at the end cannot be seen',
  'not compared': 'not compared',
}

const reasonHints: Readonly<Record<BadReason, string>> = {
  edited: 'Содержание этой строки изменено после записи.',
  removed: 'Здесь не хватает строки или файла.',
  'inserted or reordered': 'Эта строка вставлена или стоит не на своём месте.',
  'bad signature': 'Подпись не подходит к строке: строка изменена или ключ не тот.',
  unsigned: 'Подписи нет: строку писали без ключа или подпись убрана.',
  'not JSON': 'Это не строка журнала: она испорчена.',
  truncated: 'Конец журнала отрезан: файл .head помнит больше строк.',
}

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`shlyuz-audit: ${error instanceof Error ? error.message : String(error)}\n`)
  if (ShlyuzError.isInstance(error) && error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`)
  return 2
})

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { 'public-key': { type: 'string' }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const [command, file, ...more] = positionals
  if (command !== 'verify' || file === undefined || more.length > 0) {
    process.stderr.write(help)
    return 2
  }
  const keyFile = values['public-key']
  const publicKey = keyFile === undefined ? undefined : await readFile(keyFile, 'utf8')
  const result = await verifyAuditLog({ file, ...(publicKey !== undefined && { publicKey }) })
  process.stdout.write(`${describe(file, result).join('\n')}\n`)
  return result.ok ? 0 : 1
}

function describe(file: string, result: AuditVerification): string[] {
  const { firstBad, files, firstFile, lines, torn, recovered, gaps, dropped, head, signatures } = result
  return [
    firstBad
      ? `BROKEN: ${firstBad.file}, line ${firstBad.line}: ${firstBad.reason}`
      : `whole: ${file}, ${lines} lines in ${files} ${files === 1 ? 'file' : 'files'}`,
    ...(firstBad ? [`  ${reasonHints[firstBad.reason]}`] : []),
    ...(firstFile > 1 ? [`begins with file ${firstFile}: the earlier ones are not here`] : []),
    ...(torn === undefined
      ? []
      : [`torn: ${torn} bytes of a last line that was being written; not a sign of tampering`]),
    ...(recovered > 0 ? [`recovered: ${recovered} torn lines cut off by the next process`] : []),
    ...(gaps > 0 ? [`gaps: ${gaps}, with ${dropped} records that could not be written (strict: false)`] : []),
    `head: ${headWords[head]}`,
    `signatures: ${signatures}${signatures === 'not checked' ? ', give --public-key' : ''}`,
  ]
}
