import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import * as promises from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { auditLog, createAuditLog, type AuditLog, type AuditLogOptions, type AuditRecord } from './audit-log.ts'
import type { FileAccess } from './file-access.ts'
import { verifyAuditLog } from './verify-audit-log.ts'

let folder: string
let file: string
/** Says which operation on which file fails now, and how. */
let fault: (operation: string, path: string) => string | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-faults-'))
  file = join(folder, 'audit.jsonl')
  fault = () => undefined
})

afterEach(async () => {
  vi.useRealTimers()
  await rm(folder, { recursive: true })
})

const unwritable = {
  name: 'PolicyAuditError',
  code: 'audit.unwritable',
  isRetryable: false,
  hint: expect.stringContaining('на диске есть место'),
}

describe('a disk that does not take it', () => {
  it.each(['ENOSPC', 'EIO', 'EBADF', 'EROFS', 'EDQUOT', 'EFBIG'])(
    'refuses the whole group with the reason: %s',
    async (code) => {
      const log = openFaulty()
      await log.append(record('c0'))
      fault = failing('write', code)
      const results = await Promise.allSettled(['c1', 'c2', 'c3'].map((call) => log.append(record(call))))
      for (const result of results)
        expect(result).toMatchObject({ reason: { ...unwritable, message: expect.stringContaining(code) } })
      expect(new Set(results.map((result) => result.status === 'rejected' && result.reason)).size).toBe(3)
      fault = () => undefined
      await log.append(record('c4'))
      await log.close()
      expect(readCalls()).toEqual(['c0', 'c4'])
      expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: 3, head: 'matches' })
    },
  )

  it('leaves no part of a line behind', async () => {
    const log = openFaulty()
    await log.append(record('c0'))
    const whole = readFileSync(file)
    fault = failing('write', 'half, then ENOSPC')
    await expect(log.append(record('c1'))).rejects.toMatchObject(unwritable)
    expect(readFileSync(file).length).toBeGreaterThan(whole.length)
    fault = () => undefined
    await log.append(record('c2'))
    await log.close()
    expect(readCalls()).toEqual(['c0', 'c2'])
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, head: 'matches' })
  })

  it('leaves no part of a line behind at the close either', async () => {
    const log = openFaulty()
    await log.append(record('c0'))
    const whole = readFileSync(file)
    fault = failing('write', 'half, then ENOSPC')
    await expect(log.append(record('c1'))).rejects.toMatchObject(unwritable)
    await log.close()
    expect(readFileSync(file)).toEqual(whole)
  })

  it('refuses everything while that part cannot be cut off, and goes on when it can', async () => {
    const log = openFaulty()
    await log.append(record('c0'))
    fault = failing('write', 'half, then ENOSPC')
    await expect(log.append(record('c1'))).rejects.toMatchObject(unwritable)
    fault = failing('truncate', 'EIO')
    for (const call of ['c2', 'c3']) await expect(log.append(record(call))).rejects.toMatchObject(unwritable)
    fault = () => undefined
    await log.append(record('c4'))
    await log.close()
    expect(readCalls()).toEqual(['c0', 'c4'])
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: 3 })
  })

  it('that takes a write in pieces gets all of them', async () => {
    const log = openFaulty()
    fault = failing('write', 'half')
    await log.append(record('c1'))
    await log.close()
    expect(readCalls()).toEqual(['c1'])
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, lines: 2 })
  })

  it('that cannot sync refuses with fsync, and the lines go out again', async () => {
    const log = openFaulty({ durability: 'fsync' })
    await log.append(record('c0'))
    fault = failing('datasync', 'EIO')
    await expect(log.append(record('c1'))).rejects.toMatchObject(unwritable)
    fault = () => undefined
    await log.append(record('c2'))
    await log.close()
    expect(readCalls()).toEqual(['c0', 'c2'])
  })

  it('is dropped from when not strict: the calls go on, and the log says how many went unrecorded', async () => {
    const log = openFaulty({ strict: false })
    await log.append(record('c0'))
    fault = failing('write', 'half, then ENOSPC')
    await Promise.all(['c1', 'c2', 'c3'].map((call) => log.append(record(call))))
    expect(log.dropped).toBe(3)
    fault = () => undefined
    await log.append(record('c4'))
    expect(log.dropped).toBe(3)
    await log.close()
    expect(readRecords().map(({ type, call, dropped }) => call ?? [type, dropped])).toEqual([
      ['start', undefined],
      'c0',
      ['gap', 3],
      'c4',
    ])
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, gaps: 1, dropped: 3, head: 'matches' })
  })

  it('is told of a gap of the last record too, when the close does not wait for it', async () => {
    const log = openFaulty({ strict: false })
    await log.append(record('c0'))
    let writes = 0
    fault = (operation, path) => (operation === 'write' && path === file && writes++ === 0 ? 'ENOSPC' : undefined)
    await Promise.all([log.append(record('c1')), log.close()])
    expect(readRecords().at(-1)).toMatchObject({ type: 'gap', dropped: 1 })
  })

  it('is told of a gap at the close at the latest', async () => {
    const log = openFaulty({ strict: false })
    await log.append(record('c0'))
    fault = failing('write', 'ENOSPC')
    await log.append(record('c1'))
    fault = () => undefined
    await log.close()
    expect(readRecords().at(-1)).toMatchObject({ type: 'gap', dropped: 1 })
  })
})

