import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCaseFile, type CaseFile } from './case-file.ts'
import { runCases } from './case-runner.ts'
import { Loopback } from './loopback.ts'

const shared =
  process.env['SHLYUZ_POLICY_CASES'] ??
  fileURLToPath(new URL('../../../shared/fixtures/policy/bypass-cases.json', import.meta.url))
const own = fileURLToPath(new URL('own-cases.json', import.meta.url))

describe('ways round the policy', () => {
  const missing = !existsSync(shared)

  test.skipIf(missing)(
    `public cases${missing ? ' (skipped: the file is not there, set SHLYUZ_POLICY_CASES)' : ''}`,
    async () => {
      const open = (await runCases(readCaseFile(shared))).filter(({ result }) => result !== 'passed')
      expect(open).toEqual([])
    },
    120_000,
  )

  test('own cases', async () => {
    const { cases, ...file } = readCaseFile(own)
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length)
    const outcomes = await runCases({ ...file, cases })
    expect(outcomes.filter(({ result }) => result !== 'passed')).toEqual([])
    expect(outcomes).toHaveLength(cases.length)
  }, 120_000)
})

describe('the runner itself', () => {
  const { policies } = readCaseFile(own)
  const run = async (one: Partial<CaseFile['cases'][number]>) => {
    const call = { url: 'https://llm.api.cloud.yandex.net/' }
    const full = {
      id: 'x',
      policy: 'domestic',
      request: call,
      world: { dns: [['84.201.181.26']] },
      reason: 'ok',
      expect: 'deny' as const,
      ...one,
    }
    const [outcome] = await runCases({ policies, cases: [full] })
    return outcome
  }

  test('fails a case whose verdict or code differs', async () => {
    expect(await run({})).toMatchObject({ result: 'failed', reason: 'expected deny ok, got allow ok' })
    expect(await run({ request: { url: 'https://evil.example/' }, reason: 'url.scheme' })).toMatchObject({
      result: 'failed',
    })
  })

  test('fails a denial whose twin is denied as well', async () => {
    const closed = { ...policies, closed: { ...policies['domestic'], models: { developer: [], weights: [] } } }
    const request = { url: 'https://evil.example/', provider: 'gigachat', model: 'GigaChat-2-Max' }
    const [outcome] = await runCases({
      policies: closed,
      cases: [{ id: 'x', policy: 'closed', request, expect: 'deny', reason: 'model.foreign' }],
    })
    expect(outcome).toMatchObject({ result: 'failed', reason: expect.stringContaining('twin') })
  })

  test('skips what it does not know, and says what', async () => {
    const request = { url: 'https://evil.example/', teleport: true }
    expect(await run({ request })).toEqual({
      id: 'x',
      result: 'skipped',
      reason: "this runner does not know 'teleport'",
    })
  })
})

describe('the listener', () => {
  let loopback: Loopback
  beforeAll(async () => {
    loopback = await Loopback.open()
  })
  afterAll(() => loopback.close())

  test('counts every byte of a request', async () => {
    await loopback.start(undefined, [])
    const request = `POST / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc`
    const socket = connect(loopback.port, '127.0.0.1')
    socket.write(request)
    expect(await text(socket)).toContain('200 OK')
    expect(loopback.arrivals).toEqual({ bytes: request.length, hosts: ['a.example'], bodies: ['abc'] })
  })
})
