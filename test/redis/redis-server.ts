import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const program = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'redis-server'))
  .find((path) => existsSync(path))

/** Without it suites are skipped, aloud; `SHLYUZ_REQUIRE=redis` makes that a failure. */
export const hasRedis = program !== undefined

if (!hasRedis) {
  console.log('redis: skipped')
  if ((process.env['SHLYUZ_REQUIRE'] ?? '').split(',').includes('redis')) {
    throw new Error('SHLYUZ_REQUIRE=redis, and there is no redis-server on PATH')
  }
}

/** A Redis of this test's own, on loopback, that keeps nothing. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Lets it hang: connections stay open, and nothing is answered. */
  freeze(): void
  thaw(): void
  /** Ends it at once; it loses all that it held. */
  kill(): Promise<void>
  /** Starts it again on the same port. */
  restart(): Promise<void>
}

export async function startRedis({ password }: { readonly password?: string } = {}): Promise<RedisServer> {
  const port = await findFreePort()
  const directory = mkdtempSync(join(tmpdir(), 'shlyuz-redis-'))
  let running = await launch(port, directory, password)
  const kill = async (): Promise<void> => {
    if (running.exitCode !== null || running.signalCode !== null) return
    const exited = once(running, 'exit')
    running.kill('SIGKILL')
    await exited
  }
  return {
    url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
    port,
    freeze: () => void running.kill('SIGSTOP'),
    thaw: () => void running.kill('SIGCONT'),
    kill,
    async restart() {
      running = await launch(port, directory, password)
    },
    async [Symbol.asyncDispose]() {
      await kill()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Takes connections and never says a word. */
export async function startSilence(): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer(() => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

async function launch(port: number, directory: string, password: string | undefined): Promise<ChildProcess> {
  const settings = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    directory,
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  const login = password === undefined ? [] : ['--requirepass', password]
  const server = spawn(program as string, [...settings, ...login], { stdio: 'ignore' })
  for (let attempt = 0; attempt < 200; attempt++) {
    if (server.exitCode !== null) break
    if (await answers(port)) return server
    await sleep(25)
  }
  server.kill('SIGKILL')
  throw new Error(`redis-server does not answer on port ${port}`)
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
