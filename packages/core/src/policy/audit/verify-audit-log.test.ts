import { generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { auditLog, type AuditLogOptions, type AuditRecord } from './audit-log.ts'
import { verifyAuditLog, type AuditVerification } from './verify-audit-log.ts'

let folder: string
let file: string

/** The files of a log, by name. */
type Snapshot = Readonly<Record<string, Buffer>>

const current = 'audit.jsonl'
const headName = 'audit.jsonl.head'
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const logs = {} as { plain: Snapshot; signed: Snapshot; rotated: Snapshot }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-verify-'))
  file = join(folder, current)
  logs.plain = await makeLog({}, 12)
  logs.signed = await makeLog({ sign: { privateKey } }, 6)
  logs.rotated = await makeLog({ rotate: { maxBytes: 2000 } }, 20)
})

beforeEach(clear)

afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('a log that nobody touched', () => {
  it.each(['plain', 'signed', 'rotated'] as const)('is whole: %s', async (kind) => {
    expect(await verify(logs[kind])).toMatchObject({ ok: true, head: 'matches' })
    expect((await verify(logs[kind])).firstBad).toBeUndefined()
    expect(Object.keys(logs[kind])).toContain(kind === 'rotated' ? 'audit.000003.jsonl' : headName)
  })

  it('is checked against a key, as PEM too', async () => {
    expect(await verify(logs.signed, publicKey)).toMatchObject({ ok: true, signatures: 'checked' })
    put(logs.signed)
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
    expect(await verifyAuditLog({ file, publicKey: pem })).toMatchObject({ ok: true, signatures: 'checked' })
    expect(await verify(logs.signed)).toMatchObject({ ok: true, signatures: 'not checked' })
    expect(await verify(logs.plain)).toMatchObject({ ok: true, signatures: 'none' })
  })

  it('is found with all that belongs to it by way of a link', async () => {
    put(logs.rotated)
    const elsewhere = await mkdtemp(join(tmpdir(), 'audit-link-'))
    symlinkSync(file, join(elsewhere, 'link.jsonl'))
    expect(await verifyAuditLog({ file: join(elsewhere, 'link.jsonl') })).toMatchObject({
      ok: true,
      firstFile: 1,
      head: 'matches',
    })
    await rm(elsewhere, { recursive: true })
  })

  it('that crashed at any byte is not called tampered with', async () => {
    const bytes = logs.plain[current]!
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.nat(300), fc.boolean(), async (size, zeros, isHeadEarly) => {
        const kept = Buffer.concat([bytes.subarray(0, size), Buffer.alloc(zeros)])
        const whole = splitLines(bytes.subarray(0, size))
        const crashed: Record<string, Buffer> = { [current]: kept }
        // The head is never ahead of what was synced.
        const synced = Math.floor(whole.length / 2)
        if (isHeadEarly && synced > 0) crashed[headName] = makeHead(whole[synced - 1]!, synced)
        const result = await verify(crashed)
        const torn = kept.length - joinLines(whole).length
        expect(result).toMatchObject({ ok: true, lines: whole.length })
        expect(result.torn ?? 0).toBe(torn)
        const log = auditLog({ file })
        await log.append(record(99))
        await log.close()
        const again = await verifyAuditLog({ file })
        expect(again).toMatchObject({ ok: true, head: 'matches', recovered: torn > 0 ? 1 : 0 })
      }),
      { numRuns: 60 },
    )
  })
})

