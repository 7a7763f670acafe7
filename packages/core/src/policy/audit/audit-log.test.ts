import { generateKeyPairSync, hash, verify } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import * as promises from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { auditLog, createAuditLog, isAuditLog, type AuditLogOptions, type AuditRecord } from './audit-log.ts'
import { verifyAuditLog } from './verify-audit-log.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-log-'))
  file = join(folder, 'audit.jsonl')
})

afterEach(async () => {
  vi.useRealTimers()
  await rm(folder, { recursive: true })
})

describe('a line', () => {
  it('says what was decided, in a stable form', async () => {
    await writeAll([
      { ...record('c1'), would: 'deny', attempt: 2, labels: { system: 'crm' }, dataClasses: ['internal'] },
    ])
    const [, line] = readRecords()
    expect(line).toEqual({
      v: 1,
      seq: 2,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      type: 'decision',
      decision: 'd1',
      call: 'c1',
      attempt: 2,
      verdict: 'allow',
      would: 'deny',
      code: 'ok',
      depth: 'intent',
      mode: 'enforce',
      policy: { name: 'domestic-only', digest: 'sha256:00' },
      operation: 'generateText',
      target: { provider: 'vendor', origin: 'https://llm.example', address: null, model: null },
      content: { messages: 1, characters: 12, images: 0, files: 0, masked: { PERSON: 1 } },
      rules: [{ rule: 'origins', effect: 'permit', code: 'ok' }],
      labels: { system: 'crm' },
      dataClasses: ['internal'],
      network: 'test',
      sdk: '1.0.0',
      prev: expect.stringMatching(/^sha256:[\da-f]{64}$/),
    })
  })

  it('names the hash of the line before it, and the first one says which file begins', async () => {
    await writeAll([record('c1'), record('c2')])
    const lines = readLines()
    expect(lines).toHaveLength(3)
    expect(JSON.parse(lines[0]!)).toMatchObject({ seq: 1, type: 'start', file: 1, pid: process.pid, prev: null })
    expect(JSON.parse(lines[1]!).prev).toBe(`sha256:${hash('sha256', lines[0]!, 'hex')}`)
    expect(JSON.parse(lines[2]!).prev).toBe(`sha256:${hash('sha256', lines[1]!, 'hex')}`)
  })

  it('is signed up to its signature, which comes last', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    await writeAll([record('c1')], {
      sign: { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string },
    })
    const line = readLines()[1]!
    const at = line.lastIndexOf(',"sig":"')
    const { sig } = JSON.parse(line) as { sig: string }
    expect(line.slice(at)).toBe(`,"sig":"${sig}"}`)
    expect(verify(null, Buffer.from(line.slice(0, at)), publicKey, Buffer.from(sig, 'base64'))).toBe(true)
  })

  it('holds no field that the record has no place for', async () => {
    const chatty = {
      ...record('c1'),
      prompt: 'PROMPT',
      target: { provider: 'vendor', apiKey: 'KEY' },
      outcome: { durationMs: 1, text: 'ANSWER' },
    }
    await writeAll([chatty])
    expect(readFileSync(file, 'utf8')).not.toMatch(/PROMPT|KEY|ANSWER/)
  })

  it('holds bounded texts on one line, without what hides or reorders text on a screen', async () => {
    const labels = { long: 'я'.repeat(10_000), broken: 'a\r\nb\u2028c\u0000d', bidi: '\u202Eevil', half: '\uD83D' }
    await writeAll([{ ...record('c1'), labels }])
    expect(readLines()).toHaveLength(2)
    expect(readRecords()[1]!['labels']).toEqual({
      long: `${'я'.repeat(255)}…`,
      broken: 'a\u{FFFD}\u{FFFD}b\u{FFFD}c\u{FFFD}d',
      bidi: '\u{FFFD}evil',
      half: '\u{FFFD}',
    })
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`label${index}`, 'x'.repeat(1000)]))
    await writeAll([
      { ...record('c2'), labels: many, rules: Array.from({ length: 10_000 }, () => record('c').rules![0]!) },
    ])
    expect(readLines().at(-1)!.length).toBeLessThan(32_000)
  })

  it('says what was said when it was appended, whatever becomes of the record', async () => {
    const log = auditLog({ file })
    const one = record('c1') as { call: string } & AuditRecord
    const written = log.append(one)
    one.call = 'changed'
    await written
    await log.close()
    expect(readRecords()[1]!['call']).toBe('c1')
  })

  it('that is no record is refused and leaves no trace', async () => {
    const log = auditLog({ file })
    await expect(log.append(null as never)).rejects.toMatchObject({
      name: 'PolicyAuditError',
      code: 'audit.unwritable',
    })
    await log.append(record('c1'))
    await log.close()
    expect(readRecords().map(({ call }) => call)).toEqual([undefined, 'c1'])
  })
})

