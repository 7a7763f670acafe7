import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { auditLog, type AuditLogOptions, type AuditRecord } from '../../packages/core/src/policy/audit/audit-log.ts'
import { verifyAuditLog } from '../../packages/core/src/policy/audit/verify-audit-log.ts'

const program = fileURLToPath(new URL('writing-process.ts', import.meta.url))

let folder: string
let file: string
const children: ChildProcessWithoutNullStreams[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-processes-'))
  file = join(folder, 'audit.jsonl')
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

describe('a process that is killed while it writes', () => {
  it.each<[string, Partial<AuditLogOptions>]>([
    ['one file', {}],
    ['many files', { rotate: { maxBytes: 4096 } }],
    ['synced', { durability: 'fsync' }],
  ])(
    'leaves a log that is whole, with every record it was told of, and the next goes on: %s',
    async (_title, options) => {
      let acknowledged = 0
      for (let round = 0; round < 4; round++) {
        const child = start({ file, ...options }, 1_000_000)
        let output = ''
        child.stdout.on('data', (data: Buffer) => (output += data.toString()))
        await waitFor(() => output.length > 50 + round * 37)
        child.kill('SIGKILL')
        await once(child, 'close')
        expect(output).toMatch(/^\++$/)
        acknowledged += output.length
        const { ok, firstBad, lines } = await verifyAuditLog({ file })
        expect({ ok, firstBad }).toEqual({ ok: true, firstBad: undefined })
        expect(lines).toBeGreaterThan(acknowledged)
        expect(existsSync(`${file}.lock`)).toBe(true)
      }
      const log = auditLog({ file, ...options })
      await log.append(record())
      await log.close()
      expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, head: 'matches', gaps: 0 })
      expect(readdirSync(folder).filter((name) => !/\.jsonl$|\.head$/.test(name))).toEqual([])
    },
    60_000,
  )
})

describe('a process that ends without closing its log', () => {
  it('ends: nothing of the log keeps it alive', async () => {
    const child = start({ file }, 10)
    const output = text(child.stdout)
    const [code] = (await once(child, 'close')) as [number]
    expect({ code, output: await output }).toEqual({ code: 0, output: '+'.repeat(10) })
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: 11, head: 'missing' })
  })

  it('ends also after closing it', async () => {
    const child = start({ file }, 10, 'hold')
    child.stdin.end()
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(0)
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: 11, head: 'matches' })
  })
})

describe('several processes', () => {
  it('cannot write one file: the second is refused, with the way out', async () => {
    const first = await hold({ file })
    const log = auditLog({ file })
    await expect(log.append(record())).rejects.toMatchObject({
      code: 'audit.locked',
      message: `the audit log is written by process ${first.pid}: ${file}.lock is taken`,
      hint: expect.stringContaining("auditLog({ file: 'audit-{pid}.jsonl' })"),
    })
    first.stdin.end()
    await once(first, 'close')
    await log.append(record())
    await log.close()
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: 3, head: 'matches' })
  })

  it('write a file each when its name holds the process id', async () => {
    const all = await Promise.all([1, 2, 3].map(() => hold({ file: join(folder, 'audit-{pid}.jsonl') })))
    for (const child of all) child.stdin.end()
    await Promise.all(all.map((child) => once(child, 'close')))
    for (const { pid } of all)
      expect(await verifyAuditLog({ file: join(folder, `audit-${pid}.jsonl`) })).toMatchObject({ ok: true, lines: 2 })
  })

  it('that all find the lock of a dead one do not all win', async () => {
    const dead = await hold({ file })
    dead.kill('SIGKILL')
    await once(dead, 'close')
    const all = [1, 2, 3, 4, 5].map(() => start({ file }, 1, 'hold'))
    const outputs = all.map((child) => {
      const output = { text: '' }
      child.stdout.on('data', (data: Buffer) => (output.text += data.toString()))
      return output
    })
    await waitFor(() => outputs.every((output) => output.text.endsWith('.')))
    expect(outputs.map((output) => output.text).toSorted()).toEqual([
      '+.',
      ...Array.from({ length: 4 }, () => 'audit.locked\n.'),
    ])
    for (const child of all) child.stdin.end()
    await Promise.all(all.map((child) => once(child, 'close')))
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: 3 })
    expect(readdirSync(folder).toSorted()).toEqual(['audit.jsonl', 'audit.jsonl.head'])
  }, 60_000)
})

describe('a disk that is full', () => {
  // The limit of the size of a file is the one such fault that every system can make: a part is written, then EFBIG.
  it.skipIf(process.platform === 'win32')('refuses each record from then on and keeps the log whole', async () => {
    const child = spawn(
      'sh',
      ['-c', 'ulimit -f 8; exec "$0" "$@"', process.execPath, program, JSON.stringify({ file }), '40'],
      { stdio: 'pipe' },
    )
    children.push(child)
    const closed = once(child, 'close') // a process that has not ended yet holds its lock
    const output = await text(child.stdout)
    await closed
    const written = /^\+*/.exec(output)![0].length
    expect(written).toBeGreaterThan(0)
    expect(output.slice(written)).toBe('audit.unwritable\n'.repeat(40 - written))
    const { ok, lines } = await verifyAuditLog({ file })
    expect(ok).toBe(true)
    const log = auditLog({ file })
    await log.append(record())
    await log.close()
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, head: 'matches' })
    expect(lines).toBeGreaterThan(written)
  })
})

it('no record holds what it has no place for', async () => {
  const secrets = { prompt: 'PROMPT', answer: 'ANSWER', apiKey: 'KEY', restored: 'Иванов' }
  const log = auditLog({ file })
  await log.append({
    ...record(),
    ...secrets,
    target: { provider: 'vendor', ...secrets },
    content: { ...counts, ...secrets },
  })
  await log.close()
  for (const name of readdirSync(folder))
    expect(readFileSync(join(folder, name), 'utf8')).not.toMatch(/PROMPT|ANSWER|KEY|Иванов/)
})

const counts = { messages: 1, characters: 1, images: 0, files: 0 }

function start(options: AuditLogOptions, records: number, ...more: 'hold'[]): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [program, JSON.stringify(options), String(records), ...more])
  children.push(child)
  return child
}

/** A process that has written one record and keeps the log. */
async function hold(options: AuditLogOptions): Promise<ChildProcessWithoutNullStreams> {
  const child = start(options, 1, 'hold')
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  await waitFor(() => output === '+.')
  return child
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1500; tries++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('it did not come to that')
}

function record(): AuditRecord {
  return {
    type: 'decision',
    call: 'c1',
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
