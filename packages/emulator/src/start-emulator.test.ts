import { Agent } from 'node:https'
import { afterEach, describe, expect, it } from 'vitest'
import { call, type CallError, chatCall, completionCall } from '../test-support/call.ts'
import type { Fault } from './faults.ts'
import type { EmulatorOptions } from './options.ts'
import { startEmulator, type Emulator } from './start-emulator.ts'

let emulator: Emulator | undefined
const start = async (options: EmulatorOptions = {}): Promise<Emulator> => {
  emulator = await startEmulator({ pace: 'instant', ...options })
  return emulator
}
afterEach(() => emulator?.close())

const failure = (promise: Promise<unknown>): Promise<CallError> =>
  promise.then(
    () => expect.unreachable('the call should fail'),
    (error: unknown) => error as CallError,
  )

describe('both services over HTTPS', () => {
  it('give a token, then an answer to it', async () => {
    const services = await start()
    const oauth = await call(services, {
      origin: 'https://ngw.devices.sberbank.ru:9443',
      path: '/api/v2/oauth',
      headers: {
        authorization: `Basic ${services.gigachat.credentials}`,
        rquid: '2f3a9c1e-8d4b-4c6e-9a7f-1b2c3d4e5f60',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'scope=GIGACHAT_API_PERS',
      options: { ca: services.gigachat.ca },
    })
    expect(oauth.status).toBe(200)
    const { access_token: token } = JSON.parse(oauth.text)
    const chat = chatCall(services, { stream: false })
    const answer = await call(services, {
      ...chat,
      headers: { authorization: `Bearer ${token}` },
      options: { ca: services.gigachat.ca },
    })
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)))
    expect(JSON.parse(answer.text).choices[0].message.content).toContain('реки Сибири')
  })

  it('stream piece by piece', async () => {
    const services = await start({ pace: { serviceMs: [0, 0], firstPieceMs: [5, 5], pieceMs: [5, 5] } })
    const answer = await call(services, completionCall(services))
    expect(answer.pieces.length).toBeGreaterThan(2)
    expect(answer.text.trimEnd().split('\n').at(-1)).toContain('ALTERNATIVE_STATUS_FINAL')
  })

  it('record requests and connections', async () => {
    const services = await start()
    await call(services, chatCall(services))
    expect(services.requests).toMatchObject([
      {
        service: 'gigachat',
        operation: 'chat',
        origin: 'https://api.giga.chat',
        connection: 1,
        closedByClient: false,
        status: 200,
      },
    ])
    expect(services.connections).toMatchObject([{ id: 1, origin: 'https://api.giga.chat', requests: 1 }])
    services.reset()
    expect(services.requests).toEqual([])
  })

  it('record that the client went away, and free what it held', async () => {
    const services = await start({ pace: { serviceMs: [0, 0], firstPieceMs: [1, 1], pieceMs: [50, 50] } })
    const error = await failure(call(services, { ...chatCall(services), onFirstPiece: (hangUp) => hangUp() }))
    expect(error.message).toBe('hung up')
    await expect.poll(() => services.requests[0]?.closedByClient).toBe(true)
    expect((await call(services, chatCall(services))).status).toBe(200)
  })

  it('answer several requests on one connection', async () => {
    const services = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const options = { agent, ca: services.ca.state }
    await call(services, { ...chatCall(services), options })
    await call(services, { ...chatCall(services), options })
    agent.destroy()
    expect(services.connections).toMatchObject([{ requests: 2 }])
  })

  it('need a new connection after disconnect', async () => {
    const services = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const options = { agent, ca: services.ca.state }
    await call(services, { ...chatCall(services), options })
    services.disconnect()
    await expect.poll(() => services.connections[0]?.isOpen).toBe(false)
    await expect.poll(() => Object.keys(agent.freeSockets)).toEqual([])
    await call(services, { ...chatCall(services), options })
    agent.destroy()
    expect(services.connections).toMatchObject([{ requests: 1 }, { requests: 1 }])
  })

  it('serve the metadata of a virtual machine over plain HTTP', async () => {
    const services = await start()
    const answer = await call(services, {
      origin: 'http://169.254.169.254',
      path: '/computeMetadata/v1/instance/service-accounts/default/token',
      method: 'GET',
      headers: { 'metadata-flavor': 'Google' },
    })
    expect(JSON.parse(answer.text).token_type).toBe('Bearer')
  })

  it('close for good, also with open streams, and twice', async () => {
    const services = await start()
    services.fail({ service: 'gigachat', kind: 'stall', after: 'content' })
    const open = failure(call(services, chatCall(services)))
    await expect.poll(() => services.requests.length).toBe(1)
    await services.close()
    await services.close()
    expect((await open).code).toMatch(/ECONNRESET|no code/)
    expect((await failure(call(services, chatCall(services)))).code).toBe('ECONNREFUSED')
  })
})

