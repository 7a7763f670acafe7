import { isIP } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { blockEgress } from './block-egress.ts'
import { EgressError, type EgressAttempt } from './egress-error.ts'

/** Options of {@link expectNoEgress} and {@link watchEgress}. */
export interface EgressOptions {
  /** Names and addresses that may be reached beside this machine, without scheme and port. */
  readonly allow?: readonly string[]
}

/** A watch under way, see {@link watchEgress}. */
export interface EgressWatch extends Disposable {
  /** What was tried and blocked so far. */
  readonly attempts: readonly EgressAttempt[]
  /** Ends the watch; what was replaced in Node is put back with the last one. Harmless when repeated. */
  stop(): void
}

/**
 * Runs `work` and gives its result; fails when any code of the process tried to reach another machine meanwhile.
 * Attempts are blocked, not only seen: TCP connections (`net`, `tls`, `http`, `http2`, `fetch`, undici, WebSocket),
 * look-ups of names, datagrams. Loopback, `localhost` and sockets of the file system are fine, and so is all that goes
 * over a `testNetwork` or the emulator. For vitest, jest and `node:test` alike.
 *
 * It watches the whole process, so tests that run side by side in it see each other's attempts. Where several watches
 * are under way, a host must be allowed by all of them.
 *
 * It cannot see: child processes; workers, which have modules of their own; native addons; copies of the functions of
 * `node:dns` that were taken before (the connection that follows is blocked all the same); connections that were open
 * before; what begins after `work` has settled; Bun and Deno, whose `fetch` is not Node's. Against those stands a rule
 * of the network.
 *
 * @example
 * ```ts
 * test('nothing leaves', () => expectNoEgress(() => summarise(letter)))
 * ```
 * @throws EgressError with every attempt; what `work` threw by itself is its `cause`
 */
export async function expectNoEgress<Result>(
  work: () => Result | Promise<Result>,
  options: EgressOptions = {},
): Promise<Result> {
  const { attempts, stop } = watchEgress(options)
  try {
    const result = await work()
    // What was begun and not waited for gets the chance to be seen.
    await nextTurn()
    if (attempts.length === 0) return result
  } catch (error) {
    throw attempts.length === 0 ? error : new EgressError(attempts, error)
  } finally {
    stop()
  }
  throw new EgressError(attempts)
}

/**
 * The same watch for hooks: begin it before a test, `stop()` it afterwards, and look at `attempts`.
 *
 * @example
 * ```ts
 * let egress: EgressWatch
 * beforeEach(() => { egress = watchEgress() })
 * afterEach(() => { egress.stop(); expect(egress.attempts).toEqual([]) })
 * ```
 * @throws ConfigurationError for unknown options
 */
export function watchEgress(options: EgressOptions = {}): EgressWatch {
  const allowed = readAllowed(options)
  const attempts: EgressAttempt[] = []
  const stop = blockEgress({ attempts, allows: (host) => allowed.has(host.toLowerCase()) })
  return Object.freeze({ attempts, stop, [Symbol.dispose]: stop })
}

function readAllowed(options: EgressOptions): ReadonlySet<string> {
  const isPlain = typeof options === 'object' && options !== null
  const stray = isPlain ? Object.keys(options).find((key) => key !== 'allow') : ''
  const allow = isPlain ? (options.allow ?? []) : []
  if (stray === undefined && Array.isArray(allow) && allow.every(isHost)) {
    return new Set(allow.map((host) => host.toLowerCase()))
  }
  throw new ConfigurationError('egress is watched with { allow }: a list of hosts, without scheme and port', {
    hint: "Пишите { allow: ['db.test.example', '10.0.0.5'] }: только узлы, без схемы и порта.",
  })
}

function isHost(given: unknown): boolean {
  return typeof given === 'string' && (isIP(given) !== 0 || /^[\w.-]+$/.test(given))
}
