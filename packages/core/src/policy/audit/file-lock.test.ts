import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { fileSystem, type FileAccess } from './file-access.ts'
import { FileLock } from './file-lock.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-lock-'))
  path = join(folder, 'audit.jsonl.lock')
})

afterEach(async () => {
  vi.useRealTimers()
  await rm(folder, { recursive: true })
})

const locked = { name: 'PolicyAuditError', code: 'audit.locked', hint: expect.stringContaining('audit-{pid}.jsonl') }

/** No process of Linux, macOS or Windows has this number. */
const deadPid = 2 ** 30

it('a lock is held by one until it lets go', async () => {
  const first = await FileLock.take(path, fileSystem)
  await expect(FileLock.take(path, fileSystem)).rejects.toMatchObject({
    ...locked,
    message: `the audit log is written by process ${process.pid}: ${path} is taken`,
  })
  await first.release()
  expect(readdirSync(folder)).toEqual([])
  await (await FileLock.take(path, fileSystem)).release()
})

it('of many who come at once, one gets it', async () => {
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => FileLock.take(path, fileSystem)))
  expect(won(results)).toHaveLength(1)
  await won(results)[0]!.release()
})

it('the lock of a process that is gone is taken over by one of many', async () => {
  await leaveLock({ pid: deadPid })
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => FileLock.take(path, fileSystem)))
  expect(won(results)).toHaveLength(1)
  expect(await won(results)[0]!.confirm()).toBe(true)
  expect(readdirSync(folder)).toEqual(['audit.jsonl.lock'])
  await won(results)[0]!.release()
  expect(readdirSync(folder)).toEqual([])
})

it('a taker that comes late with its claim does not replace the lock of the one who won', async () => {
  await leaveLock({ pid: deadPid, token: 'aa' })
  const late: FileAccess = {
    ...fileSystem,
    open: async (...input) => {
      // It has seen the stale lock; before it makes its claim on it, another one takes the lock over.
      if (input[0] === `${path}.aa`) winner = await FileLock.take(path, fileSystem)
      return fileSystem.open(...input)
    },
  }
  let winner: FileLock | undefined
  await expect(FileLock.take(path, late)).rejects.toMatchObject(locked)
  expect(readdirSync(folder)).toEqual(['audit.jsonl.lock'])
  await winner?.release()
  expect(readdirSync(folder)).toEqual([])
})

it('a taker that died in the middle of taking over is taken over in turn', async () => {
  await leaveLock({ pid: deadPid, token: 'aa' })
  writeFileSync(`${path}.aa`, readFileSync(path, 'utf8').replace('"aa"', '"bb"'))
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => FileLock.take(path, fileSystem)))
  expect(won(results)).toHaveLength(1)
  expect(readdirSync(folder)).toEqual(['audit.jsonl.lock'])
  await won(results)[0]!.release()
})

it('the lock of a process that lives is not taken, here or on another host', async () => {
  for (const owner of [{ pid: process.ppid }, { host: 'elsewhere', pid: deadPid }]) {
    await leaveLock(owner)
    await expect(FileLock.take(path, fileSystem)).rejects.toMatchObject(locked)
  }
})

it('a lock that gave no sign of life for a minute is taken over', async () => {
  for (const owner of [{ pid: process.ppid }, { host: 'elsewhere' }]) {
    await leaveLock(owner, 61_000)
    await (await FileLock.take(path, fileSystem)).release()
  }
})

it('a lock with our own number, left before this process began, is that of one before us', async () => {
  await leaveLock({ since: Date.now() - process.uptime() * 1000 - 5000 })
  await (await FileLock.take(path, fileSystem)).release()
})

it('a lock without content is one that is being written, until it is old', async () => {
  for (const content of ['', 'null', '{"pid":"x"}', '{"pid":-1,"token":"../../x"}']) {
    writeFileSync(path, content)
    await expect(FileLock.take(path, fileSystem)).rejects.toMatchObject(locked)
    const old = new Date(Date.now() - 61_000)
    utimesSync(path, old, old)
    await (await FileLock.take(path, fileSystem)).release()
    expect(readdirSync(folder)).toEqual([])
  }
})

it('gives a sign of life every ten seconds', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const lock = await FileLock.take(path, fileSystem)
  const old = new Date(Date.now() - 30_000)
  utimesSync(path, old, old)
  vi.advanceTimersByTime(10_000)
  await vi.waitFor(() => expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(10_000))
  await lock.release()
})

it('is lost to one who took it over while we slept, and not removed from him', async () => {
  const lock = await FileLock.take(path, fileSystem)
  await leaveLock({ token: 'cc' })
  expect(await lock.confirm()).toBe(true)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 40_000 })
  expect(await lock.confirm()).toBe(false)
  await lock.release()
  expect(existsSync(path)).toBe(true)
})

it('is lost when somebody removes it', async () => {
  const lock = await FileLock.take(path, fileSystem)
  await rm(path)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 40_000 })
  expect(await lock.confirm()).toBe(false)
  await lock.release()
})

/** A lock as another would have left it. */
async function leaveLock(owner: object, ageMs = 0): Promise<void> {
  const lock = await FileLock.take(path, fileSystem).catch(() => undefined)
  const ours = JSON.parse(readFileSync(path, 'utf8')) as object
  await lock?.release()
  writeFileSync(path, JSON.stringify({ ...ours, token: 'dd', ...owner }))
  const seen = new Date(Date.now() - ageMs)
  utimesSync(path, seen, seen)
}

function won(results: readonly PromiseSettledResult<FileLock>[]): FileLock[] {
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}
