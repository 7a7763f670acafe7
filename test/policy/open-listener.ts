import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Loopback, type Arrivals, type Listener } from './loopback.ts'

/** What the listener's process is asked, a line of JSON each; it answers with one. */
export type ListenerRequest = { readonly start: Parameters<Listener['start']> } | { readonly read: true }

/**
 * The listener of the cases. Its TLS chooses a certificate by name and takes connections that are open already, which
 * runtimes other than Node cannot: there `SHLYUZ_LISTENER_NODE` names a Node that runs it, and the client alone is
 * what is tested.
 */
export async function openListener(): Promise<Listener> {
  const node = process.env['SHLYUZ_LISTENER_NODE']
  return node === undefined ? Loopback.open() : RemoteLoopback.open(node)
}

class RemoteLoopback implements Listener {
  readonly port: number
  readonly ca: string
  readonly #process: ChildProcess
  readonly #answers: AsyncIterator<string>

  private constructor(
    child: ChildProcess,
    answers: AsyncIterator<string>,
    { port, ca }: Pick<Listener, 'port' | 'ca'>,
  ) {
    this.port = port
    this.ca = ca
    this.#process = child
    this.#answers = answers
  }

  static async open(node: string): Promise<RemoteLoopback> {
    const program = fileURLToPath(new URL('serve-loopback.ts', import.meta.url))
    const child = spawn(node, ['--conditions=@shlyuz/source', program], { stdio: ['pipe', 'pipe', 'inherit'] })
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const greeting = JSON.parse(String((await answers.next()).value)) as Pick<Listener, 'port' | 'ca'>
    return new RemoteLoopback(child, answers, greeting)
  }

  async start(...given: Parameters<Listener['start']>): Promise<void> {
    await this.#ask({ start: given })
  }

  async read(): Promise<Arrivals> {
    return (await this.#ask({ read: true })) as Arrivals
  }

  async close(): Promise<void> {
    this.#process.stdin?.end()
  }

  async #ask(request: ListenerRequest): Promise<unknown> {
    this.#process.stdin?.write(`${JSON.stringify(request)}\n`)
    const answer = await this.#answers.next()
    if (answer.done) throw new Error('the listener has ended')
    return JSON.parse(answer.value) as unknown
  }
}