describe('appending', () => {
  it('opens nothing before the first record', async () => {
    const log = auditLog({ file })
    expect(readdirSync(folder)).toEqual([])
    await log.close()
    expect(readdirSync(folder)).toEqual([])
  })

  it('resolves when the line is in the file', async () => {
    const log = auditLog({ file })
    await log.append(record('c1'))
    expect(readRecords()[1]!['call']).toBe('c1')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    await log.close()
  })

  it('groups what comes together in few writes and keeps its order', async () => {
    const counts = { write: 0, datasync: 0 }
    const log = createAuditLog({ file, durability: 'fsync' }, countCalls(counts))
    const calls = Array.from({ length: 10_000 }, (_, index) => `c${index}`)
    await Promise.all(calls.map((call) => log.append(record(call))))
    expect(counts.write).toBeLessThanOrEqual(10)
    expect(counts.datasync).toBe(counts.write)
    await log.close()
    expect(
      readRecords()
        .slice(1)
        .map(({ call }) => call),
    ).toEqual(calls)
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: 10_001, head: 'matches' })
  })

  it('resolves after the line was synced, when asked to', async () => {
    const order: string[] = []
    const log = createAuditLog(
      { file, durability: 'fsync' },
      withHandle({ datasync: async (call) => (await call(), void order.push('synced')) }),
    )
    await log.append(record('c1'))
    order.push('resolved')
    expect(order).toEqual(['synced', 'resolved'])
    await log.close()
  })

  it('refuses what comes over the limit, and takes more once there is room', async () => {
    const log = auditLog({ file, queueLimit: 2 })
    const both = [log.append(record('c1')), log.append(record('c2'))]
    await expect(log.append(record('c3'))).rejects.toMatchObject({
      code: 'audit.queue_full',
      hint: expect.stringContaining('queueLimit'),
    })
    await Promise.all(both)
    await log.append(record('c4'))
    await log.close()
    expect(readRecords().map(({ call }) => call)).toEqual([undefined, 'c1', 'c2', 'c4'])
    expect(log.dropped).toBe(0)
  })

  it('drops what comes over the limit when not strict, and the log says how many', async () => {
    const log = auditLog({ file, queueLimit: 2, strict: false })
    await Promise.all(['c1', 'c2', 'c3', 'c4'].map((call) => log.append(record(call))))
    expect(log.dropped).toBe(2)
    await log.append(record('c5'))
    await log.close()
    expect(readRecords().flatMap(({ call }) => call ?? [])).toEqual(['c1', 'c2', 'c5'])
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, gaps: 1, dropped: 2 })
  })

  it('after the close is refused, also when not strict', async () => {
    for (const strict of [true, false]) {
      const log = auditLog({ file, strict })
      const last = log.append(record('c1'))
      await Promise.all([log.close(), log.close()])
      await last
      await expect(log.append(record('c2'))).rejects.toMatchObject({ code: 'audit.closed', hint: expect.any(String) })
    }
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: 3 })
  })

  it('goes on with the chain of an earlier log', async () => {
    await writeAll([record('c1')])
    await writeAll([record('c2')])
    expect(readRecords().map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: 3, head: 'matches' })
  })

  it('leaves no lock, no timer and no open file behind', async () => {
    await writeAll([record('c1')])
    expect(readdirSync(folder).toSorted()).toEqual(['audit.jsonl', 'audit.jsonl.head'])
  })
})

