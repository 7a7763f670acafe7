import dgram from 'node:dgram'
import dns, { lookup as lookupByName } from 'node:dns'
import { lookup as lookupByPromise, Resolver as PromiseResolver } from 'node:dns/promises'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { EgressError } from './egress-error.ts'
import { expectNoEgress, watchEgress } from './expect-no-egress.ts'

/** The methods that are replaced, as they are now. */
const methods = () => [
  net.Socket.prototype.connect, dgram.Socket.prototype.send, dgram.Socket.prototype.connect, dns.lookup, dns.resolve4,
  dns.Resolver.prototype.resolve, dns.promises.lookup, dns.promises.Resolver.prototype.resolveTxt, lookupByName, lookupByPromise,
] // oxfmt-ignore
const before = methods()

async function caught(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** What the socket ended with. */
async function end(emitter: NodeJS.EventEmitter): Promise<never> {
  const [error] = (await once(emitter, 'error')) as [Error]
  throw error
}

const far = '192.0.2.7'

// oxlint-disable-next-line no-restricted-globals -- that it is blocked is what is tested
const globalFetch = fetch
// oxlint-disable-next-line no-restricted-globals -- the same
const GlobalWebSocket = WebSocket

const doors: readonly (readonly [string, () => unknown, object])[] = [
  ['net, by address', () => end(net.connect(8443, far)), { kind: 'connect', host: far, port: 8443 }],
  ['net, by name', () => end(net.connect({ host: 'a.example', port: 80 })), { kind: 'connect', host: 'a.example' }],
  ['net, a socket made before', () => end(new net.Socket().connect(80, 'a.example')), { kind: 'connect', port: 80 }],
  ['net, IPv6', () => end(net.connect(80, '2001:db8::1')), { kind: 'connect', host: '2001:db8::1' }],
  ['net, mapped', () => end(net.connect(80, `::ffff:${far}`)), { kind: 'connect', host: `::ffff:${far}` }],
  ['tls', () => end(tls.connect(443, 'a.example')), { kind: 'connect', host: 'a.example', port: 443 }],
  ['http', () => end(http.get('http://a.example/')), { kind: 'connect', host: 'a.example', port: 80 }],
  ['https', () => end(https.get('https://a.example/')), { kind: 'connect', host: 'a.example', port: 443 }],
  ['http2', () => end(http2.connect('https://a.example')), { kind: 'connect', host: 'a.example' }],
  ['fetch', () => globalFetch('https://a.example/'), { kind: 'connect', host: 'a.example', port: 443 }],
  [
    'WebSocket',
    () => new Promise((done) => new GlobalWebSocket('ws://a.example/').addEventListener('error', done)),
    { kind: 'connect', host: 'a.example', port: 80 },
  ],
  ['dns.lookup', () => promisify(dns.lookup)('a.example'), { kind: 'dns', host: 'a.example' }],
  ['an imported lookup', () => promisify(lookupByName)('a.example'), { kind: 'dns', host: 'a.example' }],
  ['an imported lookup with promises', () => lookupByPromise('a.example'), { kind: 'dns', host: 'a.example' }],
  ['dns.resolve4', () => promisify(dns.resolve4)('a.example'), { kind: 'dns', host: 'a.example' }],
  ['dns.reverse', () => promisify(dns.reverse)(far), { kind: 'dns', host: far }],
  ['dns.lookupService', () => dns.promises.lookupService(far, 22), { kind: 'dns', host: far }],
  ['dns.promises.resolveTxt', () => dns.promises.resolveTxt('a.example'), { kind: 'dns', host: 'a.example' }],
  [
    'a resolver, even for localhost',
    () => new Promise((done) => new dns.Resolver().resolve('localhost', done)),
    { kind: 'dns', host: 'localhost' },
  ],
  ['a resolver with promises', () => new PromiseResolver().resolve6('a.example'), { kind: 'dns', host: 'a.example' }],
  [
    'udp',
    () => new Promise((done) => dgram.createSocket('udp4').unref().send('x', 53, far, done)),
    { kind: 'udp', host: far, port: 53 },
  ],
  [
    'udp, a part of a buffer, without anybody to tell',
    () => {
      const socket = dgram.createSocket('udp4').unref()
      socket.send(Buffer.from('abc'), 1, 2, 53, far)
      return end(socket)
    },
    { kind: 'udp', host: far, port: 53 },
  ],
  [
    'udp, connected',
    () =>
      new Promise((done) =>
        dgram
          .createSocket('udp4')
          .unref()
          .connect(53, 'a.example', done as () => void),
      ),
    { kind: 'udp', host: 'a.example', port: 53 },
  ],
]

describe('an attempt to leave this machine is blocked and listed', () => {
  test.each(doors)('%s', async (_name, attempt, expected) => {
    const error = await caught(() => expectNoEgress(async () => void (await caught(attempt).catch(() => {}))))
    expect(error).toBeInstanceOf(EgressError)
    expect(error).toMatchObject({ name: 'EgressError', attempts: [expected] })
    expect((error as EgressError).attempts).toHaveLength(1)
    expect(methods()).toEqual(before)
  })

  test('the code that tried is told why', async () => {
    const egress = watchEgress()
    expect(await caught(() => end(net.connect(443, far)))).toMatchObject({ name: 'EgressError' })
    expect(await caught(() => lookupByPromise('a.example'))).toMatchObject({ attempts: [{ host: 'a.example' }] })
    const failed = (await caught(() => globalFetch('https://b.example/'))) as Error
    expect(failed.cause).toMatchObject({ name: 'EgressError' })
    egress.stop()
    expect(egress.attempts.map(({ host }) => host)).toEqual([far, 'a.example', 'b.example'])
  })

  test('the error names the place in the code, the target and the way out', async () => {
    const error = (await caught(() => expectNoEgress(() => caught(() => end(net.connect(443, far)))))) as EgressError
    expect(error.attempts[0]?.from).toContain('expect-no-egress.test.ts')
    expect(error.message).toContain(`connect ${far}:443 at `)
    expect(error.hint).toContain(`{ allow: ['${far}'] }`)
  })

  test('what is not waited for is seen all the same', async () => {
    const work = () => void globalFetch('https://a.example/').catch(() => {})
    expect(await caught(() => expectNoEgress(work))).toMatchObject({ attempts: [{ host: 'a.example' }] })
  })

  test('what a look-up of the code itself answers counts, not the name', async () => {
    const answer =
      (address: string) => (_name: string, wanted: { all?: boolean }, reply: (...given: never[]) => void) =>
        reply(...((wanted.all ? [null, [{ address, family: 4 }]] : [null, address, 4]) as never[]))
    const far4 = { host: 'localhost', port: 80, lookup: answer(far) as never }
    const error = await caught(() => expectNoEgress(() => caught(() => end(net.connect(far4)))))
    expect(error).toMatchObject({ attempts: [{ kind: 'connect', host: far }] })
    await withServer((port) =>
      expectNoEgress(() =>
        once(net.connect({ host: 'a.example', port, lookup: answer('127.0.0.1') as never }), 'connect'),
      ),
    )
  })
})

describe('this machine stays within reach', () => {
  test.each(['127.0.0.1', 'localhost', '::ffff:127.0.0.1', undefined])('a server at %s', async (host) => {
    await withServer(async (port) => {
      const socket = await expectNoEgress(async () => {
        const opened = net.connect({ port, ...(host !== undefined && { host }), autoSelectFamily: true })
        await once(opened, 'connect')
        return opened
      })
      socket.destroy()
    })
  })

  test('fetch from a local server gives what the work gives', async () => {
    const server = http.createServer((_request, response) => response.end('да')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const get = async () =>
      (await globalFetch(`http://localhost:${port}/`, { headers: { connection: 'close' } })).text()
    expect(await expectNoEgress(get)).toBe('да')
    server.close()
  })

  test('sockets of the file system', async () => {
    const path =
      process.platform === 'win32' ? '\\\\.\\pipe\\shlyuz-egress' : join(tmpdir(), `shlyuz-${process.pid}.sock`)
    const server = net.createServer((socket) => socket.end()).listen(path)
    await once(server, 'listening')
    await expectNoEgress(() => once(net.connect(path), 'connect'))
    await expectNoEgress(() => once(net.connect({ path }), 'connect'))
    server.close()
  })

  test('look-ups that ask nobody, and datagrams', async () => {
    await expectNoEgress(async () => {
      expect(await lookupByPromise(far)).toMatchObject({ address: far })
      await lookupByPromise('localhost')
      const receiver = dgram.createSocket('udp4')
      await new Promise<void>((done) => receiver.bind(0, '127.0.0.1', done))
      const { port } = receiver.address()
      const got = once(receiver, 'message')
      const sender = dgram.createSocket('udp4')
      sender.send('abc', port, '127.0.0.1')
      expect(String((await got)[0])).toBe('abc')
      sender.close()
      receiver.close()
    })
  })
})

describe('allowed hosts', () => {
  test('are named without case, and nothing beside them passes', async () => {
    const egress = watchEgress({ allow: ['A.example', far] })
    // Destroyed before Node gets to connect it.
    const [one, other] = [net.connect(9, far), net.connect(9, '192.0.2.8')]
    one.on('error', () => {}).destroy()
    await caught(() => end(other))
    egress.stop()
    expect(egress.attempts).toMatchObject([{ host: '192.0.2.8' }])
  })

  test.each([
    { allow: ['https://a.example'] },
    { allow: ['a.example:443'] },
    { allow: 'a.example' },
    { alow: [] },
    null,
  ])('%j is refused', (options) => expect(() => watchEgress(options as never)).toThrow(/egress is watched with/))
})

describe('several watches', () => {
  const attempt = () => caught(() => end(net.connect(443, far)))

  test('each counts what was tried while it ran, once', async () => {
    const outer = watchEgress()
    await attempt()
    const inner = watchEgress()
    await attempt()
    inner.stop()
    inner.stop()
    await attempt()
    outer.stop()
    expect([outer.attempts.length, inner.attempts.length]).toEqual([3, 1])
    expect(methods()).toEqual(before)
  })

  test('a host must be allowed by all of them, and only who forbids it is told', async () => {
    const outer = watchEgress()
    await expectNoEgress(attempt, { allow: [far] })
    outer.stop()
    expect(outer.attempts).toHaveLength(1)
  })

  test('they end in any order', async () => {
    const [first, second] = [watchEgress(), watchEgress()]
    first.stop()
    await attempt()
    second.stop()
    expect([first.attempts.length, second.attempts.length]).toEqual([0, 1])
    expect(methods()).toEqual(before)
  })

  test('side by side, each fails for what the process tried', async () => {
    const later = async () => {
      await Promise.resolve()
      await attempt()
    }
    const errors = await Promise.all([caught(() => expectNoEgress(later)), caught(() => expectNoEgress(later))])
    expect(errors.map((error) => (error as EgressError).attempts.length)).toEqual([2, 2])
    expect(methods()).toEqual(before)
  })
})

describe('everything is put back', () => {
  test('when the work throws, whose error passes untouched', async () => {
    const failure = new TypeError('x')
    expect(await caught(() => expectNoEgress(() => Promise.reject(failure)))).toBe(failure)
    expect(
      await caught(() =>
        expectNoEgress(() => {
          throw failure
        }),
      ),
    ).toBe(failure)
    expect(methods()).toEqual(before)
  })

  test('and the error of work that tried to leave is its cause', async () => {
    const error = await caught(() => expectNoEgress(() => lookupByPromise('a.example')))
    expect(error).toMatchObject({ attempts: [{ kind: 'dns' }], cause: { name: 'EgressError' } })
  })

  test('except what somebody else has put there meanwhile', () => {
    const egress = watchEgress()
    const { connect } = net.Socket.prototype
    const theirs = function theirs(this: net.Socket, ...given: Parameters<typeof connect>) {
      return connect.apply(this, given)
    } as typeof connect
    net.Socket.prototype.connect = theirs
    egress.stop()
    expect(net.Socket.prototype.connect).toBe(theirs)
    net.Socket.prototype.connect = before[0] as typeof connect
  })
})

async function withServer(work: (port: number) => Promise<unknown>): Promise<void> {
  const server = net.createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await work((server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
}