describe('any change is found, at its line', () => {
  it.each(['plain', 'signed', 'rotated'] as const)('of one byte: %s', async (kind) => {
    const log = logs[kind]
    await fc.assert(
      fc.asyncProperty(
        anyLine(log),
        fc.nat(10_000),
        fc.integer({ min: 1, max: 255 }),
        async ({ name, line }, at, change) => {
          const lines = splitLines(log[name]!)
          // With its newline, which belongs to it.
          const edited = Buffer.concat([lines[line - 1]!, Buffer.from('\n')])
          edited[at % edited.length]! ^= change
          const after = lines.slice(line)
          const bytes = Buffer.concat([joinLines(lines.slice(0, line - 1)), edited, joinLines(after)])
          const { ok, firstBad } = await verify({ ...log, [name]: bytes })
          expect({ ok, place: firstBad && [firstBad.file, firstBad.line] }).toEqual({
            ok: false,
            place: [join(folder, name), line],
          })
        },
      ),
      { numRuns: 120 },
    )
  })

  it('of one byte, by the signature alone', async () => {
    const bytes = logs.signed[current]!
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 2), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const edited = Buffer.from(bytes)
        edited[at]! ^= change
        const line = bytes.subarray(0, at).filter((byte) => byte === 0x0a).length + 1
        // The signature shows it without the head as well.
        const { ok, firstBad } = await verify({ [current]: edited }, publicKey)
        // Base64 has spare bits in its last letter: the chain sees them, but for the last line.
        if (!ok) expect(firstBad).toMatchObject({ line })
        else expect(at).toBe(bytes.length - 6)
      }),
      { numRuns: 120 },
    )
  })

  it.each(['plain', 'rotated'] as const)('of lines that were removed: %s', async (kind) => {
    const log = logs[kind]
    await fc.assert(
      fc.asyncProperty(anyLine(log), fc.integer({ min: 1, max: 3 }), async ({ name, line }, many) => {
        const lines = splitLines(log[name]!)
        const isEnd = line - 1 + many >= lines.length
        lines.splice(line - 1, many)
        const result = await verify({ ...log, [name]: joinLines(lines) })
        const place = lines.length === 0 && name !== current ? 1 : line
        expect(result).toMatchObject({
          ok: false,
          firstBad: {
            file: join(folder, name),
            line: place,
            reason: isEnd && name === current ? 'truncated' : 'removed',
          },
        })
      }),
      { numRuns: 100 },
    )
  })

  it.each(['plain', 'rotated'] as const)('of lines that were swapped: %s', async (kind) => {
    const log = logs[kind]
    const length = splitLines(log[current]!).length
    if (length < 2) throw new Error('too short')
    await fc.assert(
      fc.asyncProperty(fc.nat(length - 1), fc.nat(length - 1), async (one, other) => {
        fc.pre(one !== other)
        const lines = splitLines(log[current]!)
        ;[lines[one], lines[other]] = [lines[other]!, lines[one]!]
        expect(await verify({ ...log, [current]: joinLines(lines) })).toMatchObject({
          ok: false,
          firstBad: { file, line: Math.min(one, other) + 1, reason: 'inserted or reordered' },
        })
      }),
      { numRuns: 60 },
    )
  })

  it('of lines that were copied', async () => {
    const count = splitLines(logs.plain[current]!).length
    await fc.assert(
      fc.asyncProperty(fc.nat(count - 1), fc.nat(count), async (from, to) => {
        const lines = splitLines(logs.plain[current]!)
        lines.splice(to, 0, lines[from]!)
        // Beside itself, the second of the two is the copy.
        const line = to === from ? to + 2 : to + 1
        expect(await verify({ ...logs.plain, [current]: joinLines(lines) })).toMatchObject({
          ok: false,
          firstBad: { file, line, reason: 'inserted or reordered' },
        })
      }),
      { numRuns: 60 },
    )
  })
})