describe('several logs of one file', () => {
  it('keep one chain, also by way of a link, and the last one closes it', async () => {
    mkdirSync(join(folder, 'real'))
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    const [one, other] = [
      auditLog({ file: join(folder, 'real/a.jsonl') }),
      auditLog({ file: join(folder, 'link/a.jsonl') }),
    ]
    await Promise.all([one, other, one, other].map((log) => log.append(record('c'))))
    await one.close()
    await other.append(record('c'))
    await other.close()
    const again = auditLog({ file: join(folder, 'link/a.jsonl') })
    await again.append(record('c'))
    await again.close()
    expect(await verifyAuditLog({ file: join(folder, 'real/a.jsonl') })).toMatchObject({ ok: true, lines: 7 })
  })

  it('may follow each other without waiting for the close', async () => {
    const one = auditLog({ file })
    await one.append(record('c1'))
    const closing = one.close()
    const other = auditLog({ file, durability: 'fsync' })
    await other.append(record('c2'))
    await Promise.all([closing, other.close()])
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: 3, head: 'matches' })
    expect(readdirSync(folder).toSorted()).toEqual(['audit.jsonl', 'audit.jsonl.head'])
  })

  it('must agree on the options', async () => {
    const one = auditLog({ file })
    await one.append(record('c1'))
    for (const more of [
      { strict: false },
      { durability: 'fsync' },
      { rotate: { keep: 1 } },
      { sign: generateKey() },
    ] as const) {
      const other = auditLog({ file, ...more })
      await expect(other.append(record('c2'))).rejects.toMatchObject({
        name: 'ConfigurationError',
        code: 'config.audit',
        hint: expect.stringContaining('параметрами'),
      })
      await other.close()
    }
    await one.close()
    const other = auditLog({ file, durability: 'fsync' })
    await other.append(record('c2'))
    await other.close()
  })

  it('each process can have its own', async () => {
    await writeAll([record('c1')], { file: join(folder, 'audit-{pid}.jsonl') })
    expect(existsSync(join(folder, `audit-${process.pid}.jsonl`))).toBe(true)
  })
})

describe('rotation', () => {
  const small = { rotate: { maxBytes: 2000 } }
  const calls = Array.from({ length: 20 }, (_, index) => `c${index}`)

  it('puts the full file aside and chains the next one to it', async () => {
    await writeAll(calls.map(record), small)
    const names = readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .toSorted()
    expect(names.slice(0, 2)).toEqual(['audit.000001.jsonl', 'audit.000002.jsonl'])
    for (const name of names) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(2000)
    const all = names.flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    expect(all.map((line) => (JSON.parse(line) as { call?: string }).call).filter(Boolean)).toEqual(calls)
    expect(await verifyAuditLog({ file })).toEqual({
      ok: true,
      files: names.length,
      firstFile: 1,
      lines: all.length,
      recovered: 0,
      gaps: 0,
      dropped: 0,
      head: 'matches',
      signatures: 'none',
    })
    await writeAll([record('later')], small)
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: expect.closeTo(all.length + 1, -0.6) })
  })

  it('keeps as many files as asked', async () => {
    await writeAll(calls.map(record), { rotate: { maxBytes: 2000, keep: 2 } })
    const rotated = readdirSync(folder).filter((name) => /\.\d{6}\.jsonl$/.test(name))
    expect(rotated).toHaveLength(2)
    const { ok, firstFile, files } = await verifyAuditLog({ file })
    expect({ ok, files }).toEqual({ ok: true, files: 3 })
    expect(firstFile).toBeGreaterThan(2)
  })

  it('takes a line that is longer than a file', async () => {
    const long = {
      ...record('c1'),
      rules: Array.from({ length: 40 }, () => ({ rule: 'r'.repeat(50), effect: 'permit', code: 'ok' })),
    }
    await writeAll([record('c0'), long, record('c2')], small)
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, files: 3 })
  })

  it('says also in the next file that a torn line was cut off', async () => {
    const tight = { rotate: { maxBytes: 1024 } }
    await writeAll([record('c1')], tight)
    appendFileSync(file, '{"v":1')
    await writeAll([record('c2')], tight)
    expect(readRecords().map(({ type, bytes }) => [type, bytes])).toEqual([
      ['start', undefined],
      ['recovered', 6],
      ['decision', undefined],
    ])
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, files: 2, recovered: 1 })
  })

  it('never overwrites a file that is already there', async () => {
    writeFileSync(join(folder, 'audit.000001.jsonl'), 'evidence')
    const log = auditLog({ file, ...small })
    // A new log looks at what lies beside it as well.
    await expect(log.append(record('c'))).rejects.toMatchObject({ code: 'audit.tampered' })
    await log.close()
    expect(readFileSync(join(folder, 'audit.000001.jsonl'), 'utf8')).toBe('evidence')
  })

  it('goes on after a crash between putting a file aside and beginning the next', async () => {
    await writeAll([record('c1')])
    await promises.rename(file, join(folder, 'audit.000001.jsonl'))
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, files: 1, head: 'matches' })
    await writeAll([record('c2')])
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, files: 2, lines: 4 })
  })
})