describe('a file that cannot be opened', () => {
  it.each(['EACCES', 'EROFS', 'EMFILE'])('refuses, and is tried again at the next record: %s', async (code) => {
    const log = openFaulty()
    fault = failing('open', code, () => file)
    await expect(log.append(record('c1'))).rejects.toMatchObject(unwritable)
    expect(existsSync(`${file}.lock`)).toBe(false)
    fault = () => undefined
    await log.append(record('c2'))
    await log.close()
    expect(readCalls()).toEqual(['c2'])
  })

  it('is counted when not strict, and the log says so once it can be written', async () => {
    const log = auditLog({ file: join(folder, 'later/audit.jsonl'), strict: false })
    await log.append(record('c1'))
    expect(log.dropped).toBe(1)
    mkdirSync(join(folder, 'later'))
    await log.append(record('c2'))
    await log.close()
    file = join(folder, 'later/audit.jsonl')
    expect(readRecords().map(({ type }) => type)).toEqual(['start', 'gap', 'decision'])
  })

  it('has a folder in its place, or none around it', async () => {
    mkdirSync(file)
    const inFile = join(folder, 'plain')
    writeFileSync(inFile, '')
    for (const path of [file, join(folder, 'none/audit.jsonl'), join(inFile, 'audit.jsonl')]) {
      const log = auditLog({ file: path })
      await expect(log.append(record('c1'))).rejects.toMatchObject(unwritable)
      await log.close()
    }
  })

  it.skipIf(!existsSync('/dev/full'))('is a device', async () => {
    const log = auditLog({ file: '/dev/full' })
    await expect(log.append(record('c1'))).rejects.toMatchObject(unwritable)
    await log.close()
    expect(existsSync('/dev/full.lock')).toBe(false)
  })

  it('needs a lock beside it that can be written', async () => {
    const log = openFaulty()
    fault = failing('open', 'EACCES', () => `${file}.lock`)
    await expect(log.append(record('c1'))).rejects.toMatchObject(unwritable)
    await log.close()
  })
})

describe('a rotation that fails', () => {
  const options = { rotate: { maxBytes: 2000 } }

  it.each([
    ['the full file cannot be renamed', 'rename', 'EACCES', () => file],
    ['the new one cannot be created', 'open', 'ENOSPC', () => file],
    ['the head cannot be written', 'open', 'EIO', () => `${file}.head.new`],
  ] as const)('refuses until it succeeds, and loses nothing: %s', async (_title, operation, code, path) => {
    const log = openFaulty(options)
    const good: string[] = []
    for (let index = 0; index < 3; index++) {
      await log.append(record(`c${index}`))
      good.push(`c${index}`)
    }
    fault = failing(operation, code, path)
    const results = await Promise.allSettled(['x1', 'x2', 'x3', 'x4'].map((call) => log.append(record(call))))
    expect(results.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject(unwritable)
    fault = () => undefined
    await log.append(record('last'))
    await log.close()
    const { ok, lines, files } = await verifyAuditLog({ file })
    const taken = results.filter(({ status }) => status === 'fulfilled').length
    expect({ ok, files }).toEqual({ ok: true, files: 2 })
    expect(lines).toBe(good.length + taken + 1 + 2)
  })
})

it('a gap that begins a new file at the close leaves nothing open', async () => {
  const log = openFaulty({ strict: false, rotate: { maxBytes: 1024 } })
  await log.append(record('c0'))
  await log.append(record('c1'))
  fault = failing('stat', 'EIO')
  await log.append(record('c2'))
  fault = () => undefined
  await log.close()
  expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, files: 2, gaps: 1, head: 'matches' })
  expect(existsSync(`${file}.lock`)).toBe(false)
  if (process.platform === 'linux') {
    const open = readdirSync('/proc/self/fd').map((name) => readlinkQuietly(`/proc/self/fd/${name}`))
    expect(open.filter((path) => path.startsWith(folder))).toEqual([])
  }
})