describe('a change with intent', () => {
  it('of every line is found at the first of them', async () => {
    const lines = splitLines(logs.plain[current]!)
    const edited = lines.map((line, index) =>
      index < 3 ? line : Buffer.from(line.toString().replace('"allow"', '"deny"')),
    )
    expect(await verify({ ...logs.plain, [current]: joinLines(edited) })).toMatchObject({
      firstBad: { file, line: 4, reason: 'edited' },
    })
  })

  it('by a forged line in the chain is found at the forged line', async () => {
    const lines = splitLines(logs.plain[current]!)
    const forged = Buffer.from(lines[4]!.toString().replace('"call":"c4"', '"call":"forged"'))
    lines.splice(4, 0, forged)
    expect(await verify({ ...logs.plain, [current]: joinLines(lines) })).toMatchObject({
      firstBad: { file, line: 5, reason: 'inserted or reordered' },
    })
  })

  it('that makes the chain anew is seen by the head, and by the key', async () => {
    const { [headName]: head, ...log }: Snapshot = logs.signed
    const forged = forgeChain(splitLines(log[current]!))
    expect(await verify({ [current]: forged, [headName]: head! })).toMatchObject({
      ok: false,
      firstBad: { reason: 'edited' },
    })
    // Who writes both is found by the key alone.
    expect(await verify({ [current]: forged })).toMatchObject({ ok: true, head: 'missing' })
    expect(await verify({ [current]: forged }, publicKey)).toMatchObject({
      firstBad: { line: 2, reason: 'bad signature' },
    })
    const bare = forgeChain(
      splitLines(log[current]!).map((line) => Buffer.from(line.toString().replace(/,"sig":"[^"]+"/, ''))),
    )
    expect(await verify({ [current]: bare }, publicKey)).toMatchObject({ firstBad: { line: 1, reason: 'unsigned' } })
  })

  it('of the head is found', async () => {
    const head = JSON.parse(logs.plain[headName]!.toString()) as { seq: number; hash: string }
    const at = join(folder, headName)
    const cases: [object | string, object][] = [
      ['', { head: 'damaged', firstBad: { file: at, line: 1, reason: 'edited' } }],
      ['{"v":1}\n', { head: 'damaged' }],
      [
        { ...head, seq: head.seq + 7 },
        { head: 'not compared', firstBad: { file: at, reason: 'edited' } },
      ],
      [{ ...head, hash: head.hash.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) }, { firstBad: { file: at } }],
      [{ ...head, seq: head.seq - 1 }, { ok: false }],
    ]
    for (const [content, found] of cases) {
      const text = typeof content === 'string' ? content : `${JSON.stringify(content)}\n`
      expect(await verify({ ...logs.plain, [headName]: Buffer.from(text) }), text).toMatchObject({
        ok: false,
        ...found,
      })
    }
    const { sig: _, ...unsigned } = JSON.parse(logs.signed[headName]!.toString()) as Record<string, unknown>
    expect(
      await verify({ ...logs.signed, [headName]: Buffer.from(`${JSON.stringify(unsigned)}\n`) }, publicKey),
    ).toMatchObject({
      firstBad: { file: at, reason: 'unsigned' },
    })
  })

  it('that takes a file out is found', async () => {
    const { 'audit.000002.jsonl': _, ...holed } = logs.rotated
    expect(await verify(holed)).toMatchObject({
      ok: false,
      firstBad: { file: join(folder, 'audit.000003.jsonl'), line: 1, reason: 'removed' },
    })
    const { [current]: __, ...headless } = logs.rotated
    expect(await verify(headless)).toMatchObject({ ok: false, head: 'ahead', firstBad: { reason: 'truncated' } })
    expect(await verify({ ...logs.rotated, 'audit.000001.jsonl': Buffer.alloc(0) })).toMatchObject({
      ok: false,
      firstBad: { file: join(folder, 'audit.000001.jsonl'), line: 1, reason: 'removed' },
    })
    // The oldest may go: `keep` does the same. It shows in firstFile.
    const { 'audit.000001.jsonl': ___, ...later } = logs.rotated
    expect(await verify(later)).toMatchObject({ ok: true, firstFile: 2 })
  })

  it('that cuts the end is seen with the head alone', async () => {
    const cut = { ...logs.plain, [current]: joinLines(splitLines(logs.plain[current]!).slice(0, -2)) }
    expect(await verify(cut)).toMatchObject({
      ok: false,
      head: 'ahead',
      firstBad: { file, line: 12, reason: 'truncated' },
    })
    const { [headName]: _, ...without }: Snapshot = cut
    expect(await verify(without)).toMatchObject({ ok: true, head: 'missing' })
  })

  it('of the key is found at the first line', async () => {
    const other = generateKeyPairSync('ed25519').publicKey
    expect(await verify(logs.signed, other)).toMatchObject({
      ok: false,
      firstBad: { file, line: 1, reason: 'bad signature' },
    })
    expect(await verify(logs.plain, other)).toMatchObject({
      ok: false,
      firstBad: { file, line: 1, reason: 'unsigned' },
    })
  })

  it('that makes a line of megabytes does not fill the memory', async () => {
    const before = logs.plain[current]!
    const huge = Buffer.concat([before, Buffer.alloc(40 * 1024 * 1024, 'x'), Buffer.from('\n'), before])
    expect(await verify({ [current]: huge })).toMatchObject({ firstBad: { file, line: 14, reason: 'not JSON' } })
  })
})

describe('what cannot be checked', () => {
  it('is an error of configuration, not a verdict', async () => {
    await expect(verifyAuditLog({ file: join(folder, 'none.jsonl') })).rejects.toMatchObject({
      name: 'ConfigurationError',
      hint: expect.any(String),
    })
    await expect(verifyAuditLog({ file: join(folder, 'none/none.jsonl') })).rejects.toMatchObject({
      name: 'ConfigurationError',
    })
    put(logs.plain)
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    for (const wrong of ['SECRET', rsa.publicKey, 7 as never])
      await expect(verifyAuditLog({ file, publicKey: wrong })).rejects.toMatchObject({
        name: 'ConfigurationError',
        message: expect.not.stringContaining('SECRET'),
        hint: expect.stringContaining('Ed25519'),
      })
  })
})

it('a log that is written and rotated meanwhile is not called broken', async () => {
  const log = auditLog({ file, rotate: { maxBytes: 3000 } })
  await log.append(record(0))
  const state = { isDone: false }
  const writing = (async () => {
    for (let index = 1; index < 300; index++) await log.append(record(index))
    state.isDone = true
  })()
  const results: AuditVerification[] = []
  while (!state.isDone) results.push(await verifyAuditLog({ file }))
  await writing
  await log.close()
  expect(results.filter(({ ok }) => !ok)).toEqual([])
  expect(results.length).toBeGreaterThan(1)
})

async function makeLog(options: Partial<AuditLogOptions>, count: number): Promise<Snapshot> {
  clear()
  const log = auditLog({ file, ...options })
  for (let index = 1; index <= count; index++) await log.append(record(index))
  await log.close()
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]))
}

