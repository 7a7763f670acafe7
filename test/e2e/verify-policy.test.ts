import {
  all,
  auditSink,
  createClient,
  definePolicy,
  domesticOnly,
  observe,
  onPremisesOnly,
  stateSystem,
  type CanaryReport,
  type Policy,
  type Provider,
} from '@shlyuz/core'
import { expectNoEgress } from '@shlyuz/core/testing'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { openaiCompatible } from '@shlyuz/openai-compatible'
import { personalData, russianMasker } from '@shlyuz/personal-data'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type * as guards from '../../packages/core/src/policy/guard.ts'
import type * as undicis from '../../packages/core/src/transport/undici.ts'
import { depths, switchOff, type Check } from '../policy/switch-off.ts'
import { caught } from './support.ts'

vi.setConfig({ testTimeout: 60_000 })

const giga = gigachat({ credentials: Buffer.from('a:b').toString('base64') })
const yandex = yandexgpt({ apiKey: 'key', folderId: 'b1gexample' })
const local = openaiCompatible({ name: 'local', baseUrl: 'http://127.0.0.1:11434/v1' })
const corporate = openaiCompatible({ name: 'corp', baseUrl: 'https://llm.corp.example:8443/v1' })

const quiet = { onWarning: () => {} }

async function verify(policy: Policy | undefined, ...providers: Provider[]) {
  await using client = createClient({ providers, ...quiet, ...(policy && { policy }) })
  return await expectNoEgress(() => client.verifyPolicy())
}

/** What was not refused, as `depth: name`. */
function open(canaries: readonly CanaryReport[], result: CanaryReport['result']): readonly string[] {
  return canaries.filter((one) => one.result === result).map(({ depth, name }) => `${depth}: ${name}`)
}

function surprises(canaries: readonly CanaryReport[]): readonly CanaryReport[] {
  return canaries.filter(({ result, expected, got }) => result === 'refused' && !(expected as string[]).includes(got))
}

