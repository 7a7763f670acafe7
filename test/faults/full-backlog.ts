import { spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'

export interface FullBacklog extends AsyncDisposable {
  readonly port: number
}

/** Listens, says where, and then sleeps without accepting anything. */
const program = `
  const server = require('node:net').createServer()
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    require('node:fs').writeSync(1, server.address().port + '\\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000)
  })`

/** A port that drops every new greeting, since nobody accepts; `undefined` where the system does otherwise. */
export async function openFullBacklog(): Promise<FullBacklog | undefined> {
  if (process.platform !== 'linux') return undefined
  const child = spawn(process.execPath, ['--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve) => {
    child.stdout.setEncoding('utf8').once('data', (line: string) => resolve(Number(line)))
  })
  const fillers: Socket[] = []
  const dispose = async (): Promise<void> => {
    for (const socket of fillers) socket.destroy()
    child.kill('SIGKILL')
  }
  // The kernel keeps one more than was asked for; the first that is not taken finds it full.
  for (let count = 0; count < 8; count++) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    fillers.push(socket)
    const isTaken = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      setTimeout(() => resolve(false), 300)
    })
    if (!isTaken) return { port, [Symbol.asyncDispose]: dispose }
  }
  await dispose()
  return undefined
}