describe('a file that changes while it is written', () => {
  const changes: [string, () => void | Promise<void>][] = [
    ['grows', () => appendFileSync(file, 'x')],
    ['shrinks', () => truncateSync(file, 10)],
    ['is removed', () => rm(file)],
    ['is moved away', () => rename(file, join(folder, 'elsewhere'))],
    [
      'is replaced by a copy',
      async () => {
        copyFileSync(file, `${file}.copy`)
        await rename(`${file}.copy`, file)
      },
    ],
  ]

  it.each(changes)('takes no more records: it %s', async (_title, change) => {
    const log = auditLog({ file })
    await log.append(record('c0'))
    await change()
    const tampered = { code: 'audit.tampered', hint: expect.stringContaining('shlyuz-audit verify') }
    for (const call of ['c1', 'c2']) await expect(log.append(record(call))).rejects.toMatchObject(tampered)
    await log.close()
    expect(existsSync(`${file}.lock`)).toBe(false)
  })
})

describe('a file that was changed once', () => {
  it('is not trusted again, even when it looks as before', async () => {
    const log = auditLog({ file })
    await log.append(record('c0'))
    const whole = readFileSync(file)
    appendFileSync(file, 'x')
    await expect(log.append(record('c1'))).rejects.toMatchObject({ code: 'audit.tampered' })
    truncateSync(file, whole.length)
    await expect(log.append(record('c2'))).rejects.toMatchObject({ code: 'audit.tampered' })
    await log.close()
    expect(readFileSync(file)).toEqual(whole)
  })
})

it('a lock that was taken over while the process slept stops its log', async () => {
  const log = auditLog({ file })
  await log.append(record('c0'))
  const theirs = readFileSync(`${file}.lock`, 'utf8').replace(/"token":"\w+"/, '"token":"ee"')
  writeFileSync(`${file}.lock`, theirs)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 40_000 })
  await expect(log.append(record('c1'))).rejects.toMatchObject({
    code: 'audit.locked',
    message: expect.stringContaining('was taken over'),
  })
  await log.close()
  expect(readFileSync(`${file}.lock`, 'utf8')).toBe(theirs)
})