describe('under the default policy', () => {
  test('every canary of both services is refused for its reason, and nothing arrives', async () => {
    const report = await verify(undefined, giga, yandex)
    expect(report).toMatchObject({ passed: true, policy: { name: 'domestic-only' }, network: 'internet' })
    expect(report.policy.digest).toBe(domesticOnly().digest)
    expect(surprises(report.canaries)).toEqual([])
    expect(new Set(report.canaries.map(({ depth }) => depth))).toEqual(new Set(Object.keys(depths)))
    for (const { name } of [giga, yandex]) {
      expect(report.canaries.filter(({ provider }) => provider === name).length).toBeGreaterThan(25)
    }
    // Ordinary addresses are allowed where nothing pins them; models on foreign weights unless they are excluded.
    expect(open(report.canaries, 'listed')).toEqual([
      'socket: the host resolves to the internet',
      'intent: a model on foreign weights',
      'socket: the host resolves to the internet',
    ])
    const refused = report.canaries.filter(({ result, depth }) => result === 'refused' && depth !== 'response')
    expect(refused.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(0)
    // What is let through is seen to arrive: the listener counts.
    const find = (wanted: string) => report.canaries.find(({ name }) => name === wanted)
    const listed = find('the host resolves to the internet')
    expect(listed).toMatchObject({ result: 'listed', got: 'sent', connections: 1 })
    expect(listed?.bytes).toBeGreaterThan(50)
    expect(find('a redirect')).toMatchObject({ got: 'redirect.blocked', connections: 1 })
    expect(find('a certificate that nobody vouches for')).toEqual({
      provider: 'gigachat',
      depth: 'socket',
      name: 'a certificate that nobody vouches for',
      expected: ['tls.untrusted'],
      got: 'tls.untrusted',
      result: 'refused',
      connections: 1,
      bytes: 0,
    })
    const [first] = report.canaries
    for (const one of [report, report.policy, report.canaries, first, first?.expected]) {
      expect(Object.isFrozen(one)).toBe(true)
    }
  })

  test('a client on the emulator is verified as well, and works on', async () => {
    await using emulator = await startEmulator({ pace: 'instant' })
    await using client = createClient({ providers: [gigachat(emulator.gigachat)], network: emulator.network })
    const before = emulator.requests.length
    expect(await client.verifyPolicy()).toMatchObject({ passed: true, network: 'test' })
    expect(emulator.requests).toHaveLength(before)
    expect((await client.generateText({ model: 'gigachat/GigaChat-2-Max', prompt: 'Привет' })).text).not.toBe('')
  })
})

describe('other policies', () => {
  test('own servers at a literal address list what is theirs', async () => {
    const policy = onPremisesOnly({ origins: ['http://127.0.0.1:11434'], cidrs: ['127.0.0.0/8'] })
    const report = await verify(policy, local)
    expect(report.passed).toBe(true)
    expect(surprises(report.canaries)).toEqual([])
    expect(open(report.canaries, 'listed')).toEqual([
      'intent: a model that nobody knows',
      'url: plain http to a listed host',
    ])
  })

  test('own servers behind a name', async () => {
    const policy = onPremisesOnly({ origins: ['https://llm.corp.example:8443'], cidrs: ['10.0.0.0/8', '127.0.0.0/8'] })
    const report = await verify(policy, corporate, giga)
    expect(report.passed).toBe(true)
    expect(surprises(report.canaries)).toEqual([])
    const ofOne = open(
      report.canaries.filter(({ provider }) => provider === 'corp'),
      'listed',
    )
    expect(ofOne).toEqual([
      'intent: a model that nobody knows',
      'socket: the host resolves to this machine',
      'socket: the host resolves to a private network',
      'socket: the host resolves to this machine beside a good address',
    ])
  })

  const proxied = (origin: string) => domesticOnly({ proxy: { origin, addresses: ['10.1.0.0/24'] } })
  const own = { origins: ['https://llm.corp.example:8443'], cidrs: ['10.20.0.0/16'] }
  test.each([
    ['strict weights', domesticOnly({ weights: ['own'] }), yandex],
    ['a proxy', proxied('http://egress.corp.example:3128'), giga],
    ['a proxy behind TLS', proxied('https://egress.corp.example:3128'), giga],
    ['personal data refused', all(personalData({ on: 'deny' }), domesticOnly()), giga],
    ['personal data alone', personalData(), giga],
    ['pinned', domesticOnly({ pins: { 'gigachat.devices.sberbank.ru': ['185.157.96.0/22'] } }), giga],
    ['nothing at all', definePolicy({ name: 'nothing' }), giga],
    ['two at once', all(onPremisesOnly(own), onPremisesOnly({ ...own, cidrs: ['10.20.7.0/24'] })), corporate],
  ])('%s: refused throughout', async (_title, policy, provider) => {
    const report = await verify(policy, provider)
    expect(report.passed).toBe(true)
    expect(surprises(report.canaries)).toEqual([])
    const through = report.canaries.filter(({ result }) => result !== 'refused')
    expect(through.filter(({ name }) => !/ resolves to the internet$|nobody knows$/.test(name))).toEqual([])
  })

  test('a template for state systems, with its demands on audit and masking', async () => {
    const entries: unknown[] = []
    const policy = stateSystem({ ...own, masker: russianMasker() })
    const audit = auditSink({ append: (record) => void entries.push(record) })
    await using client = createClient({ providers: [corporate], policy, audit })
    const report = await client.verifyPolicy()
    expect(report.passed).toBe(true)
    expect(report.canaries.filter(({ depth }) => depth === 'socket').every(({ result }) => result === 'refused')).toBe(
      true,
    )
    expect(entries).toEqual([])
  })

  test('one that observes says what it would refuse, and what it refuses all the same', async () => {
    const report = await verify(observe(domesticOnly()), giga)
    expect(report.passed).toBe(true)
    expect(report.canaries.filter(({ result }) => result === 'leaked' || result === 'error')).toEqual([])
    const got = Object.fromEntries(report.canaries.map(({ name, result, got: code }) => [name, `${result} ${code}`]))
    expect(got).toMatchObject({
      'a model that nobody knows': 'observed model.unknown',
      'a host that is not listed': 'observed url.host_not_allowed',
      'the host resolves to this machine': 'observed dns.address_class',
      'the answer of another model': 'observed response.model_mismatch',
      'a user name in the address': 'refused url.userinfo',
      'a header that names another host': 'refused header.host_override',
      'a certificate that nobody vouches for': 'refused tls.untrusted',
      'a redirect': 'refused redirect.blocked',
    })
  })
})

describe('it can fail', () => {
  afterEach(() => {
    vi.doUnmock('../../packages/core/src/policy/guard.ts')
    vi.doUnmock('../../packages/core/src/transport/undici.ts')
    vi.resetModules()
  })

  /** The verification of a client whose guard finds nothing in some of its checks. */
  async function verifyWithout(checks: readonly Check[], policy?: (core: typeof import('@shlyuz/core')) => Policy) {
    vi.resetModules()
    vi.doMock('../../packages/core/src/policy/guard.ts', async (importOriginal) => {
      const real = await importOriginal<typeof guards>()
      const createGuard: typeof real.createGuard = (...given) => switchOff(real.createGuard(...given), checks)
      return { ...real, createGuard }
    })
    const core = await import('@shlyuz/core')
    await using client = core.createClient({ providers: [yandex], ...quiet, ...(policy && { policy: policy(core) }) })
    return await client.verifyPolicy()
  }

  const leaks: Readonly<Record<Exclude<Check, 'judgeEnvironment' | 'redirected'>, readonly string[]>> = {
    judgeIntent: ['intent: a model that nobody knows', 'intent: a foreign model', 'intent: a link in the content'],
    judgeUrl: [
      'url: a host that is not listed',
      'url: a listed host as part of another',
      'url: plain http to a listed host',
      'url: another port of a listed host',
      'url: a user name in the address',
      'url: a dot after the host',
      'url: a host with a percent sign',
      'url: a host with a full-width letter',
      'url: a bare address of the internet',
      'url: the metadata of a cloud',
    ],
    judgeHeaders: ['url: a header that names another host'],
    judgeAddresses: [
      'socket: the host resolves to this machine',
      'socket: the host resolves to this machine, in IPv6',
      'socket: the host resolves to this machine, mapped into IPv6',
      'socket: the host resolves to this machine, behind NAT64',
      'socket: the host resolves to a private network',
      'socket: the host resolves to the metadata of a cloud',
      'socket: the host resolves to this machine beside a good address',
      'socket: the host resolves to nothing',
    ],
    judgePeer: ['socket: a socket that reached another address'],
    judgeReuse: ['socket: a connection opened under another policy'],
    judgeAnsweredModel: ['response: the answer of another model'],
  }
  test.each(Object.entries(leaks))('without %s: each canary of it leaks', async (check, expected) => {
    const { passed, canaries } = await verifyWithout([check as Check])
    expect(open(canaries, 'leaked')).toEqual(expected)
    expect(passed).toBe(false)
    // Nothing is believed: each was seen to arrive.
    const arrived = canaries.filter(({ result, connections, bytes }) => result === 'leaked' && connections + bytes > 0)
    expect(arrived).toHaveLength(expected.length)
  })

  test('a redirect that the policy has nothing against is no proof', async () => {
    const { passed, canaries } = await verifyWithout(['redirected'])
    expect(open(canaries, 'error')).toEqual(['response: a redirect'])
    expect(passed).toBe(false)
  })

  test('an observing policy whose guard sees nothing leaks too', async () => {
    const { canaries } = await verifyWithout(['judgeIntent'], (core) => core.observe(core.domesticOnly()))
    expect(open(canaries, 'leaked')).toEqual(leaks.judgeIntent)
  })

  test('what a policy without addresses or models lets through is not taken for listed', async () => {
    const nothing = await verifyWithout(['judgeUrl'], (core) => core.definePolicy({ name: 'nothing' }))
    expect(open(nothing.canaries, 'listed')).toEqual([])
    expect(open(nothing.canaries, 'leaked')).toEqual(expect.arrayContaining([...leaks.judgeUrl]))
    const addresses = { name: 'addresses', origins: ['https://llm.api.cloud.yandex.net'] }
    const modelless = await verifyWithout(['judgeIntent'], (core) =>
      core.definePolicy({ ...addresses, addresses: { classes: ['global'] } }),
    )
    expect(open(modelless.canaries, 'leaked')).toEqual(expect.arrayContaining([...leaks.judgeIntent]))
  })

  test('a transport that verifies no certificate', async () => {
    vi.resetModules()
    vi.doMock('../../packages/core/src/transport/undici.ts', async (importOriginal) => {
      const { loadUndici } = await importOriginal<typeof undicis>()
      return {
        loadUndici: async () => {
          const { Client, buildConnector } = await loadUndici()
          const blind: typeof buildConnector = (options) => buildConnector({ ...options, rejectUnauthorized: false })
          return { Client, buildConnector: blind }
        },
      }
    })
    const core = await import('@shlyuz/core')
    await using client = core.createClient({ providers: [giga] })
    const { passed, canaries } = await client.verifyPolicy()
    expect(passed).toBe(false)
    expect(open(canaries, 'leaked')).toEqual([
      'socket: a certificate that nobody vouches for',
      'socket: a certificate for another name',
    ])
  })
})

describe('the call itself', () => {
  test('a closed client refuses', async () => {
    const client = createClient({ providers: [giga] })
    await client.close()
    expect(await caught(client.verifyPolicy())).toMatchObject({ name: 'ClientClosedError' })
  })

  test('a signal ends it with its own reason', async () => {
    await using client = createClient({ providers: [giga] })
    const reason = new Error('enough')
    expect(await caught(client.verifyPolicy({ signal: AbortSignal.abort(reason) }))).toBe(reason)
    const controller = new AbortController()
    const running = caught(client.verifyPolicy({ signal: controller.signal }))
    setTimeout(() => controller.abort(reason), 50)
    expect(await running).toBe(reason)
  })

  test.each([[{ policy: domesticOnly() }], [{ timeout: {} }], [null], ['x']])('%j is refused', async (options) => {
    await using client = createClient({ providers: [giga] })
    expect(await caught(client.verifyPolicy(options as never))).toMatchObject({ name: 'ConfigurationError' })
  })
})