describe('certificates', () => {
  const codeOf = async (options: EmulatorOptions, ca?: (services: Emulator) => string): Promise<string> => {
    const services = await start(options)
    const request = chatCall(services)
    return (await failure(call(services, ca === undefined ? request : { ...request, options: { ca: ca(services) } })))
      .code
  }

  it('of GigaChat hang on the state root only', async () => {
    expect(await codeOf({}, ({ ca }) => ca.public)).toBe('UNABLE_TO_GET_ISSUER_CERT_LOCALLY')
  })

  it('of Yandex hang on the public root only', async () => {
    const services = await start()
    const options = { ca: services.ca.state }
    expect((await failure(call(services, { ...completionCall(services), options }))).code).toBe(
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    )
  })

  it('may come without the intermediate, expired, or for another name', async () => {
    expect(await codeOf({ gigachat: { certificate: 'leaf-only' } })).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    await emulator?.close()
    expect(await codeOf({ gigachat: { certificate: 'expired' } })).toBe('CERT_HAS_EXPIRED')
    await emulator?.close()
    expect(await codeOf({ gigachat: { certificate: 'wrong-name' } })).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  it('of clients may be required, and then stand for the token', async () => {
    const services = await start({ gigachat: { clientCertificate: 'required' } })
    const { headers: _, ...request } = chatCall(services)
    expect((await failure(call(services, request))).code).toMatch(
      /ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED|ECONNRESET/,
    )
    const { cert, key } = services.credentials.gigachat.clientCertificate
    const answer = await call(services, { ...request, options: { cert, key } })
    expect(answer.status).toBe(200)
    expect(services.requests[0]?.clientCertificate).toBe('emulator-client')
  })
})

describe('faults on the socket', () => {
  const statusAndCode = async (fault: Fault) => {
    const services = await start()
    services.fail(fault)
    const { status, code, text } = await failure(call(services, chatCall(services)))
    return { status, code, text }
  }

  it('reset sends RST at each point, also under TLS', async () => {
    expect(await statusAndCode({ service: 'gigachat', kind: 'reset', after: 'connect' })).toMatchObject({
      code: 'ECONNRESET',
      status: undefined,
    })
    await emulator?.close()
    expect(await statusAndCode({ service: 'gigachat', kind: 'reset', after: 'request' })).toMatchObject({
      code: 'ECONNRESET',
      status: undefined,
    })
    await emulator?.close()
    expect(await statusAndCode({ service: 'gigachat', kind: 'reset', after: 'headers' })).toMatchObject({
      code: 'ECONNRESET',
      status: 200,
      text: '',
    })
    await emulator?.close()
    const late = await statusAndCode({ service: 'gigachat', kind: 'reset', after: 'content', pieces: 2 })
    expect(late).toMatchObject({ code: 'ECONNRESET', status: 200 })
    expect(late.text.trimEnd().split('\n\n')).toHaveLength(2)
  })

  it('close ends the connection without the end of the body', async () => {
    const late = await statusAndCode({ service: 'gigachat', kind: 'close', after: 'content', pieces: 1 })
    expect(late).toMatchObject({ status: 200, code: 'ECONNRESET' })
    expect(late.text).toContain('delta')
    await emulator?.close()
    expect(await statusAndCode({ service: 'gigachat', kind: 'close', after: 'request' })).toMatchObject({
      status: undefined,
    })
  })

  it('close in a whole body leaves it shorter than it said', async () => {
    const services = await start()
    services.fail({ service: 'gigachat', kind: 'close', after: 'content' })
    const error = await failure(call(services, chatCall(services, { stream: false })))
    expect(error.status).toBe(200)
    expect(error.text).toMatch(/^\{"choices"/)
  })

  it.each(['connect', 'request', 'headers', 'content'] as const)(
    'stall after %s stays silent on an open connection',
    async (after) => {
      const services = await start()
      services.fail({ service: 'yandexgpt', operation: 'chat', kind: 'stall', after })
      const error = await failure(
        call(services, { ...completionCall(services), options: { timeout: 100, signal: AbortSignal.timeout(150) } }),
      )
      expect(error.code).toMatch(/ABORT_ERR|ECONNRESET/)
      expect(error.status).toBe(after === 'headers' || after === 'content' ? 200 : undefined)
      expect(error.text === '').toBe(after !== 'content')
      expect((await call(services, completionCall(services))).status).toBe(200)
    },
  )

  it('split makes a read of every byte, and the whole is the same', async () => {
    const services = await start()
    const whole = await call(services, completionCall(services))
    services.fail({ service: 'yandexgpt', kind: 'split' })
    const split = await call(services, completionCall(services))
    expect(split.text).toBe(whole.text)
    expect(split.pieces.length).toBe(Buffer.byteLength(whole.text))
  })

  it('big bodies stop when the client hangs up', async () => {
    const services = await start()
    services.fail({ service: 'gigachat', kind: 'big-body', bytes: 1_000_000_000 })
    await failure(call(services, { ...chatCall(services), onFirstPiece: (hangUp) => hangUp() }))
    await expect.poll(() => services.requests[0]?.closedByClient).toBe(true)
  })
})

describe('the network', () => {
  it('claims global addresses for the known hosts and maps them to the listeners', async () => {
    const { network, origins } = await start()
    for (const { origin, local } of origins) {
      const { hostname, port, protocol } = new URL(origin)
      const [address] = await network.resolve(hostname)
      const truePort = Number(port) || (protocol === 'https:' ? 443 : 80)
      expect(network.dial(address ?? '', truePort, hostname)).toEqual({
        host: '127.0.0.1',
        port: Number(new URL(local).port),
      })
    }
  })

  it('knows no other host and leads nowhere else', async () => {
    const { network } = await start()
    expect(() => network.resolve('example.com')).toThrow(/ENOTFOUND example.com/)
    expect(() => network.dial('84.201.181.26', 80, 'llm.api.cloud.yandex.net')).toThrow(/no listener/)
    expect(() => network.dial('8.8.8.8', 443, 'llm.api.cloud.yandex.net')).toThrow(/no listener/)
  })
})

describe('options', () => {
  it('are refused when they make no sense', async () => {
    await expect(startEmulator({ gigachat: { parallelStreams: 0 } })).rejects.toThrow(
      /gigachat.parallelStreams must be a positive number/,
    )
  })

  it('give businesses ten parallel streams', async () => {
    const services = await start({
      gigachat: { scope: 'GIGACHAT_API_B2B' },
      pace: { serviceMs: [0, 0], firstPieceMs: [20, 20], pieceMs: [0, 0] },
    })
    const answers = await Promise.all(Array.from({ length: 11 }, () => call(services, chatCall(services))))
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(1)
  })
})
