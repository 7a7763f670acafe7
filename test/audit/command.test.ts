import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { auditLog, type AuditRecord } from '../../packages/core/src/policy/audit/audit-log.ts'

const program = fileURLToPath(new URL('../../packages/core/src/policy/audit/cli.ts', import.meta.url))
const { privateKey, publicKey } = generateKeyPairSync('ed25519')

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-command-'))
  file = join(folder, 'audit.jsonl')
  const log = auditLog({ file, sign: { privateKey } })
  for (const call of ['c1', 'c2', 'c3']) await log.append(record(call))
  await log.close()
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

it('says that a log is whole', async () => {
  const keyFile = join(folder, 'public.pem')
  writeFileSync(keyFile, publicKey.export({ type: 'spki', format: 'pem' }))
  expect(await run('verify', file, '--public-key', keyFile)).toEqual({
    code: 0,
    output: `whole: ${file}, 4 lines in 1 file\nhead: matches the last line\nsignatures: checked\n`,
    errors: '',
  })
  appendFileSync(file, '{"v":1')
  expect((await run('verify', file)).output).toContain('torn: 6 bytes of a last line that was being written')
  await rm(`${file}.head`)
  expect((await run('verify', file)).output).toContain('no head, so a cut at the end cannot be seen')
})

it('names the first line that was changed, in English, and says in Russian what it means', async () => {
  writeFileSync(file, readFileSync(file, 'utf8').replace('"call":"c2"', '"call":"cX"'))
  expect(await run('verify', file)).toEqual({
    code: 1,
    output: [
      `BROKEN: ${file}, line 3: edited`,
      '  Содержание этой строки изменено после записи.',
      'head: not compared',
      'signatures: not checked, give --public-key',
      '',
    ].join('\n'),
    errors: '',
  })
})

it('says that the end was cut off', async () => {
  writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(0, 2).join('\n') + '\n')
  const { code, output } = await run('verify', file)
  expect({ code, first: output.split('\n')[0] }).toEqual({ code: 1, first: `BROKEN: ${file}, line 3: truncated` })
})

it.each<[string, string[], string]>([
  ['no command', [], 'shlyuz-audit verify FILE'],
  ['another command', ['check', 'x'], 'shlyuz-audit verify FILE'],
  ['no file', ['verify'], 'shlyuz-audit verify FILE'],
  ['two files', ['verify', 'a', 'b'], 'shlyuz-audit verify FILE'],
  ['an unknown option', ['verify', 'a', '--key', 'b'], '--key'],
  ['a file that is not there', ['verify', 'none.jsonl'], 'there is no audit log none.jsonl\n  Укажите'],
  ['a key that is not there', ['verify', 'none.jsonl', '--public-key', 'none.pem'], 'none.pem'],
])('tells misuse from a verdict: %s', async (_title, args, message) => {
  const { code, output, errors } = await run(...args)
  expect({ code, output }).toEqual({ code: 2, output: '' })
  expect(errors).toContain(message)
})

it('explains itself', async () => {
  expect(await run('--help')).toMatchObject({ code: 0, output: expect.stringContaining('Exit status: 0') })
})

function run(...args: string[]): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], { cwd: folder }, (_error, output, errors) => {
      resolve({ code: child.exitCode ?? -1, output, errors })
    })
  })
}

function record(call: string): AuditRecord {
  return {
    type: 'decision',
    call,
    decision: 'd1',
    verdict: 'allow',
    code: 'ok',
    depth: 'intent',
    mode: 'enforce',
    policy: { name: 'domestic-only', digest: 'sha256:00' },
    target: { provider: 'vendor' },
    labels: {},
    network: 'test',
    sdk: '1.0.0',
  }
}
