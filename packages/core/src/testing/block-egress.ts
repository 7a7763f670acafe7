import dgram from 'node:dgram'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net, { BlockList, isIP } from 'node:net'
import { EgressError, type EgressAttempt } from './egress-error.ts'

/** Whoever wants to know of attempts to leave this machine. */
export interface EgressWatcher {
  readonly allows: (host: string) => boolean
  readonly attempts: EgressAttempt[]
}

type Method = (this: unknown, ...given: unknown[]) => unknown
type Owner = Record<string, Method>
/** Makes what stands in the place of a method of Node. */
type Door = (original: Method, name: string) => Method

const watchers = new Set<EgressWatcher>()
/** Puts back what was replaced, as long as anybody watches. */
let restorers: (() => void)[] = []

/** Blocks, and tells the watcher of, every attempt that it does not allow; until the returned function is called. */
export function blockEgress(watcher: EgressWatcher): () => void {
  if (watchers.size === 0) closeDoors()
  watchers.add(watcher)
  return () => {
    if (watchers.delete(watcher) && watchers.size === 0) openDoors()
  }
}

function closeDoors(): void {
  replace(net.Socket.prototype, /^connect$/, createConnectDoor)
  replace(dgram.Socket.prototype, /^connect$/, createDatagramDoor)
  replace(dgram.Socket.prototype, /^send$/, createDatagramDoor)
  const questions = /^(?:lookup|lookupService|resolve.*|reverse)$/
  for (const owner of [dns, dns.Resolver.prototype]) replace(owner, questions, createCallbackDoor)
  for (const owner of [dns.promises, dns.promises.Resolver.prototype]) replace(owner, questions, createPromiseDoor)
  // `import { lookup } from 'node:dns'` is a binding of its own.
  syncBuiltinESMExports()
}

function openDoors(): void {
  for (const restore of restorers) restore()
  restorers = []
  syncBuiltinESMExports()
}

function replace(given: object, names: RegExp, create: Door): void {
  const owner = given as Owner
  for (const name of Object.getOwnPropertyNames(owner).filter((own) => names.test(own))) {
    const original = owner[name]
    if (typeof original !== 'function') continue
    const door = create(original, name)
    // With the marks that `util.promisify` looks for.
    Object.defineProperties(door, Object.getOwnPropertyDescriptors(original))
    owner[name] = door
    // What somebody else put in our place meanwhile is theirs; with nobody watching a door lets everything pass.
    restorers.push(() => {
      if (owner[name] === door) owner[name] = original
    })
  }
}

interface ConnectOptions {
  readonly host?: string
  readonly port?: unknown
  readonly path?: string
  readonly lookup?: Method
}

/** `net.Socket.prototype.connect`: every TCP connection of Node begins here, those of `fetch` as well. */
function createConnectDoor(original: Method): Method {
  return function door(this: unknown, ...given) {
    const { options, done } = readConnect(given)
    // A socket of the file system leads to this machine.
    if (options.path) return original.apply(this, given)
    const host = options.host || 'localhost'
    const from = findCaller(door)
    const { lookup } = options
    if (lookup && isIP(host) === 0) {
      // The name says nothing then: what its own look-up answers is where it goes.
      const judged = judgeLookup(lookup, (address) => judge('connect', address, options.port, from, host))
      return original.call(this, { ...options, lookup: judged }, done)
    }
    const blocked = judge('connect', host, options.port, from)
    if (!blocked) return original.apply(this, given)
    const socket = this as { connecting: boolean; destroy: (error: Error) => void }
    // As while a real attempt is under way: what is written meanwhile waits.
    socket.connecting = true
    process.nextTick(() => socket.destroy(blocked))
    return this
  }
}

/** `(options, done)`, `(port, host, done)`, `(path, done)`, or the first two in a list, as Node hands them on. */
function readConnect(given: readonly unknown[]): { readonly options: ConnectOptions; readonly done: unknown } {
  const [first, second, third] = Array.isArray(given[0]) ? (given[0] as unknown[]) : given
  if (typeof first === 'object' && first !== null) return { options: first, done: second }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return { options: { path: first }, done: second }
  if (typeof second === 'string') return { options: { port: first, host: second }, done: third }
  return { options: { port: first }, done: second }
}

