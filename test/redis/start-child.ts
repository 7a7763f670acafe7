import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Another process, of a file in `children`. It says what it has to say in lines. */
export interface Child {
  send(line: string): void
  /** Its next line. */
  answer(): Promise<string>
  /** Ends it without giving it a chance to tidy up. */
  kill(): Promise<void>
  /** Its exit code. */
  readonly exited: Promise<number | null>
}

/** Starts one with its settings and waits until it says `ready`. */
export async function startChild(file: string, settings: object): Promise<Child> {
  const path = fileURLToPath(new URL(`./children/${file}`, import.meta.url))
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@shlyuz/source', '--no-warnings', path, JSON.stringify(settings)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const lines: string[] = []
  let rest = ''
  let wake = (): void => {}
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const [...whole] = (rest + text).split('\n')
    rest = whole.pop() ?? ''
    lines.push(...whole)
    wake()
  })
  void exited.then(() => wake())
  const answer = async (): Promise<string> => {
    while (lines.length === 0) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${file} ended without an answer`)
      await new Promise<void>((resolve) => (wake = resolve))
    }
    return lines.shift() as string
  }
  const first = await answer()
  if (first !== 'ready') throw new Error(`${file} said ${first}`)
  return {
    send: (line) => void child.stdin?.write(`${line}\n`),
    answer,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    exited,
  }
}
