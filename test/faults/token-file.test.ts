import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Warning } from '@shlyuz/core'
import { startEmulator, type Emulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { requestsOf } from './emulated.ts'
import { fileTokenStore } from '../../packages/core/src/auth/file-token-store.ts'
import { row } from './row.ts'

const ask = { model: 'gigachat/GigaChat-2', prompt: 'Привет' }
/** Modes and links are what is tested; Windows has others. */
const hasModes = process.getuid !== undefined

let emulator: Emulator
let home: string
let folder: string
let warnings: Warning[]
beforeAll(async () => {
  emulator = await startEmulator({ pace: 'instant' })
})
beforeEach(async () => {
  emulator.reset()
  home = await mkdtemp(join(tmpdir(), 'shlyuz-tokens-'))
  folder = join(home, 'tokens')
  warnings = []
  return () => rm(home, { recursive: true, force: true })
})
afterAll(() => emulator.close())

/** A process of its own, as far as tokens go: one call through a client with nothing in its memory. */
async function call(credentials = emulator.gigachat.credentials): Promise<{ readonly fetched: number }> {
  const before = requestsOf(emulator, 'token').length
  const store = fileTokenStore(folder, { onWarning: (warning) => warnings.push(warning) })
  await using client = createClient({
    providers: [gigachat({ ...emulator.gigachat, credentials })],
    network: emulator.network,
    tokenStore: store,
    retries: 0,
  })
  const { text } = await client.generateText(ask)
  expect(text).not.toBe('')
  return { fetched: requestsOf(emulator, 'token').length - before }
}

async function tokenFile(): Promise<string> {
  const [name = ''] = (await readdir(folder)).filter((one) => one.endsWith('.json'))
  return join(folder, name)
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

row('F60', () => {
  it('one fetches, the next uses it, and nobody else can read it', async () => {
    expect(await call()).toEqual({ fetched: 1 })
    expect(await call()).toEqual({ fetched: 0 })
    expect(await readdir(folder)).toHaveLength(1)
    if (hasModes) expect([await modeOf(folder), await modeOf(await tokenFile())]).toEqual([0o700, 0o600])
    expect(await readFile(await tokenFile(), 'utf8')).not.toContain(emulator.gigachat.credentials)
    expect(warnings).toEqual([])
  })

  it('a refused token is fetched anew, and kept', async () => {
    await call()
    emulator.expireTokens()
    expect(await call()).toEqual({ fetched: 1 })
    expect(await call()).toEqual({ fetched: 0 })
  })

  it('broken: ignored, fetched and mended', async () => {
    await call()
    const path = await tokenFile()
    const broken = ['', '{"v":1,"key":"', 'не JSON', '{"v":2}', 'null', '{"v":1,"access":{}}', 'x'.repeat(100_000)]
    for (const content of broken) {
      await writeFile(path, content, { mode: 0o600 })
      expect(await call(), content.slice(0, 20)).toEqual({ fetched: 1 })
      expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ v: 1, access: { headers: expect.any(Object) } })
    }
  })

  it('a token that stands under another key, or breaks the header, is ignored', async () => {
    await call()
    const path = await tokenFile()
    const { key, access } = JSON.parse(await readFile(path, 'utf8')) as { key: string; access: { headers: object } }
    for (const changed of [
      { v: 1, key: key.replace(/^./, (first) => (first === '0' ? '1' : '0')), access },
      { v: 1, key, access: { ...access, headers: { authorization: 'Bearer a\r\nx: y' } } },
    ]) {
      await writeFile(path, JSON.stringify(changed), { mode: 0o600 })
      expect(await call()).toEqual({ fetched: 1 })
    }
  })

  it.skipIf(!hasModes)('readable by others: a warning, and fetched; the new one is not', async () => {
    await call()
    await chmod(await tokenFile(), 0o644)
    expect(await call()).toEqual({ fetched: 1 })
    expect(warnings).toMatchObject([{ code: 'token-file-ignored', message: expect.stringContaining('0600') }])
    expect(await modeOf(await tokenFile())).toBe(0o600)
    expect(await call()).toEqual({ fetched: 0 })
  })

  it.skipIf(!hasModes)('a folder that is open to others: a warning, and nothing is read or written', async () => {
    await call()
    await chmod(folder, 0o755)
    expect(await call()).toEqual({ fetched: 1 })
    expect(await call()).toEqual({ fetched: 1 })
    expect(warnings).toContainEqual({ code: 'token-file-ignored', message: expect.stringContaining('0700') })
    expect(await readdir(folder)).toHaveLength(1)
  })

  it.skipIf(!hasModes)('a symbolic link: not followed, neither to read nor to write', async () => {
    await call()
    const path = await tokenFile()
    const elsewhere = join(home, 'elsewhere.json')
    await writeFile(elsewhere, await readFile(path, 'utf8'), { mode: 0o600 })
    await rm(path)
    await symlink(elsewhere, path)
    const before = await readFile(elsewhere, 'utf8')
    expect(await call()).toEqual({ fetched: 1 })
    expect(warnings).toMatchObject([{ message: expect.stringContaining('symbolic link') }])
    expect(await readFile(elsewhere, 'utf8')).toBe(before)
    // In its place stands a file.
    expect(await call()).toEqual({ fetched: 0 })
    expect((await readdir(folder)).length).toBe(1)
  })

  it.skipIf(!hasModes)('a folder that is a symbolic link is not used', async () => {
    const real = join(home, 'real')
    await mkdir(real, { mode: 0o700 })
    await symlink(real, folder)
    expect(await call()).toEqual({ fetched: 1 })
    expect(await call()).toEqual({ fetched: 1 })
    expect(await readdir(real)).toEqual([])
    expect(warnings.length).toBeGreaterThan(0)
  })

  it('something else in its place (a folder, a file for the folder): ignored', async () => {
    await call()
    const path = await tokenFile()
    await rm(path)
    await mkdir(path)
    expect(await call()).toEqual({ fetched: 1 })
    expect(await call()).toEqual({ fetched: 1 })
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
    await rm(folder, { recursive: true })
    await writeFile(folder, 'a file', { mode: 0o600 })
    expect(await call()).toEqual({ fetched: 1 })
    expect(await readFile(folder, 'utf8')).toBe('a file')
  })

  it('credentials have files of their own', async () => {
    await call()
    const store = fileTokenStore(folder)
    await store.set('another', { headers: { authorization: 'Bearer other' }, refreshAt: 1e15 })
    expect(await readdir(folder)).toHaveLength(2)
    expect(await call()).toEqual({ fetched: 0 })
    expect(await store.get('another')).toEqual({ headers: { authorization: 'Bearer other' }, refreshAt: 1e15 })
    await store.delete('another')
    await store.delete('another')
    expect(await readdir(folder)).toHaveLength(1)
  })
})