function judgeLookup(lookup: Method, judgeAddress: (address: string) => EgressError | undefined): Method {
  return function judged(this: unknown, name, options, reply) {
    const answer = (error: unknown, found: unknown, ...rest: unknown[]): void => {
      const list = (Array.isArray(found) ? found : [{ address: found }]) as readonly { readonly address: string }[]
      let blocked: EgressError | undefined
      if (!error) for (const { address } of list) blocked ??= judgeAddress(address)
      ;(reply as Method)(blocked ?? error, found, ...rest)
    }
    return lookup.call(this, name, options, answer)
  }
}

function createDatagramDoor(original: Method, name: string): Method {
  return function door(this: unknown, ...given) {
    const [port, host] = name === 'connect' ? given : readSend(given)
    // Without a host it is this machine, or the one that the socket is connected to.
    const blocked = typeof host === 'string' && host !== '' ? judge('udp', host, port, findCaller(door)) : undefined
    if (!blocked) return original.apply(this, given)
    const done = given.at(-1)
    process.nextTick(() => {
      if (typeof done === 'function') done(blocked)
      else (this as NodeJS.EventEmitter).emit('error', blocked)
    })
    return undefined
  }
}

/** `(message, port, host, done)`, or `(message, offset, length, port, host, done)`, told apart as Node does. */
function readSend([, first, second, third, fourth]: readonly unknown[]): readonly unknown[] {
  const hasOffset = Boolean(fourth) || (Boolean(third) && typeof third !== 'function')
  return hasOffset ? [third, fourth] : [first, second]
}

function createCallbackDoor(original: Method, name: string): Method {
  return function door(this: unknown, ...given) {
    const done = given.at(-1)
    const blocked = typeof done === 'function' ? judgeQuestion(name, given[0], findCaller(door)) : undefined
    if (!blocked) return original.apply(this, given)
    process.nextTick(done as Method, blocked)
    return undefined
  }
}

function createPromiseDoor(original: Method, name: string): Method {
  return function door(this: unknown, ...given) {
    const blocked = judgeQuestion(name, given[0], findCaller(door))
    return blocked ? Promise.reject(blocked) : original.apply(this, given)
  }
}

/** Only `lookup` answers addresses, `localhost` and their likes by itself; the rest asks a server, whatever the name. */
function judgeQuestion(method: string, host: unknown, from: string | undefined): EgressError | undefined {
  if (typeof host !== 'string' || host === '') return undefined
  if (method === 'lookup' && isIP(host) !== 0) return undefined
  if (method.startsWith('lookup')) return judge('dns', host, undefined, from)
  return report('dns', host, undefined, from, [host])
}

/** @param name what the address was found by */
function judge(
  kind: EgressAttempt['kind'],
  host: string,
  port: unknown,
  from: string | undefined,
  name = host,
): EgressError | undefined {
  if (isLocal(host)) return undefined
  return report(kind, isLocal(name) ? host : name, port, from, [host, name])
}

/** Blocked when one of those who watch does not allow it; each of them gets to know. */
function report(
  kind: EgressAttempt['kind'],
  host: string,
  port: unknown,
  from: string | undefined,
  spellings: readonly string[],
): EgressError | undefined {
  const against = [...watchers].filter(({ allows }) => !spellings.some(allows))
  if (against.length === 0) return undefined
  const attempt: EgressAttempt = Object.freeze({
    kind,
    host,
    ...(port !== undefined && { port: Number(port) }),
    ...(from !== undefined && { from }),
  })
  for (const { attempts } of against) attempts.push(attempt)
  return new EgressError([attempt])
}

/** An IPv4 range of a BlockList holds the mapped IPv6 spelling as well. The unspecified address means this machine. */
const local = new BlockList()
local.addSubnet('127.0.0.0', 8)
local.addAddress('0.0.0.0')
local.addAddress('::1', 'ipv6')
local.addAddress('::', 'ipv6')

function isLocal(host: string): boolean {
  const family = isIP(host)
  if (family === 0) return /^(?:.+\.)?localhost$/i.test(host)
  return local.check(host.replace(/%.*$/, ''), family === 4 ? 'ipv4' : 'ipv6')
}

/** The first line of the stack below a door that is not Node's own. */
function findCaller(door: Method): string | undefined {
  const holder: { stack?: string } = {}
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 50
  Error.captureStackTrace(holder, door)
  Error.stackTraceLimit = before
  const lines = (holder.stack ?? '').split('\n').slice(1)
  return lines.find((line) => !/\bnode:|<anonymous>\)?$/.test(line))?.trim()
}