describe('the head', () => {
  it('follows within seconds while lines come, and never holds up the process', async () => {
    const log = auditLog({ file })
    await log.append(record('c1'))
    expect(existsSync(`${file}.head`)).toBe(false)
    await vi.waitFor(() => expect(existsSync(`${file}.head`)).toBe(true), { timeout: 6000, interval: 100 })
    expect(JSON.parse(readFileSync(`${file}.head`, 'utf8'))).toMatchObject({ v: 1, file: 1, seq: 2 })
    await log.append(record('c2'))
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, head: 'behind' })
    await log.close()
  })

  it('is not written before the lines are surely on disk', async () => {
    const log = createAuditLog(
      { file },
      withHandle({ datasync: () => Promise.reject(Object.assign(new Error(), { code: 'EIO' })) }),
    )
    await log.append(record('c1'))
    await expect(log.close()).rejects.toMatchObject({
      code: 'audit.unwritable',
      message: expect.stringContaining('EIO'),
    })
    expect(existsSync(`${file}.head`)).toBe(false)
    expect(existsSync(`${file}.lock`)).toBe(false)
  })
})

describe('an object that is given as a log', () => {
  it('is one only if it was made here', () => {
    expect(isAuditLog(auditLog({ file }))).toBe(true)
    for (const other of [undefined, null, 'file', {}, { strict: true, append: async () => {}, close: async () => {} }])
      expect(isAuditLog(other)).toBe(false)
    expect(isAuditLog(Object.create(auditLog({ file })))).toBe(false)
  })

  it('cannot be changed and shows no key', () => {
    const log = auditLog({ file, sign: generateKey() })
    expect(() => Object.assign(log, { append: async () => {} })).toThrow(TypeError)
    expect(inspect(log, { showHidden: true, depth: 9 }) + JSON.stringify(log)).not.toContain('PRIVATE KEY')
  })
})

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
    operation: 'generateText',
    target: { provider: 'vendor', origin: 'https://llm.example' },
    content: { messages: 1, characters: 12, images: 0, files: 0, masked: { PERSON: 1 } },
    rules: [{ rule: 'origins', effect: 'permit', code: 'ok' }],
    labels: {},
    network: 'test',
    sdk: '1.0.0',
  }
}

async function writeAll(records: readonly AuditRecord[], options: Partial<AuditLogOptions> = {}): Promise<void> {
  const log = auditLog({ file, ...options })
  for (const one of records) await log.append(one)
  await log.close()
}

function readLines(): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n')
}

function readRecords(): Record<string, unknown>[] {
  return readLines().map((line) => JSON.parse(line) as Record<string, unknown>)
}

function generateKey(): { privateKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
}

type Handle = promises.FileHandle

/** The real file system, with methods of the log's own file handle replaced. */
function withHandle(
  replaced: Partial<Record<keyof Handle, (call: () => Promise<unknown>) => Promise<unknown>>>,
): typeof promises {
  const open = async (...input: Parameters<typeof promises.open>): Promise<Handle> => {
    const handle = await promises.open(...input)
    if (input[0] !== file) return handle
    return new Proxy(handle, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        const call = value.bind(target) as (...given: unknown[]) => Promise<unknown>
        const wrap = replaced[key as keyof Handle]
        return wrap ? (...given: unknown[]) => wrap(() => call(...given)) : call
      },
    })
  }
  return { ...promises, open }
}

function countCalls(counts: { write: number; datasync: number }): typeof promises {
  return withHandle({
    write: (call) => (counts.write++, call()),
    datasync: (call) => (counts.datasync++, call()),
  })
}