const writer = new URL('./token-writer.ts', import.meta.url)

/** Runs the program that writes tokens, over and over, until it is stopped. */
function startWriter(): { readonly ready: Promise<void>; readonly stop: () => Promise<void> } {
  const child = spawn(process.execPath, ['--conditions=@shlyuz/source', writer.pathname, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    ready: new Promise((resolve) => child.stdout.once('data', () => resolve())),
    stop() {
      child.kill('SIGKILL')
      return ended
    },
  }
}

row('F61', () => {
  it('killed at any moment, the file is a whole one, old or new', async () => {
    const store = fileTokenStore(folder, { onWarning: (warning) => warnings.push(warning) })
    for (let run = 0; run < 5; run++) {
      const { ready, stop } = startWriter()
      await ready
      await new Promise((resolve) => setTimeout(resolve, run * 7))
      await stop()
      const { headers } = (await store.get('key')) ?? {}
      const { authorization = '', check } = headers ?? {}
      expect(authorization.length).toBeGreaterThan(10_000)
      expect(check).toBe(authorization.slice(0, 20))
    }
    expect(warnings).toEqual([])
  })

  it('several processes at once: every read is a whole token', async () => {
    const writers = [startWriter(), startWriter()]
    await Promise.all(writers.map(({ ready }) => ready))
    const store = fileTokenStore(folder, { onWarning: (warning) => warnings.push(warning) })
    for (let look = 0; look < 200; look++) {
      const { authorization = '', check } = (await store.get('key'))?.headers ?? {}
      expect(check).toBe(authorization.slice(0, 20))
      expect(authorization).not.toBe('')
    }
    await Promise.all(writers.map(({ stop }) => stop()))
    expect(warnings).toEqual([])
  })

  it('what died between write and rename is removed later', async () => {
    const store = fileTokenStore(folder)
    const access = { headers: { authorization: 'Bearer old' }, refreshAt: 1e15 }
    await store.set('key', access)
    const left = `${await tokenFile()}.0123456789abcdef.tmp`
    await writeFile(left, '{"v":1,"half', { mode: 0o600 })
    expect(await store.get('key')).toEqual(access)
    await utimes(left, 0, 0)
    await store.set('other', access)
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})