function clear(): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
}

function put(log: Snapshot): void {
  clear()
  for (const [name, bytes] of Object.entries(log)) writeFileSync(join(folder, name), bytes)
}

async function verify(log: Snapshot, key?: KeyObject): Promise<AuditVerification> {
  put(log)
  return verifyAuditLog({ file, ...(key && { publicKey: key }) })
}

function anyLine(log: Snapshot): fc.Arbitrary<{ name: string; line: number }> {
  const places = Object.keys(log)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => splitLines(log[name]!).map((_line, index) => ({ name, line: index + 1 })))
  return fc.constantFrom(...places)
}

function splitLines(bytes: Buffer): Buffer[] {
  return bytes
    .toString('latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.from(line, 'latin1'))
}

function joinLines(lines: readonly Buffer[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
}

function hashOf(line: string | Buffer): string {
  return `sha256:${hash('sha256', line, 'hex')}`
}

function makeHead(line: Buffer, seq: number): Buffer {
  return Buffer.from(`${JSON.stringify({ v: 1, file: 1, seq, hash: hashOf(line) })}\n`)
}

/** What a forger without the key can do: one line changed and every hash after it made anew. */
function forgeChain(lines: readonly Buffer[]): Buffer {
  let prev: string | null = null
  const forged = lines.map((line) => {
    const text = line.toString().replace('"call":"c1"', '"call":"forged"')
    const made: string = prev === null ? text : text.replace(/"prev":"sha256:[\da-f]+"/, `"prev":"${prev}"`)
    prev = hashOf(made)
    return Buffer.from(made)
  })
  return joinLines(forged)
}

function record(index: number): AuditRecord {
  return {
    type: 'decision',
    call: `c${index}`,
    decision: `d${index}`,
    verdict: 'allow',
    code: 'ok',
    depth: 'intent',
    mode: 'enforce',
    policy: { name: 'domestic-only', digest: 'sha256:00' },
    target: { provider: 'vendor', model: 'модель' },
    labels: { system: 'crm' },
    network: 'test',
    sdk: '1.0.0',
  }
}