describe('a log that is found', () => {
  beforeEach(async () => {
    const log = auditLog({ file })
    for (const call of ['c0', 'c1', 'c2']) await log.append(record(call))
    await log.close()
  })

  it('edited is not written on, and stays as it is', async () => {
    const edited = readFileSync(file, 'utf8').replace('"call":"c1"', '"call":"cX"')
    writeFileSync(file, edited)
    const log = auditLog({ file })
    for (let tries = 0; tries < 2; tries++) {
      await expect(log.append(record('c3'))).rejects.toMatchObject({
        code: 'audit.tampered',
        message: `the audit log was changed: ${file}, line 3: edited`,
      })
    }
    await log.close()
    expect(readFileSync(file, 'utf8')).toBe(edited)
    expect(existsSync(`${file}.lock`)).toBe(false)
  })

  it('that is not one is not written on', async () => {
    writeFileSync(file, 'important notes\n')
    await rm(`${file}.head`)
    await refused('audit.tampered')
    expect(readFileSync(file, 'utf8')).toBe('important notes\n')
  })

  it('shorter than its head is not written on', async () => {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    writeFileSync(file, `${lines.slice(0, -1).join('\n')}\n`)
    await refused('audit.truncated')
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -5))
    await refused('audit.truncated')
    await rm(file)
    await refused('audit.truncated')
    expect(existsSync(`${file}.lock`)).toBe(false)
  })

  it('with a head that is not ours is not written on', async () => {
    for (const content of [
      readFileSync(`${file}.head`, 'utf8').trimEnd(),
      '',
      '{}',
      'null\n',
      '{"v":1,"file":1,"seq":"4","hash":"sha256:00"}\n',
    ]) {
      writeFileSync(`${file}.head`, content)
      await refused('audit.tampered')
    }
  })

  it('without a head is written on: a crash before the first head leaves none', async () => {
    await rm(`${file}.head`)
    const log = auditLog({ file })
    await log.append(record('c3'))
    await log.close()
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, head: 'matches' })
  })

  it('with a torn last line is cut back to whole lines, and says so', async () => {
    appendFileSync(file, '{"v":1,"seq":5,"ty')
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, torn: 18 })
    const log = auditLog({ file })
    await log.append(record('c3'))
    await log.close()
    expect(readRecords().slice(-2)).toMatchObject([{ type: 'recovered', bytes: 18 }, { call: 'c3' }])
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, recovered: 1, head: 'matches' })
  })

  it('with zeros at its end, as a power loss leaves them, is cut back as well', async () => {
    appendFileSync(file, Buffer.concat([Buffer.from('{"v":1'), Buffer.alloc(3 * 1024 * 1024)]))
    const torn = 6 + 3 * 1024 * 1024
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, torn })
    const log = auditLog({ file })
    await log.append(record('c3'))
    await log.close()
    expect(readRecords().slice(-2)).toMatchObject([{ type: 'recovered', bytes: torn }, { call: 'c3' }])
  })

  it('with nothing but a torn first line begins anew', async () => {
    await rm(`${file}.head`)
    writeFileSync(file, '{"v":1,"seq":1,"ti')
    const log = auditLog({ file })
    await log.append(record('c3'))
    await log.close()
    expect(readRecords().map(({ type }) => type)).toEqual(['start', 'recovered', 'decision'])
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true, recovered: 1 })
  })

  async function refused(code: string): Promise<void> {
    const log = auditLog({ file })
    await expect(log.append(record('c3'))).rejects.toMatchObject({ code, hint: expect.any(String) })
    await log.close()
  }
})

function openFaulty(options: Partial<AuditLogOptions> = {}): AuditLog {
  return createAuditLog({ file, ...options }, faultyFiles())
}

function failing(operation: string, how: string, path: () => string = () => file): typeof fault {
  return (asked, on) => (asked === operation && on === path() ? how : undefined)
}

/** The real file system, but for what `fault` says. */
function faultyFiles(): FileAccess {
  const check = (operation: string, path: string): void => {
    const how = fault(operation, path)
    if (how && !how.startsWith('half')) throw Object.assign(new Error(`${how}: injected`), { code: how })
  }
  const methods = ['stat', 'realpath', 'rename', 'rm', 'readdir', 'readFile', 'utimes'] as const
  const wrapped = methods.map((name) => {
    const call = promises[name] as (...input: unknown[]) => Promise<unknown>
    return [name, async (...input: unknown[]) => (check(name, String(input[0])), call(...input))]
  })
  const open: typeof promises.open = async (path, ...rest) => {
    check('open', String(path))
    return faultyHandle(await promises.open(path, ...rest), String(path), check)
  }
  return { ...(Object.fromEntries(wrapped) as FileAccess), open }
}

function faultyHandle(
  handle: promises.FileHandle,
  path: string,
  check: (name: string, path: string) => void,
): promises.FileHandle {
  const write = async (bytes: Buffer, from: number, length: number, position: number): Promise<unknown> => {
    const how = fault('write', path)
    if (!how?.startsWith('half')) return handle.write(bytes, from, length, position)
    const half = await handle.write(bytes, from, Math.ceil(length / 2), position)
    const code = how.slice('half, then '.length)
    if (code !== '') throw Object.assign(new Error(`${code}: injected`), { code })
    return half
  }
  return new Proxy(handle, {
    get(target, key) {
      const value: unknown = key === 'write' ? write : Reflect.get(target, key)
      if (typeof value !== 'function') return value
      const call = value.bind(target) as (...input: unknown[]) => Promise<unknown>
      return async (...input: unknown[]) => (check(String(key), path), call(...input))
    },
  })
}

function readlinkQuietly(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function readRecords(): Record<string, unknown>[] {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

function readCalls(): unknown[] {
  return readRecords().flatMap(({ call }) => call ?? [])
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
